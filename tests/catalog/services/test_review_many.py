"""Deciding on many at once: what goes through, what is left as it was."""

from typing import Any

import pytest

from catalog import services
from catalog.choices import EntryStatus
from catalog.contention import Contention
from catalog.models import Decision, Entry, ReviewCheck
from catalog.selectors import review as reading
from catalog.services import review_many
from catalog.services.check import review_checks_renew
from core.exceptions import RuleViolation
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import FIELDS, CatalogWorld
from tests.unchanged import nothing_changes
from workflow.models import OutboxMessage

PLAIN = [{"name": "机构名称", "field_name": "JGMC", "type": "C", "length": 100, "is_key": True}]
OPEN = {"sharing": "unconditional", "data_level": "general_1"}


def plain(world: CatalogWorld, name: str, **values: Any) -> Entry:
    """Sign off a first filing that nobody has to look at alone."""
    return world.signed_off(name=name, items=PLAIN, **OPEN, **values)


def test_uncontentious_ones_are_published_together(world: CatalogWorld) -> None:
    entries = [plain(world, f"机构名录{number}") for number in range(3)]
    done = services.review_approve_many(actor=world.reviewer, refs=[one.ref for one in entries], opinion="同意发布")
    assert [one.pk for one in done.approved] == [one.pk for one in entries]
    assert done.refused == []
    for entry in entries:
        entry.refresh_from_db()
        assert entry.status == EntryStatus.PUBLISHED
    assert Decision.objects.filter(action="approve", opinion="同意发布", actor_id=world.reviewer.id).count() == 3
    assert OutboxMessage.objects.filter(event="catalog.entry.published").count() == 3


def test_a_contentious_one_is_left_as_it_was_and_spoils_no_other(world: CatalogWorld) -> None:
    clear, personal = plain(world, "机构名录"), world.signed_off()
    before = Entry.objects.values().get(pk=personal.pk)
    done = services.review_approve_many(actor=world.reviewer, refs=[personal.ref, clear.ref])
    assert [one.pk for one in done.approved] == [clear.pk]
    assert [(one.ref, one.name, one.reasons) for one in done.refused] == [
        (personal.ref, "最低生活保障对象信息", [str(Contention.PERSONAL.label)])
    ]
    assert Entry.objects.values().get(pk=personal.pk) == before


def test_the_rule_is_asked_at_the_decision_not_only_at_the_hand_over(world: CatalogWorld) -> None:
    """Clear when handed on; then a colleague's comment, or another entry of the same name, changes that."""
    first, second = plain(world, "机构名录"), plain(world, "机构名录（新）")
    assert ReviewCheck.objects.filter(reasons=[]).count() == 2
    services.comment_add(actor=world.second_reviewer, ref=first.pk, field="summary", text="请写明来源")
    plain(world, "机构名录（新）")
    with nothing_changes():
        done = services.review_approve_many(actor=world.reviewer, refs=[first.ref, second.ref])
    assert [one.reasons for one in done.refused] == [
        [str(Contention.OPEN_COMMENT.label)],
        [str(Contention.HINTS.label)],
    ]


def test_withdrawals_are_never_decided_in_a_heap(world: CatalogWorld) -> None:
    entry = services.entry_withdraw(actor=world.cataloguer, ref=world.published().pk, reason="职责划出")
    services.entry_approve(actor=world.head, ref=entry.pk)
    done = services.review_approve_many(actor=world.reviewer, refs=[entry.ref])
    assert [one.reasons for one in done.refused] == [[str(Contention.WITHDRAWAL.label)]]


def test_nobody_approves_what_was_exchanged_after_he_saw_it(world: CatalogWorld) -> None:
    entry = plain(world, "机构名录")
    seen = Entry.objects.get(pk=entry.pk).edit_version
    services.entry_recall(actor=world.cataloguer, ref=entry.pk)
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "换了内容。"})
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    services.entry_approve(actor=world.head, ref=entry.pk)
    with nothing_changes():
        done = services.review_approve_many(actor=world.reviewer, refs=[entry.ref], versions={entry.ref: seen})
    assert not done.approved
    assert len(done.refused) == 1


def test_what_the_actor_may_not_decide_is_refused_with_its_reason(world: CatalogWorld) -> None:
    mine = plain(world, "机构名录")
    draft = world.entry(name="草稿")
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    own = services.entry_create(actor=both, fields=FIELDS | OPEN | {"name": "本人提交"}, items=PLAIN)
    services.entry_submit(actor=both, ref=own.pk)
    with nothing_changes():
        done = services.review_approve_many(
            actor=both, refs=[mine.ref, str(draft.pk), str(own.pk), "307013-999999"], opinion="同意"
        )
    assert not done.approved
    assert [(one.name, len(one.reasons)) for one in done.refused] == [
        ("机构名录", 1),
        ("草稿", 1),
        ("本人提交", 1),
        ("", 1),
    ]


def test_the_head_signs_many_off(world: CatalogWorld) -> None:
    entries = [world.submitted(name=f"机构名录{number}", items=PLAIN, **OPEN) for number in range(2)]
    done = services.review_approve_many(actor=world.head, refs=[one.ref for one in entries])
    assert [one.working_revision.status for one in done.approved if one.working_revision] == ["awaiting_authority"] * 2


def test_none_too_many_and_the_same_twice(world: CatalogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = plain(world, "机构名录")
    with pytest.raises(RuleViolation):
        services.review_approve_many(actor=world.reviewer, refs=[])
    monkeypatch.setattr(review_many, "MOST_AT_ONCE", 1)
    with pytest.raises(RuleViolation):
        services.review_approve_many(actor=world.reviewer, refs=[entry.ref, "307013-000099"])
    done = services.review_approve_many(actor=world.reviewer, refs=[entry.ref, entry.ref])
    assert len(done.approved) == 1


# --- What the queue filters by -----------------------------------------------------------------------------------


def test_each_hand_over_keeps_what_the_pre_check_found(world: CatalogWorld) -> None:
    entry = world.submitted()
    check = ReviewCheck.objects.get(revision=entry.working_revision_id)
    assert check.reasons == [Contention.PERSONAL]
    assert check.changes == {"items": 5}
    assert (check.errors, check.hints) == (0, 0)


def test_an_update_counts_what_it_changes(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_update(
        actor=world.cataloguer,
        ref=entry.pk,
        fields={"cycle": "weekly", "summary": "新的摘要"},
        items=[
            {"field_name": "DXBH", "length": 30},
            {"field_name": "XM"},
            {"field_name": "SFZH"},
            {"field_name": "NRRQ"},
            {"name": "停发日期", "field_name": "TFRQ", "type": "D"},
        ],
    )
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    entry.refresh_from_db()
    check = ReviewCheck.objects.get(revision=entry.working_revision_id)
    assert check.changes == {"fields": 2, "changed": 1, "added": 1, "removed": 1}
    assert check.reasons == [Contention.REMOVED_ITEM]


def test_the_night_renews_what_has_become_wrong_or_is_missing(world: CatalogWorld) -> None:
    entry = plain(world, "机构名录")
    ReviewCheck.objects.all().delete()
    [row] = reading.review_list_for(world.reviewer)
    assert row.look == reading.Look.ALONE
    assert review_checks_renew(batch=1) == 1
    [row] = reading.review_list_for(world.reviewer)
    assert (row.pk, row.look) == (entry.pk, reading.Look.CLEAR)
