"""Snapshots in words."""

import pytest
from django.utils import translation

from audit.difference import differences_of, values_of
from audit.models import AuditEvent


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def event(before=None, after=None) -> AuditEvent:
    return AuditEvent(object_label="catalog.entry", before=before, after=after)


def shown(parts):
    return None if parts is None else "".join(f"[{part.text}]" if part.is_changed else part.text for part in parts)


def rows(before, after):
    return [(one.label, shown(one.before), shown(one.after)) for one in differences_of(event(before, after))]


def test_fields_and_values_are_in_words():
    assert rows({"status": "draft"}, {"status": "awaiting_head", "code": "307001/000001"}) == [
        ("State", "[Draft]", "[Awaiting sign-off]"),
        ("Resource code", None, "[307001/000001]"),
    ]


def test_words_that_changed_are_marked_within_a_text():
    assert rows({"summary": "每月更新的低保对象名单"}, {"summary": "每周更新的低保对象名单"}) == [
        ("Summary", "每[月]更新的低保对象名单", "每[周]更新的低保对象名单")
    ]


def test_texts_that_have_little_in_common_are_shown_whole():
    assert rows({"summary": "abc"}, {"summary": "婚姻登记"}) == [("Summary", "[abc]", "[婚姻登记]")]


def test_what_did_not_change_is_not_marked():
    (one,) = differences_of(event({"opening": "open"}, {"opening": "open"}))
    assert not one.is_changed


def test_nested_values_lists_and_moments_are_readable():
    snapshot = {
        "items": {"added": ["姓名", "金额"], "removed": []},
        "legal_basis": [{"document": "社会救助暂行办法", "article": "第九条"}],
        "is_new": True,
        "at": "2026-03-01T15:30:00Z",
        "note": None,
    }
    assert values_of(event(), snapshot) == [
        ("Items › Added", "姓名, 金额"),
        ("Items › Removed", "—"),
        ("Legal basis › 1 › Document", "社会救助暂行办法"),
        ("Legal basis › 1 › Article", "第九条"),
        ("is_new", "yes"),
        ("at", "2026-03-01 23:30"),
        ("note", "—"),
    ]
    assert values_of(event(), None) == []
    assert values_of(event(), "text") == [("Value", "text")]
