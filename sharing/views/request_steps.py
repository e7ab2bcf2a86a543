"""The way of a request as a timeline: what happened, what is going on, what comes next and by whom."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from catalog.choices import Mask, Sharing
from core.basis import (
    DELIVERY_OF_DATA,
    DISPUTES,
    REPLY_TO_REQUESTS,
    SHARE_REQUESTS,
    Citation,
)
from core.clock import REGION_ZONE
from sharing.choices import RequestAction, RequestStatus
from sharing.forms import FIELD_LABELS
from sharing.models import RequestStep, ShareRequest
from sharing.selectors.mediation import agreement_pending
from sharing.selectors.request import begins_later, grants_of_answer
from sharing.wording import delivery_in_words, limits_in_words, who_took
from workflow.citations import citation_text
from workflow.clock_view import ClockView
from workflow.models import ClockReminder

_BAD = (RequestAction.RETURN, RequestAction.REFUSE, RequestAction.REFUSE_EXTENSION, RequestAction.WITHDRAW,
        RequestAction.LAPSE, RequestAction.EXPIRE, RequestAction.DECLINE, RequestAction.HOLD)  # fmt: skip
_ICONS = {
    RequestAction.RETURN: "arrow-back-up",
    RequestAction.RECALL: "arrow-back",
    RequestAction.REFUSE: "ban",
    RequestAction.REFUSE_EXTENSION: "ban",
    RequestAction.WITHDRAW: "circle-minus",
    RequestAction.LAPSE: "calendar-off",
    RequestAction.ASK_MATERIAL: "paperclip",
    RequestAction.ASK_EXTENSION: "clock-plus",
    RequestAction.HOLD: "player-pause",
    RequestAction.FREE: "player-play",
    RequestAction.DISPUTE: "scale",
    RequestAction.ADVISE: "message-2",
    RequestAction.RESPOND: "message-2",
    RequestAction.MEDIATE: "users",
    RequestAction.CONCUR: "signature",
    RequestAction.DECLINE: "ban",
}
_BASES: dict[str, Citation] = {
    RequestAction.AGREE: SHARE_REQUESTS,
    RequestAction.APPROVE: REPLY_TO_REQUESTS,
    RequestAction.APPROVE_PART: REPLY_TO_REQUESTS,
    RequestAction.REFUSE: REPLY_TO_REQUESTS,
    RequestAction.ASK_MATERIAL: REPLY_TO_REQUESTS,
    RequestAction.ASK_EXTENSION: REPLY_TO_REQUESTS,
    RequestAction.EXTEND: REPLY_TO_REQUESTS,
    RequestAction.REFUSE_EXTENSION: REPLY_TO_REQUESTS,
    RequestAction.DELIVER: DELIVERY_OF_DATA,
    RequestAction.CONFIRM: DELIVERY_OF_DATA,
    RequestAction.DISPUTE: DISPUTES,
    RequestAction.RESPOND: DISPUTES,
    RequestAction.MEDIATE: DISPUTES,
    RequestAction.CONCUR: DISPUTES,
    RequestAction.SETTLE: DISPUTES,
}

_CLOSED = pgettext_lazy("step", "Closed")
_AGREEING = gettext_lazy("Agreement of the own head")
_CHECKING = gettext_lazy("Form check by the authority")
_ANSWERING = gettext_lazy("Answer of the provider")
_DECIDING = gettext_lazy("Decision of the authority")
_CONCURRING = gettext_lazy("Confirmation of the mediated agreement")
_DELIVERING = gettext_lazy("Data made available")
_BEGINNING = gettext_lazy("Beginning of use")
_CONFIRMING = gettext_lazy("Confirmation by the requester")

_NOW: dict[str, tuple[Any, str]] = {
    RequestStatus.DRAFT: (gettext_lazy("Being drafted"), "asker"),
    RequestStatus.RETURNED: (gettext_lazy("To be corrected"), "asker"),
    RequestStatus.AWAITING_HEAD: (_AGREEING, "asker_head"),
    RequestStatus.AWAITING_CHECK: (_CHECKING, "authority"),
    RequestStatus.AWAITING_PROVIDER: (_ANSWERING, "provider"),
    RequestStatus.AWAITING_MATERIAL: (gettext_lazy("Missing material to be added"), "asker"),
    RequestStatus.AWAITING_AUTHORITY: (_DECIDING, "authority"),
    RequestStatus.DISPUTED: (gettext_lazy("Settlement by the authority"), "authority"),
}


@dataclass(slots=True)
class Step:
    """A step, ready to be drawn."""

    state: str
    title: Any
    icon: str = ""
    tone: str = "ok"
    at: datetime | None = None
    who: str = ""
    text: str = ""
    basis: str = ""
    notes: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    clock: ClockView | None = None


def past_step(step: RequestStep) -> Step:
    """Return a step that was taken."""
    action = RequestAction(step.action)
    basis = _BASES.get(action)
    return Step(
        state="past",
        title=_CLOSED if action == RequestAction.WITHDRAW and step.detail.get("why") else action.label,
        icon=_ICONS.get(action, "check"),
        tone="bad" if action in _BAD else "ok",
        at=step.at,
        who=who_took(step.actor_name, step.department_name),
        text=step.words,
        basis=citation_text(basis.document, basis.article) if basis else "",
        notes=_notes(step),
        comments=[
            {"label": FIELD_LABELS.get(one["field"], one["field"]), "text": one["text"]}
            for one in step.detail.get("comments", [])
        ],
    )


def _notes(step: RequestStep) -> list[str]:
    """Say in words what a step set."""
    detail, notes = step.detail, []
    if detail.get("items_asked"):
        notes.append(_("%(given)d of %(asked)d items") % {"given": detail["items"], "asked": detail["items_asked"]})
    for one in detail.get("loosened", ()):
        words = {"item": one["item"], "mask": Mask(one["mask"]).label, "declared": Mask(one["declared"]).label}
        notes.append(_("%(item)s: “%(mask)s” instead of “%(declared)s”") % words)
    if detail.get("until"):
        notes.append(_("until %(day)s") % {"day": detail["until"]})
    notes += limits_in_words(detail)
    if "days" in detail:
        notes.append(_("%(days)d working days") % {"days": detail["days"]})
    if "held_on" in detail:
        notes.insert(0, _("Both sides agreed.") if detail["agreed"] else _("Both sides did not agree."))
        notes.insert(0, _("on %(day)s") % {"day": detail["held_on"]})
    if detail.get("settled"):
        notes.insert(0, _("Dispute settled by agreement."))
    if "mediated" in detail:
        notes.append(_("after a mediation") if detail["mediated"] else _("without a mediation"))
        if not detail.get("unheard"):
            notes.append(_("the provider was heard"))
    if step.action == RequestAction.SETTLE:
        notes.insert(0, _("Something is given.") if detail.get("granted") else _("The answer stands."))
    if detail.get("silent"):
        notes.append(_("No answer came in time."))
    if detail.get("unheard"):
        notes.append(_("without the provider's opinion"))
    notes += map(str, delivery_in_words(detail))
    if detail.get("by") == "pull":
        notes.append(_("by the first pull of data"))
    # They stand side by side with a dot between them, where a full stop has no place.
    return [note.rstrip(".。") for note in notes]


def reminder_step(reminder: ClockReminder) -> Step:
    """Return a reminder that was sent: of which limit, when, to whom."""
    told: dict[str, list[str]] = {}
    for one in reminder.people:
        told.setdefault(one["department"], []).append(one["name"])
    who = [who_took(" · ".join(names), department) for department, names in told.items()]
    notes = [str(reminder.get_stage_display()), _("due %(day)s") % {"day": reminder.due_on.isoformat()}]
    if not reminder.people:
        words = ngettext("%(count)d person was told", "%(count)d people were told", reminder.recipients)
        notes.append(words % {"count": reminder.recipients} if reminder.recipients else _("There was nobody to tell."))
    return Step(
        state="past",
        title=_("Reminded: %(limit)s") % {"limit": reminder.clock.name},
        icon="bell",
        at=reminder.sent_at,
        who="; ".join(who),
        notes=notes,
    )


def next_steps(
    request: ShareRequest, clock: ClockView | None, attribute: str, *, is_checked: bool, restarts: bool
) -> list[Step]:  # fmt: skip
    """Return what is going on and what comes after it; nothing where the matter is closed.

    Args:
        attribute: the sharing attribute that decides the way; of a draft that of what it asks for so far.
        is_checked: whether the authority checks the form of such requests first.
        restarts: whether the provider's time begins anew once missing material is there; else it stands still.
    """
    status = RequestStatus(request.status)
    people = {
        "asker": request.department.name,
        "asker_head": _("%(department)s, sharing office head") % {"department": request.department.name},
        "provider": _("%(department)s, sharing office head") % {"department": request.entry.department.name},
        "authority": request.authority.name if request.authority else _("Data authority"),
    }
    if status == RequestStatus.AGREED:
        if grants_of_answer(request).exists():
            if (begins := begins_later(request)) is not None:
                text = _("The data can be read from %(day)s on.") % {"day": f"{begins.astimezone(REGION_ZONE):%F}"}
                last = Step("future", _CONFIRMING, icon="checks", who=people["asker"])
                return [Step("now", _BEGINNING, who=people["asker"], text=text), last]
            text = _("By hand, or by the first pull of data.")
            return [Step("now", _CONFIRMING, who=people["asker"], text=text, clock=clock)]
        last = Step("future", _CONFIRMING, icon="checks", who=people["asker"])
        return [Step("now", _DELIVERING, who=request.entry.department.name, clock=clock), last]
    if status not in _NOW:
        return []
    title, who = _NOW[status]
    if (agreement := agreement_pending(request)) is not None:
        waiting = [(agreement.asker_confirmed_at, "asker_head"), (agreement.provider_confirmed_at, "provider")]
        who = "; ".join(people[side] for at, side in waiting if at is None)
        return [Step("now", _CONCURRING, who=who, clock=clock)]
    coming = _future(request, status, people, attribute, is_checked=is_checked)
    if status == RequestStatus.AWAITING_MATERIAL and coming and coming[0].title == _ANSWERING:
        coming[0].text = (
            _("The provider's time has ended and begins anew once this is added.")
            if restarts
            else _("The provider's time stands still until this is added.")
        )
    return [Step("now", title, who=people[who], clock=clock), *coming]


def _future(
    request: ShareRequest, status: RequestStatus, people: dict[str, str], attribute: str, *, is_checked: bool
) -> list[Step]:  # fmt: skip
    early = (RequestStatus.DRAFT, RequestStatus.RETURNED)
    coming = []
    if status in early:
        coming.append(Step("future", _AGREEING, icon="signature", who=people["asker_head"]))
    if is_checked and status in (*early, RequestStatus.AWAITING_HEAD):
        coming.append(Step("future", _CHECKING, icon="checks", who=people["authority"]))
    before_answer = (*early, RequestStatus.AWAITING_HEAD, RequestStatus.AWAITING_CHECK, RequestStatus.AWAITING_MATERIAL)
    if status in before_answer and attribute == Sharing.WITHHELD:
        coming.append(Step("future", _DECIDING, icon="gavel", who=people["authority"]))
    elif status in before_answer and attribute != Sharing.UNCONDITIONAL:
        coming.append(Step("future", _ANSWERING, icon="message-reply", who=people["provider"]))
    delivery = citation_text(DELIVERY_OF_DATA.document, DELIVERY_OF_DATA.article)
    coming.append(Step("future", _DELIVERING, icon="plug-connected", who=request.entry.department.name, basis=delivery))
    coming.append(Step("future", _CONFIRMING, icon="checks", who=people["asker"]))
    return coming


WHAT_NEXT: dict[str, Any] = {
    RequestStatus.REFUSED: gettext_lazy("The requester may take the answer to the data authority."),
    RequestStatus.DELIVERED: gettext_lazy("The data are read under the grant."),
    RequestStatus.WITHDRAWN: pgettext_lazy("share request", "Closed. It can be asked anew."),
}
