"""Which sources the rows came from that somebody looks at."""

from collections.abc import Sequence

from collection.models import Dataset, DatasetVersion
from collection.store.lineage import sources_of_rows
from collection.store.names import Lineage
from core.actors import Actor
from libraries import policies
from libraries.keeping import builds_of_versions


def origins_told(
    actor: Actor, dataset: Dataset, version: DatasetVersion, numbers: Sequence[int]
) -> dict[int, list[str]] | None:
    """Return number of a row → the sources it came from, by precedence, each once; None where that is not told.

    Args:
        version: that the rows belong to; the actor sees them.
        numbers: of the rows that he got.
    """
    if not numbers or not policies.can_see_origins(actor, dataset):
        return None
    build = builds_of_versions(dataset.pk).get(version.number)
    if build is None or build.lineage_token is None:
        return None
    lineage = Lineage(dataset.pk, build.pk, build.lineage_token)
    labels = [f"{one['name']} · {one['department']}" for one in build.parts]
    found = sources_of_rows(lineage, version.generation, numbers)
    return {row: list(dict.fromkeys(labels[rank - 1] for rank in ranks)) for row, ranks in found.items()}
