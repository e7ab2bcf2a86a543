"""What can be done on the page of a request; each part is read when the template asks for it, once."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from collection.models import Dataset
from collection.selectors.dataset import datasets_of
from core.exceptions import DomainError, FieldError
from sharing import dispute_policies, extension_policies, hindrances, policies, renewal, rules, transitions
from sharing import forms as own
from sharing.choices import RequestStatus, ShareMethod
from sharing.exceptions import OwnRequest
from sharing.selectors.request import grants_of_answer
from sharing.services import mediation
from sharing.services.attaching import OPEN_STATUSES as FILES_OPEN
from sharing.views.request_face import RequestFace
from sharing.wording import (
    COMPARISONS,
    ConditionRow,
    condition_rows,
    posted_conditions,
)
from workflow.choices import OPEN_CLOCK_STATES, ClockKey
from workflow.models import Clock

_DECISIONS = {
    RequestStatus.AWAITING_HEAD: "agree",
    RequestStatus.AWAITING_CHECK: "check",
    RequestStatus.AWAITING_PROVIDER: "answer",
    RequestStatus.AWAITING_AUTHORITY: "decide",
    RequestStatus.DISPUTED: "settle",
}


class RequestPage(RequestFace):
    """A request with what the actor may do about it, and the forms for that.

    Args:
        forms: forms that were refused, and ``errors`` that belong to no form.
    """

    places: ClassVar[dict[str, str]] = {
        "comments_form": "is_formal",
        "answer_form": "is_substance",
        "material_form": "can_ask_material",
        "more_time_form": "can_ask_extension",
        "consent_form": "can_consent",
        "advise_form": "can_advise",
        "deliver_form": "deliverable",
        "supplement_form": "can_supplement",
        "withdraw_form": "can_withdraw",
        "dispute_form": "can_dispute",
        "respond_form": "can_respond",
        "concur_form": "can_concur",
    }

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [{"label": _("Requests for data"), "url": reverse("sharing:request_list")}]

    @property
    def errors(self) -> Sequence[FieldError]:
        return self._forms.get("errors", ())

    # What can be done

    def _allows(self, action: str) -> bool:
        return transitions.REQUEST.allows(action, self.request.status)

    @cached_property
    def can_file(self) -> bool:
        return policies.can_file(self.actor, self.request)

    @property
    def can_edit(self) -> bool:
        return self.can_file and self._allows("edit")

    @property
    def can_recall(self) -> bool:
        return self.can_file and self._allows("recall")

    @property
    def can_discard(self) -> bool:
        return self.can_file and self._allows("discard") and self.request.number is None

    @property
    def can_attach(self) -> bool:
        return self.can_file and self.request.status in FILES_OPEN

    @cached_property
    def missing(self) -> list[FieldError]:
        return rules.submission_errors(self.request) if self.can_edit else []

    @cached_property
    def decision(self) -> str:
        """What the actor decides now: agree, check, answer, decide, settle, or nothing."""
        decision = _DECISIONS.get(RequestStatus(self.request.status), "")
        actor, request = self.actor, self.request
        allowed = {
            "agree": policies.can_agree,
            "check": policies.can_check,
            "answer": policies.can_answer,
            "decide": policies.can_decide,
            "settle": policies.can_decide,
        }
        return decision if decision and allowed[decision](actor, request) else ""

    @property
    def is_formal(self) -> bool:
        return self.decision in ("agree", "check")

    @property
    def is_substance(self) -> bool:
        return self.decision in ("answer", "decide", "settle")

    @property
    def blocked(self) -> str:
        """Why somebody who would decide may not."""
        is_head = policies.is_own(self.actor, self.request.department_id, Role.HEAD)
        if self.request.status == RequestStatus.AWAITING_HEAD and is_head and not self.decision:
            return str(OwnRequest.default_message)
        reviews = policies.reviews_for(self.actor, self.request.authority_id)
        waits = self.is_disputed or self.request.status == RequestStatus.AWAITING_AUTHORITY
        cause = policies.own_cause(self.actor, self.request) if waits and reviews else None
        return str(cause or "")

    @cached_property
    def no_approval(self) -> str:
        """Why whoever answers can agree to nothing: he refuses it, or lets the answer stand."""
        hindrance = hindrances.approval(self.request) if self.is_substance else None
        return str(hindrance.message) if hindrance is not None else ""

    @property
    def can_advise(self) -> bool:
        is_asked = self.request.status == RequestStatus.AWAITING_AUTHORITY and hindrances.advice(self.request) is None
        return is_asked and policies.can_answer(self.actor, self.request)

    @property
    def can_supplement(self) -> bool:
        return self.can_file and self._allows("supplement")

    @property
    def answers(self) -> bool:
        """Whether the actor answers for the provider now."""
        return self.decision == "answer"

    @cached_property
    def no_material(self) -> str:
        """Why missing material cannot be asked for; what is over for good is said and not offered."""
        return str(hindrances.material(self.request, self._reply_clock) or "")

    @cached_property
    def no_extension(self) -> str:
        """Why more time cannot be asked for."""
        return str(hindrances.extension(self.request, self._reply_clock) or "")

    @property
    def can_ask_material(self) -> bool:
        return self.answers and not self.no_material

    @property
    def can_ask_extension(self) -> bool:
        return self.answers and not self.no_extension

    @property
    def _reply_clock(self) -> Clock | None:
        is_running = (
            one
            for one in self.clocks
            if one.policy_key == ClockKey.REPLY_CONDITIONAL and one.state in OPEN_CLOCK_STATES
        )
        return next(is_running, None)

    @property
    def extension_limit(self) -> int | None:
        running = self.running_clock
        return running.extension_limit_working_days if running else None

    @property
    def can_consent(self) -> bool:
        request = self.request
        is_asked = request.status == RequestStatus.AWAITING_PROVIDER and request.extension_asked_at is not None
        return is_asked and extension_policies.can_consent(self.actor, request)

    @cached_property
    def can_withdraw(self) -> bool:
        may = policies.can_withdraw(self.actor, self.request) and self._allows("withdraw")
        return may and hindrances.withdrawal(self.request) is None

    @property
    def is_disputed(self) -> bool:
        return self.request.status == RequestStatus.DISPUTED

    @property
    def can_dispute(self) -> bool:
        is_head = policies.is_own(self.actor, self.request.department_id, Role.HEAD)
        return is_head and self._allows("dispute") and hindrances.dispute(self.request, self._reply_clock) is None

    @property
    def can_respond(self) -> bool:
        return (
            self.is_disputed
            and hindrances.statement(self.request) is None
            and policies.can_answer(self.actor, self.request)
        )

    @cached_property
    def can_concur(self) -> bool:
        """Whether the actor binds a side of what was agreed to in a mediation and awaits confirmation."""
        return self.agreement is not None and dispute_policies.is_sides_head(self.actor, self.request)

    @cached_property
    def has_confirmed(self) -> bool:
        """Whether the actor's side confirmed it, so that it can only decline after all."""
        agreement = self.agreement
        return agreement is not None and dispute_policies.has_confirmed(self.actor, self.request, agreement)

    @cached_property
    def no_confirmation(self) -> str:
        """Why an agreement that awaits confirmation cannot be confirmed, only declined."""
        agreement = self.agreement
        if agreement is None or not self.can_concur or self.has_confirmed:
            return ""
        return str(mediation.outdated(self.request, agreement) or "")

    @cached_property
    def no_delivery(self) -> DomainError | None:
        """Why data that were agreed to cannot be made available yet; for both sides and the authority."""
        is_due = self.request.status == RequestStatus.AGREED and not grants_of_answer(self.request).exists()
        return hindrances.held_back(self.request) if is_due else None

    @cached_property
    def deliverable(self) -> list[Dataset]:
        """The data that the provider may name now."""
        if not self.awaits_delivery:
            return []
        return [one for one in datasets_of(self.request.entry) if one.published_version_id is not None]

    @property
    def dataset_choices(self) -> list[tuple[str, str]]:
        return [(str(one.pk), one.name) for one in self.deliverable]

    @cached_property
    def awaits_delivery(self) -> bool:
        return policies.can_deliver(self.actor, self.request) and hindrances.delivery(self.request) is None

    @cached_property
    def can_confirm(self) -> bool:
        request = self.request
        return (
            self._allows("confirm")
            and policies.can_withdraw(self.actor, request)
            and hindrances.confirmation(request) is None
        )

    @property
    def can_count(self) -> bool:
        dataset = self.request.dataset
        has_rows = dataset is not None and dataset.is_table and dataset.published_version is not None
        if policies.can_file(self.actor, self.request) and not self.can_edit:
            return False  # who asked counts while drafting
        is_exact = policies.can_see_exact_counts(self.actor, self.request)
        return has_rows and (is_exact or policies.can_count(self.actor, self.request))

    # Forms

    @cached_property
    def comments_form(self) -> own.CommentsForm:
        form: own.CommentsForm = self._form(
            "comments_form", own.CommentsForm, {"edit_version": self.request.edit_version}
        )
        return form

    @property
    def method_choices(self) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in ShareMethod.choices if value in self.request.methods]

    @property
    def answer_choices(self) -> dict[str, Any]:
        """What the form of an answer offers: the ways asked for; the authority may decide with the provider unheard,
        and puts down how it mediated in a dispute."""
        request = self.request
        said = {"decide": request.provider_opinion, "settle": request.dispute_statement}
        return {
            "methods": self.method_choices,
            "is_unheard": not said.get(self.decision, True),
            "is_dispute": self.decision == "settle",
            "is_table": request.dataset is None or request.dataset.is_table,
        }

    @cached_property
    def answer_form(self) -> own.AnswerForm:
        request = self.request
        initial = {
            "edit_version": request.edit_version,
            "methods": request.decided_methods or request.methods,
            "until": request.decided_until or request.valid_until,
            **renewal.standing_limits(request),
        }
        form: own.AnswerForm = self._form("answer_form", own.AnswerForm, initial, **self.answer_choices)
        return form

    @cached_property
    def condition_list(self) -> list[dict[str, Any]]:
        """Further conditions of an answer, those that a renewal takes over first, with an empty row."""
        rows: list[ConditionRow] = self._forms.get("rows") or (
            posted_conditions(self._data) if self._data else condition_rows(renewal.standing_filter(self.request))
        )
        return [{"row": row, "at": at, "items": self._choices} for at, row in enumerate([*rows, ConditionRow()])]

    @cached_property
    def _choices(self) -> list[tuple[str, str]]:
        return [(str(one.item_id), one.name) for one in self.items]

    @property
    def blank_row(self) -> dict[str, Any]:
        return {"row": ConditionRow(), "at": "__at__", "items": self._choices}

    @property
    def comparisons(self) -> list[tuple[str, Any]]:
        return list(COMPARISONS.items())

    @cached_property
    def material_form(self) -> Any:
        return self._form("material_form", own.MaterialForm, {"edit_version": self.request.edit_version})

    @cached_property
    def more_time_form(self) -> Any:
        return self._form("more_time_form", own.MoreTimeForm, {"edit_version": self.request.edit_version})

    @cached_property
    def consent_form(self) -> Any:
        initial = {"edit_version": self.request.edit_version, "days": self.request.extension_days}
        return self._form("consent_form", own.ConsentForm, initial)

    @cached_property
    def advise_form(self) -> Any:
        return self._form("advise_form", own.OpinionForm, {"edit_version": self.request.edit_version})

    @cached_property
    def supplement_form(self) -> Any:
        return self._form("supplement_form", own.SupplementForm, {"edit_version": self.request.edit_version})

    @cached_property
    def dispute_form(self) -> Any:
        return self._form("dispute_form", own.DisputeForm, {"edit_version": self.request.edit_version})

    @cached_property
    def respond_form(self) -> Any:
        return self._form("respond_form", own.StatementForm, {"edit_version": self.request.edit_version})

    @cached_property
    def concur_form(self) -> Any:
        return self._form("concur_form", own.ConcurForm, {"edit_version": self.request.edit_version})

    @cached_property
    def withdraw_form(self) -> Any:
        return self._form("withdraw_form", own.WithdrawForm, {"edit_version": self.request.edit_version})

    @cached_property
    def deliver_form(self) -> Any:
        datasets = self.dataset_choices
        first = {"dataset": datasets[0][0]} if len(datasets) == 1 else {}
        return self._form("deliver_form", own.DeliverForm, first, datasets=datasets)
