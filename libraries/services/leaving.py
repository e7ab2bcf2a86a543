"""What leaves a library: rows of a grant that is over, of a source that may not go into it, of a former lead's."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from catalog.choices import LIVE_STATUSES, DecisionAction
from catalog.models import Decision, Entry, Library, Revision
from collection.models import Dataset
from collection.selectors import columns_wanted
from core.actors import Actor
from core.exceptions import NotVisible
from core.faults import held_apart
from libraries import notices
from libraries.attributes import looser_errors
from libraries.belonging import library_named, library_of
from libraries.fitting import mapping_errors
from libraries.giving import given_under
from libraries.models import Composition, Part
from libraries.selectors import (
    PART_ENTRIES,
    build_published,
    builds_given,
    composition_of,
    compositions_in_use,
    parts_of,
    parts_touched_by,
    parts_under,
    successors_of,
    told_of,
)
from libraries.services.build import BUILDER
from libraries.services.telling import left_out_tell
from sharing.choices import OPEN_GRANT_STATUSES, GrantAction
from sharing.models import Grant, GrantStep
from sharing.selectors.suspension import suspended_since
from workflow import outbox
from workflow import services as workflow
from workflow.selectors import subjects_waiting, waiting_since

TASK_LEAVE = "libraries.part.leave"
LEAVING_EVENT = "libraries.part.leaving"
_ENDED = _(
    "Grant {number} has ended. Remove the source, and build. A build after a day leaves out every source that cannot "
    "be read."
)


@transaction.atomic
def grant_leave(*, actor: Actor, grant: Grant) -> int:
    """Tell lead and provider that a library still gives rows of a grant that gives none; return of how many sources.

    Where the grant is over, the lead's head has a task until the source is removed and the dataset is built again.
    """
    told = 0
    for part in parts_under(grant):
        dataset = part.composition.dataset
        if successors_of(dataset, [grant.pk]):
            continue
        if grant.status not in OPEN_GRANT_STATUSES:
            _task_open(part, dataset, format_lazy(_ENDED, number=grant.pk))
        _tell(part, grant, dataset.entry.department_id, [Role.CATALOGUER, Role.HEAD])
        _tell(part, grant, grant.dataset.entry.department_id, [Role.HEAD])
        told += 1
    return told


def _tell(part: Part, grant: Grant, department_id: int, roles: list[Role]) -> None:
    stopped_at = grant.ended_at or suspended_since(grant)
    words: Any = _("A library still gives what came under a grant that is not in force: {name}")
    workflow.notify_roles(
        department_id=department_id,
        roles=roles,
        kind=notices.LEAVING,
        title=format_lazy(words, name=_title(part)),
        url=reverse("sharing:grant_detail", args=[grant.pk]),
        dedupe_key=f"{notices.LEAVING}:{part.pk}:{grant.pk}:{department_id}:{stopped_at}",
    )


def _title(part: Part) -> str:
    return f"{part.dataset.name} → {part.composition.dataset.name}"


@transaction.atomic
def part_leave(*, part: Part) -> bool:
    """Have the rows of a source that its provider has refused leave the library; return whether there are any.

    The build that is asked for fails, and tells the lead which source to take out.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    if part.pk not in told_of(builds_given(part.composition)):
        return False
    _leave_ask(
        part,
        format_lazy(
            _("Taken out by the platform after a day. Its provider has refused: {reason}"), reason=part.consent_note
        ),
    )
    return True


@transaction.atomic
def moved_leave(*, part: Part) -> bool:
    """Have the rows of a source leave whose provider has agreed to another library; return whether there are any.

    He is asked meanwhile. A build leaves the source out once a day has passed, and takes it in again once he agrees.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    if part.pk not in told_of(builds_given(part.composition)):
        return False
    _leave_ask(
        part,
        _(
            "The data belong to another library by now, for which its provider is asked. A build after a day leaves "
            "out every source that cannot be read, this one until he has agreed."
        ),
    )
    return True


@transaction.atomic
def entry_follow(*, entry: Entry) -> int:
    """Have what became stricter than a library leave it, and close what has become right; return of how many sources.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    left, datasets = 0, set()
    for part in parts_touched_by(entry):
        dataset = part.composition.dataset
        datasets.add(dataset.pk)
        if library_of(dataset) is None:
            continue  # all of its sources leave
        if not is_too_strict(part):
            continue
        _leave_ask(
            part, _("Taken out by the platform after a day. Its source may not be shared or opened as widely any more.")
        )
        _stricter_tell(part, dataset, [Role.CATALOGUER, Role.HEAD])
        if part.grant_id is not None:
            _stricter_tell(part, part.dataset, [Role.HEAD])
        left += 1
    for dataset_id in sorted(datasets):
        left += _library_follow(dataset_id)
    return left


