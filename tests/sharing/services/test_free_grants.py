"""Data that are shared unconditionally: taken on the spot, once the terms are accepted."""

from datetime import timedelta

import pytest

from collection import services as collecting
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, RuleViolation
from core.testing import clock_at
from sharing.choices import EndReason
from sharing.models import Grant
from sharing.services import (
    answer,
    grant,
    terms,
    usage,
)
from tests.catalog.views.reader import get, text_of
from tests.collection.worker import work
from tests.factories.accounts import InformationSystemFactory
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_grants import is_live
from tests.unchanged import database_digest


def free_town(world: CatalogWorld) -> SharingTown:
    items = [
        {"name": "机构编号", "field_name": "DXBH", "type": "C", "is_key": True, "nullable": False},
        {"name": "姓名", "field_name": "XM", "type": "C", "is_sensitive": True, "mask": "name"},
    ]
    entry = world.published(
        items=items, sharing="unconditional", sharing_scope="", sharing_purpose="", name="公共就业服务机构"
    )
    dataset = collecting.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="机构")
    content = "DXBH,XM\n01,王小明\n02,李四\n".encode()
    work(collecting.run_upload(actor=world.cataloguer, dataset_id=dataset.pk, pieces=[content], file_name="a.csv"))
    dataset.refresh_from_db()
    return SharingTown(world, entry, dataset, InformationSystemFactory(department=world.other))


def take(town: SharingTown, actor: Actor | None = None, **given: object) -> Grant:
    return terms.grant_take(
        **{
            "actor": actor or town.asker,
            "dataset_id": town.dataset.pk,
            "purpose": "展示服务机构",
            "until": clock.today() + timedelta(days=365),
            "systems": [town.system.pk],
        }
        | given  # type: ignore[arg-type]
    )


def test_who_accepted_the_terms_takes_free_data_on_the_spot(world: CatalogWorld) -> None:
    town = free_town(world)
    with pytest.raises(InvalidTransition) as refused:
        take(town)
    assert refused.value.code == "terms_not_accepted"
    with pytest.raises(NotAllowed):
        terms.terms_accept(actor=town.asker, number=1)
    with pytest.raises(InvalidTransition):
        terms.terms_accept(actor=town.asker_head, number=2)
    terms.terms_accept(actor=town.asker_head, number=1)
    terms.terms_accept(actor=town.asker_head, number=1)
    made = take(town)
    assert is_live(made)
    assert made.masks == {town.items("XM")[0]: "name"}
    terms.terms_publish(actor=world.reviewer, text="新条款")
    with pytest.raises(InvalidTransition):
        take(town)
    assert is_live(made)


def test_conditional_data_and_own_data_are_not_taken(town: SharingTown) -> None:
    terms.terms_accept(actor=town.asker_head, number=1)
    before = database_digest()
    with pytest.raises(NotAllowed):
        take(town)
    with pytest.raises(NotAllowed):
        take(town, actor=town.world.head)
    with pytest.raises(NotAllowed):
        take(town, actor=town.world.reviewer)
    assert database_digest() == before


def test_what_is_taken_needs_purpose_end_and_system(world: CatalogWorld) -> None:
    town = free_town(world)
    terms.terms_accept(actor=town.asker_head, number=1)
    with pytest.raises(RuleViolation) as refused:
        take(town, purpose=" ", until=clock.today(), systems=[10**6], methods=["fax"])
    assert [one.field for one in refused.value.errors] == ["purpose", "until", "systems", "methods"]


def test_what_was_taken_on_the_spot_ends_after_a_notice_once_a_request_is_needed(world: CatalogWorld) -> None:
    with clock_at("2026-09-18 10:00"):
        town = free_town(world)
        terms.terms_accept(actor=town.asker_head, number=1)
        made = take(town)
        fields = {"sharing": "conditional", "sharing_scope": "救助部门", "sharing_purpose": "核验"}
        world.republished(town.entry, **fields)
        made.refresh_from_db()
        assert is_live(made)
        assert str(made.valid_to.astimezone(clock.REGION_ZONE)) == "2026-10-10 00:00:00+08:00"


def test_what_somebody_decided_goes_on_once_a_request_is_needed(world: CatalogWorld) -> None:
    with clock_at("2026-09-18 10:00") as now:
        town = free_town(world)
        barred = town.agreed().grants.get()
        grant.grant_end(actor=town.world.head, grant_id=barred.pk, reason=EndReason.MISUSE, note="超范围使用")
        asked = town.agreed()
        usage.inspection_record(actor=town.world.head, grant_id=barred.pk, result="in_order", finding="已整改")
        now.advance(hours=1)
        answer.request_approve(actor=world.reviewer, request_id=asked.pk, opinion="整改到位", without_provider=True)
        decided, taken = Grant.objects.get(request=asked), town.agreed().grants.get()
        ends = decided.valid_to
        fields = {"sharing": "conditional", "sharing_scope": "救助部门", "sharing_purpose": "核验"}
        world.republished(town.entry, **fields)
        for one in (decided, taken):
            one.refresh_from_db()
        assert decided.valid_to == ends
        assert str(taken.valid_to.astimezone(clock.REGION_ZONE)) == "2026-10-10 00:00:00+08:00"
        shown = text_of(get(town.asker, f"/sharing/grants/{taken.pk}/"))
        assert "Ends on 2026-10-09" in shown
        assert "Adapted to the entry" not in shown
