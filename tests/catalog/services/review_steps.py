"""Entries at each stage of a review, what can be tried there, and what a step leaves behind."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from audit.models import AuditEvent
from catalog import services
from catalog.models import Entry
from core.actors import Actor
from tests.factories.catalog import CatalogWorld
from workflow.models import OutboxMessage


def revising(world: CatalogWorld) -> Entry:
    entry = world.published()
    return services.entry_revise(actor=world.cataloguer, ref=entry.pk)


def revision_submitted(world: CatalogWorld) -> Entry:
    return services.entry_submit(actor=world.cataloguer, ref=revising(world).pk)


def revision_signed_off(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.head, ref=revision_submitted(world).pk)


def revision_returned(world: CatalogWorld) -> Entry:
    return services.entry_return(actor=world.reviewer, ref=revision_signed_off(world).pk, opinion="请补充")


def returned_by_head(world: CatalogWorld) -> Entry:
    return services.entry_return(actor=world.head, ref=world.submitted().pk, opinion="请补充")


def withdrawal_asked(world: CatalogWorld) -> Entry:
    return services.entry_withdraw(actor=world.cataloguer, ref=world.published().pk, reason="职责已划出")


def withdrawal_signed_off(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.head, ref=withdrawal_asked(world).pk)


def withdrawn(world: CatalogWorld) -> Entry:
    return services.entry_approve(actor=world.reviewer, ref=withdrawal_signed_off(world).pk)


FILING: dict[str, Callable[[Actor, int], Any]] = {
    "edit": lambda actor, pk: services.entry_update(actor=actor, ref=pk, fields={"keywords": "低保"}),
    "submit": lambda actor, pk: services.entry_submit(actor=actor, ref=pk),
    "recall": lambda actor, pk: services.entry_recall(actor=actor, ref=pk),
    "revise": lambda actor, pk: services.entry_revise(actor=actor, ref=pk),
    "discard": lambda actor, pk: services.entry_discard(actor=actor, ref=pk),
    "withdraw": lambda actor, pk: services.entry_withdraw(actor=actor, ref=pk, reason="职责已划出"),
}
DECIDING: dict[str, Callable[[Actor, int], Any]] = {
    "approve": lambda actor, pk: services.entry_approve(actor=actor, ref=pk, opinion="同意"),
    "return": lambda actor, pk: services.entry_return(actor=actor, ref=pk, opinion="请补充"),
    "comment": lambda actor, pk: services.comment_add(actor=actor, ref=pk, field="summary", text="太短"),
}


TABLES = (
    "catalog_entry", "catalog_revision", "catalog_revisionitem", "catalog_item", "catalog_decision",
    "catalog_reviewcomment", "catalog_category", "catalog_entrysearch", "catalog_dutychangeentry",
    "workflow_clock", "workflow_task", "workflow_notification", "workflow_outboxmessage", "workflow_outboxdelivery",
    "audit_event",
)  # fmt: skip


def fingerprint() -> list[tuple[str, str]]:
    """Return a digest of every row that a step could touch, one query for all tables."""
    parts = [
        f"SELECT '{table}', coalesce(md5(string_agg(row::text, '|' ORDER BY row::text)), '') FROM {table} row"
        for table in TABLES
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(cursor.fetchall())


def audit_actions(entry: Entry) -> list[str]:
    return list(
        AuditEvent.objects.filter(object_label="catalog.entry", object_pk=str(entry.pk), action__startswith="catalog.")
        .order_by("id")
        .values_list("action", flat=True)
    )


def events(entry: Entry) -> list[str]:
    return list(OutboxMessage.objects.filter(payload__entry_id=entry.pk).order_by("pk").values_list("event", flat=True))
