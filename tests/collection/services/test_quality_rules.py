"""Writing rules: who may, what is refused, what the trail keeps, what may be referred to."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEvent
from catalog import services as catalog
from collection import policies, services
from collection.choices import RuleKind, RunState
from collection.forms import QualityRuleForm
from collection.models import Dataset, QualityRule
from collection.quality.conditions import OPERATORS
from collection.quality.definition import fits
from collection.quality.wording import rule_words
from collection.selectors import columns_wanted
from collection.store.patterns import pattern_problem
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_quality_runs import add, found, item
from tests.collection.worker import run_of
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import FIELDS
from tests.unchanged import nothing_changes

REGEX = {"kind": "regex", "severity": "reject", "pattern": "[0-9]{4}"}


def test_a_rule_is_added_replaced_and_removed_and_each_step_is_in_the_trail(three: Town) -> None:
    rule = add(three, "regex", "warn", item="对象编号", pattern="[0-9]{4}")
    other = services.quality_rule_replace(
        actor=three.cataloguer, rule_id=rule.pk,
        fields={"severity": "note", "item": item(three, "姓名"), "pattern": "王.*", "kind": "unique"},
    )  # fmt: skip
    rule.refresh_from_db()
    assert rule.retired_at is not None
    assert (other.kind, other.severity, other.item_name, other.parameters) == (
        "regex",
        "note",
        "姓名",
        {"pattern": "王.*"},
    )
    services.quality_rule_remove(actor=three.cataloguer, rule_id=other.pk)
    assert not QualityRule.objects.filter(retired_at__isnull=True).exists()
    events = AuditEvent.objects.filter(action__startswith="collection.quality_rule").order_by("pk")
    assert [one.action.rpartition(".")[2] for one in events] == ["add", "replace", "remove"]
    assert events[1].before["parameters"] == {"pattern": "[0-9]{4}"}
    with nothing_changes(), pytest.raises(NotVisible):
        services.quality_rule_remove(actor=three.cataloguer, rule_id=other.pk)


@pytest.mark.parametrize(("operator", "sign"), OPERATORS.items())
def test_a_comparison_is_read_with_the_sign_that_people_write(operator: str, sign: str) -> None:
    rule = QualityRule(kind="comparison", item_name="甲", other_name="乙", parameters={"operator": operator})
    assert (rule_words(rule), "<>" in rule_words(rule)) == (f"“甲” {sign} “乙”", False)
    assert (operator, sign) in [*QualityRuleForm.base_fields["operator"].choices]


def test_the_trail_keeps_the_beginning_of_a_long_list(three: Town) -> None:
    add(three, "code_list", item="姓名", values="\n".join(f"代码{number}" for number in range(300)))
    kept = AuditEvent.objects.get(action="collection.quality_rule.add").after["parameters"]
    assert (len(kept["values"]), kept["count"]) == (20, 300)


def test_only_the_providers_cataloguer_writes_rules(three: Town) -> None:
    world = three.world
    rule = add(three, "unique", item="姓名")
    fields = REGEX | {"item": item(three, "对象编号")}
    for stranger in (
        world.head,
        world.reviewer,
        world.other_cataloguer,
        world.other_head,
        world.sysadmin,
        world.auditor,
    ):
        with nothing_changes(), pytest.raises(NotAllowed):
            services.quality_rule_add(actor=stranger, dataset_id=three.dataset.pk, fields=fields)
        with nothing_changes(), pytest.raises(NotAllowed):
            services.quality_rule_replace(actor=stranger, rule_id=rule.pk, fields=fields)
        with nothing_changes(), pytest.raises(NotAllowed):
            services.quality_rule_remove(actor=stranger, rule_id=rule.pk)
        with nothing_changes(), pytest.raises(NotAllowed):
            services.quality_rule_try(actor=stranger, dataset_id=three.dataset.pk, fields=fields)
        with nothing_changes(), pytest.raises(NotAllowed):
            services.quality_limit_set(actor=stranger, dataset_id=three.dataset.pk, limit=90)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "sql"}, "kind"),
    ({"severity": "fatal"}, "severity"),
    ({"item": "00000000-0000-0000-0000-000000000000"}, "item"),
    ({"item": None}, "item"),
    ({"item": "月保障金额"}, "item"),
    ({"pattern": ""}, "pattern"),
    ({"kind": "range"}, "item"),
    ({"kind": "range", "item": "月保障金额"}, "min"),
    ({"kind": "range", "item": "月保障金额", "min": "viel"}, "min"),
    ({"kind": "range", "item": "月保障金额", "min": "NaN"}, "min"),
    ({"kind": "range", "item": "月保障金额", "min": "today"}, "min"),
    ({"kind": "range", "item": "月保障金额", "min": "2", "max": "1"}, "max"),
    ({"kind": "range", "item": "纳入日期", "max": "2026-02-30"}, "max"),
    ({"kind": "checksum", "checksum": "isbn"}, "checksum"),
    ({"kind": "comparison", "operator": "; DROP", "other_item": "姓名"}, "operator"),
    ({"kind": "comparison", "operator": "=", "other_item": "对象编号"}, "other_item"),
    ({"kind": "comparison", "operator": "=", "other_item": "月保障金额"}, "other_item"),
    ({"kind": "date_order", "item": "纳入日期", "other_item": "纳入日期"}, "other_item"),
    ({"kind": "code_list"}, "values"),
    ({"kind": "code_list", "values": "\n".join(map(str, range(2001)))}, "values"),
    ({"kind": "code_list", "values": "x" * 201}, "values"),
    ({"kind": "code_list", "values": "a\x00"}, "values"),
    ({"kind": "code_list", "list": "users"}, "list"),
    ({"kind": "completeness", "percent": "101"}, "percent"),
    ({"kind": "completeness", "percent": "９"}, "percent"),
    ({"kind": "row_count", "less": "-1", "more": "9" * 40}, "less"),
    ({"kind": "freshness", "item": "纳入日期", "days": 0}, "days"),
    ({"kind": "reference", "target": "x"}, "target"),
]


@pytest.mark.parametrize(("given", "field"), BAD)
def test_what_cannot_be_a_rule_is_refused_with_its_field(three: Town, given: dict[str, Any], field: str) -> None:
    fields = REGEX | {"item": "对象编号"} | given
    for name in ("item", "other_item"):
        if fields.get(name) in ("对象编号", "姓名", "月保障金额", "纳入日期"):
            fields[name] = item(three, fields[name])
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    assert field in {one.field for one in refused.value.errors}


@pytest.mark.parametrize("closed", [{"is_sensitive": True}, {"mask": "month"}, {"is_sensitive": True, "mask": "text"}])
def test_the_age_of_the_newest_value_is_not_asked_of_items_that_others_do_not_see_whole(
    three: Town, closed: dict[str, Any]
) -> None:
    column = next(one for one in columns_wanted(three.entry) if one.name == "纳入日期")
    assert fits(RuleKind.FRESHNESS, column)
    assert not fits(RuleKind.FRESHNESS, replace(column, **closed))
    assert fits(RuleKind.COMPLETENESS, replace(column, **closed))


HOSTILE = [
    "(", "a)|(?:b", "[z-a]", "a{2,1}", "\\", "***", "***=x", "(?i)x", "x\x00", "y" * 301, r"(a)\1", r"(?:(.)\1)+",
    "(?:(?:x{1,255}){1,255}){1,255}", "((((a{1,200}){1,200}){1,200}){1,200})", "*", "(?=" * 100, "[[:nope:]]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
def test_patterns_that_the_server_cannot_or_must_not_compute_are_refused(three: Town, pattern: str) -> None:
    assert pattern_problem(pattern)
    fields = REGEX | {"item": item(three, "对象编号"), "pattern": pattern}
    with nothing_changes(), pytest.raises(RuleViolation):
        services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)


@pytest.mark.parametrize("pattern", ["%s", "100%", "a%%b", "'; DROP TABLE x; --", "[一-龥]+", r"\d{4}|\\1", "$", "{}"])
def test_signs_of_other_languages_are_nothing_special_in_a_pattern(three: Town, pattern: str) -> None:
    assert pattern_problem(pattern) == ""
    for severity in ("reject", "warn"):
        add(three, "regex", severity, item="姓名", pattern=pattern)
    Dataset.objects.update(reject_limit_percent=100)
    run = three.send(HEADER + "".join(ROWS))
    fits = pattern == "[一-龥]+"
    assert run.state == (RunState.UNCHANGED if fits else RunState.FAILED)
    assert run.rows_rejected == (0 if fits else 3)


def test_a_trial_tells_what_would_break_and_changes_nothing(three: Town) -> None:
    fields = REGEX | {"item": item(three, "对象编号")}
    with nothing_changes():
        tried = services.quality_rule_try(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    assert (tried.state, tried.checked, tried.broken) == ("broken", 3, 1)
    share = {"kind": "completeness", "severity": "reject", "item": item(three, "身份证号"), "percent": 100}
    with nothing_changes():
        assert (
            services.quality_rule_try(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=share).figure == 100
        )


def test_a_rule_is_tried_by_those_alone_who_see_the_rows_whole(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who writes rules and sees masks would read a value out, one sign after the other."""
    fields = REGEX | {"item": item(three, "身份证号")}
    monkeypatch.setattr(policies, "can_manage_dataset", lambda *_given: True)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.quality_rule_try(actor=three.world.reviewer, dataset_id=three.dataset.pk, fields=fields)


