"""A person whose rows a source erased is erased in the libraries too: each that keeps them is asked to."""

from collections import defaultdict

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection.duty_choices import ErasureGround
from collection.models import Dataset, Erasure
from core.faults import held_apart
from libraries import notices
from libraries.keeping import datasets_keeping
from libraries.services.build import BUILDER
from workflow import services as workflow
from workflow.selectors import departments_waiting, subjects_waiting

TASK_ERASE = "libraries.dataset.erase"


@transaction.atomic
def erasure_spread(*, erasure_id: int) -> int:
    """Ask the leads of libraries that keep rows of an erased person to erase there too; return how many there are.

    The next build is without the rows; versions and originals that are kept are not. Whose rows they are the lead is
    told by the provider, whose head is asked to: the number that was erased is kept nowhere.

    Basis:
        Personal Information Protection Law, Art. 47.
    """
    erasure = Erasure.objects.select_related("dataset__entry__department").get(pk=erasure_id)
    asked = _erasure_settle(erasure)
    if asked:
        workflow.notify_roles(
            department_id=erasure.dataset.entry.department_id,
            roles=[Role.HEAD],
            kind=notices.LEAVING,
            title=format_lazy(_("Libraries keep rows that were erased: {names}"), names=_names(asked)),
            body=format_lazy(
                _("Tell {departments} whose rows demand {number} is about, so that they are erased there too."),
                departments="、".join(dict.fromkeys(one.entry.department.name for one in asked)),
                number=erasure.document_number,
            ),
            url=reverse("collection:erasure_detail", args=[erasure.pk]),
            dedupe_key=f"{notices.LEAVING}:erasure:{erasure.pk}",
        )
    same = Erasure.objects.filter(pk__in=subjects_waiting(TASK_ERASE), value_hash=erasure.value_hash)
    for earlier in same.exclude(pk=erasure.pk).select_related("dataset__entry__department").order_by("pk"):
        _erasure_settle(earlier)
    return len(asked)


def erasures_settle() -> None:
    """Close what was asked of libraries that keep nothing of an erased person any more."""
    waiting = Erasure.objects.filter(pk__in=subjects_waiting(TASK_ERASE))
    for erasure in waiting.select_related("dataset__entry__department").order_by("pk"):
        with held_apart("library_erasure_not_settled", erasure=erasure.pk):
            _erasure_settle(erasure)


@transaction.atomic
def _erasure_settle(erasure: Erasure) -> list[Dataset]:
    """Open one task for each department whose libraries keep rows of an erasure, close the others; return the data."""
    keeping = datasets_keeping(erasure)
    departments: dict[int, list[Dataset]] = defaultdict(list)
    for dataset in keeping:
        departments[dataset.entry.department_id].append(dataset)
    for department_id in departments_waiting(erasure, TASK_ERASE) - set(departments):
        workflow.task_close(actor=BUILDER, subject=erasure, kind=TASK_ERASE, department_id=department_id)
    for department_id, datasets in departments.items():
        workflow.task_open(
            kind=TASK_ERASE,
            subject=erasure,
            title=_names(datasets),
            detail=format_lazy(
                _("{department} erased rows of {name} on demand {number}: {ground}. It tells you whose they are."),
                department=erasure.dataset.entry.department.name,
                name=erasure.dataset.name,
                number=erasure.document_number,
                ground=ErasureGround(erasure.ground).label,
            ),
            url=reverse("collection:dataset_detail", args=[datasets[0].pk]),
            department_id=department_id,
            role=Role.CATALOGUER,
        )
    return keeping


def _names(datasets: list[Dataset]) -> str:
    return "、".join(one.name for one in datasets)
