"""Data that are unhooked: who is told, and what their page says afterwards."""

from datetime import timedelta

import pytest

from collection import services
from core import clock
from core.exceptions import InvalidTransition, RuleViolation
from sharing.models import Grant, GrantNotice
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town
from tests.sharing.factories import grant_make
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification


def test_data_that_somebody_reads_stay(three: Town) -> None:
    grant = grant_make(three.dataset, three.world.other)
    with nothing_changes(), pytest.raises(InvalidTransition, match="1 grant on these data is open"):
        services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入其他目录")
    refused = client_of(three.cataloguer).post(
        f"/collection/datasets/{three.dataset.pk}/retire/", {"reason": "并入其他目录"}
    )
    assert refused.status_code == 409
    assert "1 grant on these data is open" in text_of(refused)
    assert "并入其他目录" in refused.content.decode()
    Grant.objects.filter(pk=grant.pk).delete()
    assert services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入").is_retired


def test_what_stands_against_it_is_named_beside_the_button(three: Town) -> None:
    page = f"/collection/datasets/{three.dataset.pk}/?tab=settings"
    said = get(three.cataloguer, page)
    assert "stands against it" not in text_of(said)
    assert "aria-disabled" not in said.content.decode()
    grant = grant_make(three.dataset, three.world.other)
    day = clock.today() + timedelta(days=20)
    GrantNotice.objects.create(
        grant=grant, reason="下线", stops_on=day, announced_at=clock.now(), announced_by_name="负责人"
    )
    grant_make(three.dataset, three.world.other, status="expired", ended_at=clock.now())
    said = get(three.cataloguer, page)
    assert "1 open grant stands against it" in text_of(said)
    assert f"Grant {grant.pk} · {three.world.other.name}" in text_of(said)
    assert f"to stop on {day.isoformat()}" in text_of(said)
    assert 'aria-disabled="true" aria-describedby="no-unhooking"' in said.content.decode()


def test_the_head_is_told(three: Town) -> None:
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason=" 并入其他目录 ")
    outbox_delivery.deliver()
    told = Notification.objects.get(kind="collection.dataset.retired")
    assert told.user_id == three.world.head.id
    assert "并入其他目录" in told.body


def test_the_page_says_when_by_whom_and_why_and_offers_nothing_that_would_be_refused(three: Town) -> None:
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入其他目录")
    page = f"/collection/datasets/{three.dataset.pk}/"
    for reader in (three.cataloguer, three.world.head):
        said = text_of(get(reader, page))
        assert three.cataloguer.name in said
        assert "并入其他目录" in said
        for lie in ("read under a grant", "Load a file", "Next due", "Settings"):
            assert lie not in said
    stranger = text_of(get(three.world.other_head, page))
    assert "no longer hooked" in stranger
    assert "并入其他目录" not in stranger


def test_a_reason_is_given_that_can_be_kept(three: Town) -> None:
    for reason in ("", "  ", "x" * 501):
        with nothing_changes(), pytest.raises(RuleViolation):
            services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason=reason)
