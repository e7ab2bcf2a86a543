"""What libraries show beside a dataset of theirs, and beside a grant from which one is built."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Library
from collection.choices import LoadMode
from collection.models import Dataset, DatasetVersion
from core.actors import Actor
from core.reasons import Reason
from libraries import policies
from libraries.belonging import library_named, library_of
from libraries.keeping import builds_of_versions
from libraries.selectors import (
    builds_of,
    composition_of,
    datasets_seen,
    is_built,
    is_left_over,
    libraries_fed_by,
    library_datasets_for,
    parts_of,
    parts_under,
    rests_on_build,
)
from sharing.models import Grant


def dataset_panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return the sources of a library dataset for those who keep it, or take out what is left; None for all others."""
    library = library_named(dataset)
    if library_of(dataset) is None and not is_left_over(dataset):
        return None
    if not policies.can_take_out(actor, dataset, library):
        return None
    composition = composition_of(dataset.pk)
    return {
        "dataset": dataset,
        "library": library,
        "parts": parts_of(composition) if composition is not None else [],
        "build": builds_of(composition).first() if composition is not None else None,
    }


def unhooking_panel(actor: Actor, dataset: Dataset) -> dict[str, Any] | None:
    """Return the library datasets that are built from data of their own department; None where there are none."""
    found = libraries_fed_by(dataset)
    return {"datasets": [one.name for one in found]} if found else None


def grant_panel(actor: Actor, grant: Grant) -> dict[str, Any] | None:
    """Return the library datasets that are built from what a grant gives; None where there are none."""
    parts = parts_under(grant)
    if not parts:
        return None
    return {
        "parts": parts,
        "seen": datasets_seen(actor, parts),
        "can_answer": policies.can_answer_part(actor, grant),
    }


def library_panel(actor: Actor, library: Library) -> dict[str, Any] | None:
    """Return the datasets of a library for those whom they concern; None for everybody else."""
    if not policies.can_see_datasets(actor):
        return None
    datasets = list(library_datasets_for(actor, library))
    return {"datasets": datasets} if datasets else None


def loading_refused(dataset: Dataset, mode: LoadMode | None) -> Reason | None:
    """Return why nobody loads files into a library dataset; None where it has no source, or is none.

    What is added to rows of a build would leave with them, so nobody adds any until those have left.
    """
    if not is_built(dataset.pk):
        if mode in (None, LoadMode.REPLACE) or not rests_on_build(dataset):
            return None
        return Reason("build.rests_on_build")
    return Reason("build.left_over" if library_of(dataset) is None else "build.is_built")


def returning_refused(dataset: Dataset) -> Callable[[DatasetVersion], Any]:
    """Return what says why a version is not published again; "" where people loaded its rows, and load now.

    What it was built from may have been ended, refused or erased since: only a build asks for all of that.
    """
    is_built_now = is_built(dataset.pk)
    builds = {} if is_built_now else builds_of_versions(dataset.pk)
    words = _(
        "These data are built from the sources of a library, and rows that have left it since would come back with an "
        "earlier version. Mend the sources, or take one out, and build again."
    )

    def refused(version: DatasetVersion) -> Any:
        build = builds.get(version.number)
        return words if is_built_now or (build is not None and build.parts) else ""

    return refused