def test_a_trial_needs_a_published_version(town: Town) -> None:
    fields = REGEX | {"item": item(town, "对象编号")}
    with nothing_changes(), pytest.raises(RuleViolation):
        services.quality_rule_try(actor=town.cataloguer, dataset_id=town.dataset.pk, fields=fields)


def test_data_that_were_unhooked_take_no_rules(three: Town) -> None:
    fields = REGEX | {"item": item(three, "对象编号")}
    services.dataset_retire(actor=three.cataloguer, dataset_id=three.dataset.pk, reason="并入其他目录")
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)


def test_data_may_ask_more_of_themselves_than_the_platform_and_not_less(three: Town) -> None:
    services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=95)
    three.dataset.refresh_from_db()
    assert three.dataset.quality_limit == 95
    for limit in (79, 101, -1):
        with nothing_changes(), pytest.raises(RuleViolation):
            services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=limit)
    services.quality_limit_set(actor=three.cataloguer, dataset_id=three.dataset.pk, limit=None)
    events = AuditEvent.objects.filter(action="collection.dataset.quality_limit")
    assert [one.after for one in events.order_by("pk")] == [{"quality_limit": 95}, {"quality_limit": None}]


# --- References ---------------------------------------------------------------------------------------------------


def codes_of(town: Town, actor: Actor | None = None) -> tuple[Town, str]:
    """Publish a dataset of two codes, of the town's provider or of somebody else; return it and its item."""
    world = town.world
    if actor is None:
        entry = world.published(name="代码表", items=[{"name": "代码", "type": "C", "length": 20}])
        other = Town(world, entry, services.dataset_hook(actor=town.cataloguer, ref=entry.pk, name="代码表"))
        assert other.send("代码\n0001\n0002\n").state == RunState.SUCCEEDED
    else:
        entry = catalog.entry_create(actor=actor, fields=FIELDS | {"name": "外部代码"},
                                     items=[{"name": "代码", "type": "C", "length": 20}])  # fmt: skip
        catalog.entry_submit(actor=actor, ref=entry.pk)
        catalog.entry_approve(actor=world.other_head, ref=entry.pk)
        entry = catalog.entry_approve(actor=world.reviewer, ref=entry.pk)
        other = Town(world, entry, services.dataset_hook(actor=actor, ref=entry.pk, name="外部代码"))
        assert run_of(other.dataset, actor, "代码\n0001\n0002\n").state == RunState.SUCCEEDED
    return other, item(other, "代码")


