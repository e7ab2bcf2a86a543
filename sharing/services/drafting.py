"""Drafting requests: alone, from a basket of entries, or from a grant that is to go on or to change."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.choices import LIVE_STATUSES, Cycle
from catalog.models import Entry
from catalog.selectors import entry_get_for
from collection.models import Dataset
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation, StaleEdit
from sharing import policies, scope, transitions
from sharing.choices import OPEN_GRANT_STATUSES, RequestKind, ShareMethod
from sharing.models import BasketEntry, Grant, ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.grant import change_after, follows_open, renewal_of
from sharing.services.filing import request_submit
from sharing.services.grant import grant_locked
from workflow import services as workflow
from workflow.choices import LegalPurpose
from workflow.selectors.legal_basis import legal_bases_for

TEXTS = {"scenario": 5000, "contact_name": 80, "contact_phone": 40}
"""Plain fields and their most characters."""
FIELDS = (
    *TEXTS, "dataset", "legal_basis", "items", "row_filter", "methods", "frequency", "valid_from", "valid_until",
    "systems",
)  # fmt: skip
MOST_IN_BASKET = 50


@transaction.atomic
def request_create(*, actor: Actor, entry_ref: str | int, fields: Mapping[str, Any] | None = None) -> ShareRequest:
    """Draft a request for the data of an entry; what is missing may come later.

    Args:
        fields: some of ``FIELDS``; items and conditions as ``scope`` reads them, ``legal_basis`` as
            ``{"document", "article"}`` or numbers of the register, ``systems`` as numbers.

    Raises:
        NotVisible: no such entry. NotAllowed: no cataloguer, or the data are the own department's.
        InvalidTransition: the entry is not in force. RuleViolation: a value is none of its domain.
    """
    entry = entry_get_for(actor, entry_ref)
    policies.require_ask(actor, entry)
    request = _new(actor, entry)
    _write(actor, request, {"dataset": _only_dataset(entry), **(fields or {})})
    return selectors.request_get_for(actor, request.pk)


@transaction.atomic
def request_create_whole(
    *, actor: Actor, entry_ref: str | int, fields: Mapping[str, Any], is_submitted: bool
) -> ShareRequest:
    """Draft a request and submit it at once: a request that breaks a rule leaves nothing behind.

    Raises:
        As ``request_create`` and ``filing.request_submit``.
    """
    request = request_create(actor=actor, entry_ref=entry_ref, fields=fields)
    return request_submit(actor=actor, request_id=request.pk) if is_submitted else request


@transaction.atomic
def requests_create(
    *, actor: Actor, entry_refs: Sequence[str], fields: Mapping[str, Any] | None = None
) -> list[ShareRequest]:
    """Draft one request for each entry of a basket; they are filled in together and answered apart.

    The entries leave the basket of whoever drafts.

    Args:
        fields: what all of them say alike, as ``request_create`` takes it.

    Raises:
        As ``request_create``. RuleViolation: the basket is empty, or holds too many.
    """
    wanted = list(dict.fromkeys(entry_refs))
    if not 1 <= len(wanted) <= MOST_IN_BASKET:
        message = _("Put 1 to %(count)d entries into the basket.") % {"count": MOST_IN_BASKET}
        raise RuleViolation([FieldError("entries", "count", message)])
    basket = uuid.uuid4()
    made = []
    for ref in wanted:
        request = request_create(actor=actor, entry_ref=ref, fields=fields)
        ShareRequest.objects.filter(pk=request.pk).update(basket=basket)
        request.basket = basket
        made.append(request)
    BasketEntry.objects.filter(user=actor.id, entry__in=[one.entry_id for one in made]).delete()
    return made


@transaction.atomic
def request_follow(*, actor: Actor, grant_id: int, kind: str) -> ShareRequest:
    """Draft a renewal of a grant, or a change of its use; what was granted is filled in.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the department that holds it.
        RuleViolation: the kind is none of the two. InvalidTransition: it has ended, such a request is open, or the
            grant was renewed, or its use changed, already.
    """
    grant = grant_locked(actor, grant_id)  # of two that ask at the same moment, the second finds the first
    entry = entry_get_for(actor, grant.dataset.entry_id)
    policies.require_ask(actor, entry)
    if actor.department_id != grant.department_id:
        raise NotVisible
    if kind not in (RequestKind.RENEWAL, RequestKind.CHANGE):
        raise RuleViolation([FieldError("kind", "unknown", _("Choose renewal or change of use."))])
    if grant.status not in OPEN_GRANT_STATUSES:
        raise InvalidTransition(_("This grant has ended. Ask anew."))
    if kind == RequestKind.RENEWAL and (change := change_after(grant)) is not None:
        message = _("Grant %(number)d, for a changed use, comes in place of this one: renew that.")
        raise InvalidTransition(message % {"number": change.pk}, code="overtaken")
    if kind == RequestKind.RENEWAL and (renewal := renewal_of(grant)) is not None:
        message = _("Grant %(number)d goes on from this one already: renew that.")
        raise InvalidTransition(message % {"number": renewal.pk}, code="renewed")
    if follows_open(grant).filter(kind=kind).exists():
        raise InvalidTransition(_("Such a request is open already."))
    request = _new(actor, entry, kind=kind, previous=grant)
    asked = grant.request
    fields: dict[str, Any] = {
        "dataset": grant.dataset_id,
        "scenario": grant.purpose,
        "items": grant.items,
        # A renewal takes over what was decided beyond that, of which some cannot be asked for.
        "row_filter": asked.row_filter if kind == RequestKind.RENEWAL and asked is not None else grant.row_filter,
        "methods": grant.methods,
        "systems": [one.pk for one in grant.systems.filter(retired_on__isnull=True)],
    }
    if asked is not None:
        fields |= {
            "legal_basis": asked.legal_basis,
            "frequency": asked.frequency,
            "contact_name": asked.contact_name,
            "contact_phone": asked.contact_phone,
        }
    _write(actor, request, fields, is_copied=True)
    return selectors.request_get_for(actor, request.pk)


@transaction.atomic
def request_edit(
    *, actor: Actor, request_id: int, fields: Mapping[str, Any], edit_version: int | None = None
) -> ShareRequest:
    """Save a draft, as often as something was typed; fields that are left out stay.

    What is there already is no change: a page that saves once more while it is left takes nobody's version away.

    Args:
        edit_version: the version that was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department. InvalidTransition: it was submitted.
        StaleEdit: somebody saved since. RuleViolation: a value is none of its domain.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    transitions.REQUEST.apply("edit", request.status)
    if edit_version is not None and edit_version != request.edit_version:
        raise StaleEdit(extra={"edit_version": request.edit_version})
    if _write(actor, request, fields):
        request.edit_version += 1
        request.save(update_fields=["edit_version"])
    return selectors.request_get_for(actor, request.pk)


