"""What was said about a submission, row by row, and the form to say more."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog import comparison
from catalog.choices import Severity
from catalog.comparison import Row, anchor_of
from catalog.diff import FIELD_LABELS, ITEM_LABELS
from catalog.models import ReviewComment
from catalog.views.review_matter import ReviewPage
from core.exceptions import FieldError


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment with what the reader may do to it."""

    comment: ReviewComment
    about: str
    is_settled: bool
    can_take_back: bool

    @property
    def is_required(self) -> bool:
        return self.comment.severity == Severity.REQUIRED


@dataclass(slots=True)
class Thread:
    """The comments on one row, and the form to add one, where it is open."""

    key: str
    anchor: str
    label: str
    is_item: bool
    comments: list[CommentView]
    form: "CommentForm | None" = None

    @property
    def is_shown(self) -> bool:
        return bool(self.comments or self.form)


@dataclass(slots=True)
class CommentForm:
    """The comment being written: what was typed, and what is wrong with it."""

    key: str
    part: str = ""
    text: str = ""
    severity: str = Severity.REQUIRED
    errors: Sequence[FieldError] = ()
    parts: Sequence[tuple[str, str]] = ()


def comment_key(comment: ReviewComment) -> str:
    """Return the row a comment belongs to."""
    return f"items.{comment.item_id}" if comment.item_id else comment.field


def threads_of(page: ReviewPage, form: CommentForm | None) -> dict[str, Thread]:
    """Return a thread for every row of the page, with or without comments."""
    by_key: dict[str, list[ReviewComment]] = defaultdict(list)
    for comment in page.comments:
        by_key[comment_key(comment)].append(comment)
    threads = {}
    for section in page.sections:
        for row in section.rows:
            threads[row.key] = _thread(page, row, by_key.pop(row.key, []), form)
    for key, comments in by_key.items():
        threads[key] = _thread(page, Row(key, anchor_of(key), label_of(page, key), "only"), comments, form)
    return threads


def _thread(page: ReviewPage, row: Row, comments: list[ReviewComment], form: CommentForm | None) -> Thread:
    wanted = form if form is not None and form.key == row.key and page.can_comment else None
    is_item = row.key.startswith("items.")
    if wanted is not None and is_item:
        wanted.parts = comparison.item_field_choices()
    return Thread(row.key, row.anchor, row.label, is_item, [_comment_view(page, one) for one in comments], wanted)


def _comment_view(page: ReviewPage, comment: ReviewComment) -> CommentView:
    about = str(ITEM_LABELS.get(comment.field, "")) if comment.item_id else ""
    is_settled = comment.resolved_at is not None
    own = page.actor.is_person and comment.author_id == page.actor.id
    return CommentView(comment, about, is_settled, page.can_comment and own and not is_settled)


def comment_index(page: ReviewPage) -> dict[str, Any]:
    """Return the open comments for the page's contents: what each is on, and where."""
    rows = []
    for comment in page.open_comments:
        key = comment_key(comment)
        rows.append({"label": label_of(page, key), "url": f"#{anchor_of(key)}", "severity": comment.severity})
    return {"comment_rows": rows}


def thread_of(page: ReviewPage, key: str, form: CommentForm | None = None) -> Thread | None:
    """Return the thread of one row; None where the page has no such row."""
    return threads_of(page, form).get(key)


def loose_threads(page: ReviewPage, threads: dict[str, Thread]) -> list[Thread]:
    """Return the threads whose row is not on the page, e.g. on an item that is gone, or on all items."""
    rows = {row.key for section in page.sections for row in section.rows}
    return [thread for key, thread in threads.items() if key not in rows]


def label_of(page: ReviewPage, key: str) -> str:
    """Return the name of a field or item that a comment is about."""
    if key in FIELD_LABELS:
        return str(FIELD_LABELS[key])
    if key.startswith("items."):
        wanted = key.removeprefix("items.")
        for revision in (page.revision, page.published):
            for item in revision.items.all() if revision else ():
                if str(item.item_id) == wanted:
                    return item.name
        return _("An item that is gone")
    if key in ("items", ""):
        return str(comparison.ITEMS_TITLE) if key else _("The whole entry")
    return {
        "assessments.secrecy": str(FIELD_LABELS["secrecy_assessment"]),
        "assessments.personal_information": str(FIELD_LABELS["personal_information_assessment"]),
    }.get(key, key)
