"""The check for repeated collection: what counts as the same item, what is offered, what is never told."""

from dataclasses import replace
from typing import Any

import pytest

from audit.selectors import events_of
from catalog.selectors import items_of
from collection import services
from collection.duty_choices import FindingKind
from collection.duty_names import folded_code, folded_name, same_names
from collection.models import CollectionDuty, Dataset, DutyCheck, DutyFinding
from collection.readers import likeness
from collection.selectors import repeat
from collection.selectors.dataset import pinned_version
from collection.services import duty as filing
from collection.services import duty_review as review
from core import clock
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.collection import duties
from tests.collection.worker import run_of
from tests.factories.catalog import CatalogWorld


def check(world: CatalogWorld, items: list[dict[str, str]], **given: Any) -> DutyCheck:
    duty = duties.draft(world.cataloguer, items=items, **given)
    return review.duty_check(actor=world.cataloguer, duty_id=duty.pk)


def matches(made: DutyCheck) -> list[tuple[str, str, str]]:
    return [
        (one["own"], one["theirs"], one["kind"]) for finding in made.findings.order_by("pk") for one in finding.matches
    ]


def shared(name: str, **given: Any) -> list[dict[str, Any]]:
    return [{"name": name, "type": "C", "length": 50, **given}]


def test_names_are_compared_without_signs_width_case_and_script() -> None:
    assert folded_name("身份證 號（碼）") == folded_name("身份证号码")
    assert folded_name("ＧＤＰ－总量") == "gdp总量"
    assert "公民身份号码" in same_names("身份证号")
    assert same_names("家庭月收入") == {"家庭月收入"}
    assert folded_code("GB/T 2261.1-2003") == "gbt226112003"


@pytest.mark.parametrize(
    ("own", "theirs", "kind"),
    [
        ({"name": "家庭月收入"}, {"name": "家庭月收入"}, "name"),
        ({"name": "家庭月收入"}, {"name": "家庭 月收入（元）"}, None),
        ({"name": "家庭月收入元"}, {"name": "家庭 月收入（元）"}, "name"),
        ({"name": "家庭月收入"}, {"name": "家庭月收入合计"}, None),
        ({"name": "戶籍地址"}, {"name": "户籍所在地"}, "synonym"),
        ({"name": "月均收入", "field_name": "JTYSR"}, {"name": "家庭月收入", "field_name": "jtysr"}, "element"),
        ({"name": "收入", "field_name": "SR"}, {"name": "家庭月收入", "field_name": "SR"}, None),
        (
            {"name": "致贫原因", "code_list": "GB/T 4657-2021"},
            {"name": "困难原因", "description": "按GB/T 4657—2021填写"},
            "code_list",
        ),
    ],
)
def test_an_item_is_the_same_by_name_meaning_element_or_code_list(
    world: CatalogWorld, own: dict[str, str], theirs: dict[str, Any], kind: str | None
) -> None:
    duties.other_entry(world, shared(**theirs))
    made = check(world, [own])
    assert made.shared_count == (1 if kind else 0)
    assert matches(made) == ([(own["name"], theirs["name"], kind)] if kind else [])


def test_what_only_says_who_is_meant_is_no_repetition(world: CatalogWorld) -> None:
    duties.other_entry(world, [*shared("姓名"), *shared("公民身份号码")])
    assert check(world, duties.ITEMS).shared_count == 0
    assert check(world, [{"name": "姓名"}, {"name": "身份证号"}]).shared_count == 1


def test_the_closest_entries_come_first_with_all_they_have_in_common(world: CatalogWorld) -> None:
    near = duties.other_entry(world, [*shared("姓名"), *shared("家庭月收入"), *shared("致贫原因")], name="近")
    far = duties.other_entry(world, shared("致贫原因"), name="远")
    made = check(world, duties.ITEMS)
    assert [one.entry_id for one in made.findings.order_by("pk")] == [near.pk, far.pk]
    assert made.shared_count == 2
    assert [len(one.matches) for one in made.findings.order_by("pk")] == [3, 1]


def test_nothing_is_offered_that_is_withheld_own_withdrawn_or_not_published(world: CatalogWorld) -> None:
    duties.other_entry(
        world,
        shared("家庭月收入"),
        sharing="withheld",
        sharing_reason="法律规定不得披露",
        legal_basis=[{"document": "中华人民共和国民法典", "article": "第一千零三十九条"}],
    )
    world.published(items=shared("家庭月收入"))
    assert check(world, [{"name": "家庭月收入"}]).found_count == 0
    assert not DutyFinding.objects.exists()


