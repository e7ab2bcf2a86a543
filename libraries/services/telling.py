"""Telling those who keep a library dataset what became of a build, and what a provider has answered."""

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from core.reasons import Reason
from libraries import notices
from libraries.choices import PartConsent
from libraries.models import Build, Part
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
        body=Reason.from_dict(build.failure),
        url=reverse("libraries:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.FAILED}:{key}",
    )


@transaction.atomic
def part_answer_tell(*, part_id: int, key: str) -> None:
    """Tell cataloguers and heads of the lead department whether a provider lets its data go into the library."""
    part = Part.objects.select_related("composition__dataset__entry", "grant__dataset").get(pk=part_id)
    if part.consent == PartConsent.AWAITING:  # asked anew meanwhile
        return
    is_agreed = part.consent == PartConsent.AGREED
    words = _("The provider agrees: {name}") if is_agreed else _("The provider refuses: {name}")
    workflow.notify_roles(
        department_id=part.composition.dataset.entry.department_id,
        roles=[Role.CATALOGUER, Role.HEAD],
        kind=notices.CONSENT,
        title=format_lazy(words, name=f"{part.dataset.name} → {part.composition.dataset.name}"),
        body=part.consent_note,
        url=reverse("libraries:dataset_detail", args=[part.composition.dataset_id]),
        dedupe_key=f"{notices.CONSENT}:{key}",
    )


@transaction.atomic
def part_taken_out_tell(*, part: Part) -> None:
    """Tell cataloguers and heads of the lead department that the platform has taken a source out."""
    dataset = part.composition.dataset
    workflow.notify_roles(
        department_id=dataset.entry.department_id,
        roles=[Role.CATALOGUER, Role.HEAD],
        kind=notices.LEAVING,
        title=format_lazy(
            _("A source was taken out of the library: {name}"), name=f"{part.dataset.name} → {dataset.name}"
        ),
        body=_(
            "It may not go into it any more, and a day has passed. Its rows leave with the build that is asked for."
        ),
        url=reverse("libraries:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.LEAVING}:{part.pk}:out",
    )


@transaction.atomic
def left_out_tell(*, build: Build) -> None:
    """Tell cataloguers and heads of the lead department, once, which sources published rows are without, and why."""
    dataset = build.composition.dataset
    workflow.notify_roles(
        department_id=dataset.entry.department_id,
        roles=[Role.CATALOGUER, Role.HEAD],
        kind=notices.LEAVING,
        title=format_lazy(_("The library dataset was built without some sources: {name}"), name=dataset.name),
        body=Reason("build.left_out", {"reasons": build.without}),
        url=reverse("libraries:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.LEAVING}:without:{build.pk}",
    )
