from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from accounts.models import Department
from tests.factories.accounts import UserFactory, actor
from tests.factories.workflow import TESTER, clock_running
from workflow import services
from workflow.models import Task


def opened(department: Department, **options: object) -> Task:
    values = {
        "kind": "example.review",
        "subject": department,
        "title": "待审核",
        "department_id": department.pk,
        "role": "head",
        **options,
    }
    return services.task_open(**values)  # type: ignore[arg-type]


def test_one_task_is_open_per_kind_object_department_and_role(department: Department) -> None:
    first = opened(department)
    again = opened(department, title="待审核（第 2 版）", detail="更正")
    assert again.pk == first.pk
    assert Task.objects.get().title == "待审核（第 2 版）"
    opened(department, kind="example.other")
    opened(department, role="cataloguer")
    opened(department, department_id=None, role="sysadmin")
    opened(department, department_id=None, role="sysadmin")
    assert Task.objects.count() == 4


def test_closing_frees_the_place_for_the_next(department: Department) -> None:
    first = opened(department)
    assert services.task_close(subject=department, kind="example.review", actor=TESTER) == 1
    assert services.task_close(subject=department, kind="example.review", actor=TESTER) == 0
    first.refresh_from_db()
    assert first.closed_by == "tester"
    assert opened(department).pk != first.pk


def test_closing_touches_only_what_it_names(department: Department) -> None:
    other = UserFactory(department=department).department
    opened(department)
    opened(department, kind="example.other")
    opened(department, role="cataloguer")
    assert services.task_close(subject=department, kind="example.review", role="head", actor=TESTER) == 1
    assert Task.objects.filter(closed_at__isnull=True).count() == 2
    assert services.task_close(subject=other, actor=TESTER) == 2


def test_everybody_reads_a_task_in_his_language(department: Department) -> None:
    with translation.override("en"):
        task = opened(department, title=format_lazy("{name}: {date}", name=gettext_lazy("February"), date="2026-02-24"))
    task = Task.objects.get(pk=task.pk)
    read = {}
    for language in ("zh-hans", "zh-hant", "en", "fr"):
        with translation.override(language):
            read[language] = task.title
    assert read == {
        "zh-hans": "二月: 2026-02-24",
        "zh-hant": "二月: 2026-02-24",
        "en": "February: 2026-02-24",
        "fr": "二月: 2026-02-24",  # a language the product does not have falls back to the main one
    }


def test_a_task_may_be_for_one_person_and_carry_a_clock(department: Department) -> None:
    person = actor("head", department=department)
    clock = clock_running("example", department)
    task = opened(department, user_id=person.id, clock=clock)
    assert (task.user_id, task.clock_id) == (person.id, clock.pk)
