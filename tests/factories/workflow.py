"""Valid rows of the workflow app.

    policy = ClockPolicyFactory(key="catalog_update", working_days=10)
    clock = clock_running("catalog_update", department, started_at="2026-09-18 10:00")

States other than these are reached through the services.
"""

from datetime import date, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.models import Department
from core import clock as time
from core.actors import system_actor
from tests.factories.accounts import DepartmentFactory, UserFactory
from workflow import services
from workflow.choices import LegalKind, LegalPurpose
from workflow.models import Attachment, Clock, ClockPolicy, LegalBasis, Notification, Task

TESTER = system_actor("tester")


def moment(text: str) -> datetime:
    """Return a moment in the region's time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=time.REGION_ZONE)


class LegalBasisFactory(DjangoModelFactory):
    class Meta:
        model = LegalBasis

    key = factory.Sequence(lambda n: f"basis-{n}")
    document = factory.Sequence(lambda n: f"示例条例{n}")
    article = "第七条"
    article_position = 7
    gist = "示例要旨。"
    kind = LegalKind.ADMINISTRATIVE_REGULATION
    may_justify = factory.LazyFunction(lambda: [LegalPurpose.CONDITIONAL.value])
    created_at = factory.LazyFunction(time.now)


class ClockPolicyFactory(DjangoModelFactory):
    """A statutory limit of ten working days that may be extended by five."""

    class Meta:
        model = ClockPolicy

    key = factory.Sequence(lambda n: f"example_{n}")
    event = "示例事项"
    role = "cataloguer"
    working_days = 10
    extension_working_days = 5
    document = "政务数据共享条例"
    article = "第十七条"
    is_statutory = True
    valid_from = date(2025, 8, 1)
    created_at = factory.LazyFunction(time.now)


def clock_running(key: str, department: Department, *, started_at: str | datetime | None = None) -> Clock:
    """Start a clock whose subject is the department itself; the policy is made where there is none."""
    if not ClockPolicy.objects.filter(key=key).exists():
        ClockPolicyFactory(key=key)
    return services.clock_start(
        actor=TESTER,
        policy_key=key,
        subject=department,
        department_id=department.pk,
        region_id=department.region_id,
        started_at=moment(started_at) if isinstance(started_at, str) else started_at,
    )


class TaskFactory(DjangoModelFactory):
    class Meta:
        model = Task

    kind = "example.review"
    subject_label = "accounts.department"
    subject_pk = factory.Sequence(lambda n: n + 1)
    titles = factory.Sequence(lambda n: {"zh-hans": f"待办{n}"})
    url = "/"
    department = factory.SubFactory(DepartmentFactory)
    role = "head"
    opened_at = factory.LazyFunction(time.now)


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory)
    kind = "example.news"
    title = factory.Sequence(lambda n: f"通知{n}")
    created_at = factory.LazyFunction(time.now)


class AttachmentFactory(DjangoModelFactory):
    class Meta:
        model = Attachment

    subject_label = "accounts.department"
    subject_pk = 1
    department = factory.SubFactory(DepartmentFactory)
    file = factory.django.FileField(filename="stored", data=b"%PDF-1.7 example")
    original_name = "评估报告.pdf"
    content_type = "application/pdf"
    size_bytes = 16
    sha256 = "0" * 64
    uploaded_by = "林晓岚"
    uploaded_at = factory.LazyFunction(time.now)


def values(row: Any, *names: str) -> dict[str, Any]:
    """Return some fields of a row as they are in the database now."""
    return type(row).objects.filter(pk=row.pk).values(*names).get()
