"""Keeping the rejected rows of a run: sealed whole, and counted by item and rule."""

import json
from collections.abc import Iterator, Mapping, Sequence

from django.core.files.storage import default_storage
from django.db import transaction

from collection import evidence
from collection.models import Dataset, Run, RunProblem
from collection.services.work import Work
from collection.store import staging
from collection.store.columns import Column
from core import clock
from workflow.exceptions import LeaseLost


def rejects_keep(work: Work, columns: Sequence[Column], width: int, labels: Sequence[str]) -> None:
    """Write what the staging tables hold of rejected rows; what an earlier attempt kept goes.

    Raises:
        LeaseLost: somebody else holds the run, or it was cancelled; nothing is kept.

    Each line of the sealed file is ``{"row": number, "cells": {label: text}, "problems": [[item, rule], …]}``.
    """
    run, stage = work.run, work.stage
    names = {one.item: one.name for one in columns}

    def lines() -> Iterator[bytes]:
        for line, cells, problems in staging.rejected_rows(stage, width):
            record = {"row": line, "cells": dict(zip(labels, cells, strict=True)), "problems": problems}
            yield json.dumps(record, ensure_ascii=False).encode() + b"\n"

    earlier = run.rejects.name
    kept = evidence.keep(
        lines(), folder=f"rejects/{clock.today():%Y/%m}", context=evidence.context_of(run.pk, "rejects")
    )
    run.rejects.name = kept.name
    tally = staging.rejected_tally(stage)
    try:
        _refer(work, tally, names)
    except LeaseLost:  # nothing refers to it; after any other error the run may
        default_storage.delete(kept.name)
        raise
    if earlier and earlier != kept.name:
        default_storage.delete(earlier)


@transaction.atomic
def _refer(work: Work, tally: Sequence[staging.Tally], names: Mapping[str, str]) -> None:
    work.save("rejects")
    RunProblem.objects.filter(run=work.run).delete()
    RunProblem.objects.bulk_create(
        RunProblem(
            run=work.run,
            item=one.item,
            label=names.get(one.item or "", ""),
            rule=one.rule,
            count=one.count,
            first_rows=one.first_rows,
        )
        for one in tally
    )


def is_over_limit(dataset: Dataset, run: Run) -> bool:
    """Say whether so many rows were rejected that nothing is published."""
    if not run.rows_rejected:
        return False
    if dataset.reject_limit_count is not None and run.rows_rejected > dataset.reject_limit_count:
        return True
    return run.rows_rejected * 100 > run.rows_read * dataset.reject_limit_percent
