from typing import Any

import pytest

from catalog import services
from catalog.models import Entry
from core.exceptions import FieldError, RuleViolation
from tests.factories.catalog import ITEMS, CatalogWorld


def errors_of(world: CatalogWorld, items: Any = None, **fields: Any) -> dict[str, str]:
    """Return field → code of what a submission is refused for; nothing may have changed."""
    entry = world.entry(items=items, **fields)
    with pytest.raises(RuleViolation) as refused:
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    entry.refresh_from_db()
    assert entry.status == "draft"
    assert entry.code is None
    return {error.field: error.code for error in refused.value.errors}


def hints_of(entry: Entry) -> list[FieldError]:
    assert entry.working_revision is not None
    return services.findings_for(entry.working_revision).hints


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sharing_scope": ""}, "sharing_scope"),
        ({"sharing_purpose": " "}, "sharing_purpose"),
        ({"name": ""}, "name"),
        ({"summary": ""}, "summary"),
        ({"category": ""}, "category"),
        ({"cycle": ""}, "cycle"),
        ({"format_class": "", "format_type": ""}, "format_class"),
        ({"format_type": ""}, "format_type"),
        ({"data_level": ""}, "data_level"),
        ({"opening": ""}, "opening"),
        ({"opening": "conditional"}, "opening_condition"),
        ({"secrecy_assessment": ""}, "assessments.secrecy"),
        ({"personal_information_assessment": ""}, "assessments.personal_information"),
        ({"sharing": ""}, "sharing"),
        ({"sharing": "withheld", "legal_basis": [{"document": "民法典", "article": "1"}]}, "sharing_reason"),
        ({"sharing": "withheld", "sharing_reason": "法律规定"}, "legal_basis"),
        (
            {"sharing": "withheld", "sharing_reason": "规定", "legal_basis": [{"document": "民法典", "article": ""}]},
            "legal_basis",
        ),
        ({"format_class": "self_described", "format_type": ""}, "format_note"),
    ],
)
def test_a_missing_field_is_named(world: CatalogWorld, fields: dict[str, Any], field: str) -> None:
    assert errors_of(world, **fields)[field] == "required"


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"format_type": "pdf"}, "format_type", "class_mismatch"),
        ({"sharing_method": "platform_file"}, "sharing_method", "class_mismatch"),
        ({"format_class": "spreadsheet", "format_type": "xlsx"}, "sharing_method", "class_mismatch"),
        ({"category": "307"}, "category", "not_a_leaf"),
        (
            {
                "sharing": "withheld",
                "sharing_reason": "规定",
                "legal_basis": [{"document": "民法典", "article": "第一千一百一十条"}],
                "opening": "open",
            },
            "opening",
            "withheld_not_open",
        ),
    ],
)
def test_fields_that_do_not_fit_each_other_are_named(
    world: CatalogWorld, fields: dict[str, Any], field: str, code: str
) -> None:
    assert errors_of(world, **fields)[field] == code


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"length": 15}, "items[2].length", "id_number_length"),
        ({"name": "姓名"}, "items[2].name", "duplicate"),
        ({"field_name": "xm"}, "items[2].field_name", "duplicate"),
        ({"sharing": "withheld"}, "items[2].sharing_condition", "required"),
        ({"sharing": "withheld", "sharing_condition": "民法典"}, "sharing", "looser_than_items"),
    ],
)
def test_a_bad_item_is_named(world: CatalogWorld, change: dict[str, Any], field: str, code: str) -> None:
    items = [dict(item) for item in ITEMS]
    items[2] |= change
    assert errors_of(world, items=items)[field] == code


def test_an_entry_looser_than_its_items_passes_with_an_explanation(world: CatalogWorld) -> None:
    items = [dict(item) for item in ITEMS]
    items[2] |= {"sharing": "withheld", "sharing_condition": "《个人信息保护法》第二十八条"}
    entry = world.entry(items=items, sharing_note="其余数据项按有条件共享。")
    assert services.entry_submit(actor=world.cataloguer, ref=entry.pk).status == "awaiting_head"


