"""Work for the provider while data are under their quality limit."""

import pytest

from collection import services
from collection.models import Dataset
from collection.services.quality_task import TASK, quality_shortfall_settle
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_quality_runs import add
from workflow import outbox_delivery
from workflow.choices import ClockState
from workflow.models import Clock, Notification, Task

POOR = HEADER + "".join(f"{number:04d},,,,\n" for number in range(20))
GOOD = HEADER + "".join(ROWS)


@pytest.fixture
def short(three: Town) -> Town:
    """The town with a version under its limit."""
    services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=95)
    add(three, "completeness", "warn", item="姓名", percent=100)
    three.send(POOR)
    outbox_delivery.deliver()
    return three


def test_a_score_under_the_limit_opens_one_task_with_a_clock_that_no_law_sets(short: Town) -> None:
    task = Task.objects.get(kind=TASK)
    assert (task.title, task.department_id, task.role) == ("低保对象", short.world.provider.pk, "cataloguer")
    assert task.url == f"/collection/datasets/{short.dataset.pk}/quality/"
    clock = Clock.objects.get(policy_key="quality_correction")
    assert (task.clock_id, clock.working_days, clock.is_statutory, clock.document) == (clock.pk, 10, False, "")
    told = set(Notification.objects.filter(kind="collection.dataset.quality").values_list("user_id", flat=True))
    assert told >= {short.world.cataloguer.id, short.world.head.id}


def test_a_shortfall_that_lasts_opens_nothing_twice(short: Town) -> None:
    short.send(POOR + "0099,,,,\n")
    outbox_delivery.deliver()
    quality_shortfall_settle(dataset_id=short.dataset.pk)
    assert Task.objects.filter(kind=TASK).count() == 1
    assert Clock.objects.filter(policy_key="quality_correction").count() == 1


def test_a_better_version_ends_the_work_and_a_later_shortfall_is_a_new_one(short: Town) -> None:
    short.send(GOOD)
    outbox_delivery.deliver()
    assert Task.objects.get(kind=TASK).closed_at is not None
    assert Clock.objects.get(policy_key="quality_correction").state == ClockState.FINISHED
    short.send(POOR)
    outbox_delivery.deliver()
    assert Task.objects.filter(kind=TASK, closed_at__isnull=True).count() == 1
    assert Clock.objects.filter(policy_key="quality_correction").count() == 2


def test_unhooking_ends_the_work_without_calling_it_done(short: Town) -> None:
    services.dataset_retire(actor=short.cataloguer, dataset_id=short.dataset.pk, reason="并入其他目录")
    assert Task.objects.get(kind=TASK).closed_at is not None
    assert Clock.objects.get(policy_key="quality_correction").state == ClockState.CANCELLED


def test_good_data_open_nothing(three: Town) -> None:
    outbox_delivery.deliver()
    assert Dataset.objects.get().quality_score == 100
    assert not Task.objects.filter(kind=TASK).exists()
    assert not Clock.objects.filter(policy_key="quality_correction").exists()
