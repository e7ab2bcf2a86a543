"""How many rows a filter meets, told to anybody but the provider only roughly and only so often a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection.readers.entitlement import Entitlement
from collection.readers.page import count
from collection.selectors.dataset import pinned_version
from collection.store import tables
from collection.store.columns import PG_TYPES
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotAllowed, RuleViolation
from sharing import policies, scope, transitions
from sharing.entitlement import conditions_of
from sharing.models import CountsOfDay, ShareRequest
from sharing.selectors import request as selectors

A_DAY = 50
"""Counts that a department or an authority gets on one day: enough to draft and decide by, too few to probe with."""
FEWEST = 100
"""Below this many rows nobody but the provider is told a figure: it could tell of single persons."""
MOST_MILLISECONDS = 10_000
MOST_MILLISECONDS_OF_A_DECISION = 3_000
"""A decision holds its request while it is looked whether any row is left."""


@dataclass(frozen=True, slots=True)
class RowCount:
    """An answer.

    Attributes:
        rows: exact, or rounded to two figures; None for fewer than ``FEWEST``, and for none alike:
            that nobody fits tells of persons, too.
        left: counts that the department has left today; None where there is no limit.
    """

    rows: int | None
    is_exact: bool
    left: int | None = None


def rows_count(*, actor: Actor, request_id: int, row_filter: Sequence[Mapping[str, Any]] | None = None) -> RowCount:
    """Count the rows that a request's filter meets in the published version.

    The provider, whose rows they are, learns the number. The requester and the authority, which sees rows masked at
    most, learn it in bands, for items by which rows may be narrowed, so many times a day; each time is kept in the
    trail. Both are committed before the rows are counted, so that a count that takes too long is one too.

    Args:
        row_filter: conditions as they are being drafted, or those that an answer adds to a request that was submitted;
            None for those of the request.

    Raises:
        NotVisible: no such request. NotAllowed: neither of the two departments' own people nor of an authority above
            the provider; contractor staff are not.
        InvalidTransition: there are no rows yet, the day's counts are used up, or counting takes too long.
        RuleViolation: a condition does not fit, or names an item by which only the provider may count.
    """
    request = selectors.request_get_for(actor, request_id)
    is_exact = policies.can_see_exact_counts(actor, request)
    if not is_exact:
        policies.require_count(actor, request)
    assert actor.department_id is not None  # noqa: S101  whoever may count belongs to a department
    dataset = request.dataset
    if dataset is None or not dataset.is_table or dataset.published_version is None or dataset.is_retired:
        raise InvalidTransition(_("There are no rows to count yet."))
    items = selectors.items_offered(request)
    conditions = conditions_of(scope.read_filter(_asked(request, row_filter), items))
    with transaction.atomic():
        left = None if is_exact else _take_one(actor.department_id)
        after = {"filter": len(conditions), "exact": is_exact}
        audit.record(actor, "sharing.request.count", request, after=after)
    if is_exact:
        entitlement = Entitlement(dataset.pk, (), row_filter=conditions)
        asked: tuple[Any, ...] = ()
    else:
        allowed = tuple(str(one.item_id) for one in scope.filterable(items, dataset.filter_items))
        entitlement = Entitlement(dataset.pk, allowed)
        asked = conditions
    try:
        with tables.bounded(MOST_MILLISECONDS):
            found = count(entitlement, pinned_version(dataset.published_version), asked)
    except tables.TooSlow:
        raise InvalidTransition(_("Counting takes too long here. The request can be sent without.")) from None
    return RowCount(found if is_exact else _band(found), is_exact, left)


def _asked(request: ShareRequest, row_filter: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    if row_filter is None:
        return list(request.row_filter)
    if transitions.REQUEST.allows("edit", request.status):
        return list(row_filter)
    return [*request.row_filter, *row_filter]  # what an answer adds narrows what was asked for


def few_rows(*, actor: Actor, request_id: int) -> FieldError | None:
    """Return what whoever submitted a request is told where its conditions meet few rows or none, which refuses
    nothing; it is one of the day's counts of who asks.

    None also where that cannot be told: it sets none, nothing is loaded, the counts are used up, or it takes too long.
    """
    if not selectors.request_get_for(actor, request_id).row_filter:
        return None
    try:
        rows = rows_count(actor=actor, request_id=request_id).rows
    except (InvalidTransition, NotAllowed, RuleViolation):
        return None
    if rows is not None and rows >= FEWEST:
        return None
    message = _(
        "Fewer than 100 rows of the data as they are now meet your conditions, perhaps none. If that is a "
        "mistake, recall the request."
    )
    return FieldError("row_filter", "few_rows", message)


def leaves_no_row(request: ShareRequest) -> bool:
    """Say whether no row of the published version meets what is decided on.

    False also where that cannot be told: nothing is loaded yet, the version lacks an item or has it with another type,
    or counting takes too long.
    """
    dataset = request.dataset
    if dataset is None or not dataset.is_table or dataset.published_version is None or dataset.is_retired:
        return False
    version = pinned_version(dataset.published_version)
    conditions = conditions_of(request.decided_filter)
    types = {one.item: one.pg_type for one in version.columns}
    if any(types.get(one.item) != PG_TYPES[one.type] for one in conditions):
        return False
    try:
        with tables.bounded(MOST_MILLISECONDS_OF_A_DECISION):
            return count(Entitlement(dataset.pk, (), row_filter=conditions), version) == 0
    except tables.TooSlow:
        return False


def _take_one(department_id: int) -> int:
    """Use one of the day's counts of a department; return how many are left.

    Raises:
        InvalidTransition: none is left.
    """
    CountsOfDay.objects.get_or_create(department_id=department_id, on=clock.today())
    day = CountsOfDay.objects.select_for_update().get(department_id=department_id, on=clock.today())
    if day.used >= A_DAY:
        message = _("Your department has counted %(count)d times today. Count again tomorrow; no request needs it.")
        raise InvalidTransition(message % {"count": A_DAY}, code="counts_used_up")
    day.used += 1
    day.save(update_fields=["used"])
    return A_DAY - day.used


def _band(found: int) -> int | None:
    if found < FEWEST:
        return None
    unit = 10 ** (len(str(found)) - 2)
    return int((found + unit // 2) // unit * unit)
