import pytest

from catalog.filing import steps
from catalog.models import RevisionItem
from catalog.services.content import FIELDS as SERVICE_FIELDS
from core.exceptions import FieldError


@pytest.mark.parametrize(
    ("where", "step", "anchor"),
    [
        ("name", "basic", "id_name_field"),
        ("category", "format", "id_category_field"),
        ("items", "items", "items-sheet"),
        ("items[2].length", "items", "items-2"),
        ("legal_basis[0].document", "sharing", "id_legal_basis_field"),
        ("assessments.secrecy", "grading", "id_secrecy_assessment_field"),
        ("extra.theme", "grading", "id_extra_theme_field"),
        ("something_else", "check", "id_something_else_field"),
    ],
)
def test_every_finding_leads_to_its_place(where: str, step: str, anchor: str) -> None:
    place = steps.place_of(where)
    assert (place.step.key, place.anchor) == (step, anchor)


def test_an_item_is_called_by_row_and_name() -> None:
    assert steps.place_of("items[0].mask", [RevisionItem(name="姓名")]).label == "数据项 1「姓名」"


def test_every_field_that_people_fill_in_stands_in_a_step() -> None:
    """``assumptions`` are confirmed beside the steps."""
    assert SERVICE_FIELDS - set(steps.STEP_OF) == {"assumptions"}


def test_messages_of_one_step_are_gathered_by_field_and_rows_left_to_the_sheet() -> None:
    findings = [
        FieldError("sharing_scope", "required", "甲"),
        FieldError("items[0].name", "required", "乙"),
        FieldError("name", "required", "丙"),
    ]
    assert steps.by_field(findings, steps.SHARING) == {"sharing_scope": ["甲"]}
    assert steps.by_field(findings, steps.ITEMS) == {}


def test_the_neighbours_of_the_first_and_the_last_step() -> None:
    assert steps.neighbours(steps.BASIC) == (None, steps.FORMAT)
    assert steps.neighbours(steps.CHECK) == (steps.GRADING, None)
