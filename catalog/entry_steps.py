"""How far a revision has come, as steps of a timeline: what, who, when, and what comes next."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.choices import RevisionStatus, WithdrawalStatus
from catalog.models import Entry, Revision
from catalog.services.step import CLOCK_REVIEW_FIRST, CLOCK_REVIEW_UPDATE, CLOCK_SIGN_OFF
from core.basis import CATALOG_REQUIRED_CONTENT, CATALOG_REVIEW
from core.components.figures import moment
from workflow.citations import citation_text
from workflow.clock_view import ClockView

Step = dict[str, Any]
"""As ``partials/_timeline.html`` takes it."""

_ORDER = (
    RevisionStatus.DRAFT,
    RevisionStatus.AWAITING_HEAD,
    RevisionStatus.AWAITING_AUTHORITY,
    RevisionStatus.PUBLISHED,
)


def steps_of(entry: Entry, revision: Revision, faces: Mapping[str, ClockView]) -> list[Step]:
    """Return the steps of a revision in work.

    Args:
        faces: the entry's open clocks by policy key.
    """
    status = RevisionStatus(revision.status)
    is_returned = status == RevisionStatus.RETURNED
    at = 0 if is_returned else _ORDER.index(status)
    titles = (
        _("Correct and submit again") if is_returned else _("Draft and submit"),
        _("Sign-off by the department's head"),
        _("Review by the data authority"),
        _("Publication"),
    )
    people = (
        revision.submitted_by or revision.created_by,
        revision.signed_by,
        None,
        None,
    )
    moments = (revision.submitted_at, revision.signed_at, None, revision.published_at)
    now = (
        _("The cataloguer has it: %(department)s") % {"department": entry.department.name},
        _("The sharing office head has it: %(department)s") % {"department": entry.department.name},
        _("The reviewers have it: %(department)s") % {"department": revision.authority or _("data authority")},
        "",
    )
    bases = (None, CATALOG_REQUIRED_CONTENT, CATALOG_REVIEW, None)
    limits = (None, faces.get(CLOCK_SIGN_OFF), faces.get(CLOCK_REVIEW_UPDATE) or faces.get(CLOCK_REVIEW_FIRST), None)
    steps = []
    for index, title in enumerate(titles):
        state = "past" if index < at else "now" if index == at else "future"
        basis = bases[index]
        steps.append(
            {
                "state": state,
                "tone": "bad" if is_returned and index == 0 else "",
                "icon": "arrow-back-up"
                if is_returned and index == 0
                else "pencil"
                if index == 0 and state == "now"
                else "",
                "title": title,
                "when": moment(moments[index]) if state == "past" and moments[index] else "",
                "datetime": moments[index],
                "text": str(people[index] or "") if state == "past" else "",
                "basis": citation_text(basis.document, basis.article) if basis and state != "past" else "",
                "box": now[index] if state == "now" else "",
                "is_late": state == "now" and (face := limits[index]) is not None and face.state == "overdue",
            }
        )
    return steps


def withdrawal_steps(entry: Entry, faces: Mapping[str, ClockView]) -> list[Step]:
    """Return the steps of a withdrawal that is being decided."""
    waits_for_head = entry.withdrawal == WithdrawalStatus.AWAITING_HEAD
    limit = faces.get(CLOCK_SIGN_OFF) if waits_for_head else faces.get(CLOCK_REVIEW_FIRST)
    is_late = limit is not None and limit.state == "overdue"
    authority = entry.withdrawal_authority or _("data authority")
    who = (
        _("The sharing office head has it: %(department)s") % {"department": entry.department.name}
        if waits_for_head
        else _("The reviewers have it: %(department)s") % {"department": authority}
    )
    return [
        {"state": "past", "title": _("Withdrawal asked for"), "text": entry.withdrawal_reason},
        {
            "state": "now" if waits_for_head else "past",
            "title": _("Sign-off by the department's head"),
            "box": who if waits_for_head else "",
            "is_late": is_late and waits_for_head,
        },
        {
            "state": "future" if waits_for_head else "now",
            "title": _("Review by the data authority"),
            "box": "" if waits_for_head else who,
            "is_late": is_late and not waits_for_head,
        },
        {"state": "future", "title": pgettext("step", "Withdrawn")},
    ]
