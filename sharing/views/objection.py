"""Correction requests (校核): the list, the form, the page of one, what both sides do with it."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.listing import Column, Listing
from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import act_answer, form_answer, list_answer, posted
from catalog.models import Entry
from catalog.selectors import entry_get_for, items_of
from collection.face import marks_by_dataset
from collection.selectors.dataset import datasets_of
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, LimitExceeded, RuleViolation
from sharing import after_policies, policies, transitions
from sharing.after_forms import AnswerForm, CorrectForm, ObjectionFilterForm, ObjectionForm
from sharing.models import Grant, Objection
from sharing.objection_row import row_shown
from sharing.selectors import objection as selectors
from sharing.selectors.grant import live_grants
from sharing.services import objection as services
from sharing.views.acting import ActingPage, carry_out
from sharing.views.objected_row import row_key_chosen
from workflow.clock_view import NO_CLOCK, clock_view
from workflow.once import once
from workflow.selectors.calendar import calendar
from workflow.selectors.of_subject import clocks_of

MOST_OFFERED = 10

COLUMNS = [
    Column("number", pgettext_lazy("sharing", "Number"), lambda row: row.pk, ("pk",)),
    Column("entry", gettext_lazy("Entry"), lambda row: str(row.entry), ("entry__current_revision__name",)),
    Column("provider", gettext_lazy("Provider"), lambda row: row.entry.department.name,
           ("entry__department__name_pinyin",)),
    Column("department", gettext_lazy("Raised by"), lambda row: row.department.name, ("department__name_pinyin",)),
    Column("raised", gettext_lazy("Raised at"), lambda row: row.raised_at, ("raised_at",)),
    Column("state", gettext_lazy("State"), lambda row: row.get_state_display(), ("state",)),
]  # fmt: skip


@require_GET
def objection_list(request: PageRequest) -> HttpResponse:
    """Those that the department raised, those about its data, or all; also as CSV."""
    require_signed_in(request.actor)
    policies.require_see_sharing(request.actor)
    form = ObjectionFilterForm(request.GET)
    chosen = form.chosen()
    listing = Listing(request, selectors.objections_filtered(request.actor, **chosen), COLUMNS, default="-number")
    if listing.wants_csv:
        return listing.csv(pgettext("file", "objections"))
    page = listing.page()
    marks = marks_by_dataset(request.actor, [one.dataset_id for one in page.object_list if one.dataset_id])
    context = {"form": form, "chosen": chosen, "page": page, "marks": marks, "is_filtered": any(chosen.values())}
    return list_answer(request, "sharing/objection_list.html", "sharing/partials/_objections.html", context)


@require_http_methods(["GET", "POST"])
@once
def objection_new(request: PageRequest, ref: str) -> HttpResponse:
    """Ask for data of an entry to be verified."""
    require_signed_in(request.actor)
    entry = entry_get_for(request.actor, ref)
    after_policies.require_object(request.actor, entry)
    revision = entry.published_revision
    items = [(str(one.item_id), one.name) for one in (items_of(revision) if revision else [])]
    held = (
        live_grants()
        .filter(department=request.actor.department_id, dataset__entry=entry)
        .select_related("dataset__published_version")
        .order_by("pk")
    )
    grants = [
        (str(one.pk), _("Grant %(number)d, %(name)s") % {"number": one.pk, "name": one.dataset.name}) for one in held
    ]
    datasets = [(str(one.pk), one.name) for one in datasets_of(entry)]
    chosen = {name: request.GET.get(name, "") for name in ("item", "dataset", "grant")}
    meant = next((one for one in held if str(one.pk) == chosen["grant"]), None)
    if meant and request.GET.get("row"):
        chosen["row_key"] = row_key_chosen(request.actor, meant, request.GET["row"])
    form = ObjectionForm(posted(request), items=items, datasets=datasets, grants=grants, initial=chosen)

    def raise_it(given: dict[str, Any]) -> Objection:
        try:
            return services.objection_raise(
                actor=request.actor,
                entry_ref=entry.pk,
                description=given["description"],
                item_id=given["item"],
                dataset_id=int(given["dataset"]) if given.get("dataset") else None,
                grant_id=int(given["grant"]) if given.get("grant") else None,
                row_key=given.get("row_key", ""),
                address=str(request.META.get("REMOTE_ADDR", "")),
            )
        except LimitExceeded:  # at its field, so that nothing typed is lost
            message = _("In this minute no further row can be looked for. Wait a minute, then send this again.")
            raise RuleViolation([FieldError("row_key", "limit", message)]) from None

    crumbs = [{"label": str(entry), "url": reverse("catalog:entry_detail", args=[entry.ref])}]
    return form_answer(
        request,
        form,
        raise_it,
        template="sharing/objection_new.html",
        done=selectors.url_of,
        message=_("Sent: the provider verifies and answers within the time limit."),
        context={"entry": entry, "crumbs": crumbs, "back": _way_back(entry, meant, is_row="row_key" in chosen)},
    )


def _way_back(entry: Entry, grant: Grant | None, *, is_row: bool) -> str:
    """Return the page from which data are objected to: the rows of a grant, its page, or the entry's."""
    if grant is None:
        return reverse("catalog:entry_detail", args=[entry.ref])
    return reverse("sharing:grant_data" if is_row else "sharing:grant_detail", args=[grant.pk])


