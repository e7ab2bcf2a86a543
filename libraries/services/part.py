"""Choosing the sources of a library dataset: adding, changing, ordering and removing them."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.models import Library
from collection.models import Dataset
from collection.selectors import columns_wanted
from collection.selectors.source import sources_of
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation, StaleEdit
from core.faults import held_apart
from libraries import fitting, policies, transitions
from libraries.attributes import looser_errors
from libraries.choices import PartConsent
from libraries.digests import lineage_version, part_version
from libraries.giving import Given, given_own, given_under
from libraries.models import Composition, Part
from libraries.selectors import (
    PART_ENTRIES,
    builds_given,
    exchange_grants,
    feeds,
    is_own_source,
    library_dataset_get_for,
    own_usable,
    part_dataset_id,
    part_get,
    parts_of,
    sources_in_force,
    successors_of,
    told_of,
)
from libraries.services.build import BUILDER, build_renew
from libraries.services.consent import TASK_CONSENT, consent_ask
from libraries.services.leaving import TASK_LEAVE, left_since
from libraries.services.locking import datasets_lock
from libraries.services.telling import part_taken_out_tell
from workflow import services as workflow
from workflow.selectors import subjects_waiting

MOST_PARTS = 50
GRACE = timedelta(days=1)
"""How long what has to leave a library may wait for its lead before the platform takes its source out."""
_LOCK = 0x4C_69_62
"""Key of the advisory lock under which sources are added."""
Require = Callable[[Actor, Dataset, Library | None], None]


@transaction.atomic
def part_add(
    *,
    actor: Actor,
    dataset_id: int,
    mapping: Mapping[str, str],
    grant_id: int | None = None,
    own_id: int | None = None,
) -> Part:
    """Make what a grant gives, or data of the own department, a source of a library dataset, the last in precedence.

    Nothing is built by that: who has named his sources has them built, and from then on they are followed.

    Args:
        mapping: identity of the library's item → identity of the source's.
        grant_id, own_id: the grant, or the dataset of the own department; one of them.

    Raises:
        NotVisible, NotAllowed: the actor does not keep this library dataset.
        RuleViolation: the grant is not one in force of the department for batch exchange, the data are built, it is a
            source already, its data come from this dataset, this dataset is another's own source or fetched from
            elsewhere, the mapping does not fit, or an item would be shared or opened more widely.
    """
    _sources_lock()
    if own_id is not None:
        _own_lock(actor, dataset_id, own_id)
    dataset = _dataset(actor, dataset_id)
    composition = _composition(dataset)
    parts = list(parts_of(composition))
    given = _given(dataset, grant_id, own_id)
    if any((one.grant_id, one.own_id) == (grant_id, own_id) for one in parts):
        raise RuleViolation([FieldError("grant", "twice", _("This is a source of the dataset already."))])
    if len(parts) >= MOST_PARTS:
        message = _("A library dataset has at most %(count)d sources.") % {"count": MOST_PARTS}
        raise RuleViolation([FieldError("grant", "too_many", message)])
    if sources_of(dataset).exists():
        message = _("The dataset reads sources of its own, and a build would replace their rows. Remove them first.")
        raise RuleViolation([FieldError("grant", "has_sources", message)])
    if is_own_source(dataset.pk):
        message = _("Another library dataset is built from these data; it takes none that are built themselves.")
        raise RuleViolation([FieldError("grant", "own_source", message)])
    if feeds(dataset.pk, given.dataset.pk):
        message = _("These data are themselves built from this dataset.")
        raise RuleViolation([FieldError("grant", "circle", message)])
    _require_fit(dataset, composition, given, mapping, [*(one.dataset for one in parts), given.dataset])
    part = Part.objects.create(
        composition=composition,
        grant=given.grant,
        own=given.dataset if given.grant is None else None,
        precedence=max((one.precedence for one in parts), default=0) + 1,
        mapping=dict(mapping),
        created_at=clock.now(),
        created_by_name=actor.name,
    )
    audit.record(actor, "libraries.part.add", part, after=_snapshot(part))
    if part.grant is not None:
        consent_ask(part, dataset)
    return part


@transaction.atomic
def part_update(*, actor: Actor, part_id: int, mapping: Mapping[str, str], edit_version: str | None = None) -> Part:
    """Say anew which items of a source fill which of the library's; who takes others than were agreed to asks again.

    Args:
        edit_version: the ``part_version`` that was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: the actor does not keep this library dataset.
        StaleEdit: somebody changed the source since.
        RuleViolation: the grant is not in force, the mapping does not fit, or an item would be shared or opened more
            widely.
    """
    dataset, part = _own(actor, part_id)
    present = part_version(part)
    if edit_version is not None and edit_version != present:
        raise StaleEdit(extra={"edit_version": present})
    given = _given(dataset, part.grant_id, part.own_id)
    _require_fit(dataset, part.composition, given, mapping, [])
    before = _snapshot(part)
    is_more = bool(mapping.items() - part.mapping.items())
    part.mapping = dict(mapping)
    if part.grant is not None and (is_more or part.consent == PartConsent.REFUSED):
        part.consent = transitions.PART.apply("ask", part.consent).target
        consent_ask(part, dataset)
    part.save(update_fields=["mapping", "consent"])
    audit.record(actor, "libraries.part.change", part, before=before, after=_snapshot(part))
    return part


@transaction.atomic
def part_move(*, actor: Actor, part_id: int, is_up: bool, place: int) -> Part:
    """Let a source go before, or after, its neighbour where they say different things; at the end nothing changes.

    Args:
        place: at which the actor saw it, from 1; asked for twice, or after another's move, nothing changes either.

    Raises:
        NotVisible, NotAllowed: the actor does not keep this library dataset.
    """
    _dataset_of, part = _own(actor, part_id)
    order = list(parts_of(part.composition))
    at = next(index for index, one in enumerate(order) if one.pk == part.pk)
    to = at - 1 if is_up else at + 1
    if at + 1 != place or not 0 <= to < len(order):
        return part
    order[at], order[to] = order[to], order[at]
    for precedence, one in enumerate(order, start=1):
        Part.objects.filter(pk=one.pk).update(precedence=precedence)
    audit.record(actor, "libraries.part.change", part, before={"precedence": at + 1}, after={"precedence": to + 1})
    part.precedence = to + 1
    return part


@transaction.atomic
def part_remove(*, actor: Actor, part_id: int) -> Part:
    """Take a source out of a library dataset; its rows go with the next build.

    Raises:
        NotVisible, NotAllowed: the actor neither provides these data nor leads their library.
        InvalidTransition: it was removed already.
    """
    _dataset(actor, part_dataset_id(part_id), policies.require_take_out)
    part = _locked(part_id)
    if part is None:
        message = _("The source was removed already; its rows go with the next build.")
        raise InvalidTransition(message, code="removed")
    part_end(actor, part)
    return part


def part_end(actor: Actor, part: Part) -> None:
    """Make a source one no more, and close what was asked of it; whether the actor may has been asked already."""
    part.removed_at, part.removed_by_name = clock.now(), actor.name
    part.save(update_fields=["removed_at", "removed_by_name"])
    workflow.task_close(actor=actor, subject=part, kind=TASK_CONSENT)
    if part.pk not in told_of(builds_given(part.composition)):
        workflow.task_close(actor=actor, subject=part, kind=TASK_LEAVE)  # no rows of it have to leave
    audit.record(actor, "libraries.part.remove", part, before=_snapshot(part))


def parts_take_out() -> int:
    """Take out the sources that had to leave their libraries a day ago and may not be given still; return how many.

    It is their providers, or the authority, who have decided that; the lead has had a day to decide how. One that
    cannot be taken out keeps no other in.

    Basis:
        Regulation on Government Data Sharing, Art. 25.
    """
    due = subjects_waiting(TASK_LEAVE, until=clock.now() - GRACE)
    found = Part.objects.filter(pk__in=due, removed_at__isnull=True).order_by("composition__dataset", "pk")
    taken = 0
    for part_id, dataset_id in found.values_list("pk", "composition__dataset"):
        with held_apart("library_part_not_taken_out", part=part_id):
            taken += _take_out(part_id, dataset_id)
    return taken


@transaction.atomic
def _take_out(part_id: int, dataset_id: int) -> bool:
    Dataset.objects.select_for_update(of=("self",)).get(pk=dataset_id)
    parts = Part.objects.select_for_update(of=("self",)).select_related("grant", *PART_ENTRIES)
    part = parts.filter(pk=part_id, removed_at__isnull=True).first()
    if part is None or not any(since is None or since <= clock.now() - GRACE for since in left_since(part)):
        return False
    part_end(BUILDER, part)
    part_taken_out_tell(part=part)
    build_renew(dataset_id=dataset_id)
    return True


@transaction.atomic
def parts_follow(*, actor: Actor, composition: Composition) -> int:
    """Let sources whose grant is over be read under the grant that goes on from it; return how many.

    What was agreed to is a renewal or a change of the same use. Whether the mapping still fits, the build asks.
    """
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("entry").get(pk=composition.dataset_id)
    parts = list(parts_of(composition))
    live = sources_in_force(dataset, parts)
    over = [one for one in parts if one.pk not in live and one.grant_id is not None]
    successors = successors_of(dataset, [one.grant_id for one in over if one.grant_id is not None])
    taken = {one.grant_id for one in parts}
    moved = 0
    for part in over:
        grant = successors.get(part.grant_id or 0)
        if grant is None or grant.pk in taken:
            continue
        before, part.grant = part.grant_id, grant
        part.save(update_fields=["grant"])
        audit.record(actor, "libraries.part.follow", part, before={"grant": before}, after={"grant": grant.pk})
        moved += 1
    return moved


@transaction.atomic
def lineage_set(*, actor: Actor, dataset_id: int, item: str, edit_version: str | None = None) -> Composition:
    """Say which item keeps for every row the sources that it came from.

    Args:
        item: its identity; "" for none.
        edit_version: the ``lineage_version`` that was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: the actor does not keep this library dataset.
        StaleEdit: somebody chose another one since.
        RuleViolation: the item is no text, part of the key, filled by a source, or too short for their names.
    """
    dataset = _dataset(actor, dataset_id)
    composition = _composition(dataset)
    present = lineage_version(composition)
    if edit_version is not None and edit_version != present:
        raise StaleEdit(extra={"edit_version": present})
    columns = columns_wanted(dataset.entry)
    errors = [one for one in fitting.dataset_errors(columns, item) if one.field == "lineage_item"]
    parts = list(parts_of(composition))
    if item and any(item in one.mapping for one in parts):
        errors.append(FieldError("lineage_item", "mapped", _("A source fills this item. Take it out there first.")))
    errors += fitting.lineage_errors(columns, labels_of([one.dataset for one in parts]), item)
    if errors:
        raise RuleViolation(errors)
    before, composition.lineage_item = composition.lineage_item, item
    composition.save(update_fields=["lineage_item"])
    named = {one.item: one.name for one in columns}
    audit.record(
        actor,
        "libraries.composition.set_lineage",
        composition,
        before={"lineage": named.get(before, "")},
        after={"lineage": named.get(item, "")},
    )
    return composition


def labels_of(datasets: list[Dataset]) -> list[str]:
    """Return how datasets are named in the rows that came from them."""
    return [fitting.lineage_label(one.entry.department.code, one.pk) for one in datasets]


def _dataset(actor: Actor, dataset_id: int, require: Require = policies.require_keep_parts) -> Dataset:
    dataset, library = library_dataset_get_for(actor, dataset_id, for_update=True)
    require(actor, dataset, library)
    return dataset


def _sources_lock() -> None:
    """Let one source at a time be added: two datasets must not become each other's.

    Rows cannot be locked for that: another's first one is not seen before it is there. It comes before the lock of the
    dataset, to whose row the other's source refers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _own_lock(actor: Actor, dataset_id: int, own_id: int) -> None:
    """Lock a library dataset, and data that are to become its source; who may not choose them locks nothing.

    Raises:
        NotVisible, NotAllowed, RuleViolation: see ``part_add``.
    """
    dataset, library = library_dataset_get_for(actor, dataset_id)
    policies.require_keep_parts(actor, dataset, library)
    if not own_usable(dataset).filter(pk=own_id).exists():
        raise _not_own()
    datasets_lock(dataset_id, [own_id])


