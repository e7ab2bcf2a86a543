"""What the pages of a collection duty show; each part is read when the template asks for it, once."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.choices import EntryStatus
from catalog.selectors import items_of
from collection import duty_policies as policies
from collection import transitions
from collection.duty_choices import DutyAction, DutyState, DutyStatus, Ground, Manner, MatchKind
from collection.duty_forms import (
    GRID_FIELDS,
    DigitisationForm,
    DutyForm,
    ReasonForm,
    ReturnForm,
    SubmitForm,
    grid_columns,
    posted_items,
)
from collection.models import CollectionDuty, DutyCheck, DutyDecision, DutyItem, DutyRevision
from collection.readers.likeness import LEAST_DISTINCT
from collection.selectors import duty as reading
from collection.selectors.consent import asks_for_consent
from collection.selectors.lead import Digitisation, digitisation_get, leads_of
from collection.services.duty import CONTENT
from collection.services.duty_review import CHECK_AGE, COMMENT_FIELDS, MOST_COMPARISONS, current_check, rule_errors
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, NotAllowed
from workflow.citations import citation_text

FIELD_LABELS: dict[str, Any] = {
    "name": gettext_lazy("What is collected"),
    "purpose": gettext_lazy("What for"),
    "subject": gettext_lazy("From whom"),
    "ground": gettext_lazy("Ground"),
    "legal_basis": gettext_lazy("Legal basis"),
    "manner": gettext_lazy("Manner"),
    "form": gettext_lazy("Comes in by"),
    "frequency": pgettext_lazy("collection", "How often"),
    "entry": gettext_lazy("Linked entry"),
    "items": gettext_lazy("Items"),
    "digitise_by": gettext_lazy("Digitised by"),
    "justification": gettext_lazy("Why sharing does not serve"),
}


def comment_fields() -> list[tuple[str, Any]]:
    """Return what a comment may be bound to."""
    return [(name, FIELD_LABELS[name]) for name in COMMENT_FIELDS]


class DutyPage:
    """A duty as the actor sees it: the registered revision, or the open one where he may see and wants it.

    Args:
        which: ``working`` for the open revision.
        forms: forms that were refused, to be shown again, and ``errors`` that belong to no form.
    """

    def __init__(self, actor: Actor, duty: CollectionDuty, which: str = "", **forms: Any) -> None:
        self.actor = actor
        self.duty = duty
        self._forms = forms
        self.sees_working = policies.sees_working(actor, duty)
        is_of_registered = {"end_form", "digitisation_form"} & set(forms)
        wants_working = which == "working" or (forms and not is_of_registered) or duty.registered is None
        shown = duty.working if self.sees_working and wants_working and duty.working else duty.registered
        assert shown is not None  # noqa: S101  who sees a duty sees one of its revisions
        self.revision: DutyRevision = shown
        self.revision.duty = duty

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [{"label": _("Collection duties"), "url": reverse("collection:duty_list")}]

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._forms.get("errors", ())

    @property
    def is_working(self) -> bool:
        return self.revision.pk == self.duty.working_id

    @property
    def state(self) -> str:
        """The state that the mark shows."""
        if self.duty.ended_at is not None:
            return DutyState.ENDED
        return str(self.revision.status)

    @cached_property
    def can_file(self) -> bool:
        return policies.can_file_duty(self.actor, self.duty)

    @cached_property
    def sees_review(self) -> bool:
        return policies.sees_review(self.actor, self.duty)

    @property
    def other_revision(self) -> DutyRevision | None:
        """The open revision beside the registered one, or the other way round."""
        if not (self.sees_working and self.duty.is_changing):
            return None
        return self.duty.registered if self.is_working else self.duty.working

    @cached_property
    def items(self) -> list[DutyItem]:
        return reading.items_of_revision(self.revision)

    @property
    def citations(self) -> list[str]:
        return [citation_text(one["document"], one["article"]) for one in self.revision.legal_basis]

    @property
    def needs_consent(self) -> bool:
        return self.revision.ground == Ground.CONSENT

    @property
    def shows_consents(self) -> bool:
        """Whether there are answers of people, or may be, and the actor sees them."""
        return policies.can_see_consents(self.actor, self.duty) and asks_for_consent(self.duty)

    @property
    def is_paper(self) -> bool:
        return self.revision.manner == Manner.PAPER

    @cached_property
    def digitisation(self) -> Digitisation | None:
        return digitisation_get(self.actor, self.duty) if self.is_paper and not self.is_working else None

    @cached_property
    def digitisation_form(self) -> DigitisationForm | None:
        """The form of the next report, for those who make it."""
        if self.digitisation is None or not self.can_file:
            return None
        given: DigitisationForm | None = self._forms.get("digitisation_form")
        return given or DigitisationForm(initial={"on": clock.today()}, label_suffix="")

    @cached_property
    def item_rows(self) -> list[dict[str, Any]]:
        """The items with the departments that lead their collection."""
        leads = leads_of(one.folded for one in self.items)
        return [{"item": one, "leads": leads.get(one.folded, [])} for one in self.items]

    @cached_property
    def entry_visible(self) -> bool:
        """Whether the linked entry can be opened by whoever looks: drafts are their department's own."""
        entry = self.revision.entry
        return entry is not None and (
            entry.status == EntryStatus.PUBLISHED or policies.is_own(self.actor, entry.department_id)
        )

    # The check for repeated collection

    @cached_property
    def check(self) -> DutyCheck | None:
        """The check that was submitted, or the latest of a draft."""
        if not self.sees_review:
            return None
        return self.revision.check_used if not self.is_draft else reading.last_check(self.revision)

    @cached_property
    def is_check_current(self) -> bool:
        return not self.is_draft or current_check(self.revision) is not None

    @property
    def most_comparisons(self) -> int:
        return MOST_COMPARISONS

    @property
    def least_distinct(self) -> int:
        return LEAST_DISTINCT

    @property
    def check_days(self) -> int:
        return CHECK_AGE.days

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        if self.check is None:
            return []
        total = len(self.items)
        return [
            {
                "finding": one,
                "matches": [{**match, "label": MatchKind(match["kind"]).label} for match in one.matches],
                "count": len({match["own"] for match in one.matches}),
                "total": total,
            }
            for one in reading.findings_of(self.check)
        ]

    @property
    def hidden_findings(self) -> int:
        return self.check.found_count - len(self.findings) if self.check else 0

    # What can be done

    @property
    def is_draft(self) -> bool:
        return self.is_working and self.revision.status in (DutyStatus.DRAFT, DutyStatus.RETURNED)

    def _may(self, action: str) -> bool:
        return self.can_file and transitions.DUTY.allows(action, self.revision.status)

    @property
    def can_edit(self) -> bool:
        return self.is_working and self._may("edit")

    @property
    def can_recall(self) -> bool:
        return self.is_working and self._may("recall")

    @property
    def can_discard(self) -> bool:
        return self.can_edit and (self.duty.registered is not None or self.revision.submitted_at is None)

    @property
    def can_revise(self) -> bool:
        return self.can_file and self.duty.state == DutyState.REGISTERED and self.duty.working is None

    @cached_property
    def missing(self) -> list[FieldError]:
        """What a draft still lacks."""
        return rule_errors(self.revision) if self.can_edit else []

    @cached_property
    def decision(self) -> str:
        """What the actor may decide now: sign_off, register, or nothing."""
        if not self.is_working or not policies.can_decide_duty(self.actor, self.duty):
            return ""
        try:
            if self.revision.status == DutyStatus.AWAITING_HEAD:
                policies.require_sign_off_duty(self.actor, self.duty, self.revision)
                return "sign_off"
            if self.revision.status == DutyStatus.AWAITING_AUTHORITY:
                policies.require_review_duty(self.actor, self.revision)
                return "register"
        except NotAllowed:
            return ""
        return ""

    @cached_property
    def submit_form(self) -> SubmitForm:
        return self._forms.get("submit_form") or SubmitForm(
            initial={"justification": self.revision.justification}, label_suffix=""
        )

    @cached_property
    def return_form(self) -> ReturnForm:
        return self._forms.get("return_form") or ReturnForm(
            initial={"edit_version": self.duty.edit_version}, fields=comment_fields()
        )

    @cached_property
    def end_form(self) -> ReasonForm:
        return self._forms.get("end_form") or ReasonForm(label_suffix="")

    # History

    @cached_property
    def returned(self) -> DutyDecision | None:
        return reading.last_return(self.duty) if self.sees_review and self.is_working else None

    @property
    def return_comments(self) -> list[dict[str, Any]]:
        comments = self.returned.comments if self.returned else []
        return [{"label": FIELD_LABELS.get(one["field"], one["field"]), "text": one["text"]} for one in comments]

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """The history as a timeline; words of the review are shown to those who take part in it."""
        bad = (DutyAction.RETURN, DutyAction.END, DutyAction.DISCARD)
        public = (DutyAction.REGISTER, DutyAction.END)
        return [
            {
                "state": "past",
                "tone": "bad" if one.action in bad else "ok",
                "icon": {DutyAction.RETURN: "arrow-back-up", DutyAction.END: "circle-minus"}.get(
                    DutyAction(one.action), "check"
                ),
                "title": one.get_action_display(),
                "reference": _("revision %(number)d") % {"number": one.revision.number},
                "when": one.at,
                "who": f"{one.actor_name} · {one.department_name}" if one.department_name else one.actor_name,
                "text": one.opinion if self.sees_review or one.action == DutyAction.END else "",
            }
            for one in reading.decisions_of(self.duty)[:100]
            if self.sees_review or one.action in public
        ]


