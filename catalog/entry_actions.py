"""The buttons of an entry's page: what the actor may do now, and why a closed one is closed.

What is open comes from ``policies.allowed_actions``, which enforces it too; here it gets words and an address.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog import policies
from catalog.choices import EDITABLE_STATUSES, EntryStatus, RevisionStatus, WithdrawalStatus
from catalog.exceptions import OwnSubmission
from catalog.models import Entry
from core.actors import Actor


@dataclass(frozen=True, slots=True)
class Action:
    """One button.

    Attributes:
        tone: ``primary``, ``bad`` (irreversible) or empty.
        reason: why it is closed; an open one has none.
    """

    key: str
    label: str
    icon: str
    url: str
    tone: str = ""
    reason: str = ""


def actions_for(actor: Actor, entry: Entry) -> list[Action]:
    """Return the buttons for this actor, the most likely one last; an outsider gets none."""
    allowed = policies.allowed_actions(actor, entry)
    actions: list[Action] = []
    if policies.can_file_entry(actor, entry):
        actions += _filing(entry, allowed)
    actions += _deciding(actor, entry, allowed)
    return actions


def _address(name: str, entry: Entry) -> str:
    return reverse(f"catalog:{name}", args=[entry.ref])


def _filing(entry: Entry, allowed: frozenset[str]) -> list[Action]:
    if entry.working_revision is not None:
        return _on_working(entry, allowed)
    if entry.withdrawal in (WithdrawalStatus.AWAITING_HEAD, WithdrawalStatus.AWAITING_AUTHORITY):
        waits = _("A withdrawal is being decided. Recall it first.")
        return [
            _revise(entry, waits),
            Action("recall", pgettext("do", "Recall"), "arrow-back", _address("entry_recall", entry)),
        ]
    if "revise" in allowed:
        return [
            Action("withdraw", pgettext("do", "Withdraw"), "circle-minus", _address("entry_withdraw", entry), "bad"),
            _revise(entry),
        ]
    if entry.status == EntryStatus.WITHDRAWN:
        return [_revise(entry, _("The entry is withdrawn. File a new one if the data is needed again."))]
    return []


def _revise(entry: Entry, reason: str = "") -> Action:
    tone = "" if reason else "primary"
    return Action("revise", pgettext("do", "Revise"), "pencil", _address("entry_revise", entry), tone, reason)


def _on_working(entry: Entry, allowed: frozenset[str]) -> list[Action]:
    working = entry.working_revision
    assert working is not None  # noqa: S101  the caller has looked
    actions = []
    if "discard" in allowed:
        actions.append(Action("discard", pgettext("do", "Discard"), "trash", _address("entry_discard", entry), "bad"))
    if working.status in EDITABLE_STATUSES:
        label = (
            pgettext("do", "Correct") if working.status == RevisionStatus.RETURNED else pgettext("do", "Go on editing")
        )
        actions.append(Action("submit", pgettext("do", "Check and submit"), "send", _address("entry_submit", entry)))
        actions.append(Action("edit", label, "pencil", _address("entry_edit", entry), "primary"))
    else:
        waits = _("It is under review. Recall it before you change anything.")
        actions.append(Action("edit", pgettext("do", "Edit"), "pencil", _address("entry_edit", entry), "", waits))
        if "recall" in allowed:
            actions.append(Action("recall", pgettext("do", "Recall"), "arrow-back", _address("entry_recall", entry)))
    return actions


def _deciding(actor: Actor, entry: Entry, allowed: frozenset[str]) -> list[Action]:
    """The way to the review page, where decisions are made; closed for whoever had a hand in the submission."""
    review: dict[str, Any] = {"icon": "checks", "url": _address("review_detail", entry)}
    reason = str(OwnSubmission.default_message) if _had_a_hand(actor, entry) else ""
    tone = "" if reason else "primary"
    if "sign_off" in allowed:
        return [
            Action("sign_off", pgettext("do", "Sign off"), tone=tone, reason=reason, **review | {"icon": "signature"})
        ]
    if "approve" in allowed:
        return [Action("approve", pgettext("do", "Review"), tone=tone, reason=reason, **review)]
    return []


def _had_a_hand(actor: Actor, entry: Entry) -> bool:
    """Say whether four eyes would be two: the actor submitted what waits, or signed it off."""
    working = entry.working_revision
    if working is not None:
        parties = (working.submitted_by_id, working.signed_by_id)
    else:
        parties = (entry.withdrawal_by_id, entry.withdrawal_head_id)
    return actor.id is not None and actor.id in parties
