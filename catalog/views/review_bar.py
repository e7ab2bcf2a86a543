"""The bar at the foot of a decision: what is open, which buttons are closed, and why."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.exceptions import OwnSubmission
from catalog.selectors.review import Stage
from catalog.views.review_matter import ReviewPage
from core.components.figures import day, joined


def bar(page: ReviewPage) -> dict[str, Any]:
    """Return what the decision bar says: how many comments are open, which buttons are closed, and why."""
    blocked = ""
    if page.required_count:
        blocked = _("With a comment “must change” open, it can only be returned.")
    return {
        "page": page,
        "entry": page.entry,
        "bar_title": _bar_title(page),
        "bar_note": _closed_words(page) or blocked,
        "can_return": page.may_decide,
        "can_approve": page.may_decide and not page.required_count,
        "approve_label": _approve_label(page),
        "approve_confirm": _approve_confirm(page),
    }


def _bar_title(page: ReviewPage) -> str:
    if not page.may_decide:
        is_own = isinstance(page.refusal, OwnSubmission)
        return _("You cannot decide on your own submission") if is_own else _("Not yours to decide now")
    if page.is_withdrawal:
        return _("Withdrawal requested")
    if not page.open_comments:
        return _("No comments yet")
    required, suggested = page.required_count, page.suggested_count
    parts = [
        ngettext("%(count)d must change", "%(count)d must change", required) % {"count": required} if required else "",
        ngettext("%(count)d suggestion", "%(count)d suggestions", suggested) % {"count": suggested}
        if suggested
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _closed_words(page: ReviewPage) -> str:
    """Say why neither button can be used, and who can."""
    if page.refusal is None:
        return ""
    names = joined(one.name for one in page.deciders[:3])
    if not isinstance(page.refusal, OwnSubmission):
        who = _("It waits for %(names)s.") % {"names": names} if names else ""
        return f"{page.refusal} {who}".strip()
    done = _own_step(page)
    if names:
        return done + _("%(names)s can decide.") % {"names": names}
    return done + _("Nobody else holds the role. Ask the security administrator to grant it to a second person.")


def _own_step(page: ReviewPage) -> str:
    working = page.entry.working_revision
    if page.is_withdrawal or working is None:
        return _("You took part in this request for withdrawal.")
    values = {"number": working.number}
    if working.signed_by_id == page.actor.id and working.signed_at:
        return _("You signed off revision %(number)d on %(day)s.") % {**values, "day": day(working.signed_at)}
    return _("You submitted revision %(number)d on %(day)s.") % {
        **values,
        "day": day(working.submitted_at or page.entry.updated_at),
    }


def _approve_label(page: ReviewPage) -> str:
    if page.is_withdrawal:
        return _("Agree") if page.stage == Stage.HEAD else _("Withdraw the entry")
    return _("Sign off") if page.stage == Stage.HEAD else _("Approve and publish")


def _approve_confirm(page: ReviewPage) -> str:
    values = {"name": page.revision.name, "number": page.revision.number}
    if page.is_withdrawal and page.stage == Stage.HEAD:
        return _("The request to withdraw “%(name)s” goes to the data authority.") % values
    if page.is_withdrawal:
        return _("“%(name)s” leaves the catalog. This cannot be undone.") % values
    if page.stage == Stage.HEAD:
        return _("Revision %(number)d of “%(name)s” is filed with the data authority.") % values
    return _("Revision %(number)d of “%(name)s” is published and can no longer be changed.") % values
