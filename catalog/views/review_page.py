"""What the page of one decision shows, put together from the selectors."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog import diff, effects
from catalog.choices import DecisionAction, Sharing
from catalog.comparison import Row, Section, anchor_of
from catalog.contention import Concern, Contention, concerns_of, is_looser_sharing
from catalog.diff import FIELD_LABELS
from catalog.panels import REVIEW_PANELS
from catalog.rules import Findings
from catalog.selectors import review as reading
from catalog.selectors.review import Overlap, QueueFilters, QueuePlace, Stage
from catalog.services.check import findings_for
from catalog.views.review_bar import bar
from catalog.views.review_matter import ReviewPage
from catalog.views.review_threads import CommentForm, Thread, comment_index, loose_threads, threads_of
from core import clock
from core.components.figures import joined, moment
from workflow.clock_view import ClockView, clock_view
from workflow.selectors import calendar
from workflow.selectors.of_subject import clock_next_of

DUPLICATE_SHARE = 0.8
"""From this share of equal items on, two entries are likely the same."""

OPINION_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the pre-check, as ``partials/_checks.html`` takes it."""

    level: str
    label: str
    url: str = ""
    text: str = ""


def context(page: ReviewPage, query: QueryDict, form: CommentForm | None = None) -> dict[str, Any]:
    """Return everything the template draws."""
    filters = QueueFilters.from_query(query)
    place = reading.review_place_for(page.actor, filters, page.entry)
    days = calendar()
    limit = clock_next_of(page.entry)
    face = clock_view(limit, days, clock.now()) if limit else None
    items = list(page.revision.items.all())
    found, concerns, overlap = Findings([], []), list[Concern](), None
    if not page.is_withdrawal:
        found = findings_for(page.revision, items)
        concerns = concerns_of(
            page.revision,
            items,
            found,
            published=page.published,
            published_items=list(page.published.items.all()) if page.published else (),
            takes_away=effects.takes_away(page.revision),
        )
        overlap = reading.overlap_of(page.revision, [item.name for item in items])
    checks = _checks(page, found, concerns, overlap)
    difference = diff.compare(page.published, page.revision) if page.is_comparison and page.published else None
    proposal = effects.Proposal(page.entry, page.revision, page.published, difference, page.is_withdrawal)
    if form is None and query.get("say") and page.can_comment:
        form = CommentForm(query.get("say", ""))
    threads = threads_of(page, form)
    return {
        "page": page,
        "entry": page.entry,
        "revision": page.revision,
        "published": page.published,
        "sections": [_section_view(section, threads) for section in page.sections],
        "loose_threads": loose_threads(page, threads),
        "clock": face,
        "queue_place": place,
        "queue_query": queue_query(query),
        "around": _links(place, query),
        "checks": checks,
        "check_counts": {level: sum(one.level == level for one in checks) for level in ("ok", "warning", "error")},
        "effects": effects.effects_of(proposal),
        "panels": REVIEW_PANELS.of(page.actor, proposal),
        "attribute": _attribute(page),
        "steps": _steps(page, face),
        "show_all": query.get("show") == "all",
        "opinion_limit": OPINION_LIMIT,
        **comment_index(page),
        **bar(page),
    }


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with the comments of each row beside it."""

    key: str
    title: str
    ops: dict[str, int]
    changed: list[tuple[Row, "Thread"]]
    same: list[tuple[Row, "Thread"]]

    @property
    def is_items(self) -> bool:
        return self.key == "items"

    @property
    def has_comments(self) -> bool:
        """Whether something was said about what did not change: then it is not folded."""
        return any(thread.is_shown for _row, thread in self.same)


def _section_view(section: Section, threads: dict[str, Thread]) -> SectionView:
    return SectionView(
        section.key,
        section.title,
        dict(section.ops),
        [(row, threads[row.key]) for row in section.changed],
        [(row, threads[row.key]) for row in section.same],
    )


# --- The queue around it -------------------------------------------------------------------------------------------


def queue_query(query: QueryDict) -> str:
    """Return the queue's filters, to be carried from one entry to the next."""
    kept = query.copy()
    for name in ("say", "show", "page", "view"):
        kept.pop(name, None)
    return kept.urlencode()


def _links(place: QueuePlace, query: QueryDict) -> dict[str, str]:
    tail = f"?{queue_query(query)}" if queue_query(query) else ""
    return {
        "queue": reverse("catalog:review_list") + tail,
        "previous": reverse("catalog:review_detail", args=[place.previous_ref]) + tail if place.previous_ref else "",
        "next": reverse("catalog:review_detail", args=[place.next_ref]) + tail if place.next_ref else "",
    }


# --- Pre-check -----------------------------------------------------------------------------------------------------


