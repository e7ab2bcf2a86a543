"""The check for repeated collection: what counts as the same item, what is offered, what is never told."""

from typing import Any

import pytest

from collection import services
from collection.duty_choices import FindingKind
from collection.duty_names import folded_code, folded_name, same_names
from collection.models import CollectionDuty, DutyCheck, DutyFinding
from collection.readers import likeness
from collection.selectors import repeat
from collection.services import duty as filing
from collection.services import duty_review as review
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

NUMBERS = [f"99010219900101{at:04d}" for at in range(300)]


def linked(world: CatalogWorld, numbers: list[str]) -> CollectionDuty:
    """A duty that is linked to an entry of ours with data."""
    entry = world.published(items=[*shared("证件编号", is_key=True, nullable=False), *shared("类别")])
    dataset = services.dataset_hook(actor=world.cataloguer, ref=entry.pk)
    rows = "".join(f"{number},{'城市' if at % 2 else '农村'}\n" for at, number in enumerate(numbers))
    run_of(dataset, world.cataloguer, "证件编号,类别\n" + rows)
    items = entry.published_revision.items.order_by("position")  # type: ignore[union-attr]
    return duties.draft(
        world.cataloguer, items=[{"id": str(one.item_id), "name": one.name} for one in items], entry=entry.ref
    )


def theirs(world: CatalogWorld, numbers: list[str], **given: Any) -> None:
    """An entry of the other department with data under other names."""
    entry = duties.other_entry(world, [*shared("人员标识"), *shared("分组")], **given)
    dataset = services.dataset_hook(actor=world.other_cataloguer, ref=entry.pk)
    rows = "".join(f"{number},{'城市' if at % 2 else '农村'}\n" for at, number in enumerate(numbers))
    run_of(dataset, world.other_cataloguer, "人员标识,分组\n" + rows)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        (NUMBERS, "values_most"),
        (NUMBERS[:200] + [f"x{at}" for at in range(100)], "values_half"),
        (NUMBERS[:60] + [f"x{at}" for at in range(240)], None),
    ],
)
def test_values_of_another_name_are_found_by_their_likeness(
    world: CatalogWorld, numbers: list[str], kind: str | None
) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, numbers)
    made = review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    assert made.is_compared
    assert (made.datasets_compared, made.datasets_left) == (1, 0)
    assert matches(made) == ([("证件编号", "人员标识", kind)] if kind else [])


def test_a_handful_of_values_is_never_compared(world: CatalogWorld) -> None:
    """Whoever wants to know whether a person is in another's data learns nothing by filing his number."""
    duty = linked(world, NUMBERS[: likeness.LEAST_DISTINCT - 1])
    theirs(world, NUMBERS)
    made = review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    assert not made.is_compared
    assert matches(made) == []


def test_no_value_and_no_figure_of_values_is_kept(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    made = review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    assert [set(one) for one in made.findings.get().matches] == [{"own", "theirs", "kind"}]


def test_withheld_data_are_not_compared(world: CatalogWorld) -> None:
    duty = linked(world, NUMBERS)
    theirs(
        world,
        NUMBERS,
        sharing="withheld",
        sharing_reason="法律规定不得披露",
        legal_basis=[{"document": "中华人民共和国民法典", "article": "第一千零三十九条"}],
    )
    made = review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    assert made.datasets_compared == 0
    assert made.found_count == 0


def test_what_could_not_be_compared_in_time_is_counted(world: CatalogWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    duty = linked(world, NUMBERS)
    theirs(world, NUMBERS)
    monkeypatch.setattr(likeness, "SECONDS", -1.0)
    made = review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    assert (made.datasets_compared, made.datasets_left) == (0, 1)
