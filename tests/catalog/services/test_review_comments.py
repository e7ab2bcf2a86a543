"""Comments bind to fields and items, and block until they are settled."""

import pytest

from catalog import selectors, services
from catalog.choices import EntryStatus, Severity
from catalog.models import Entry, ReviewComment
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation
from tests.catalog.services.review_steps import fingerprint
from tests.factories.catalog import CatalogWorld

# --- Comments ---------------------------------------------------------------------------------------------------------


def _comment(actor: Actor, entry: Entry, field: str = "summary", severity: str = Severity.REQUIRED) -> ReviewComment:
    return services.comment_add(actor=actor, ref=entry.pk, field=field, text="请写明来源系统", severity=severity)


def test_an_open_required_comment_blocks_publication(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    before = fingerprint()
    with pytest.raises(RuleViolation) as refused:
        services.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert [error.code for error in refused.value.errors] == ["open_comment"]
    assert fingerprint() == before
    services.comment_take_back(actor=world.reviewer, ref=entry.pk, comment_id=comment.pk)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_an_open_required_comment_blocks_sign_off(world: CatalogWorld) -> None:
    entry = world.submitted()
    _comment(world.head, entry)
    with pytest.raises(RuleViolation) as refused:
        services.entry_approve(actor=world.head, ref=entry.pk)
    assert [error.code for error in refused.value.errors] == ["open_comment"]


def test_a_suggestion_does_not_block(world: CatalogWorld) -> None:
    entry = world.signed_off()
    _comment(world.reviewer, entry, severity=Severity.SUGGESTED)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_a_comment_of_one_reviewer_blocks_the_other(world: CatalogWorld) -> None:
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    with pytest.raises(RuleViolation):
        services.entry_approve(actor=world.second_reviewer, ref=entry.pk)
    with pytest.raises(RuleViolation) as refused:
        services.comment_take_back(actor=world.second_reviewer, ref=entry.pk, comment_id=comment.pk)
    assert [error.code for error in refused.value.errors] == ["not_yours"]
    assert ReviewComment.objects.filter(pk=comment.pk).exists()


def test_a_comment_alone_is_enough_to_return(world: CatalogWorld) -> None:
    entry = world.signed_off()
    with pytest.raises(RuleViolation) as refused:
        services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="  ")
    assert [error.field for error in refused.value.errors] == ["opinion"]
    _comment(world.reviewer, entry)
    assert services.entry_return(actor=world.reviewer, ref=entry.pk).status == EntryStatus.RETURNED


def test_a_new_submission_settles_the_comments_of_the_round_before(world: CatalogWorld) -> None:
    entry = world.signed_off()
    _comment(world.reviewer, entry)
    services.entry_return(actor=world.reviewer, ref=entry.pk)
    assert ReviewComment.objects.filter(resolved_at=None).count() == 1
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert ReviewComment.objects.filter(resolved_at=None).count() == 0
    services.entry_approve(actor=world.head, ref=entry.pk)
    assert services.entry_approve(actor=world.reviewer, ref=entry.pk).status == EntryStatus.PUBLISHED


def test_a_comment_cannot_be_taken_back_once_the_entry_is_returned(world: CatalogWorld) -> None:
    """What the cataloguer was told to correct stays as it was said."""
    entry = world.signed_off()
    comment = _comment(world.reviewer, entry)
    services.entry_return(actor=world.reviewer, ref=entry.pk)
    with pytest.raises(InvalidTransition):
        services.comment_take_back(actor=world.reviewer, ref=entry.pk, comment_id=comment.pk)
    assert ReviewComment.objects.filter(pk=comment.pk).exists()


@pytest.mark.parametrize(
    ("field", "stored", "on_item"),
    [
        ("summary", "summary", False),
        ("legal_basis", "legal_basis", False),
        ("assessments.secrecy", "assessments.secrecy", False),
        ("items", "items", False),
        ("items[2].length", "length", True),
        ("items[SFZH].mask", "mask", True),
        ("items.{id}", "", True),
        ("items.{id}.length", "length", True),
    ],
)
def test_comments_find_their_field_or_item(world: CatalogWorld, field: str, stored: str, on_item: bool) -> None:
    entry = world.signed_off()
    assert entry.working_revision is not None
    item = selectors.items_of(entry.working_revision)[2]
    comment = _comment(world.reviewer, entry, field.format(id=item.item_id))
    assert (comment.field, comment.item_id) == (stored, item.item_id if on_item else None)


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"field": "nonsense", "text": "?"}, "field"),
        ({"field": "items[99].length", "text": "?"}, "field"),
        ({"field": "items[1].nonsense", "text": "?"}, "field"),
        ({"field": "summary", "text": "  "}, "text"),
        ({"field": "summary", "text": "?", "severity": "maybe"}, "severity"),
    ],
)
def test_a_comment_that_makes_no_sense_is_refused(world: CatalogWorld, payload: dict[str, str], place: str) -> None:
    entry = world.signed_off()
    before = fingerprint()
    with pytest.raises(RuleViolation) as refused:
        services.comment_add(actor=world.reviewer, ref=entry.pk, **payload)
    assert [error.field for error in refused.value.errors] == [place]
    with pytest.raises(RuleViolation) as refused:
        services.entry_return(actor=world.reviewer, ref=entry.pk, opinion="请补充", comments=[payload])
    assert [error.field for error in refused.value.errors] == [f"comments[0].{place}"]
    assert fingerprint() == before