def place_of(page: ReviewPage, field: str) -> str:
    """Return the link to the row that a finding names, e.g. ``items[2].length``; "" where there is none."""
    head = field.partition(".")[0]
    if head.startswith("items["):
        index = head.removeprefix("items[").rstrip("]")
        items = list(page.revision.items.all())
        if index.isdecimal() and int(index) < len(items):
            return "#" + anchor_of(f"items.{items[int(index)].item_id}")
        return "#s-items"
    if field.startswith("items."):
        return "#" + anchor_of(field)
    if head == "items":
        return "#s-items"
    if head == "assessments":
        return "#" + anchor_of(f"{field.partition('.')[2]}_assessment")
    name = head.partition("[")[0]
    return "#" + anchor_of(name) if name in FIELD_LABELS else ""


def _checks(page: ReviewPage, found: Findings, concerns: Iterable[Concern], overlap: Overlap | None) -> list[Check]:
    if page.is_withdrawal:
        return []
    lines = [Check("error", str(one.message), place_of(page, one.field)) for one in found.errors]
    lines += [Check("warning", str(one.message), place_of(page, one.field)) for one in found.hints]
    told = (Contention.ERRORS, Contention.HINTS, Contention.OPEN_COMMENT)
    for concern in concerns:
        if concern.reason not in told:
            about = f"{_quoted(concern.name)} " if concern.name else ""
            lines.append(Check("warning", f"{about}{concern.reason.label}", place_of(page, concern.field)))
    lines += _overlap_check(overlap)
    codes = {one.code for one in (*found.errors, *found.hints)}
    if not found.errors:
        lines.append(Check("ok", _("Required fields complete, all assessments given")))
    if "looser_than_items" not in codes:
        lines.append(Check("ok", _("Attribute not looser than the items'")))
    if "system_name" not in codes and "same_name" not in codes:
        lines.append(Check("ok", _("Not the name of a system, no other entry of this name")))
    rank = {"error": 0, "warning": 1, "ok": 2}
    return sorted(lines, key=lambda line: rank[line.level])


def _overlap_check(overlap: Overlap | None) -> list[Check]:
    if overlap is None:
        return [Check("ok", _("No other entry has items of these names"))]
    values = {"name": overlap.entry, "share": round(overlap.share * 100), "shared": overlap.shared, "all": overlap.of}
    url = reverse("catalog:entry_detail", args=[overlap.entry.ref])
    if overlap.share >= DUPLICATE_SHARE:
        text = _("%(share)d%% of the items (%(shared)d of %(all)d) also stand in “%(name)s”: a duplicate?")
        return [Check("warning", text % values, url)]
    text = _("At most %(share)d%% of the items stand in another entry (“%(name)s”), no duplicate")
    return [Check("ok", text % values, url)]


def _quoted(name: str) -> str:
    return _("“%(name)s”") % {"name": name}


# --- Attribute -----------------------------------------------------------------------------------------------------


def _attribute(page: ReviewPage) -> dict[str, Any]:
    """Return the attribute proposed, what was decided before, and on what it rests."""
    proposed = page.revision.sharing
    before = page.published.sharing if page.published else ""
    last = next((one for one in reversed(page.decisions) if one.action == DecisionAction.APPROVE and one.sharing), None)
    labels = dict(Sharing.choices)
    values = {"before": labels.get(before, before), "after": labels.get(proposed, proposed)}
    if not before:
        words = _("First proposal of the department. It counts once the authority has decided.")
    elif before == proposed:
        words = _("The department proposes to keep it.")
    elif is_looser_sharing(before, proposed):
        words = _("The department proposes to loosen it: from “%(before)s” to “%(after)s”.") % values
    else:
        words = _("The department proposes to tighten it: from “%(before)s” to “%(after)s”.") % values
    return {
        "value": proposed,
        "words": words,
        "last": last,
        "basis": diff.text_of(page.revision, "legal_basis"),
        "is_withheld": proposed == Sharing.WITHHELD,
    }


# --- Timeline ------------------------------------------------------------------------------------------------------

_BAD = (DecisionAction.RETURN, DecisionAction.WITHDRAW_RETURN)


def _steps(page: ReviewPage, face: ClockView | None) -> list[dict[str, Any]]:
    number = page.revision.number
    shown = [one for one in page.decisions if one.revision_id == page.revision.pk or one.revision is None]
    steps: list[dict[str, Any]] = [
        {
            "state": "past",
            "tone": "bad" if one.action in _BAD else "ok",
            "icon": "arrow-back-up" if one.action in _BAD else "",
            "title": one.get_action_display(),
            "when": moment(one.at),
            "datetime": one.at,
            "text": " · ".join(part for part in (one.actor_name, one.department_name) if part),
            "box": one.opinion,
        }
        for one in shown
    ]
    if page.stage:
        waiting = _("Sign-off by the department's head") if page.stage == Stage.HEAD else _("Review by the authority")
        names = joined(one.name for one in page.deciders[:3])
        steps.append(
            {
                "state": "now",
                "title": waiting,
                "text": names,
                "clock": face,
                "is_late": face and face.state == "overdue",
            }
        )
        if page.stage == Stage.HEAD:
            steps.append({"state": "future", "title": _("Review by the authority")})
        end = _("Withdrawal") if page.is_withdrawal else _("Publication of revision %(number)d") % {"number": number}
        steps.append({"state": "future", "title": end})
    return steps