class DutyEditor:
    """The form of a duty with its sheet of items.

    Args:
        duty: None for a new one.
        data: what was sent.
    """

    def __init__(self, actor: Actor, duty: CollectionDuty | None, data: QueryDict | None) -> None:
        self.actor = actor
        self.duty = duty
        revision = duty.working if duty else None
        self.revision = revision
        initial: dict[str, Any] = {"edit_version": duty.edit_version if duty else None}
        if revision is not None:
            initial |= {name: getattr(revision, name) for name in CONTENT}
            initial |= {"entry": revision.entry_id, "legal_basis": [one["id"] for one in revision.legal_basis]}
        cited = [one["id"] for one in revision.legal_basis] if revision else []
        self.form = DutyForm(
            data, entries=reading.linkable_entries(actor), bases=reading.citable_bases(cited), initial=initial
        )
        if data is not None:
            self._rows = posted_items(data)
        elif revision is not None:
            self._rows = [
                {"id": str(one.item_id or ""), **{name: getattr(one, name) for name in GRID_FIELDS}}
                for one in reading.items_of_revision(revision)
            ]
        else:
            self._rows = []
        self._remarks: dict[int, list[dict[str, str]]] = {}
        self.errors: list[FieldError] = []

    @property
    def columns(self) -> list[dict[str, Any]]:
        return grid_columns()

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {"id": row.get("id", ""), "values": row, "remarks": self._remarks.get(at, [])}
            for at, row in enumerate(self._rows)
        ]

    def take_items(self) -> None:
        """Add the items of the chosen entry that the sheet does not list yet."""
        entry = self.form.cleaned_data.get("entry")
        revision = (entry.published_revision or entry.working_revision) if entry else None
        if revision is None:
            self.form.add_error("entry", _("Choose the entry whose items are taken over."))
            return
        names = {row["name"] for row in self._rows}
        self._rows += [
            {"id": str(one.item_id), "name": one.name, "field_name": one.field_name, "code_list": ""}
            for one in items_of(revision)
            if one.name not in names
        ]

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Show broken rules at their fields and rows."""
        for error in errors:
            if error.field.startswith("items["):
                at = int(error.field.removeprefix("items[").partition("]")[0])
                remark = {"field": "name", "level": "error", "message": error.message}
                self._remarks.setdefault(at, []).append(remark)
                self.errors.append(FieldError("items", error.code, error.message))
            elif error.field in self.form.fields:
                self.form.add_error(error.field, error.message)
            else:
                self.errors.append(error)
