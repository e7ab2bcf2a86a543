"""Counting rows: who learns how much, how often, and what of it is kept."""

from typing import Any

import pytest

from audit.models import AuditEvent
from collection.store import tables
from core.exceptions import InvalidTransition, RuleViolation
from sharing.models import CountsOfDay
from sharing.services import answer, count, dispute
from tests.sharing.conftest import SharingTown


def test_a_count_that_takes_too_long_is_used_up_and_kept_in_the_trail(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = town.draft()

    def slow(*args: Any) -> int:
        raise tables.TooSlow

    monkeypatch.setattr(count, "count", slow)
    with pytest.raises(InvalidTransition, match="too long"):
        count.rows_count(actor=town.asker, request_id=draft.pk)
    assert CountsOfDay.objects.get().used == 1
    assert AuditEvent.objects.filter(action="sharing.request.count", object_pk=str(draft.pk)).count() == 1


def sought(town: SharingTown, field: str, value: str) -> list[dict[str, Any]]:
    return [{"item": town.items(field)[0], "operator": "eq", "values": [value]}]


def test_an_authority_learns_no_more_of_masked_values_than_who_asks(town: SharingTown) -> None:
    request = town.agreed()
    for condition in (sought(town, "SFZH", "没有"), sought(town, "XM", "没有")):
        with pytest.raises(RuleViolation):
            count.rows_count(actor=town.world.reviewer, request_id=request.pk, row_filter=condition)
        own = count.rows_count(actor=town.world.head, request_id=request.pk, row_filter=condition)
        assert (own.rows, own.is_exact, own.left) == (0, True, None)
    told = count.rows_count(actor=town.world.reviewer, request_id=request.pk, row_filter=[])
    assert (told.rows, told.is_exact) == (None, False)
    assert CountsOfDay.objects.get().department_id == town.world.reviewer.department_id
    CountsOfDay.objects.update(used=count.A_DAY)
    with pytest.raises(InvalidTransition, match="counted 50 times"):
        count.rows_count(actor=town.world.reviewer, request_id=request.pk, row_filter=[])


def test_a_decision_of_the_authority_tells_nothing_of_the_rows_that_it_narrows(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="超出范围")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="履职所需")

    def looked(*args: Any) -> bool:
        raise AssertionError("rows were counted for the authority")

    monkeypatch.setattr(answer, "leaves_no_row", looked)
    dispute.request_settle(
        actor=town.world.reviewer,
        request_id=request.pk,
        is_granted=True,
        without_provider=True,
        opinion="部分提供",
        row_filter=sought(town, "SFZH", "没有"),
    )
    request.refresh_from_db()
    assert request.status == "agreed"


def test_a_provider_hears_that_no_row_is_left_last_of_all(town: SharingTown) -> None:
    request = town.agreed()
    given: dict[str, Any] = {"row_filter": sought(town, "SFZH", "没有")}
    for more, field in (({"masks": {"XM": "no"}}, "masks[XM]"), ({}, "opinion"), ({"opinion": "部分"}, "row_filter")):
        with pytest.raises(RuleViolation) as refused:
            answer.request_approve(actor=town.world.head, request_id=request.pk, **given, **more)
        assert [one.field for one in refused.value.errors] == [field]
    [looked] = AuditEvent.objects.filter(action="sharing.request.count", object_pk=str(request.pk))
    assert (looked.actor_id, looked.after) == (town.world.head.id, {"filter": 1, "exact": True, "rows": 0})
    request.refresh_from_db()
    assert request.status == "awaiting_provider"