@transaction.atomic
def request_discard(*, actor: Actor, request_id: int) -> None:
    """Give a draft up that was never submitted; nothing stays of it but the trail.

    Raises:
        NotVisible, NotAllowed: no cataloguer of the requesting department. InvalidTransition: it was submitted once.
    """
    request = selectors.request_get_for(actor, request_id, for_update=True)
    policies.require_file(actor, request)
    transitions.REQUEST.apply("discard", request.status)
    if request.number is not None:
        raise InvalidTransition(_("This was submitted before and stays on record. Withdraw it instead."))
    audit.record(actor, "sharing.request.discard", request, before={"entry": request.entry.ref})
    workflow.task_close(actor=actor, subject=request)
    request.delete()


def _new(actor: Actor, entry: Entry, kind: str = RequestKind.NEW, previous: Grant | None = None) -> ShareRequest:
    if entry.status not in LIVE_STATUSES:
        raise InvalidTransition(_("This entry is not in force, so that nothing can be asked of it."))
    assert actor.department_id is not None and actor.id is not None  # noqa: S101, PT018  a cataloguer has both
    moment = clock.now()
    request = ShareRequest.objects.create(
        entry=entry,
        department_id=actor.department_id,
        kind=kind,
        previous_grant=previous,
        created_at=moment,
        created_by_id=actor.id,
        updated_at=moment,
    )
    audit.record(actor, "sharing.request.create", request, after={"entry": entry.ref, "kind": str(kind)})
    return request


