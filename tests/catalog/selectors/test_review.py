"""The queue: what waits for whom, in which order, filtered and counted."""

import pytest
from django.http import QueryDict

from catalog import services
from catalog.models import Entry
from catalog.selectors import review as reading
from catalog.selectors.review import FilingKind, Look, QueueFilters, ReviewCounts, Stage
from core.actors import PUBLIC, Actor
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld

PLAIN = [{"name": "机构名称", "field_name": "JGMC", "type": "C", "length": 100, "is_key": True}]


def names(actor: Actor, **filters: object) -> list[str]:
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        query[name] = str(value)
    found = reading.review_list_for(actor, QueueFilters.from_query(query))
    return [(entry.working_revision or entry.current_revision).name for entry in found]


def queue(world: CatalogWorld) -> dict[str, Entry]:
    """Make one of each kind, due at different times."""
    with clock_at("2026-03-02 09:00"):
        late = world.signed_off(name="甲", items=PLAIN, sharing="unconditional", data_level="general_1")
        gone = services.entry_withdraw(actor=world.cataloguer, ref=world.published(name="乙").pk, reason="职责划出")
    with clock_at("2026-03-10 09:00"):
        services.entry_approve(actor=world.head, ref=gone.pk)
        update = world.published(name="丙")
        services.entry_update(actor=world.cataloguer, ref=update.pk, fields={"cycle": "weekly"})
        services.entry_submit(actor=world.cataloguer, ref=update.pk)
        services.entry_approve(actor=world.head, ref=update.pk)
        head = world.submitted(name="丁")
    return {"first": late, "withdrawal": gone, "update": update, "head": head}


def test_each_sees_what_waits_for_him_by_due_time(world: CatalogWorld) -> None:
    queue(world)
    with clock_at("2026-03-11 09:00"):
        assert names(world.reviewer) == ["甲", "丙", "乙"]
        assert names(world.head) == ["丁"]
        for nobody in (world.cataloguer, world.other_head, world.colleague, world.auditor, world.sysadmin, PUBLIC):
            assert names(nobody) == []


def test_filters(world: CatalogWorld) -> None:
    queue(world)
    with clock_at("2026-03-11 09:00"):
        assert names(world.reviewer, kind="update") == ["丙"]
        assert names(world.reviewer, kind="withdrawal") == ["乙"]
        assert names(world.reviewer, due="overdue") == ["甲"]
        assert names(world.reviewer, due="soon") == ["丙"]
        assert names(world.reviewer, look="clear") == ["甲", "丙"]
        assert names(world.reviewer, look="alone") == ["乙"]
        assert names(world.reviewer, department=world.provider.code) == ["甲", "丙", "乙"]
        assert names(world.reviewer, department=world.other.code) == []
        assert names(world.reviewer, q="甲") == ["甲"]
        assert names(world.reviewer, ordering="-due") == ["乙", "丙", "甲"]
        assert names(world.reviewer, ordering="name") == ["丙", "甲", "乙"]


def test_an_open_comment_takes_it_out_of_the_clear_ones(world: CatalogWorld) -> None:
    entry = world.signed_off(items=PLAIN, sharing="unconditional", data_level="general_1")
    assert reading.review_list_for(world.reviewer).get().look == Look.CLEAR
    services.comment_add(actor=world.reviewer, ref=entry.pk, field="summary", text="?", severity="suggested")
    assert reading.review_list_for(world.reviewer).get().look == Look.CLEAR
    services.comment_add(actor=world.reviewer, ref=entry.pk, field="summary", text="?")
    assert reading.review_list_for(world.reviewer).get().look == Look.ALONE


@pytest.mark.parametrize("query", ["kind=other", "due=never", "look=x", "stage=x", "ordering=random"])
def test_values_that_do_not_exist_are_refused(query: str) -> None:
    with pytest.raises(RuleViolation):
        QueueFilters.from_query(QueryDict(query))


def test_facets_ignore_their_own_choice(world: CatalogWorld) -> None:
    queue(world)
    with clock_at("2026-03-11 09:00"):
        facets = reading.review_facets_for(world.reviewer, QueueFilters(kind=("update",)))
    assert [(one.value, one.count, one.is_chosen) for one in facets["kind"]] == [
        ("first", 1, False),
        ("update", 1, True),
        ("withdrawal", 1, False),
    ]
    assert [(one.value, one.count) for one in facets["due"]] == [("soon", 1)]
    assert [(one.value, one.label, one.count) for one in facets["department"]] == [(world.provider.code, "市民政局", 1)]


