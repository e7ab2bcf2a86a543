"""The trail can only grow: PostgreSQL refuses the rest, on the table and on every partition of it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from audit import services
from audit.models import AuditEvent
from audit.services import Subject
from core import clock
from core.actors import PUBLIC, system_actor
from core.testing import clock_at

THING = Subject("test.thing", "1", "一件东西")
ACTOR = system_actor("test")


def partitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def change_and_fail() -> None:
    """Record a change whose transaction is then rolled back."""
    with transaction.atomic():
        services.record(ACTOR, "test.thing.make", THING)
        transaction.set_rollback(True)


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def rows(db):
    """A row in a monthly partition and one in the default partition, whose month nobody prepared."""
    services.partitions_ensure(0)
    services.record(ACTOR, "test.thing.make", THING)
    with clock_at("2001-05-06 10:00"):
        services.record(ACTOR, "test.thing.make", THING)
    assert {"audit_event_default", f"audit_event_{clock.now():%Y%m}"} <= set(partitions())


@pytest.mark.usefixtures("rows")
def test_rows_cannot_be_changed_or_deleted():
    refused("UPDATE audit_event SET note = 'x'")
    refused("DELETE FROM audit_event")
    for partition in ("audit_event_default", f"audit_event_{clock.now():%Y%m}"):
        refused(f"UPDATE \"{partition}\" SET note = 'x'")
        refused(f'DELETE FROM "{partition}"')
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic():
        AuditEvent.objects.update(note="x")
    with pytest.raises(DatabaseError, match="can only grow"), transaction.atomic():
        AuditEvent.objects.all().delete()
    assert AuditEvent.objects.count() == 2


@pytest.mark.usefixtures("rows")
def test_no_partition_can_be_emptied():
    with connection.cursor() as cursor:
        for table in ("audit_event", *partitions()):
            # The suite switches this one trigger off, so that tests that commit can clean up behind them.
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER audit_no_truncate')
    refused("TRUNCATE audit_event")
    for table in partitions():
        refused(f'TRUNCATE "{table}"')


def test_a_new_partition_carries_both_triggers(db):
    with clock_at("2031-01-15 09:00"):
        services.partitions_ensure(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event_203101'::regclass AND tgenabled = 'O'"
            " ORDER BY tgname"
        )
        assert [name for (name,) in cursor.fetchall()] == ["audit_no_change", "audit_no_truncate"]


def test_the_coming_months_get_their_partitions_once(db):
    with clock_at("2030-11-20 12:00"):
        created = services.partitions_ensure(3)
        again = services.partitions_ensure(3)
    assert created == ["audit_event_203011", "audit_event_203012", "audit_event_203101", "audit_event_203102"]
    assert again == []
    assert set(created) <= set(partitions())


def test_a_month_whose_rows_went_to_the_default_partition_stays_there(db):
    with clock_at("2032-03-10 12:00"):
        services.record(ACTOR, "test.thing.make", THING)
        assert services.partitions_ensure(1) == ["audit_event_203204"]


def test_a_row_goes_into_the_partition_of_its_month(db):
    with clock_at("2033-07-31 23:59") as moving:
        services.partitions_ensure(1)
        services.record(ACTOR, "test.thing.make", THING)
        moving.advance(days=1)
        services.record(ACTOR, "test.thing.make", THING)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_event ORDER BY id")
        assert [name for (name,) in cursor.fetchall()] == ["audit_event_203307", "audit_event_203308"]


@pytest.mark.django_db(transaction=True)
def test_a_row_is_refused_outside_a_transaction():
    with pytest.raises(RuntimeError, match="belongs in the transaction"):
        services.record(ACTOR, "test.thing.make", THING)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_no_row():
    change_and_fail()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_kept_although_its_transaction_is_rolled_back():
    change_and_fail()
    services.record_denial(PUBLIC, method="POST", path="/things/1/", reason="not_allowed: no")
    event = AuditEvent.objects.get()
    assert (event.action, event.outcome, event.object_name) == ("access.denied", "denied", "POST /things/1/")
    assert event.note == "not_allowed: no"


def test_a_row_carries_its_transaction(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (transaction_id,) = cursor.fetchone()
    event = services.record(ACTOR, "test.thing.make", THING)
    event.refresh_from_db()
    assert event.transaction_id == transaction_id
    assert event.at - clock.now() < timedelta(seconds=5)
