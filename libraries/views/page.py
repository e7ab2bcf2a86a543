"""What the page of a library dataset shows; each part is read when the template asks for it, once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.choices import LIVE_STATUSES
from catalog.models import Library
from collection.choices import RunState
from collection.models import Dataset, Run
from collection.selectors import columns_wanted
from collection.selectors.erasure import is_being_erased
from collection.selectors.run import run_open_of
from collection.store.columns import Column
from core import clock
from core.actors import Actor
from core.reasons import Reason
from libraries import policies
from libraries.belonging import library_of
from libraries.choices import BuildState
from libraries.digests import lineage_version
from libraries.fitting import dataset_errors
from libraries.forms import LineageForm
from libraries.models import Build, Composition, Part
from libraries.selectors import (
    builds_of,
    composition_of,
    library_dataset_get_for,
    parts_of,
    published_without,
    reason_to_build,
    sources_in_force,
    successors_of,
)
from sharing.choices import OPEN_GRANT_STATUSES, ShareMethod
from sharing.models import Grant

SHOWN = 20
_MARKS = {BuildState.ASKED: "queued", BuildState.COMPOSING: "running", BuildState.FAILED: "failed"}


@dataclass(frozen=True, slots=True)
class PartFace:
    """A source with the state of its grant.

    Attributes:
        why: why it cannot be read though the grant is open, or what happens next.
        successor: the grant that goes on from one that is over.
    """

    part: Part
    why: str
    successor: Grant | None

    @property
    def has_ended(self) -> bool:
        """Whether what was got under the grant has to be disposed of."""
        return (
            self.part.grant is not None and self.part.grant.status not in OPEN_GRANT_STATUSES and self.successor is None
        )


@dataclass(frozen=True, slots=True)
class BuildFace:
    """A build with its state, which is its run's once there is one."""

    build: Build
    mark: str
    label: Any
    disagreements: list[tuple[str, int]]


class LibraryPage:
    """A dataset of a library as those see it who keep it.

    Raises:
        NotVisible: there is none, the actor does not see it, or it is no library's. NotAllowed: he neither provides it
            nor leads its library.
    """

    def __init__(self, actor: Actor, dataset_id: int, lineage_form: LineageForm | None = None) -> None:
        self.actor = actor
        self.dataset: Dataset
        self.library: Library | None
        self.dataset, self.library = library_dataset_get_for(actor, dataset_id)
        policies.require_take_out(actor, self.dataset, self.library)
        self._lineage_form = lineage_form

    @cached_property
    def is_kept(self) -> bool:
        """Whether the actor chooses the sources; else he may only take them out."""
        return policies.can_keep_parts(self.actor, self.dataset, self.library)

    @property
    def is_left_over(self) -> bool:
        """Whether the data belong to no library that their department leads, so that nothing is built for them."""
        return library_of(self.dataset) is None

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [
            {"label": _("Datasets"), "url": reverse("collection:dataset_list")},
            {"label": self.dataset.name, "url": reverse("collection:dataset_detail", args=[self.dataset.pk])},
        ]

    @property
    def here(self) -> str:
        return reverse("libraries:dataset_detail", args=[self.dataset.pk])

    @cached_property
    def composition(self) -> Composition | None:
        return composition_of(self.dataset.pk)

    @cached_property
    def columns(self) -> list[Column]:
        return columns_wanted(self.dataset.entry)

    @property
    def problems(self) -> list[str]:
        """What keeps the dataset from being built at all."""
        return [str(one.message) for one in dataset_errors(self.columns, self.lineage_item)]

    @property
    def lineage_item(self) -> str:
        return self.composition.lineage_item if self.composition is not None else ""

    @cached_property
    def parts(self) -> list[PartFace]:
        if self.composition is None:
            return []
        parts = list(parts_of(self.composition))
        live = sources_in_force(self.dataset, parts)
        over = [one.grant_id for one in parts if one.pk not in live and one.grant_id is not None]
        successors = successors_of(self.dataset, over)
        return [_part_face(one, successors.get(one.grant_id or 0), is_live=one.pk in live) for one in parts]

    @property
    def ended(self) -> list[PartFace]:
        return [one for one in self.parts if one.has_ended]

    @cached_property
    def reason(self) -> Any:
        """Why the dataset should be built anew, in words."""
        reason = reason_to_build(self.composition) if self.composition is not None else None
        return reason.label if reason is not None else ""

    @cached_property
    def builds(self) -> list[BuildFace]:
        if self.composition is None:
            return []
        named = {one.item: one.name for one in self.columns}
        return [_face(one, named) for one in builds_of(self.composition)[:SHOWN]]

    @property
    def last(self) -> BuildFace | None:
        """The latest build of which there are figures."""
        return next((one for one in self.builds if one.build.state == BuildState.SENT), None)

    @property
    def failed(self) -> str:
        """Why the latest build came to nothing, itself or its run; empty where it did not."""
        latest = self.builds[0].build if self.builds else None
        if latest is None or latest.state not in (BuildState.FAILED, BuildState.SENT):
            return ""
        if latest.run is None:
            return latest.message
        is_lost = latest.run.state in (RunState.FAILED, RunState.CANCELLED, RunState.REFUSED)
        return (latest.run.message or latest.run.get_state_display()) if is_lost else ""

    @cached_property
    def without(self) -> list[Reason]:
        """Why sources were left out of what is published; each names its source."""
        return published_without(self.composition) if self.composition is not None else []

    @cached_property
    def open_run(self) -> Run | None:
        return run_open_of(self.dataset)

    @property
    def is_waiting(self) -> bool:
        return any(one.build.finished_at is None for one in self.builds)

    @property
    def can_build(self) -> bool:
        is_in_use = not self.dataset.is_retired and self.dataset.entry.status in LIVE_STATUSES
        if self.is_left_over and self.parts:
            return False
        is_free = not self.is_waiting and not self.problems and not is_being_erased(self.dataset)
        return bool(self.parts or self.last) and is_in_use and is_free

    @property
    def lineage_form(self) -> LineageForm:
        version = lineage_version(self.composition)
        return self._lineage_form or LineageForm(columns=self.columns, chosen=self.lineage_item, edit_version=version)


def _part_face(part: Part, successor: Grant | None, *, is_live: bool) -> PartFace:
    if is_live:
        return PartFace(part, "", None)
    if part.grant is None:
        return PartFace(part, _("The data were unhooked from the entry, or it is not in force."), None)
    if successor is not None:
        words = _("The next build reads under grant %(number)d, which goes on from it.") % {"number": successor.pk}
        return PartFace(part, words, successor)
    return PartFace(part, _why(part.grant), None)


def _why(grant: Grant) -> str:
    """Return why a grant cannot be read under, where its state does not say it."""
    if grant.status not in OPEN_GRANT_STATUSES:
        return ""
    if ShareMethod.EXCHANGE not in grant.methods:
        return _("It does not allow batch exchange.")
    if grant.valid_from > clock.now():
        return _("It begins later.")
    if not grant.is_live(clock.now()):
        return ""
    if grant.dataset.is_retired:
        return _("The data were unhooked from the entry.")
    return _("The right on the data is missing, or the entry is not in force.")


def _face(build: Build, named: dict[str, str]) -> BuildFace:
    differing = sorted(build.disagreements.items(), key=lambda one: -one[1])
    disagreements = [(named.get(item, "—"), rows) for item, rows in differing]
    if build.run is not None:
        return BuildFace(build, build.run.state, "", disagreements)
    return BuildFace(build, _MARKS.get(BuildState(build.state), ""), build.get_state_display(), disagreements)
