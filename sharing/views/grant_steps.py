"""The life of a grant as a timeline."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import clock
from sharing.choices import EndReason, GrantAction, Side
from sharing.models import Grant, GrantStep
from sharing.views.request_steps import Step
from sharing.wording import who_took

_BAD = (GrantAction.SUSPEND, GrantAction.END)
_ICONS = {
    GrantAction.CREATE: "key",
    GrantAction.BEGIN: "calendar-event",
    GrantAction.SUSPEND: "player-pause",
    GrantAction.RESUME: "player-play",
    GrantAction.NARROW: "filter",
    GrantAction.LOOSEN: "filter-off",
    GrantAction.ADAPT: "git-compare",
    GrantAction.FOLLOW: "git-merge",
    GrantAction.CONSULT: "speakerphone",
    GrantAction.OBJECT: "message-reply",
    GrantAction.END: "circle-minus",
    GrantAction.EXPIRE: "calendar-off",
    GrantAction.DISPOSE: "trash",
    GrantAction.DEMAND: "trash",
    GrantAction.INSPECT: "clipboard-check",
    GrantAction.RECTIFY: "tool",
    GrantAction.HAND_OVER: "arrows-exchange",
}


def past_step(step: GrantStep, grant: Grant) -> Step:
    """Return a step in the life of a grant, ready to be drawn."""
    return Step(
        state="past",
        title=_title(step, grant),
        icon=_ICONS.get(GrantAction(step.action), "check"),
        tone="bad" if step.action in _BAD else "ok",
        at=step.at,
        who=who_took(step.actor_name, step.department_name),
        text=step.words,
        notes=_notes(step),
    )


def _title(step: GrantStep, grant: Grant) -> Any:
    """Name a step.

    What was announced is a stop or, where it says what is given instead, a narrowing. A suspension that is lifted lets
    a grant run again, unless another stands beside it or the grant is over; then one stops nothing either.
    """
    if "unfiled" in step.detail:
        return pgettext("step", "Carried out before the authority took it to its files")
    if step.action == GrantAction.ADAPT and "valid_to" in step.detail:
        return pgettext("step", "Shortened")
    if step.action == GrantAction.CONSULT and "masks" in step.detail:
        return pgettext("step", "Narrowing announced")
    is_over = grant.ended_at is not None and step.at >= grant.ended_at
    if step.action == GrantAction.SUSPEND and is_over:
        return pgettext("step", "Suspended after its end")
    if step.action == GrantAction.RESUME:
        if step.detail.get("why", {}).get("code") == "share.stands_under":
            return pgettext("step", "Suspension passed on")
        if is_over or step.detail.get("stays_suspended"):
            return pgettext("step", "Suspension lifted")
    return GrantAction(step.action).label


def _notes(step: GrantStep) -> list[str]:
    """Say in words what a step set."""
    detail = step.detail
    notes = [str(EndReason(reason).label)] if (reason := detail.get("reason")) in EndReason.values else []
    if step.action == GrantAction.ADAPT and "valid_to" in detail:
        last = (datetime.fromisoformat(detail["valid_to"]) - timedelta(microseconds=1)).astimezone(clock.REGION_ZONE)
        notes.append(_("Ends on %(day)s") % {"day": last.date().isoformat()})
    if step.action == GrantAction.FOLLOW:
        first = datetime.fromisoformat(detail["valid_from"]).astimezone(clock.REGION_ZONE)
        notes.append(pgettext("grant", "from %(day)s") % {"day": first.date().isoformat()})
    if (side := detail.get("by_side")) in Side.values:
        notes.append(str(Side(side).label))
    if "follows" in detail:
        notes.append(_("with grant %(number)d, which it goes on from") % {"number": detail["follows"]})
    if detail.get("stays_suspended"):
        notes.append(_("Another suspension stands."))
    if "stops_on" in detail:
        notes.append(pgettext("grant", "from %(day)s") % {"day": detail["stops_on"]})
    return notes
