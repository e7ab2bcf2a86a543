"""Telling people what became of a run. Called when the outbox delivers, so possibly some time after."""

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from collection import notices
from collection.choices import RunOrigin, RunState
from collection.models import Dataset, Run
from collection.quality.wording import refusal_without_figures
from collection.selectors.assignment import contractors_among, people_to_tell
from collection.selectors.run import refused_by
from collection.selectors.source import has_failed_before
from collection.wording import NOTES
from core.reasons import Reason
from workflow import services as workflow
from workflow.selectors.people import role_holder_ids

CANCELLED_BY_PLATFORM = ("question_expired", "shut_out")


def _run(run_id: int) -> Run | None:
    return Run.objects.select_related("dataset__entry").filter(pk=run_id).first()


def _url(run: Run) -> str:
    return reverse("collection:run_detail", args=[run.pk])


def _people(run: Run) -> set[int]:
    """Return whoever asked for the run; of one that the schedule asked for, the department's cataloguers."""
    if run.asked_by_id is not None:
        return {run.asked_by_id}
    if run.source_id is None:
        return set()
    return people_to_tell(run.dataset.entry, [Role.CATALOGUER])


@transaction.atomic
def question_announce(*, run_id: int, key: str) -> None:
    """Ask whoever sent the file, or keeps the source, to confirm how it is read."""
    run = _run(run_id)
    people = _people(run) if run is not None else set()
    if run is None or run.state != RunState.WAITING or not people:
        return
    workflow.notify(
        user_ids=people,
        kind=notices.QUESTION,
        title=format_lazy(_("Confirm how the file is read: {name}"), name=run.dataset.name),
        body=run.file_name,
        url=_url(run),
        dedupe_key=f"{notices.QUESTION}:{key}",
    )


@transaction.atomic
def cancel_announce(*, run_id: int, key: str) -> None:
    """Tell whoever sent the file or keeps the source that the platform cancelled the run; a person's doing is his."""
    run = _run(run_id)
    people = _people(run) if run is not None else set()
    if run is None or run.state != RunState.CANCELLED or not people:
        return
    why = run.notes.filter(code__in=CANCELLED_BY_PLATFORM).last()
    if why is None:
        return
    workflow.notify(
        user_ids=people,
        kind=notices.FAILURE,
        title=format_lazy(_("Data could not be loaded: {name}"), name=run.dataset.name),
        body=NOTES[why.code],
        url=_url(run),
        dedupe_key=f"{notices.FAILURE}:{key}",
    )


@transaction.atomic
def failure_announce(*, run_id: int, key: str) -> None:
    """Tell whoever sent the file or keeps the source, and the department's heads, that nothing was published.

    A source that goes on failing on schedule is told of once, until it has succeeded again.
    """
    run = _run(run_id)
    if run is None or run.state not in (RunState.FAILED, RunState.REFUSED):
        return
    if run.origin == RunOrigin.SCHEDULE and has_failed_before(run):
        return
    people = {*role_holder_ids(run.dataset.entry.department_id, [Role.HEAD]), *_people(run)}
    if run.state == RunState.REFUSED and not run.failure:
        body: str | Promise = format_lazy(
            _("{count} rows were rejected, more than the limit allows."), count=refused_by(run)["rejected"]
        )
    else:
        body = Reason.from_dict(run.failure)
    untold = contractors_among(people)
    for told, words in ((people - untold, body), (untold, _without_figures(body))):
        workflow.notify(
            user_ids=told,
            kind=notices.FAILURE,
            title=format_lazy(_("Data could not be loaded: {name}"), name=run.dataset.name),
            body=words,
            url=_url(run),
            dedupe_key=f"{notices.FAILURE}:{key}",
        )


def _without_figures(body: str | Promise) -> str | Promise:
    return refusal_without_figures(body) if isinstance(body, Reason) else body


@transaction.atomic
def returned_announce(*, run_id: int, rows: int, key: str) -> None:
    """Tell the department's own cataloguers and heads that rows that were erased on demand are published again.

    Staff of contractors are not: whoever loads a row that he guesses would learn who was erased.
    """
    run = _run(run_id)
    if run is None:
        return
    workflow.notify(
        user_ids=role_holder_ids(run.dataset.entry.department_id, [Role.CATALOGUER, Role.HEAD]),
        kind=notices.RETURNED,
        title=format_lazy(_("Erased rows have come back: {name}"), name=run.dataset.name),
        body=format_lazy(
            _("{count} rows are of people whose rows were erased. Remove them at the source, or ask for it anew."),
            count=rows,
        ),
        url=_url(run),
        dedupe_key=f"{notices.RETURNED}:{key}",
    )


@transaction.atomic
def uploads_announce(*, dataset_id: int, user_ids: list[int], key: str) -> None:
    """Tell people that an erasure threw away what had come of their files, whose names may tell and stay out."""
    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset is None:
        return
    workflow.notify(
        user_ids=user_ids,
        kind=notices.FAILURE,
        title=format_lazy(_("Data could not be loaded: {name}"), name=dataset.name),
        body=_(
            "A person's rows are erased. What had come of your file was thrown away; send it again without the person."
        ),
        url=reverse("collection:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.FAILURE}:{key}",
    )


@transaction.atomic
def unhooking_announce(*, dataset_id: int, by: int | None, key: str) -> None:
    """Tell the department's heads that data were unhooked: it cannot be taken back."""
    dataset = Dataset.objects.select_related("entry").filter(pk=dataset_id).first()
    if dataset is None:
        return
    workflow.notify(
        user_ids=set(role_holder_ids(dataset.entry.department_id, [Role.HEAD])) - {by},
        kind=notices.UNHOOKED,
        title=format_lazy(_("Data were unhooked: {name}"), name=dataset.name),
        body=format_lazy(_("{who}: {reason}"), who=dataset.retired_by_name, reason=dataset.retired_reason),
        url=reverse("collection:dataset_detail", args=[dataset.pk]),
        dedupe_key=f"{notices.UNHOOKED}:{key}",
    )
