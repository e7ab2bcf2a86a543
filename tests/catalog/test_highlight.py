import pytest

from catalog import highlight
from catalog.search import query_terms


def marked(text: str, query: str) -> str:
    return "".join(f"[{part}]" if hit else part for part, hit in highlight.parts(text, query_terms(query)))


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("最低生活保障对象信息", "生活保障", "最低[生活保障]对象信息"),
        ("最低生活保障對象信息", "保障对象", "最低生活[保障對象]信息"),
        ("低保与低保边缘", "低保", "[低保]与[低保]边缘"),
        ("ABC 资源", "abc", "[ABC] 资源"),
        ("ＡＢＣ资源", "abc", "[ＡＢＣ]资源"),
        ("307013/000128", "013/0001", "307[013/0001]28"),
        ("养老机构", "养老 机构", "[养老机构]"),
        ("养老机构", "低保", "养老机构"),
        ("养老机构", "", "养老机构"),
        ("", "低保", ""),
    ],
)
def test_hits_are_found_as_the_search_finds_them(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


def test_excerpt_begins_shortly_before_the_first_hit() -> None:
    text = "甲" * 40 + "低保" + "乙" * 100
    parts = highlight.excerpt(text, ["低保"], length=40)
    assert parts[0] == ("…", False)
    assert parts[1] == ("甲" * highlight.AROUND, False)
    assert parts[2] == ("低保", True)
    assert parts[-1] == ("…", False)


def test_excerpt_of_a_text_without_hit_is_empty() -> None:
    assert highlight.excerpt("没有", ["低保"]) == []


def test_missing_terms_are_those_found_nowhere() -> None:
    assert highlight.missing("最低生活保障", ["生活", "低保"]) == ["低保"]
