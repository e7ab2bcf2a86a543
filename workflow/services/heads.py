"""A department whose only head went."""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from accounts.models import Department
from accounts.selectors import authority_of
from core import clock
from core.actors import Actor
from workflow.selectors.heads import waiting_for_head
from workflow.selectors.people import role_holder_ids
from workflow.services.notification import notify

KIND_HEADLESS = "workflow.headless"


@transaction.atomic
def headless_notify(*, actor: Actor, department: Department) -> None:
    """Tell the administrators and the region's authority that nobody signs off and answers for a department.

    Not whoever did it: the page warned him.
    """
    people = set(role_holder_ids(None, [Role.SYSADMIN, Role.SECADMIN]))
    authority = authority_of(department.region_id)
    if authority is not None:
        people |= set(role_holder_ids(authority.pk, [Role.REVIEWER]))
    notify(
        user_ids=people - {actor.id},
        kind=KIND_HEADLESS,
        title=format_lazy(_("{department} has no sharing office head any more"), department=department.name),
        body=format_lazy(
            _("Matters that wait for the head: {count}. The security administrator gives somebody the role."),
            count=waiting_for_head(department.pk),
        ),
        url=reverse("accounts:department_detail", args=[department.pk]),
        dedupe_key=f"{KIND_HEADLESS}:{department.pk}:{clock.now().isoformat()}",
    )
