"""Data that are unhooked: who is told, and what their page says afterwards."""

import pytest

from collection import services
from core.exceptions import RuleViolation
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import Town
from tests.sharing.factories import grant_make
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Notification


def test_the_head_and_whoever_holds_a_grant_are_told(three: Town) -> None:
    grant = grant_make(three.dataset, three.world.other)
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason=" 并入其他目录 ")
    outbox_delivery.deliver()
    told = Notification.objects.get(kind="collection.dataset.retired")
    assert told.user_id == three.world.head.id
    assert "并入其他目录" in told.body
    holders = Notification.objects.filter(kind="sharing.grant", url=f"/sharing/grants/{grant.pk}/")
    assert three.world.other_head.id in {one.user_id for one in holders}


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
