"""What follows when the last row of a batch is done: figures, a task for each department, a notice for each person."""

from collections import Counter
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.choices import Role
from accounts.models import Department
from catalog.choices import EntryStatus
from catalog.models import Entry, ImportBatch, ImportRow
from catalog.models.imports import RowState
from core.actors import Actor
from workflow import notification_kinds, task_kinds
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids

TASK_COMPLETE = "catalog.complete_import"
NOTICE_IMPORTED = "catalog.imported"


def register() -> None:
    """Make the task and the notice known to inbox and preferences."""
    task_kinds.register(
        TASK_COMPLETE, gettext_lazy("Complete imported entries"), icon="file-import", verb=gettext_lazy("Complete")
    )
    notification_kinds.register(NOTICE_IMPORTED, gettext_lazy("Entries were imported for your department"))


def batch_counts(batch: ImportBatch) -> dict[str, int]:
    """Count the rows of a batch by outcome; the outcomes add up to ``rows_in``."""
    rows = ImportRow.objects.filter(batch=batch)
    found = rows.aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in RowState},
        published=Count("pk", filter=Q(is_published=True)),
        drafts=Count("pk", filter=Q(is_published=False, state__in=[RowState.CREATED, RowState.UPDATED])),
        assumed=Count("pk", filter=Q(assumption_count__gt=0, state__in=[RowState.CREATED, RowState.UPDATED])),
        departments=Count("department", distinct=True, filter=~Q(state=RowState.REJECTED)),
    )
    return {key: int(value) for key, value in found.items()}


def problem_counts(batch: ImportBatch) -> Counter[tuple[str, str]]:
    """Count the problems of a batch by severity and code."""
    counts: Counter[tuple[str, str]] = Counter()
    rows = ImportRow.objects.filter(batch=batch).exclude(problems=[]).values_list("problems", flat=True)
    for problems in rows.iterator(chunk_size=2000):
        counts.update((one["severity"], one["code"]) for one in problems)
    return counts


def departments_touched(batch: ImportBatch) -> dict[int, int]:
    """Return department → how many entries the batch created or changed in it."""
    rows = (
        ImportRow.objects.filter(batch=batch, state__in=[RowState.CREATED, RowState.UPDATED])
        .values("department")
        .annotate(count=Count("pk"))
        .values_list("department", "count")
    )
    return {pk: count for pk, count in rows if pk is not None}


def completion_tasks_refresh(actor: Actor, department_ids: list[int]) -> None:
    """Open, bring up to date or close the one task of each department to complete what an import assumed."""
    open_entries = (
        Entry.objects.filter(department_id__in=department_ids)
        .exclude(status=EntryStatus.WITHDRAWN)
        .exclude(current_revision__assumptions=[])
        .order_by()
        .values("department")
        .annotate(count=Count("pk"))
        .values_list("department", "count")
    )
    counts = dict(open_entries)
    for department in Department.objects.filter(pk__in=department_ids).order_by("pk"):
        count = counts.get(department.pk, 0)
        if not count:
            workflow.task_close(subject=department, kind=TASK_COMPLETE, actor=actor)
            continue
        title = ngettext_lazy("{count} imported entry to complete", "{count} imported entries to complete", count)
        workflow.task_open(
            kind=TASK_COMPLETE,
            subject=department,
            title=format_lazy(title, count=count),
            detail=gettext_lazy("The import assumed values that the file did not state. Check and confirm them."),
            url=reverse("catalog:entry_own_list"),
            department_id=department.pk,
            role=Role.CATALOGUER,
        )


def notices_send(batch: ImportBatch, touched: dict[int, int], counts: dict[str, int]) -> None:
    """Tell the cataloguers and heads of each department, once for the whole batch."""
    for department_id, count in touched.items():
        people = role_holder_ids(department_id, [Role.CATALOGUER, Role.HEAD])
        if not people:
            continue
        details: dict[str, Any] = {"count": count, "file": batch.file_name}
        workflow.notify(
            user_ids=people,
            kind=NOTICE_IMPORTED,
            title=format_lazy(gettext_lazy("{count} entries were imported from “{file}”"), **details),
            body=format_lazy(
                gettext_lazy(
                    "Of the whole file {published} were published, {drafts} are drafts. Values that the file did not "
                    "state were assumed; please check them."
                ),
                published=counts["published"],
                drafts=counts["drafts"],
            ),
            url=reverse("catalog:entry_own_list"),
            dedupe_key=f"{NOTICE_IMPORTED}:{batch.pk}",
        )
