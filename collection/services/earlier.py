"""Staging an earlier version, to publish it again."""

from collection.choices import RunPhase
from collection.exceptions import RunFailed
from collection.selectors.dataset import why_not_returned
from collection.services.work import Work
from collection.store import distributing, names, staging
from collection.store.columns import columns_from


def version_stage(work: Work) -> None:
    """Stage the rows of the version that a run returns to.

    Raises:
        RunFailed: the version, or some of its rows, are gone, or the key has changed since.
    """
    version = work.run.of_version
    if version is None:
        raise RunFailed("version_gone")
    work.enter(RunPhase.STAGE)
    if hindrance := why_not_returned(work.published, version):
        raise RunFailed(hindrance)
    table = names.table(work.dataset.pk, version.generation)
    rows = staging.rows_from_version(work.stage, table, columns_from(version.columns), version.number)
    if rows != version.row_count:  # a purge came in between
        raise RunFailed("version_gone")
    distributing.stage_distribute(work.stage, work.dataset.pk, work.generation)
    work.run.rows_read = rows
    work.save("rows_read")
