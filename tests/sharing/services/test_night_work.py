"""The work of the night: one row that cannot be worked on keeps the others from nothing."""

from datetime import date, timedelta
from typing import Any

import pytest

from core import clock
from core.actors import system_actor
from core.testing import clock_at
from sharing.choices import RequestStatus
from sharing.client_choices import PullKind
from sharing.oauth import actor_for_client
from sharing.policies import CLOCK_JOB
from sharing.services import material, rectifying, telling, usage
from sharing.services.pull import PullFacts, pull_record
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import client_make, grant_make
from tests.sharing.requests import status_of
from workflow.models import Notification

CLOCK = system_actor(CLOCK_JOB)


def _failing(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, key: str, bad: int) -> None:
    """Let a service fail on one row."""
    real = getattr(module, name)

    def one(*args: Any, **named: Any) -> Any:
        if named.get(key, args[0] if args else None) == bad:
            raise ValueError("bad row")
        return real(*args, **named)

    monkeypatch.setattr(module, name, one)


def test_one_bad_request_does_not_keep_the_others_from_lapsing(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock_at("2026-09-14 10:00") as now:
        bad, good = (town.agreed(valid_until=date(2027, 1, 31)) for _number in range(2))
        for one in (bad, good):
            material.request_ask_material(actor=town.world.head, request_id=one.pk, missing="职责依据")
        _failing(monkeypatch, material, "request_lapse", "request_id", bad.pk)
        now.advance(days=90)
        assert material.requests_lapse(actor=CLOCK) == 1
    assert (status_of(bad), status_of(good)) == (RequestStatus.AWAITING_MATERIAL, RequestStatus.WITHDRAWN)


def test_one_bad_grant_does_not_keep_the_others_from_ending(town: SharingTown, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock_at("2026-12-01 10:00") as now:
        grants = [grant_make(town.dataset, town.world.other, valid_to=now.moment + timedelta(days=9)) for _one in "ab"]
        lasting = [
            grant_make(town.dataset, town.world.other, valid_to=now.moment + timedelta(days=39)) for _one in "ab"
        ]
        _failing(monkeypatch, telling, "grant_expire", "grant_id", grants[0].pk)
        _failing(monkeypatch, telling, "_end_announce", "grant_id", lasting[0].pk)
        now.advance(days=10)
        assert telling.grants_keep(actor=CLOCK) == 1
    for one in grants:
        one.refresh_from_db()
    assert [one.status for one in grants] == ["active", "expired"]
    told = Notification.objects.filter(kind="sharing.grant.end").values_list("url", flat=True)
    assert set(told) == {f"/sharing/grants/{lasting[1].pk}/"}


def test_one_bad_grant_does_not_keep_the_others_from_being_asked_for_their_use(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = [grant_make(town.dataset, town.world.other, first_pulled_at=clock.now()) for _one in "ab"]
    machine = actor_for_client(client_make(town.world.other, grants=used))
    for one in used:
        facts = PullFacts(one, 1, PullKind.ROWS, (), "10.0.0.1")
        pull_record(actor=machine, facts=facts, rows=1, size_bytes=10, milliseconds=3)
        usage.inspection_record(
            actor=town.world.head,
            grant_id=one.pk,
            result="to_rectify",
            finding="登记不全",
            rectify_by=clock.today() + timedelta(days=1),
        )

    def bad(grant: Any, *_args: Any, **_named: Any) -> None:
        if grant.pk == used[0].pk:
            raise ValueError("bad row")

    monkeypatch.setattr(usage, "grant_task_for", bad)
    found = rectifying.inspector_ids
    monkeypatch.setattr(rectifying, "inspector_ids", lambda one: bad(one.grant) or found(one))
    with clock_at(clock.now() + timedelta(days=200)):
        assert usage.usage_remind() == 1
        assert rectifying.inspections_remind() == 1