@transaction.atomic
def lead_follow(*, library: Library) -> int:
    """Have the sources of data leave that a library had built under another lead; return of how many.

    Their providers have agreed to one library of one lead; the new one holds no grants on them, or builds its own data.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    return sum(_library_follow(one.dataset_id) for one in compositions_in_use(library))


def left_over_follow() -> int:
    """Ask for what has to leave data of no library that their department leads; return of how many sources.

    Signals have asked where the lead or the entry changed; this finds what was there before, or came beside them.
    """
    asked, left = subjects_waiting(TASK_LEAVE), 0
    for one in compositions_in_use():
        if library_of(one.dataset) is None and not asked.issuperset(parts_of(one).values_list("pk", flat=True)):
            with held_apart("library_left_over_not_asked", dataset=one.dataset_id):
                left += _library_follow(one.dataset_id)
    return left


@transaction.atomic
def _library_follow(dataset_id: int) -> int:
    """Ask that all sources leave data of no library that their department leads; close of others what is right."""
    found = next(iter(compositions_in_use(dataset_id=dataset_id)), None)
    if found is None or library_of(found.dataset) is not None:
        parts_left(dataset_id=dataset_id)
        return 0
    dataset, parts = found.dataset, list(parts_of(found))
    for part in parts:
        _task_open(
            part,
            dataset,
            _(
                "Taken out by the platform after a day. The data belong to no library any more that their department "
                "leads."
            ),
        )
    _left_over_tell(dataset)
    return len(parts)


def _left_over_tell(dataset: Dataset) -> None:
    """Tell who provides the data, and who leads the library that their entry names."""
    library = library_named(dataset)
    lead_id = library.lead_department_id if library is not None else None
    words: Any = _("The data belong to no library any more that their department leads: {name}")
    for department_id in dict.fromkeys([dataset.entry.department_id, lead_id]):
        if department_id is None:
            continue
        workflow.notify_roles(
            department_id=department_id,
            roles=[Role.CATALOGUER, Role.HEAD],
            kind=notices.LEAVING,
            title=format_lazy(words, name=dataset.name),
            body=_(
                "Nothing is built for them any more. Their sources are taken out after a day, and their rows leave."
            ),
            url=reverse("libraries:dataset_detail", args=[dataset.pk]),
            dedupe_key=f"{notices.LEAVING}:dataset:{dataset.pk}:{lead_id}:{dataset.entry.published_revision_id}",
        )


def is_too_strict(part: Part, revision: Revision | None = None) -> bool:
    """Say whether a source may not be shared or opened as widely as its library gives what was published of it.

    Args:
        revision: of the source's entry; by default the one in force.
    """
    told = told_of(builds_given(part.composition)).get(part.pk, [])
    library, source = part.composition.dataset.entry, part.dataset.entry
    return any(looser_errors(library, source, one["mapping"], source_revision=revision) for one in told)


@transaction.atomic
def narrowed_leave(*, grant_id: int) -> int:
    """Have what a library gives from a grant that was wider replaced, or leave; return of how many sources.

    A build that is asked for replaces it. Where what is given now fills the library's items no more, that build fails,
    and the source is taken out after a day.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    told = 0
    grant = Grant.objects.get(pk=grant_id)
    for part in parts_under(grant):
        if not is_wider(part):
            continue
        if gives_too_little(part):
            why: Any = _(
                "Taken out by the platform after a day. Grant {number} no longer gives what fills the library. A build "
                "after that leaves out every source that cannot be read."
            )
        else:
            why = _(
                "Grant {number} gives less than was published. This task ends with the build that was asked for. A "
                "build after a day leaves out every source that cannot be read."
            )
        _leave_ask(part, format_lazy(why, number=grant.pk))
        words: Any = _("A library still gives what a grant no longer gives: {name}")
        dataset = part.composition.dataset
        workflow.notify_roles(
            department_id=dataset.entry.department_id,
            roles=[Role.CATALOGUER, Role.HEAD],
            kind=notices.LEAVING,
            title=format_lazy(words, name=_title(part)),
            url=reverse("libraries:dataset_detail", args=[dataset.pk]),
            dedupe_key=f"{notices.LEAVING}:{part.pk}:{grant.pk}:edition:{grant.edition}",
        )
        told += 1
    return told


