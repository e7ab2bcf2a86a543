"""What enters the trail, and what leaves it."""

import pytest
import structlog

from audit import services
from audit.models import AuditEvent
from audit.selectors import TrailFilters
from core.basis import CATALOG_UPDATE
from core.exceptions import NotAllowed
from tests.factories.accounts import DepartmentFactory

pytestmark = pytest.mark.django_db


def test_a_row_keeps_people_and_objects_as_text(cataloguer):
    department = DepartmentFactory(name="卫健委")
    with structlog.contextvars.bound_contextvars(request_id="abc", ip="10.0.0.9"):
        services.record(
            cataloguer, "accounts.department.edit", department, before={"a": 1}, after={"a": 2}, basis=CATALOG_UPDATE
        )
    event = AuditEvent.objects.get()
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("user", cataloguer.id, "林晓岚")
    assert (event.department_code, event.department_name, event.roles) == ("mzj", "民政局", ["cataloguer"])
    assert (event.object_label, event.object_pk) == ("accounts.department", str(department.pk))
    assert event.basis == "政务数据共享条例 第十七条"
    assert (event.request_id, event.address) == ("abc", "10.0.0.9")


def test_an_export_is_itself_recorded_and_ends_before_that_row(auditor, cataloguer):
    kept = services.record(cataloguer, "test.thing.make", None)
    batches = services.trail_export(actor=auditor, filters=TrailFilters(department="mzj"))
    services.record(cataloguer, "test.thing.make", None)
    assert [event.pk for batch in batches for event in batch] == [kept.pk]
    event = AuditEvent.objects.get(action="audit.trail.export")
    assert event.actor_id == auditor.id
    assert event.after == {"department": "mzj", "newest": kept.pk}


def test_only_the_auditor_exports(cataloguer):
    with pytest.raises(NotAllowed):
        services.trail_export(actor=cataloguer, filters=TrailFilters())
    assert not AuditEvent.objects.exists()