def refer(town: Town, target: Town, target_item: str, **given: Any) -> QualityRule:
    fields = {"kind": "reference", "severity": "warn", "item": item(town, "对象编号"), "target": target.dataset.pk,
              "target_item": target_item} | given  # fmt: skip
    return services.quality_rule_add(actor=town.cataloguer, dataset_id=town.dataset.pk, fields=fields)


@pytest.mark.parametrize("severity", ["warn", "reject"])
def test_values_must_occur_in_the_published_rows_of_another_dataset_of_the_department(
    three: Town, severity: str
) -> None:
    codes, code = codes_of(three)
    rule = refer(three, codes, code, severity=severity)
    assert codes.send("代码\n0001\n").state == RunState.SUCCEEDED
    Dataset.objects.update(reject_limit_percent=100)
    run = three.send(HEADER + "".join(ROWS))
    assert run.state in (RunState.UNCHANGED, RunState.SUCCEEDED)
    assert (found(three, rule).checked, found(three, rule).broken) == (3, 2)
    assert run.rows_rejected == (2 if severity == "reject" else 0)


def test_a_reference_to_data_that_the_department_may_not_read_is_refused(three: Town) -> None:
    foreign, code = codes_of(three, three.world.other_cataloguer)
    with nothing_changes(), pytest.raises(NotAllowed):
        refer(three, foreign, code)
    fields = {"kind": "reference", "severity": "warn", "item": item(three, "对象编号"),
              "target": foreign.dataset.pk, "target_item": code}  # fmt: skip
    with nothing_changes(), pytest.raises(NotAllowed):
        services.quality_rule_try(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    for target, target_item in ((10**9, code), (three.dataset.pk, code), (foreign.dataset.pk, "x")):
        with nothing_changes(), pytest.raises(NotVisible):
            services.quality_rule_add(
                actor=three.cataloguer, dataset_id=three.dataset.pk,
                fields=fields | {"target": target, "target_item": target_item},
            )  # fmt: skip


def test_a_reference_needs_values_of_one_type(three: Town) -> None:
    codes, code = codes_of(three)
    with nothing_changes(), pytest.raises(RuleViolation):
        refer(three, codes, code, item=item(three, "月保障金额"))


def test_a_right_that_the_author_lost_ends_his_reference_and_unhooked_data_do_too(three: Town) -> None:
    foreign, code = codes_of(three, three.world.other_cataloguer)
    own, own_code = codes_of(three)
    department = three.world.provider
    author = UserFactory(department=three.world.authority, roles=["reviewer"])
    rule = QualityRule.objects.create(
        dataset=three.dataset, kind="reference", severity="warn", item=item(three, "对象编号"), item_name="对象编号",
        target=foreign.dataset, parameters={"item": code, "item_name": "代码"}, created_at=three.dataset.created_at,
        created_by=author,
    )  # fmt: skip
    lasting = refer(three, own, own_code)
    three.send(HEADER + "".join(ROWS))
    assert found(three, rule).state == "broken"
    User.objects.filter(pk=author.pk).update(department=department)
    services.dataset_retire(actor=three.cataloguer, dataset_id=own.dataset.pk, reason="并入其他目录")
    three.send(HEADER + "".join(ROWS))
    assert found(three, rule).state == "idle"
    assert found(three, lasting).state == "idle"


def test_a_masked_item_cannot_be_asked_through_a_reference(three: Town) -> None:
    """Whoever sees an item masked could find its values out by asking for one after the other."""
    reviewer = UserFactory(department=three.world.authority, roles=["reviewer", "cataloguer"])
    actor = actor_of(reviewer)
    entry = catalog.entry_create(actor=actor, fields=FIELDS | {"name": "主管部门数据"},
                                 items=[{"name": "号码", "type": "C", "length": 20}])  # fmt: skip
    own = services.dataset_hook(actor=actor, ref=entry.pk, name="主管部门数据")
    number = item(Town(three.world, entry, own), "号码")
    masked, plain = item(three, "身份证号"), item(three, "对象编号")
    fields = {"kind": "reference", "severity": "warn", "item": number, "target": three.dataset.pk}
    with nothing_changes(), pytest.raises(NotAllowed):
        services.quality_rule_add(actor=actor, dataset_id=own.pk, fields=fields | {"target_item": masked})
    assert services.quality_rule_add(actor=actor, dataset_id=own.pk, fields=fields | {"target_item": plain}).pk


def test_the_same_rule_is_not_added_twice(three: Town) -> None:
    add(three, "range", item="月保障金额", min="1")
    other = add(three, "range", item="月保障金额", min="2")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(three, "range", item="月保障金额", min="1")
    assert [one.code for one in refused.value.errors] == ["exists"]
    fields = {"severity": "warn", "item": item(three, "月保障金额")}
    with nothing_changes(), pytest.raises(RuleViolation):
        services.quality_rule_replace(actor=three.cataloguer, rule_id=other.pk, fields=fields | {"min": "1"})
    services.quality_rule_replace(actor=three.cataloguer, rule_id=other.pk, fields=fields | {"min": "2"})