def is_wider(part: Part) -> bool:
    """Say whether a library gives rows that were read while the grant, as it is under, gave more."""
    told = told_of(builds_given(part.composition)).get(part.pk, [])
    return part.grant is not None and any(
        one["grant"] == part.grant_id and one["edition"] != part.grant.edition for one in told
    )


def gives_too_little(part: Part) -> bool:
    """Say whether a grant no longer gives what fills the library's items, so that nothing can be built from it."""
    if part.grant is None:
        return False
    composition = part.composition
    try:
        given = given_under(part.grant)
    except NotVisible:
        return False
    columns = columns_wanted(composition.dataset.entry)
    return bool(mapping_errors(columns, given.items, part.mapping, composition.lineage_item))


@transaction.atomic
def own_leave(*, entry: Entry) -> int:
    """Have the lead's own data leave its libraries once their entry is withdrawn; return of how many sources."""
    left = 0
    for part in parts_touched_by(entry):
        if part.own_id is None or not is_out_of_use(part) or part.pk not in told_of(builds_given(part.composition)):
            continue
        _leave_ask(part, _("Taken out by the platform after a day. The entry of its source was withdrawn."))
        left += 1
    return left


def is_out_of_use(part: Part) -> bool:
    """Say whether a source is data of the lead's own that were unhooked, or whose entry is not in force."""
    own = part.own
    return own is not None and (own.is_retired or own.entry.status not in LIVE_STATUSES)


def left_since(part: Part) -> list[datetime | None]:
    """Return since when each reason holds for which a source has to leave its library; None where no time is kept.

    The task may be older: it stays open from one reason to the next.
    """
    if library_of(part.composition.dataset) is None:
        return [None]
    found: list[datetime | None] = []
    if part.refused_at is not None:
        found.append(part.refused_at)
    if is_too_strict(part):
        found.append(_too_strict_since(part))
    if is_wider(part) and gives_too_little(part):
        found.append(_narrowed_at(part.grant_id))
    if is_out_of_use(part):
        found.append(None)
    return found


def _too_strict_since(part: Part) -> datetime | None:
    """Return when the first of the revisions was published since which a source is too strict without a break.

    What is revised afterwards gives no further time.
    """
    since: datetime | None = None
    published = part.dataset.entry.revisions.filter(published_at__isnull=False)
    for revision in published.order_by("-published_at", "-number"):
        if not is_too_strict(part, revision):
            break
        since = revision.published_at
    return since


def _narrowed_at(grant_id: int | None) -> datetime | None:
    steps = GrantStep.objects.filter(grant=grant_id, action__in=(GrantAction.NARROW, GrantAction.ADAPT))
    at: datetime | None = steps.aggregate(at=Max("at"))["at"]
    return at


def given_less_since(composition: Composition) -> datetime | None:
    """Return since when published rows are such as may not be given any more; None for never.

    They are rows of a grant that gives less by now, or that is over and not renewed; of a source that its provider has
    refused, or has agreed to for another library alone, that has become too strict, or that is data of the lead's own
    out of use. Rows of a source that was removed are published still until a build is.
    """
    build = build_published(composition)
    told = build.parts if build is not None else []
    found = _grants_less_since(composition.dataset, {one["grant"]: one["edition"] for one in told if one["grant"]})
    parts = Part.objects.filter(pk__in=[one["part"] for one in told]).select_related(*PART_ENTRIES).in_bulk()
    used = list(parts_of(composition))
    for one in told:
        if (part := parts.get(one["part"])) is not None:
            found += _kept_out_since(part, one["mapping"], used)
    return min((at for at in found if at is not None), default=None)


def _grants_less_since(dataset: Dataset, editions: dict[int, int]) -> list[datetime | None]:
    renewed = successors_of(dataset, list(editions))
    found: list[datetime | None] = []
    for grant in Grant.objects.filter(pk__in=editions):
        if grant.ended_at is not None and grant.pk not in renewed:
            found.append(grant.ended_at)
        if grant.edition != editions[grant.pk]:
            found.append(_narrowed_at(grant.pk))
    return found


