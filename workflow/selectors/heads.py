"""What waits for the sharing office head of a department."""

from accounts.choices import Role
from workflow.models import Task


def waiting_for_head(department_id: int) -> int:
    """Return how many open tasks wait for the head of a department."""
    return Task.objects.filter(department_id=department_id, role=Role.HEAD, closed_at=None).count()
