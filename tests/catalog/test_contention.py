"""What about a submission has to be looked at alone."""

import uuid
from typing import Any

import pytest

from catalog.contention import Contention, concerns_of, is_weaker_mask, reasons_of
from catalog.models import Revision, RevisionItem
from catalog.rules import Findings
from core.exceptions import FieldError

CLEAN = Findings([], [])
KEY, PHONE = uuid.uuid4(), uuid.uuid4()


def revision(**values: Any) -> Revision:
    return Revision(**{"number": 2, "sharing": "conditional", "opening": "closed", "data_level": "general_3"} | values)


def item(identity: uuid.UUID = PHONE, **values: Any) -> RevisionItem:
    defaults = {"name": "联系电话", "position": 1, "is_sensitive": True, "mask": "mobile"}
    return RevisionItem(item_id=identity, **(defaults | values))


def reasons(
    before: Revision | None, after: Revision, old: Any = (), new: Any = (), found: Findings = CLEAN, **others: Any
) -> list[Contention]:
    return reasons_of(concerns_of(after, new, found, published=before, published_items=old, **others))


def test_an_update_that_only_words_things_anew_is_clear() -> None:
    assert reasons(revision(), revision(summary="新的摘要", cycle="weekly"), [item()], [item(description="新")]) == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"sharing": "withheld"}, {"sharing": "conditional"}, Contention.LOOSER_SHARING),
        ({"sharing": "conditional"}, {"sharing": "unconditional"}, Contention.LOOSER_SHARING),
        ({"sharing": "conditional"}, {"sharing": "withheld"}, Contention.WITHHELD),
        ({"opening": "closed"}, {"opening": "conditional"}, Contention.WIDER_OPENING),
        ({"opening": "conditional"}, {"opening": "open"}, Contention.WIDER_OPENING),
        ({"data_level": "important"}, {"data_level": "general_4"}, Contention.LOWER_GRADE),
    ],
)
def test_what_an_update_gives_away(before: Any, after: Any, reason: Contention) -> None:
    assert reasons(revision(**before), revision(**after)) == [reason]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"sharing": "unconditional"}, {"sharing": "conditional"}),
        ({"opening": "open"}, {"opening": "closed"}),
        ({"data_level": "general_2"}, {"data_level": "important"}),
        ({"sharing": "withheld"}, {"sharing": "withheld"}),
    ],
)
def test_what_an_update_tightens_is_clear(before: Any, after: Any) -> None:
    assert reasons(revision(**before), revision(**after)) == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"mask": "mobile"}, {"mask": "none"}, Contention.WEAKER_MASK),
        ({"mask": "text"}, {"mask": "mobile"}, Contention.WEAKER_MASK),
        ({"mask": "mobile"}, {"mask": "phone"}, Contention.WEAKER_MASK),
        ({"is_sensitive": True}, {"is_sensitive": False}, Contention.NO_LONGER_SENSITIVE),
        ({"sharing": "withheld"}, {"sharing": "conditional"}, Contention.LOOSER_ITEM),
        ({"sharing": "withheld"}, {"sharing": ""}, Contention.LOOSER_ITEM),
        ({"sharing": ""}, {"sharing": "unconditional"}, Contention.LOOSER_ITEM),
        ({"sharing": ""}, {"sharing": "withheld"}, Contention.WITHHELD),
        ({"opening": ""}, {"opening": "open"}, Contention.WIDER_OPENING),
    ],
)
def test_what_an_item_gives_away_names_the_item(before: Any, after: Any, reason: Contention) -> None:
    concerns = concerns_of(revision(), [item(**after)], CLEAN, published=revision(), published_items=[item(**before)])
    assert [(one.reason, one.field, one.name) for one in concerns] == [(reason, f"items.{PHONE}", "联系电话")]


def test_a_loosened_entry_is_one_concern_not_one_for_each_item_under_it() -> None:
    before, after = revision(), revision(sharing="unconditional")
    assert reasons(before, after, [item(), item(KEY)], [item(), item(KEY)]) == [Contention.LOOSER_SHARING]


def test_items_that_come_and_go() -> None:
    assert reasons(revision(), revision(), [item()], []) == [Contention.REMOVED_ITEM]
    assert reasons(revision(), revision(), [], [item()]) == [Contention.PERSONAL]
    assert reasons(revision(), revision(), [], [item(is_sensitive=False)]) == []


@pytest.mark.parametrize(
    ("values", "items", "reason"),
    [
        ({}, [item()], Contention.PERSONAL),
        ({"sharing": "withheld"}, [], Contention.WITHHELD),
        ({"data_level": "important"}, [], Contention.HIGH_GRADE),
        ({"data_level": "core"}, [], Contention.HIGH_GRADE),
    ],
)
def test_first_filings(values: Any, items: list[RevisionItem], reason: Contention) -> None:
    assert reasons(None, revision(**values), new=items) == [reason]


def test_an_open_first_filing_without_personal_information_is_clear() -> None:
    assert reasons(None, revision(opening="open", sharing="unconditional"), new=[item(is_sensitive=False)]) == []


def test_findings_and_comments_make_anything_contentious() -> None:
    broken = Findings([FieldError("name", "required", "")], [FieldError("items", "no_key", "")])
    assert reasons(revision(), revision(), found=broken, has_open_comment=True) == [
        Contention.ERRORS,
        Contention.HINTS,
        Contention.OPEN_COMMENT,
    ]


@pytest.mark.parametrize(
    ("before", "after", "weaker"),
    [
        ("none", "none", False),
        ("none", "name", False),
        ("name", "name", False),
        ("name", "text", False),
        ("text", "hash", False),
        ("hash", "name", True),
        ("name", "none", True),
        ("address", "month", True),
    ],
)
def test_masks_have_an_order_only_between_nothing_part_and_whole(before: str, after: str, weaker: bool) -> None:
    assert is_weaker_mask(before, after) is weaker