def test_counts_leave_out_what_one_may_not_decide_oneself(world: CatalogWorld) -> None:
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    with clock_at("2026-03-02 09:00"):
        entry = world.entry()
        services.entry_submit(actor=both, ref=entry.pk)
        services.entry_withdraw(actor=both, ref=world.published(name="乙").pk, reason="职责划出")
        assert reading.review_counts_for(both) == ReviewCounts(0, 0)
        assert reading.review_counts_for(world.head) == ReviewCounts(2, 0)
        assert [row.is_own for row in reading.review_list_for(both)] == [True, True]
        assert [row.is_own for row in reading.review_list_for(world.head)] == [False, False]
    with clock_at("2026-03-20 09:00"):
        assert reading.review_counts_for(world.head) == ReviewCounts(2, 2)
        assert reading.review_counts_for(world.cataloguer) == ReviewCounts(0, 0)


def test_place_in_the_queue(world: CatalogWorld) -> None:
    made = queue(world)
    with clock_at("2026-03-11 09:00"):
        middle = reading.review_place_for(world.reviewer, QueueFilters(), made["update"])
        assert (middle.position, middle.total) == (2, 3)
        assert (middle.previous_ref, middle.next_ref) == (made["first"].ref, made["withdrawal"].ref)
        alone = reading.review_place_for(world.reviewer, QueueFilters(kind=("update",)), made["update"])
        assert (alone.position, alone.total, alone.previous_ref, alone.next_ref) == (1, 1, "", "")
        outside = reading.review_place_for(world.reviewer, QueueFilters(), made["head"])
        assert (outside.position, outside.next_ref) == (0, made["first"].ref)


def test_stage_and_kind(world: CatalogWorld) -> None:
    made = queue(world)
    for entry in made.values():
        entry.refresh_from_db()
    assert {key: (reading.stage_of(one), reading.kind_of(one)) for key, one in made.items()} == {
        "first": (Stage.AUTHORITY, FilingKind.FIRST),
        "withdrawal": (Stage.AUTHORITY, FilingKind.WITHDRAWAL),
        "update": (Stage.AUTHORITY, FilingKind.UPDATE),
        "head": (Stage.HEAD, FilingKind.FIRST),
    }
    assert reading.stage_of(world.entry()) == ""


def test_deciders_are_the_holders_who_did_no_earlier_step(world: CatalogWorld) -> None:
    both = actor_of(UserFactory(department=world.provider, roles=["cataloguer", "head"]))
    entry = world.entry()
    services.entry_submit(actor=both, ref=entry.pk)
    entry.refresh_from_db()
    assert [one.id for one in reading.deciders_of(entry)] == [world.head.id]
    services.entry_approve(actor=world.head, ref=entry.pk)
    entry.refresh_from_db()
    assert {one.id for one in reading.deciders_of(entry)} == {world.reviewer.id, world.second_reviewer.id}


def test_own_decisions_are_listed_latest_first(world: CatalogWorld) -> None:
    first = world.published(name="甲")
    second = world.returned(name="乙")
    decided = list(reading.decisions_by(world.reviewer))
    assert [(one.action, one.entry_id) for one in decided] == [("return", second.pk), ("approve", first.pk)]
    assert reading.decision_counts_by(world.reviewer) == {"return": 1, "approve": 1}
    assert [one.entry_id for one in reading.decisions_by(world.reviewer, action="approve")] == [first.pk]
    assert [one.entry_id for one in reading.decisions_by(world.reviewer, text="乙")] == [second.pk]
    assert not reading.decisions_by(world.second_reviewer).exists()
    assert {one.action for one in reading.decisions_by(world.head)} == {"sign_off"}


def test_overlap_names_the_entry_with_most_equal_items(world: CatalogWorld) -> None:
    world.published(name="机构", items=PLAIN)
    twin = world.published(name="低保甲")
    draft = world.entry(name="低保乙")
    assert draft.working_revision is not None
    names_of = ["对象编号", "姓名", "身份证号", "新的一项", "新的一项"]
    found = reading.overlap_of(draft.working_revision, names_of)
    assert found is not None
    assert (found.entry.pk, found.shared, found.of, found.share) == (twin.pk, 3, 4, 0.75)
    assert reading.overlap_of(draft.working_revision, ["别处没有的"]) is None
    assert reading.overlap_of(draft.working_revision, []) is None


def test_the_queue_is_read_in_a_fixed_number_of_queries(world: CatalogWorld, django_assert_num_queries: object) -> None:
    """However much waits: one for the rows, one per filter, one for the names of departments, two for the calendar."""
    for number in range(3):
        world.signed_off(name=f"甲{number}")
    with django_assert_num_queries(3):  # type: ignore[operator]
        list(reading.review_list_for(world.reviewer))
    with django_assert_num_queries(2 + 5 + 1):  # type: ignore[operator]
        reading.review_facets_for(world.reviewer, QueueFilters())
    with django_assert_num_queries(1):  # type: ignore[operator]
        reading.review_counts_for(world.reviewer)