def _only_dataset(entry: Entry) -> int | None:
    """Return the dataset of an entry that has just one; where there are several the requester chooses."""
    found = list(Dataset.objects.filter(entry=entry, retired_at__isnull=True).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def _write(actor: Actor, request: ShareRequest, fields: Mapping[str, Any], *, is_copied: bool = False) -> bool:
    """Set the fields given; every value that does not fit is named, and nothing is saved then.

    Args:
        is_copied: from a grant: what does not fit the entry any more is left out instead.

    Returns:
        Whether anything differs from what was there.
    """
    before = _held(request)
    errors = [
        FieldError(name, "unknown", _("There is no such field.")) for name in fields if name not in FIELDS
    ]  # fmt: skip
    for name in FIELDS:
        if name not in fields or name == "systems":
            continue
        try:
            setattr(request, "dataset_id" if name == "dataset" else name, _read(request, name, fields[name]))
        except RuleViolation as error:
            if not is_copied:
                errors += error.errors
    systems = None
    if "systems" in fields:
        try:
            systems = _systems(request, fields["systems"])
        except RuleViolation as error:
            errors += error.errors
    if errors:
        raise RuleViolation(errors)
    held_systems = sorted(request.systems.values_list("pk", flat=True))
    if _held(request) == before and systems in (None, held_systems):
        return False
    request.updated_at = clock.now()
    request.save()
    if systems is not None:
        request.systems.set(systems)
    return True


def _held(request: ShareRequest) -> list[Any]:
    return [getattr(request, "dataset_id" if name == "dataset" else name) for name in FIELDS if name != "systems"]


def _read(request: ShareRequest, name: str, value: Any) -> Any:
    items = selectors.items_offered(request)
    match name:
        case "dataset":
            return _dataset(request, value)
        case "legal_basis":
            return _citations(request, value)
        case "items":
            return scope.read_items(value, items)
        case "row_filter":
            return scope.read_filter(value, items)
        case "methods":
            return _methods(value)
        case "frequency":
            if value and value not in Cycle.values:
                raise RuleViolation([FieldError(name, "unknown", _("Choose one of the values."))])
            return value or ""
        case "valid_from" | "valid_until":
            return _day(name, value)
    text = str(value or "").strip()
    if len(text) > TEXTS[name] or "\x00" in text:
        message = _("Write at most %(count)d characters.") % {"count": TEXTS[name]}
        raise RuleViolation([FieldError(name, "too_long", message)])
    return text


def _dataset(request: ShareRequest, value: Any) -> int | None:
    if value in (None, ""):
        return None
    datasets = Dataset.objects.filter(entry=request.entry_id, retired_at__isnull=True)
    known = {str(pk): pk for pk in datasets.values_list("pk", flat=True)}
    if str(value) not in known:
        raise RuleViolation([FieldError("dataset", "unknown", _("Choose one of the entry's datasets."))])
    return known[str(value)]


def _citations(request: ShareRequest, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple):
        raise RuleViolation([FieldError("legal_basis", "not_a_list", _("Give a list of articles."))])
    offered = {one.pk: one for one in legal_bases_for(LegalPurpose.REQUEST)}
    cited = {(one.document, one.article): one for one in offered.values()}
    kept = {(one["document"], one["article"]) for one in request.legal_basis}
    found: list[dict[str, str]] = []
    for one in value:
        if isinstance(one, Mapping):
            pair = (str(one.get("document", "")), str(one.get("article", "")))
        else:
            basis = offered.get(int(one)) if str(one).isdecimal() and len(str(one)) < 10 else None
            pair = (basis.document, basis.article) if basis else ("", "")
        if pair not in cited and pair not in kept:
            message = _("Cite an article of the register that may be cited for requests.")
            raise RuleViolation([FieldError("legal_basis", "unknown", message)])
        citation = {"document": pair[0], "article": pair[1]}
        if citation not in found:
            found.append(citation)
    return found


def _methods(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or any(one not in ShareMethod.values for one in value):
        raise RuleViolation([FieldError("methods", "unknown", _("Choose one of the values."))])
    return [one for one in ShareMethod.values if one in value]


def _day(name: str, value: Any) -> date | None:
    if value in (None, "") or isinstance(value, date):
        return value or None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        message = _("Write the day as year-month-day, e.g. 2026-12-31.")
        raise RuleViolation([FieldError(name, "not_a_date", message)]) from None


def _systems(request: ShareRequest, value: Any) -> list[int]:
    known = {str(pk): pk for pk in selectors.systems_for(request.department_id).values_list("pk", flat=True)}
    if not isinstance(value, list | tuple) or any(str(one) not in known for one in value):
        message = _("Choose systems in use of your own department.")
        raise RuleViolation([FieldError("systems", "unknown", message)])
    return sorted({known[str(one)] for one in value})