def test_duties_of_others_are_found_and_drafts_of_others_are_not(world: CatalogWorld) -> None:
    duties.draft(world.other_cataloguer)
    assert check(world, duties.ITEMS).found_count == 0
    other = duties.other_registered(world)
    made = check(world, duties.ITEMS)
    assert [(one.kind, one.duty_id) for one in made.findings.all()] == [(FindingKind.COLLECTED, other.pk)]
    filing.duty_end(actor=world.other_cataloguer, duty_id=other.pk, reason="职责调整")
    assert check(world, duties.ITEMS).found_count == 0


def test_what_lies_beyond_the_limit_is_counted(world: CatalogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeat, "MOST_FOUND", 1)
    for name in "甲乙丙":
        duties.other_entry(world, shared("家庭月收入"), name=name)
    made = check(world, [{"name": "家庭月收入"}])
    assert (made.shared_count, made.findings.count()) == (3, 1)


# --- Values ----------------------------------------------------------------------------------------------------------

NUMBERS = [f"A{at:06d}" for at in range(likeness.LEAST_DISTINCT)]
STRANGE = [f"x{at}" for at in range(likeness.LEAST_DISTINCT)]


def linked(
    world: CatalogWorld, numbers: list[str], item: Any = None, *, is_published: bool = True, **given: Any
) -> CollectionDuty:
    """A duty that is linked to an entry of ours with data."""
    items = [*shared("证件编号", is_key=True, nullable=False, **(item or {})), *shared("类别")]
    entry = (world.published if is_published else world.entry)(items=items, **given)
    dataset = services.dataset_hook(actor=world.cataloguer, ref=entry.pk)
    rows = "".join(f"{number},{'城市' if at % 2 else '农村'}\n" for at, number in enumerate(numbers))
    run_of(dataset, world.cataloguer, "证件编号,类别\n" + rows)
    revision = entry.published_revision or entry.working_revision
    named = [{"id": str(one.item_id), "name": one.name} for one in items_of(revision)]  # type: ignore[arg-type]
    return duties.draft(world.cataloguer, items=named, entry=entry.ref)


def theirs(world: CatalogWorld, numbers: list[str], item: Any = None, **given: Any) -> Dataset:
    """Data of the other department under other names."""
    entry = duties.other_entry(world, [*shared("人员标识", **(item or {})), *shared("分组")], **given)
    dataset = services.dataset_hook(actor=world.other_cataloguer, ref=entry.pk)
    rows = "".join(f"{number},{'城市' if at % 2 else '农村'}\n" for at, number in enumerate(numbers))
    run_of(dataset, world.other_cataloguer, "人员标识,分组\n" + rows)
    dataset.refresh_from_db()
    return dataset


def compared(world: CatalogWorld, duty: CollectionDuty) -> DutyCheck:
    return review.duty_check(actor=world.cataloguer, duty_id=duty.pk)


@pytest.mark.parametrize(
    ("known", "kind"), [(1000, "values_most"), (700, "values_half"), (300, None)]
)  # fmt: skip
def test_values_of_another_name_are_found_by_their_likeness(world: CatalogWorld, known: int, kind: str | None) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS[:known] + STRANGE[known:])
    made = compared(world, duty)
    assert made.is_compared
    assert (made.datasets_compared, made.datasets_left) == (1, 0)
    assert matches(made) == ([("证件编号", "人员标识", kind)] if kind else [])


def test_few_values_are_never_compared(world: CatalogWorld) -> None:
    """Whoever wants to know whether a person is in another's data learns nothing by filing his number."""
    duty = linked(world, NUMBERS[:-1])
    theirs(world, NUMBERS)
    made = compared(world, duty)
    assert not made.is_compared
    assert matches(made) == []


def test_nothing_is_told_of_a_column_of_few_values(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS[:-1])
    made = compared(world, duty)
    assert made.is_compared
    assert matches(made) == []


WITHHELD: dict[str, Any] = {
    "sharing": "withheld",
    "sharing_reason": "法律规定不得披露",
    "legal_basis": [{"document": "中华人民共和国民法典", "article": "第一千零三十九条"}],
}


