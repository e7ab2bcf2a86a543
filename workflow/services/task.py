from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.functional import Promise

from core import clock as time
from core.actors import Actor
from workflow.models import Clock, Task
from workflow.subjects import subject_ref
from workflow.wording import in_every_language


@transaction.atomic
def task_open(
    *,
    kind: str,
    subject: models.Model,
    title: str | Promise,
    detail: str | Promise = "",
    url: str = "",
    department_id: int | None,
    role: str,
    user_id: int | None = None,
    clock: Clock | None = None,
    due_at: datetime | None = None,
    exclude_user_ids: Iterable[int | None] = (),
) -> Task:
    """Put work in the inbox of a role in a department.

    One such task is open per kind, object, department and role: opening it again brings its text up to date.

    Args:
        title, detail: lazily translated text is kept in every language, since many read the same row.
        department_id: None for any holder of the role in the installation.
        user_id: one person of them, where the work is his alone.
        due_at: for work that no clock runs on.
        exclude_user_ids: who may not do it, because they took part in what it is about; None is nobody.
    """
    reference = subject_ref(subject)
    values = {
        "titles": in_every_language(title, length=300),
        "details": in_every_language(detail, length=500),
        "url": url,
        "user_id": user_id,
        "clock": clock,
        "due_at": due_at,
        "exclude_user_ids": sorted({one for one in exclude_user_ids if one is not None}),
    }
    identity: dict[str, Any] = {
        "kind": kind,
        "subject_label": reference.label,
        "subject_pk": reference.pk,
        "department_id": department_id,
        "role": role,
        "closed_at": None,
    }
    task, _is_new = Task.objects.update_or_create(
        **identity, defaults=values, create_defaults={**values, "opened_at": time.now()}
    )
    return task


@transaction.atomic
def task_close(
    *,
    subject: models.Model,
    kind: str | None = None,
    role: str | None = None,
    department_id: int | None = None,
    but: Collection[str] = (),
    actor: Actor,
) -> int:
    """Close the open tasks on an object, all or those of one kind, role or department; return how many there were.

    Args:
        but: kinds that stay open.
    """
    reference = subject_ref(subject)
    tasks = Task.objects.filter(subject_label=reference.label, subject_pk=reference.pk, closed_at__isnull=True)
    tasks = tasks.exclude(kind__in=but)
    if kind is not None:
        tasks = tasks.filter(kind=kind)
    if role is not None:
        tasks = tasks.filter(role=role)
    if department_id is not None:
        tasks = tasks.filter(department=department_id)
    return tasks.update(closed_at=time.now(), closed_by=str(actor))
