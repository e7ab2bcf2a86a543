"""The limit that a region's authority sets for the data there and below."""

import pytest
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from collection import services
from collection.models import Dataset, RegionQualityLimit
from collection.selectors.quality import quality_list_for
from collection.selectors.quality_limit import QualityLimits, quality_limit_of, region_limits_for
from collection.services.quality_task import TASK
from core.exceptions import NotAllowed, RuleViolation
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, Town
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.unchanged import nothing_changes
from workflow import outbox_delivery
from workflow.models import Task

ADDRESS = "/collection/quality/limits/"


def test_the_nearest_region_above_decides_and_a_name_is_no_prefix_of_another() -> None:
    limits = QualityLimits({"70": 60, "70/7001": 90}, 80)
    assert [limits.of_region(path) for path in ("70", "70/7002", "70/7001", "70/7001/700101", "70/70011", "71")] == [
        60, 60, 90, 90, 60, 80,
    ]  # fmt: skip


def test_the_authority_sets_the_limit_of_its_region_in_the_trail(three: Town) -> None:
    assert quality_limit_of(three.dataset) == 80
    services.region_limit_set(actor=three.world.reviewer, score=91)
    assert quality_limit_of(three.dataset) == 91
    assert quality_list_for(three.world.reviewer).get().limit_now == 91  # type: ignore[attr-defined]
    services.region_limit_set(actor=three.world.reviewer, score=None)
    assert quality_limit_of(three.dataset) == 80
    events = AuditEvent.objects.filter(action="collection.region.quality_limit").order_by("pk")
    assert [(one.before, one.after) for one in events] == [
        ({"quality_limit": None}, {"quality_limit": 91}), ({"quality_limit": 91}, {"quality_limit": None}),
    ]  # fmt: skip


def test_the_limit_of_the_region_above_holds_where_the_region_has_none(three: Town) -> None:
    region = three.world.provider.region
    assert region.parent is not None
    above = actor_of(
        UserFactory(department=DepartmentFactory(region=region.parent, authority=True), roles=["reviewer"])
    )
    services.region_limit_set(actor=above, score=95)
    assert quality_list_for(three.world.reviewer).get().limit_now == 95  # type: ignore[attr-defined]
    assert quality_limit_of(three.dataset) == 95
    services.region_limit_set(actor=three.world.reviewer, score=50)
    assert quality_list_for(three.world.reviewer).get().limit_now == 50  # type: ignore[attr-defined]
    standing = {one.region.path: (one.limit, one.setter) for one in region_limits_for(three.world.reviewer)}
    assert standing[region.path] == (50, region)
    assert standing[region.parent.path] == (95, region.parent)


def test_nobody_else_sets_it_and_no_other_score_is_taken(three: Town) -> None:
    world = three.world
    for stranger in (world.cataloguer, world.head, world.sysadmin, world.secadmin, world.auditor):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.region_limit_set(actor=stranger, score=50)
    for score in (-1, 101):
        with nothing_changes(), pytest.raises(RuleViolation):
            services.region_limit_set(actor=world.reviewer, score=score)


def test_a_dataset_asks_no_less_of_itself_than_its_region(three: Town) -> None:
    services.region_limit_set(actor=three.world.reviewer, score=60)
    services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=70)
    with nothing_changes(), pytest.raises(RuleViolation):
        services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=59)
    services.region_limit_set(actor=three.world.reviewer, score=75)
    three.dataset.refresh_from_db()
    assert quality_limit_of(three.dataset) == 75


def test_work_begins_and_ends_with_the_limit_and_not_only_with_the_next_run(three: Town) -> None:
    three.send(HEADER + "".join(f"{number:04d},,,,\n" for number in range(20)))
    Dataset.objects.filter(pk=three.dataset.pk).update(quality_score=85)
    outbox_delivery.deliver()
    assert not Task.objects.filter(kind=TASK).exists()
    services.region_limit_set(actor=three.world.reviewer, score=90)
    outbox_delivery.deliver()
    assert Task.objects.get(kind=TASK).closed_at is None
    services.region_limit_set(actor=three.world.reviewer, score=85)
    outbox_delivery.deliver()
    assert Task.objects.get(kind=TASK).closed_at is not None
    services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=86)
    outbox_delivery.deliver()
    assert Task.objects.filter(kind=TASK, closed_at__isnull=True).count() == 1


def test_the_page_shows_the_limits_and_the_form_to_the_authority_alone(
    three: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(three.world.reviewer)
    refused = client.post(f"{ADDRESS}set/", {"score": "101"})
    assert refused.status_code == 422
    assert not RegionQualityLimit.objects.exists()
    assert client.post(f"{ADDRESS}set/", {"score": "88"}).status_code == 302
    with django_assert_max_num_queries(20):
        assert "88" in text_of(client.get(ADDRESS))
    assert "88" in text_of(get(three.cataloguer, ADDRESS))
    assert "Limit of your region" not in text_of(get(three.cataloguer, ADDRESS))
    assert ADDRESS in get(three.cataloguer, "/collection/quality/").content.decode()