@pytest.mark.parametrize("closed", [{"is_sensitive": True}, {"mask": "name"}])
@pytest.mark.parametrize("is_own", [True, False])
def test_items_that_are_sensitive_or_masked_are_compared_on_neither_side(
    world: CatalogWorld, closed: dict[str, Any], is_own: bool
) -> None:
    duty = linked(world, NUMBERS, item=closed if is_own else None)
    theirs(world, NUMBERS, item=None if is_own else closed)
    made = compared(world, duty)
    assert made.is_compared != is_own
    assert matches(made) == []


def test_what_became_sensitive_after_it_was_loaded_is_not_compared(world: CatalogWorld) -> None:
    dataset = theirs(world, NUMBERS)
    version = dataset.published_version
    assert version is not None
    assert [one.name for one in repeat.comparable_columns(dataset)] == ["人员标识", "分组"]
    version.columns = [one | {"is_sensitive": True} for one in version.columns]
    assert repeat.comparable_columns(dataset) == []


def test_the_same_values_are_drawn_each_time_and_nobody_else_knows_which(world: CatalogWorld, settings: Any) -> None:
    dataset = theirs(world, NUMBERS)
    version = dataset.published_version
    assert version is not None

    def drawn() -> dict[str, list[bytes]]:
        return likeness.sample_of(pinned_version(version), repeat.comparable_columns(dataset)).hashes

    first = drawn()
    assert [len(hashes) for hashes in first.values()] == [likeness.SAMPLE]
    assert drawn() == first
    settings.FIELD_KEY = "another key of the field that nobody could guess"
    assert not set(next(iter(drawn().values()))) & set(next(iter(first.values())))


def test_the_bands_are_moved_for_each_pair_of_versions_once_and_for_all(world: CatalogWorld) -> None:
    dataset = theirs(world, NUMBERS)
    assert dataset.published_version is not None
    version, columns = pinned_version(dataset.published_version), repeat.comparable_columns(dataset)
    sample = likeness.sample_of(version, columns)

    def shift(number: int) -> int:
        return likeness.shift_of(sample, "an item", replace(version, number=number), columns[0])

    moved = [shift(number) for number in range(1, 200)]
    assert moved == [shift(number) for number in range(1, 200)]
    assert set(moved) == set(range(-likeness.SHIFT, likeness.SHIFT + 1))


def test_a_department_compares_values_a_few_times_a_day_whatever_it_discards(
    world: CatalogWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "MOST_COMPARISONS", 2)
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    assert [compared(world, duty).is_compared for _time in range(3)] == [True, True, False]
    assert matches(compared(world, duty)) == []
    revision = duty.current
    assert revision is not None
    assert revision.entry is not None
    named = [{"id": str(one.item_id), "name": one.name} for one in revision.items.all()]
    entry = revision.entry.ref
    noted = events_of("collection.collectionduty", duty.pk).filter(action="collection.duty.check").order_by("pk")
    filing.duty_discard(actor=world.cataloguer, duty_id=duty.pk)
    again = duties.draft(world.cataloguer, items=named, entry=entry)
    assert not compared(world, again).is_compared
    assert [one.after["compared"] for one in noted if one.after] == [True, True, False, False]
    with clock_at(clock.now() + review.COMPARISONS_AGE):
        assert compared(world, again).is_compared


def test_of_comparisons_side_by_side_no_more_are_told_than_may_be(
    world: CatalogWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    real = review.repeated

    def meanwhile(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        monkeypatch.setattr(review, "MOST_COMPARISONS", 0)
        return found

    monkeypatch.setattr(review, "repeated", meanwhile)
    with pytest.raises(RuleViolation) as refused:
        compared(world, duty)
    assert refused.value.errors[0].code == "too_often"
    assert not DutyCheck.objects.exists()


def test_no_value_and_no_figure_of_values_is_kept(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    made = compared(world, duty)
    assert [set(one) for one in made.findings.get().matches] == [{"own", "theirs", "kind"}]


def test_withheld_data_are_not_compared(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS, **WITHHELD)
    made = compared(world, duty)
    assert made.datasets_compared == 0
    assert made.found_count == 0


def test_own_data_that_are_withheld_are_not_compared_either(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS, **WITHHELD)
    theirs(world, NUMBERS)
    assert not compared(world, duty).is_compared


def test_data_of_an_entry_that_is_not_published_are_not_compared(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS, is_published=False)
    theirs(world, NUMBERS)
    assert not compared(world, duty).is_compared


def test_what_could_not_be_compared_in_time_is_counted(world: CatalogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    monkeypatch.setattr(likeness, "SECONDS", -1.0)
    made = compared(world, duty)
    assert (made.datasets_compared, made.datasets_left) == (0, 1)