def _composition(dataset: Dataset) -> Composition:
    return Composition.objects.get_or_create(dataset=dataset, defaults={"created_at": clock.now()})[0]


def _own(actor: Actor, part_id: int) -> tuple[Dataset, Part]:
    """Return a source of a library dataset that the actor keeps, both locked.

    Raises:
        NotVisible, NotAllowed: he does not keep it.
    """
    dataset = _dataset(actor, part_get(part_id).composition.dataset_id)
    part = _locked(part_id)
    if part is None:
        raise NotVisible
    return dataset, part


def _locked(part_id: int) -> Part | None:
    """Return a source in use, locked; None where it was removed."""
    found = Part.objects.select_for_update(of=("self",)).filter(pk=part_id, removed_at__isnull=True)
    return found.select_related("composition", "grant__dataset__entry__department", "own__entry__department").first()


def _given(dataset: Dataset, grant_id: int | None, own_id: int | None) -> Given:
    """Return what a grant gives, or a dataset of the own department.

    Raises:
        RuleViolation: it may not be read, is no table, or nothing of it was published.
    """
    try:
        if own_id is not None and grant_id is None:
            # Locked: it must not be unhooked before the source that it becomes can be seen.
            own = own_usable(dataset).select_for_update(no_key=True, of=("self",)).filter(pk=own_id).first()
            if own is None:
                raise _not_own()
            return given_own(own)
        grant = exchange_grants(dataset).filter(pk=grant_id or 0).first()
        if grant is None or own_id is not None or not grant.dataset.is_table or grant.dataset_id == dataset.pk:
            message = _("Choose a grant of your department that is in force and allows batch exchange.")
            raise RuleViolation([FieldError("grant", "no_grant", message)])
        return given_under(grant)
    except NotVisible:
        message = _("Nothing of these data has been published yet.")
        raise RuleViolation([FieldError("grant", "no_data", message)]) from None


def _not_own() -> RuleViolation:
    message = _("Choose data of your own department that are in use and were not built from others themselves.")
    return RuleViolation([FieldError("grant", "not_own", message)])


def _require_fit(
    dataset: Dataset, composition: Composition, given: Given, mapping: Mapping[str, str], sources: list[Dataset]
) -> None:
    columns = columns_wanted(dataset.entry)
    errors = fitting.dataset_errors(columns, composition.lineage_item)
    errors += fitting.mapping_errors(columns, given.items, mapping, composition.lineage_item)
    errors += fitting.lineage_errors(columns, labels_of(sources), composition.lineage_item)
    errors += looser_errors(dataset.entry, given.dataset.entry, mapping)
    if errors:
        raise RuleViolation(errors)


def _snapshot(part: Part) -> dict[str, object]:
    return {
        "library_dataset": str(part.composition),
        "source": str(part),
        "grant": part.grant_id,
        "precedence": part.precedence,
        "items": len(part.mapping),
        "consent": part.consent if part.grant_id is not None else "",
    }