@require_GET
def objection_detail(request: PageRequest, pk: int) -> HttpResponse:
    """One correction request."""
    require_signed_in(request.actor)
    return _shown(request, selectors.objection_get_for(request.actor, pk))


class ObjectionPage(ActingPage):
    """What may be done with a correction request, and an answer that came too late."""

    places: ClassVar[dict[str, str]] = {"answer_form": "can_answer"}

    def __init__(self, actor: Actor, objection: Objection, **refused: Any) -> None:
        super().__init__(actor, **refused)
        self.objection = objection

    @property
    def can_answer(self) -> bool:
        is_open = transitions.OBJECTION.allows("confirm", self.objection.state)
        return is_open and after_policies.can_verify(self.actor, self.objection)

    @property
    def answer_form(self) -> AnswerForm:
        form: AnswerForm = self._form("answer_form", AnswerForm)
        return form


def _shown(
    request: PageRequest, objection: Objection, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor
    clocks = clocks_of(objection)
    running = clocks.first()
    can_correct = objection.state == "correcting" and after_policies.can_verify(actor, objection)
    request.nav_current = "sharing.objections"  # type: ignore[attr-defined]
    context = {
        "objection": objection,
        "marks": marks_by_dataset(request.actor, [objection.dataset_id] if objection.dataset_id else []),
        "page": (page := ObjectionPage(actor, objection, answer_form=form)),
        "form": page.answer_form,
        "item": selectors.item_name(objection),
        "row_key": selectors.row_key_of(objection) if after_policies.is_party(actor, objection) else "",
        "row": row_shown(actor, objection) if after_policies.can_verify(actor, objection) else None,
        "clock": clock_view(running, calendar(), clock.now()) if running else NO_CLOCK,
        "can_answer": page.can_answer,
        "can_correct": can_correct,
        "corrections": selectors.corrections_possible(objection)[:MOST_OFFERED] if can_correct else [],
        "can_withdraw": objection.state == "open" and after_policies.can_withdraw_objection(actor, objection),
        "crumbs": [{"label": _("Correction requests"), "url": reverse("sharing:objection_list")}],
    }
    return render(request, "sharing/objection_detail.html", context, status=status)


@require_POST
def objection_answer(request: PageRequest, pk: int) -> HttpResponse:
    """Tell what the verification found."""
    require_signed_in(request.actor)
    objection = selectors.objection_get_for(request.actor, pk)
    after_policies.require_verify(request.actor, objection)
    form = AnswerForm(request.POST, label_suffix="")
    return carry_out(
        request,
        form,
        lambda given: services.objection_answer(
            actor=request.actor, objection_id=pk, is_confirmed=given["word"] == "yes", answer=given["answer"]
        ),
        show=lambda status: _shown(request, selectors.objection_get_for(request.actor, pk), form, status),
        done=_("Answered."),
        back=lambda: selectors.url_of(objection),
    )


@require_POST
def objection_correct(request: PageRequest, pk: int) -> HttpResponse:
    """Say which version put it right, or that it was put right otherwise."""
    require_signed_in(request.actor)
    objection = selectors.objection_get_for(request.actor, pk)
    form = CorrectForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    return act_answer(
        request,
        lambda: services.objection_correct(actor=request.actor, objection_id=pk, version_id=version),
        back=selectors.url_of(objection),
        message=_("Noted as corrected."),
    )


@require_POST
def objection_withdraw(request: PageRequest, pk: int) -> HttpResponse:
    """Take it back."""
    require_signed_in(request.actor)
    objection = selectors.objection_get_for(request.actor, pk)
    act_answer(
        request,
        lambda: services.objection_withdraw(actor=request.actor, objection_id=pk),
        back=selectors.url_of(objection),
        message=_("Withdrawn."),
    )
    return redirect("sharing:objection_list")
