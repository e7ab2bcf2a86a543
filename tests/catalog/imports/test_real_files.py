"""Catalogs that nobody on this project wrote: nothing crashes, their known dirt is told, the counts add up."""

from collections import Counter

import pytest

from catalog.imports.exceptions import Unreadable
from catalog.models import RevisionItem
from tests.catalog.imports.conftest import Importer
from tests.catalog.imports.files import real_file

DIRT: list[tuple[str, int, dict[str, int], dict[str, int]]] = [
    # file, entries, problems by code (all of them), some of the rules applied
    (
        "cn/sichuan_luzhou.json", 6994, {"name_missing": 5, "repeated_same": 4, "repeated_other": 9},
        {"cycle_other": 567, "same_name_elsewhere": 163, "date_padded": 11566},
    ),
    (
        "cn/ningxia_ningxia.json", 1987, {"repeated_same": 150, "repeated_other": 23},
        {"null_word": 2320, "blanks": 50, "format_vague": 1430},
    ),
    ("cn/anhui_huaibei.json", 375, {"value_unknown": 1}, {"quotes": 1, "opening_from_sharing_words": 300}),
    ("cn/anhui_hefei.json", 321, {"name_missing": 3}, {"cycle_no_word": 317}),
    ("cn/anhui_wuhu.json", 531, {}, {"items_from_text": 499}),
    ("cn/shaanxi_shaanxi.json", 141, {}, {"format_default": 57, "format_class_only": 18}),
    ("cn/anhui_anhui.json", 700, {}, {"format_word": 573}),
    (
        "tw/taipei_catalog_big5.csv", 1127,
        {"not_a_format": 20, "value_unknown": 6, "format_unknown": 19, "repeated_same": 2, "repeated_other": 5},
        {"opening_from_licence": 1122, "provider_missing": 4, "items_from_text": 1119},
    ),
    ("tw/taoyuan_catalog.xls", 1429, {"repeated_other": 1, "format_unknown": 2}, {"items_from_text": 1422}),
    ("tw/list_taitung.csv", 500, {"not_a_date": 500, "provider_name": 29}, {"items_from_text": 471}),
    ("tw/list_tainan.csv", 602, {"repeated_other": 1}, {"items_from_text": 570}),
    ("tw/list_keelung.csv", 485, {"repeated_other": 1}, {"items_from_text": 414}),
    ("tw/datagovtw_details_disaster.jsonl", 410, {"format_unknown": 3}, {"cycle_default": 17}),
    ("tw/datagovtw_details_earthquake.jsonl", 16, {"format_unknown": 3}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entries", "problems", "rules"), DIRT, ids=[one[0] for one in DIRT])
def test_a_real_catalog_is_read_whole_and_its_dirt_told(
    importer: Importer, name: str, entries: int, problems: dict[str, int], rules: dict[str, int]
) -> None:
    preview = importer.preview(real_file(f"catalogs/{name}"), creates_departments=True)
    counts = preview.counts
    assert preview.entries == entries
    assert sum(counts[key] for key in ("create", "update", "publish", "unchanged", "reject")) == entries
    rejected = {one["row"] for one in importer.problems if one["severity"] == "rejected"}
    assert counts["reject"] == len(rejected)
    told = Counter(one["code"] for one in importer.problems)
    assert dict(told) == problems
    applied: Counter[str] = Counter()
    for line in preview.tally:
        applied[line["rule"]] += line["count"]
    assert {rule: applied[rule] for rule in rules} == rules


@pytest.mark.parametrize(
    "name", ["us_usda.gov.data.json", "us_geospatial.data.json", "hk_datagovhk_excerpt.json", "ar_justice_catalog.xlsx"]
)
def test_catalogs_of_other_countries_are_read_too(importer: Importer, name: str) -> None:
    preview = importer.preview(real_file(f"catalogs/intl/{name}"), mapping={"columns": {"provider": []}})
    assert preview.counts["create"] >= 3
    assert preview.counts["reject"] == 0
    assert {one["rule"] for one in preview.tally} >= {"provider_missing"}


def test_items_of_a_nested_list_are_read_with_their_declared_types(importer: Importer) -> None:
    path = real_file("catalogs/intl/ar_justice_catalog.json")
    mapping = {"columns": {"items_text": ["distribution.field"], "provider": []}}
    batch = importer.run(path, mapping=mapping)
    assert batch.counts["created"] == 16
    types = set(RevisionItem.objects.values_list("type", flat=True))
    assert {"C", "I"} <= types


@pytest.mark.parametrize("name", ["dcat_catalog.rdf", "dcat_dataset_afs.ttl", "us_opendataphilly_datasets_a.yaml"])
def test_forms_that_are_not_read_are_refused(importer: Importer, name: str) -> None:
    with pytest.raises(Unreadable):
        importer.preview(real_file(f"catalogs/intl/{name}"))
