"""What a request must hold before it can be submitted (809, Art. 20)."""

from datetime import timedelta

from django.utils.translation import gettext as _

from catalog.choices import LIVE_STATUSES
from core import clock
from core.exceptions import FieldError
from sharing import renewal, scope
from sharing.choices import OPEN_GRANT_STATUSES, RequestKind
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.grant import change_after
from sharing.selectors.restraint import renewed_already

LEAST_DIGITS = 4
"""Of a telephone number; the shortest that are dialled within a house have so many."""


def submission_errors(request: ShareRequest) -> list[FieldError]:
    """Return every rule that a request breaks, each with what to do."""
    errors = []
    if request.entry.status not in LIVE_STATUSES:
        errors.append(FieldError("entry", "not_published", _("The entry is not in force any more.")))
    if request.dataset is not None and request.dataset.is_retired:
        errors.append(FieldError("dataset", "retired", _("These data were unhooked. Choose others.")))
    if not request.legal_basis:
        errors.append(FieldError("legal_basis", "required", _("Cite the article on which your department acts.")))
    if not request.scenario.strip():
        errors.append(FieldError("scenario", "required", _("Describe the matter in which the data are used.")))
    if not request.frequency:
        errors.append(FieldError("frequency", "required", _("Say how often you need the data.")))
    if not request.methods:
        errors.append(FieldError("methods", "required", _("Choose how you want to get the data.")))
    if not request.systems.filter(retired_on__isnull=True).exists():
        errors.append(FieldError("systems", "required", _("Name the system of your department that will use them.")))
    if not request.contact_name.strip():
        errors.append(FieldError("contact_name", "required", _("Name somebody who can answer questions.")))
    if not request.contact_phone.strip():
        errors.append(FieldError("contact_phone", "required", _("Give a telephone number.")))
    elif sum(one.isdecimal() for one in request.contact_phone) < LEAST_DIGITS:
        message = _("This is no telephone number: write one of at least %(count)d digits.") % {"count": LEAST_DIGITS}
        errors.append(FieldError("contact_phone", "unusable", message))
    return [*errors, *_scope_errors(request), *_period_errors(request), *_kind_errors(request)]


def _scope_errors(request: ShareRequest) -> list[FieldError]:
    items = selectors.items_offered(request)
    known = {str(one.item_id) for one in items}
    if not items:
        return []  # files, or an entry without items: the whole of it is asked for
    if not request.items:
        return [FieldError("items", "required", _("Tick the items that you need."))]
    errors = []
    if any(item not in known for item in request.items):
        message = _("The entry does not have these items any more; look at the items again: %(items)s.")
        names = "、".join(selectors.items_gone(request, request.items))
        errors.append(FieldError("items", "gone", message % {"items": names}))
    declared = request.dataset.filter_items if request.dataset else []
    allowed = {str(one.item_id) for one in scope.filterable(items, declared)}
    if any(one["item"] not in allowed for one in request.row_filter):
        message = _("Rows can be narrowed by the items that the provider declared for it only.")
        errors.append(FieldError("row_filter", "not_declared", message))
    if retyped := scope.retyped(request.row_filter, items):
        message = _("These items have another type by now; write the conditions on them anew: %(items)s.")
        errors.append(FieldError("row_filter", "retyped", message % {"items": "、".join(retyped)}))
    return errors


def _period_errors(request: ShareRequest) -> list[FieldError]:
    until, today = request.valid_until, clock.today()
    if until is None:
        return [FieldError("valid_until", "required", _("Give the last day of use: no grant is without an end."))]
    if until <= today or (request.valid_from is not None and request.valid_from > until):
        return [FieldError("valid_until", "past", _("The last day of use must lie ahead and not before the first."))]
    if request.valid_from is not None and request.valid_from < today:
        message = _("The first day of use is over. Leave it out to begin at once, or choose a day ahead.")
        return [FieldError("valid_from", "past", message)]
    longest = selectors.policy_for(request.entry.department.region.path).longest_days
    if request.valid_from is not None and (request.valid_from - today).days > longest:
        message = _("The first day of use lies too far ahead: at most %(days)d days.") % {"days": longest}
        return [FieldError("valid_from", "too_late", message)]
    if until > max(today, request.valid_from or today) + timedelta(days=longest):
        message = _("A grant runs at most %(days)d days here. It can be renewed.") % {"days": longest}
        return [FieldError("valid_until", "too_long", message)]
    return []


def _kind_errors(request: ShareRequest) -> list[FieldError]:
    previous = request.previous_grant
    if request.kind == RequestKind.NEW or previous is None:
        return []
    if previous.department_id != request.department_id or previous.dataset.entry_id != request.entry_id:
        return [FieldError("previous_grant", "other", _("The grant that this follows is another department's."))]
    if previous.status not in OPEN_GRANT_STATUSES or previous.valid_to <= clock.now():
        return [FieldError("previous_grant", "ended", _("The grant that this follows has ended. Ask anew."))]
    if request.kind == RequestKind.RENEWAL and not set(request.items) <= set(previous.items):
        message = _("A renewal asks for no more items than before. Ask for a change of use instead.")
        return [FieldError("items", "more", message)]
    if request.kind == RequestKind.RENEWAL and (change := change_after(previous)) is not None:
        message = _("Grant %(number)d, for a changed use, comes in place of the one that this renews: renew that.")
        return [FieldError("previous_grant", "overtaken", message % {"number": change.pk})]
    if (other := renewed_already(request)) is not None:
        return [FieldError("previous_grant", "renewed", renewal.goes_on_already(other))]
    until = request.valid_until
    if request.kind == RequestKind.RENEWAL and until is not None and not renewal.lengthens(previous, until):
        return [FieldError("valid_until", "no_longer", renewal.no_longer(previous))]
    return _change_errors(request)


def _change_errors(request: ShareRequest) -> list[FieldError]:
    changed = renewal.changed_to_come(request)
    days = (("valid_from", request.valid_from), ("valid_until", request.valid_until)) if changed is not None else ()
    return [
        FieldError(name, "before_first", message)
        for name, day in days
        if changed is not None and day is not None and (message := renewal.before_first(changed, day))
    ]