def test_a_sensitive_item_cannot_be_open_unmasked(world: CatalogWorld) -> None:
    items = [{"name": "姓名", "field_name": "XM", "type": "C", "length": 50, "is_sensitive": True}]
    assert errors_of(world, items=items, opening="open")["items[0].opening"] == "sensitive_open"


def test_a_database_lists_its_items(world: CatalogWorld) -> None:
    assert errors_of(world, items=[])["items"] == "required"


@pytest.mark.parametrize("secrecy", ["work", "state"])
def test_secrets_are_refused_at_intake_and_nothing_is_kept(world: CatalogWorld, secrecy: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        world.entry(secrecy=secrecy)
    assert refused.value.errors[0].field == "secrecy"
    assert not Entry.objects.exists()


def test_an_edit_cannot_turn_an_entry_secret(world: CatalogWorld) -> None:
    entry = world.entry()
    with pytest.raises(RuleViolation):
        services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"secrecy": "state", "name": "机密"})
    entry.refresh_from_db()
    assert entry.working_revision is not None
    assert entry.working_revision.name == "最低生活保障对象信息"


def test_a_local_rule_cannot_justify_withholding(world: CatalogWorld) -> None:
    from workflow.models import LegalBasis

    rank = LegalBasis.objects.exclude(kind__in=["law", "administrative_regulation", "state_council_decision"]).first()
    assert rank is not None
    found = errors_of(
        world,
        sharing="withheld",
        sharing_reason="地方规定",
        legal_basis=[{"document": f"《{rank.document}》", "article": rank.article}],
    )
    assert found["legal_basis[0].document"] == "unfit_basis"


def test_hints_do_not_block(world: CatalogWorld) -> None:
    items = [{"name": "姓名", "field_name": "XM", "type": "C", "is_sensitive": True}]
    entry = world.entry(items=items, name="社会救助业务系统")
    assert {hint.code for hint in hints_of(entry)} >= {"system_name", "no_key", "sensitive_unmasked", "no_length"}
    assert services.entry_submit(actor=world.cataloguer, ref=entry.pk).status == "awaiting_head"


@pytest.mark.parametrize(
    ("lengths", "types", "hinted"),
    [
        ((666, None), ("C", "N"), None),
        ((667, None), ("C", "N"), 0),
        ((300, 366), ("C", "C"), None),
        ((300, 367), ("C", "M"), 1),
        ((400, 400), ("C", "C"), 0),
    ],
)
def test_a_key_that_may_get_longer_than_an_index_takes_is_hinted_at(
    world: CatalogWorld, lengths: tuple[int | None, ...], types: tuple[str, ...], hinted: int | None
) -> None:
    items = [
        {
            "name": f"主键{at}",
            "field_name": f"ZJ{at}",
            "type": kind,
            "length": length,
            "is_key": True,
            "nullable": False,
        }
        for at, (length, kind) in enumerate(zip(lengths, types, strict=True))
    ]
    entry = world.entry(items=[*items, {"name": "说明", "field_name": "SM", "type": "C", "length": 5000}])
    found = {hint.field: str(hint.message) for hint in hints_of(entry) if hint.code == "long_key"}
    assert list(found) == ([] if hinted is None else [f"items[{hinted}].is_key"])
    assert all("2,000" in text and f"「主键{hinted}」" in text and "说明" not in text for text in found.values())
    assert services.entry_submit(actor=world.cataloguer, ref=entry.pk).status == "awaiting_head", (
        "a hint refuses nothing"
    )


def test_a_second_entry_of_the_same_name_is_hinted_at(world: CatalogWorld) -> None:
    world.published()
    assert "same_name" in {hint.code for hint in hints_of(world.entry())}