def _kept_out_since(part: Part, mapping: dict[str, str], used: list[Part]) -> list[datetime | None]:
    """Return since when each reason holds for which published rows of a source may not go into its library.

    Args:
        mapping: with which they were read.
        used: the sources in use; where one of them has been agreed to for the same, nothing was refused.
    """
    found: list[datetime | None] = []
    is_agreed_anew = any(
        one.is_agreed and one.grant_id == part.grant_id and mapping.items() <= one.mapping.items()
        for one in used
        if one.grant_id is not None
    )
    if not is_agreed_anew:
        found += [part.refused_at, _moved_told_since(part)]
    entry = part.dataset.entry
    if looser_errors(part.composition.dataset.entry, entry, mapping):
        found.append(_too_strict_since(part))
    if part.own is not None and is_out_of_use(part):
        withdrawn = Decision.objects.filter(entry=entry, action=DecisionAction.WITHDRAW_APPROVE)
        found.append(part.own.retired_at or withdrawn.aggregate(at=Max("at"))["at"])
    return found


def moved_since(part: Part) -> datetime | None:
    """Return since when the data belong to a library for which a source's provider has not given his word; None where
    he has, or none is needed.
    """
    library, since = library_of(part.composition.dataset), None
    if part.grant_id is None or library is None:
        return None
    published = part.composition.dataset.entry.revisions.filter(published_at__isnull=False)
    for library_id, at in published.order_by("-published_at", "-number").values_list("library", "published_at"):
        if library_id != library.pk:
            return since if part.consent_at is None or since is None or part.consent_at < since else None
        since = at
    return None  # it was never another's


def _moved_told_since(part: Part) -> datetime | None:
    """Return since when the lead's head knows of it: he has his day also where nobody told him when the data moved."""
    since, told_at = moved_since(part), waiting_since(part, TASK_LEAVE)
    return since if part.removed_at is not None else since and told_at and max(since, told_at)


def _leave_ask(part: Part, why: Promise) -> None:
    """Ask the lead to take a source out, and for a build.

    A build locks its library, and may be asked for by whoever holds an entry or a grant: so it is asked for afterwards.
    """
    dataset = part.composition.dataset
    _task_open(part, dataset, why)
    outbox.put(LEAVING_EVENT, dataset_id=dataset.pk)


def _task_open(part: Part, dataset: Dataset, why: Promise) -> None:
    workflow.task_open(
        kind=TASK_LEAVE,
        subject=part,
        title=_title(part),
        detail=why,
        url=reverse("libraries:dataset_detail", args=[dataset.pk]),
        department_id=dataset.entry.department_id,
        role=Role.HEAD,
    )


def _stricter_tell(part: Part, dataset: Dataset, roles: list[Role]) -> None:
    words: Any = _("A library still gives more widely what may not be given so any more: {name}")
    workflow.notify_roles(
        department_id=dataset.entry.department_id,
        roles=roles,
        kind=notices.LEAVING,
        title=format_lazy(words, name=_title(part)),
        url=reverse("collection:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.LEAVING}:{part.pk}:stricter:{dataset.pk}:{dataset.entry.published_revision_id}",
    )


@transaction.atomic
def parts_left(*, dataset_id: int) -> None:
    """Close what was asked of a library dataset whose published rows hold nothing any more that has to leave.

    Of sources that were left out for that its keepers are told.
    """
    composition = composition_of(dataset_id)
    if composition is None:
        return
    build = build_published(composition)
    if build is not None and build.left_out:
        left_out_tell(build=build)
    # Before anything is published, what is about to be counts.
    told = told_of([build] if build is not None else builds_given(composition))
    asked = Part.objects.filter(composition=composition, pk__in=subjects_waiting(TASK_LEAVE))
    for part in asked.select_related(*PART_ENTRIES):
        if part.removed_at is None and library_of(part.composition.dataset) is None:
            continue
        if all(_may_stay(part, one) for one in told.get(part.pk, ())):
            workflow.task_close(actor=BUILDER, subject=part, kind=TASK_LEAVE)


def _may_stay(part: Part, told: dict[str, Any]) -> bool:
    """Say whether published rows of a source may go on being given.

    Args:
        told: what the build of the published rows tells of the source.
    """
    if part.removed_at is not None or told["grant"] != part.grant_id:
        return False
    grant = part.grant
    if grant is not None and (grant.status not in OPEN_GRANT_STATUSES or told["edition"] != grant.edition):
        return False
    if is_out_of_use(part):
        return False
    is_let = part.is_agreed and told["mapping"].items() <= part.mapping.items()
    return is_let and not looser_errors(part.composition.dataset.entry, part.dataset.entry, told["mapping"])
