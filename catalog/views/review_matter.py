"""One decision as its page needs it: what is proposed, what is in force, who may decide."""

from dataclasses import dataclass

from catalog import comparison, policies, selectors
from catalog.choices import Severity, WithdrawalStatus
from catalog.comparison import Section
from catalog.models import Decision, Entry, ReviewComment, Revision
from catalog.selectors import review as reading
from catalog.selectors.review import Decider, FilingKind
from core.actors import Actor
from core.exceptions import NotAllowed


@dataclass(slots=True)
class ReviewPage:
    """One decision: what is proposed, what is in force, what was said about it, and whether the actor may decide."""

    actor: Actor
    entry: Entry
    revision: Revision
    published: Revision | None
    kind: str
    stage: str
    sections: list[Section]
    comments: list[ReviewComment]
    decisions: list[Decision]
    refusal: NotAllowed | None
    deciders: list[Decider]

    @property
    def is_withdrawal(self) -> bool:
        return self.kind == FilingKind.WITHDRAWAL

    @property
    def is_comparison(self) -> bool:
        return self.kind == FilingKind.UPDATE

    @property
    def may_decide(self) -> bool:
        return self.refusal is None

    @property
    def open_comments(self) -> list[ReviewComment]:
        return [one for one in self.comments if one.resolved_at is None]

    @property
    def required_count(self) -> int:
        return sum(one.severity == Severity.REQUIRED for one in self.open_comments)

    @property
    def suggested_count(self) -> int:
        return len(self.open_comments) - self.required_count

    @property
    def can_comment(self) -> bool:
        return self.may_decide and not self.is_withdrawal


def find(actor: Actor, ref: str) -> Entry:
    """Return an entry in whose review the actor takes part.

    Raises:
        NotVisible: the actor does not see the entry. NotAllowed: he decides at no stage.
    """
    entry = selectors.entry_get_for(actor, ref)
    policies.require_decide_entry(actor, entry)
    return entry


def load(actor: Actor, entry: Entry) -> ReviewPage:
    """Read what the page shows of the entry itself; something waits, as ``can_open`` has said."""
    stage, kind = reading.stage_of(entry), reading.kind_of(entry)
    published = selectors.revision_content(entry.published_revision) if entry.published_revision else None
    if kind == FilingKind.WITHDRAWAL:
        assert published is not None  # noqa: S101  a database constraint holds it
        revision, sections = published, comparison.alone(published)
    else:
        assert entry.working_revision is not None  # noqa: S101  the view has asked whether anything waits
        revision = selectors.revision_content(entry.working_revision)
        sections = comparison.compared(published, revision) if published else comparison.alone(revision)
    return ReviewPage(
        actor=actor,
        entry=entry,
        revision=revision,
        published=published,
        kind=kind,
        stage=stage,
        sections=sections,
        comments=reading.comments_of(revision) if kind != FilingKind.WITHDRAWAL else [],
        decisions=reading.decisions_of(entry),
        refusal=policies.refusal_to_decide(actor, entry),
        deciders=reading.deciders_of(entry),
    )


def can_open(actor: Actor, entry: Entry) -> bool:
    """Say whether there is anything on this entry that the actor could look at here."""
    return bool(reading.stage_of(entry)) and (
        entry.withdrawal != WithdrawalStatus.NONE or selectors.can_see_working(actor, entry)
    )
