"""Telling those who keep a library dataset that it could not be built."""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from libraries import notices
from libraries.models import Build
from workflow import services as workflow


@transaction.atomic
def build_failure_tell(*, build_id: int, key: str) -> None:
    """Tell cataloguers and heads of the lead department; the version that was published stays."""
    build = Build.objects.select_related("composition__dataset__entry").get(pk=build_id)
    dataset = build.composition.dataset
    workflow.notify_roles(
        department_id=dataset.entry.department_id,
        roles=[Role.CATALOGUER, Role.HEAD],
        kind=notices.FAILED,
        title=format_lazy(_("The library dataset could not be built: {name}"), name=dataset.name),
        body=build.message,
        url=reverse("libraries:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.FAILED}:{key}",
    )
