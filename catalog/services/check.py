"""Checking a submission before people do: the rules, and what of it needs a look of its own."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from catalog import effects, rules
from catalog.choices import RevisionStatus, Severity
from catalog.contention import Concern, Contention, concerns_of, reasons_of
from catalog.diff import FIELD_LABELS, RevisionDiff, compare
from catalog.models import ReviewCheck, ReviewComment, Revision, RevisionItem
from catalog.selectors import entry as selectors
from core import clock
from core.exceptions import FieldError
from workflow.selectors.citation import documents_unfit_to_withhold

WAITING_STATUSES = (RevisionStatus.AWAITING_HEAD, RevisionStatus.AWAITING_AUTHORITY)


def findings_for(revision: Revision, items: Sequence[RevisionItem] | None = None) -> rules.Findings:
    """Check a revision as ``entry_submit`` does, with the hints that need a look at other entries."""
    items = selectors.items_of(revision) if items is None else items
    found = rules.check(
        revision,
        items,
        standard=revision.standard,
        unfit_documents=documents_unfit_to_withhold(),
    )
    same = selectors.same_name_entries(revision.entry_id, revision.entry.department_id, revision.name)
    if revision.name.strip() and same.exists():
        found.hints.append(
            FieldError("name", "same_name", _("Your department already has an entry of this name. Say what differs."))
        )
    return found


def concerns_for(revision: Revision, found: rules.Findings | None = None) -> list[Concern]:
    """Return what about a revision under review needs a look of its own, as things stand now."""
    items = selectors.items_of(revision)
    published = revision.entry.published_revision
    return concerns_of(
        revision,
        items,
        findings_for(revision, items) if found is None else found,
        published=published,
        published_items=selectors.items_of(published) if published else (),
        has_open_comment=ReviewComment.objects.filter(
            revision=revision, resolved_at=None, severity=Severity.REQUIRED
        ).exists(),
        takes_away=effects.takes_away(revision),
    )


def review_check_write(revision: Revision, found: rules.Findings | None = None) -> ReviewCheck:
    """Keep what the pre-check finds now, for the queue's filters; comments are looked up there as they stand."""
    found = findings_for(revision) if found is None else found
    reasons = reasons_of(one for one in concerns_for(revision, found) if one.reason != Contention.OPEN_COMMENT)
    check, _created = ReviewCheck.objects.update_or_create(
        revision=revision,
        defaults={
            "reasons": reasons,
            "errors": len(found.errors),
            "hints": len(found.hints),
            "changes": _changes(revision),
            "checked_at": clock.now(),
        },
    )
    return check


def _changes(revision: Revision) -> dict[str, Any]:
    published = revision.entry.published_revision
    if published is None:
        return {"items": RevisionItem.objects.filter(revision=revision).count()}
    return counted(compare(selectors.revision_content(published), selectors.revision_content(revision)))


def counted(difference: RevisionDiff) -> dict[str, int]:
    """Return how much a difference holds: fields, and items by what happened to them."""
    counts = {"fields": sum(change.field in FIELD_LABELS for change in difference.fields)}
    for change in difference.items:
        counts[change.kind] = counts.get(change.kind, 0) + 1
    return counts


def review_checks_renew(*, batch: int = 200) -> int:
    """Check again every submission that waits: names, registers and rules may have changed since; return how many."""
    renewed = 0
    last = 0
    while True:
        revisions = list(
            Revision.objects.filter(status__in=WAITING_STATUSES, pk__gt=last)
            .select_related("entry__published_revision", "category", "standard")
            .order_by("pk")[:batch]
        )
        for revision in revisions:
            review_check_write(revision)
        renewed += len(revisions)
        if len(revisions) < batch:
            return renewed
        last = revisions[-1].pk
