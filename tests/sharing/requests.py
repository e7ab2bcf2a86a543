"""What tests of requests look at."""

import pytest

from core.exceptions import RuleViolation
from sharing.models import ShareRequest
from workflow.models import Clock, Task


def codes(refused: pytest.ExceptionInfo[RuleViolation]) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in refused.value.errors}


def status_of(request: ShareRequest) -> str:
    return ShareRequest.objects.get(pk=request.pk).status


def open_tasks(request: ShareRequest) -> list[tuple[str, str]]:
    found = Task.objects.filter(closed_at=None, subject_label="sharing.sharerequest", subject_pk=request.pk)
    return list(found.order_by("pk").values_list("kind", "role"))


def clock_of(request: ShareRequest, key: str) -> Clock:
    found = Clock.objects.filter(subject_label="sharing.sharerequest", subject_pk=request.pk, policy_key=key)
    return found.order_by("-pk")[0]
