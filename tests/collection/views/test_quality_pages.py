"""Pages about quality, as people of the provider, the authority and others see them."""

from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from catalog.models import Entry
from collection import services
from collection.charts import department_chart
from collection.models import Dataset, DatasetVersion, QualityReport, QualityRule, RegionQualityLimit
from collection.selectors.quality import quality_by_department
from collection.selectors.quality_limit import quality_limits
from collection.store import names
from core import clock
from core.actors import Actor
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_quality_runs import add, item
from tests.collection.views.test_pages import body
from tests.factories.accounts import DepartmentFactory, RegionFactory
from tests.unchanged import nothing_changes


def place_of(rule: QualityRule) -> str:
    """Return the address of the rows that break a rule, in the last report."""
    report = QualityReport.objects.latest("pk")
    at = next(at for at, one in enumerate(report.findings) if one["rule"] == rule.pk)
    return f"/collection/quality/reports/{report.pk}/rows/{at}/"


def warned(town: Town) -> QualityRule:
    """Load the rows once more under a rule that one of them breaks."""
    rule = add(town, "regex", item="对象编号", pattern="[0-9]{4}")
    town.send(HEADER + "".join(ROWS))
    return rule


def test_the_quality_of_a_dataset_is_shown_to_the_provider_and_the_authority_alone(three: Town) -> None:
    warned(three)
    page = f"/collection/datasets/{three.dataset.pk}/quality/"
    for reader in (three.cataloguer, three.world.head, three.world.reviewer):
        text = text_of(get(reader, page))
        assert "“对象编号” fits [0-9]{4}" in text
        assert "1 of 3" in text
    assert "Add a rule" in text_of(get(three.cataloguer, page))
    for reader in (three.world.head, three.world.reviewer):
        assert "Add a rule" not in text_of(get(reader, page))
    for stranger in (three.world.other_cataloguer, three.world.sysadmin, three.world.auditor):
        assert get(stranger, page).status_code == 403


def test_the_score_stands_wherever_the_dataset_is_named(three: Town) -> None:
    for page in (f"/collection/datasets/{three.dataset.pk}/", f"/catalog/{three.entry.ref}/", "/collection/"):
        assert "Quality 100.0" in text_of(get(three.cataloguer, page)), page
    assert "Quality 100.0" in text_of(get(three.world.other_head, f"/collection/datasets/{three.dataset.pk}/"))


def test_the_api_tells_the_score_to_those_who_see_the_dataset(three: Town) -> None:
    answer = get(three.world.other_head, f"/api/v1/entries/{three.entry.ref}/")
    assert answer.json()["datasets"][0]["quality"] == 100  # type: ignore[attr-defined]


def test_rows_that_break_a_rule_are_read_anew_and_masked_for_the_authority(three: Town) -> None:
    place = place_of(warned(three))
    own = text_of(get(three.cataloguer, place))
    assert "0164A" in own
    assert "990102197707077777" in own
    assert "0001" not in own
    authority = body(get(three.world.reviewer, place))
    assert "0164A" in authority
    assert "990102197707077777" not in authority
    assert "欧阳锋" not in authority
    for stranger in (three.world.other_head, three.world.sysadmin, three.world.auditor):
        assert get(stranger, place).status_code == 403
    assert get(three.cataloguer, place.replace("/rows/", "/rows/99")).status_code == 404


def test_a_look_at_rows_that_break_a_rule_is_in_the_trail(three: Town) -> None:
    place = place_of(warned(three))
    looks = AuditEvent.objects.filter(action="collection.version.preview")
    assert not looks.exists()
    get(three.world.reviewer, place)
    version = three.dataset.published_version
    assert version is not None
    assert [(one.actor_id, one.after) for one in looks] == [(three.world.reviewer.id, {"version": version.number})]


def test_the_row_behind_one_that_was_erased_is_not_shown_in_its_place(three: Town) -> None:
    add(three, "regex", item="对象编号", pattern="[^1]*")
    three.send(HEADER + "".join(ROWS))
    place = place_of(QualityRule.objects.get())
    page = body(get(three.cataloguer, place))
    assert ("0001" in page, "0164A" in page) == (True, True)
    with connections[names.ALIAS].cursor() as run:
        run.execute(f"DELETE FROM {names.SCHEMA}.{names.table_name(three.dataset.pk, 1)} WHERE _key = '0001'")
    page = body(get(three.cataloguer, place))
    assert ("0001" in page, "0002" in page, "0164A" in page) == (False, False, True)


def test_rows_of_a_version_that_is_no_longer_kept_are_not_shown(three: Town) -> None:
    place = place_of(warned(three))
    version = three.dataset.published_version
    assert version is not None
    three.send(HEADER + ROWS[0])
    DatasetVersion.objects.filter(pk=version.pk).update(purged_at=version.published_at)
    page = body(get(three.cataloguer, place))
    assert "no longer kept" in page
    assert "0164A" not in page


def test_a_rule_is_chosen_written_tried_and_removed_on_pages(three: Town) -> None:
    client = client_of(three.cataloguer)
    base = f"/collection/datasets/{three.dataset.pk}/quality/"
    assert "Check character" in text_of(client.get(f"{base}add/"))
    form: dict[str, Any] = {"item": item(three, "月保障金额"), "min": "900", "severity": "warn"}
    with nothing_changes():
        tried = client.post(f"{base}try/?kind=range", form)
    assert "breaks this rule: 1 of 3" in text_of(tried)
    assert 'value="900"' in body(tried)
    with nothing_changes():
        refused = client.post(f"{base}add/?kind=range", form | {"min": "viel"})
    assert refused.status_code == 422
    assert "does not fit the type" in text_of(refused)
    assert client.post(f"{base}add/?kind=range", form).status_code == 302
    rule = QualityRule.objects.get()
    edit = client.get(f"/collection/quality/rules/{rule.pk}/")
    assert 'value="900"' in body(edit)
    assert client.post(f"/collection/quality/rules/{rule.pk}/", form | {"min": "800"}).status_code == 302
    rule = QualityRule.objects.get(retired_at__isnull=True)
    assert rule.parameters == {"min": "800"}
    assert client.post(f"/collection/quality/rules/{rule.pk}/remove/").status_code == 302
    assert not QualityRule.objects.filter(retired_at__isnull=True).exists()


def test_a_refused_run_says_which_rule_was_broken(three: Town) -> None:
    add(three, "completeness", "reject", item="身份证号", percent=100)
    run = three.send(HEADER + "0001,王小明,,1,\n")
    page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "is filled in at least 100 % of the rows – found: filled in 0.0 %" in page
    assert "0 of 1 rows were rejected" not in page
    assert "The last run was refused" in text_of(
        get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/quality/")
    )


def test_rejected_rows_name_the_rule_that_was_added(three: Town) -> None:
    add(three, "regex", "reject", item="对象编号", pattern="[0-9]{4}")
    services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"reject_limit_percent": 50})
    run = three.send(HEADER + "".join(ROWS))
    assert "“对象编号” fits [0-9]{4}" in text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "对象编号：“对象编号” fits [0-9]{4}" in body(get(three.cataloguer, f"/collection/runs/{run.pk}/rejects/"))


def listed(actor: Actor, **query: Any) -> str:
    return text_of(get(actor, "/collection/quality/", query))


def test_the_list_shows_what_one_answers_for_and_what_costs_most(three: Town) -> None:
    warned(three)
    for reader in (three.cataloguer, three.world.head, three.world.reviewer):
        assert "“对象编号” fits [0-9]{4}" in listed(reader)
        assert "Conformity 86.6" in listed(reader)
    for stranger in (three.world.other_cataloguer, three.world.sysadmin, three.world.auditor):
        assert "低保对象" not in listed(stranger)
    assert "低保对象" not in listed(three.cataloguer, standing="none")
    assert "低保对象" in listed(three.cataloguer, standing="good", q="低保", department=three.world.provider.code)
    export: HttpResponse = get(three.cataloguer, "/collection/quality/", {"export": "csv"})
    line = export.content.decode().splitlines()[1]
    assert line.startswith("低保对象,最低生活保障对象信息,市民政局,97.3,80,3,")


def test_the_authority_compares_the_regions(three: Town) -> None:
    warned(three)
    within = RegionFactory(level="county", parent=three.world.provider.region)
    county = DepartmentFactory(region=within, name="县民政局")
    entry = three.world.published(name="县级对象")
    services.dataset_hook(actor=three.cataloguer, ref=entry.pk, name="县级低保")
    Entry.objects.filter(pk=entry.pk).update(department=county)
    city = three.world.provider.region
    page = listed(three.world.reviewer)
    assert page.index(f"{city.name} 97.3 1 0") < page.index(f"{within.name} — 0 0")
    of_county = listed(three.world.reviewer, region=within.code)
    assert "县级低保" in of_county
    assert "低保对象" not in of_county
    assert "Conformity 86.6" not in of_county
    # Each bar is held against its own region's limit, whatever the reader's is.
    RegionQualityLimit.objects.create(region=within, score=99, set_at=clock.now())
    Dataset.objects.filter(entry=entry).update(quality_score=98)
    chart = department_chart(quality_by_department(three.world.reviewer), "", quality_limits())
    assert chart is not None
    bars = chart.option["series"][0]["data"]
    assert ["itemStyle" in one for one in bars] == [False, True]
    assert "By region" not in listed(three.cataloguer)
    assert "县级低保" not in listed(three.cataloguer, region=within.code)


def test_the_list_costs_the_same_with_many_datasets(
    three: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    warned(three)
    for number in range(8):
        services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name=f"又一个{number}")
    client = client_of(three.cataloguer)
    client.get("/collection/quality/")
    for address, most in (("/collection/quality/", 20), (f"/collection/datasets/{three.dataset.pk}/quality/", 22)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000, "%s", "(", "\\", "{}"]
KINDS = [str(kind) for kind, _label in QualityRule._meta.get_field("kind").choices or ()]


def test_each_kind_has_its_form(three: Town) -> None:
    client = client_of(three.cataloguer)
    for kind in KINDS:
        address = f"/collection/datasets/{three.dataset.pk}/quality/add/"
        assert client.get(address, {"kind": kind}).status_code == 200, kind


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_breaks_a_page(three: Town, text: str) -> None:
    client = client_of(three.cataloguer)
    rule = add(three, "regex", item="对象编号", pattern=".*")
    base = f"/collection/datasets/{three.dataset.pk}/quality/"
    names = ("item", "other_item", "target", "checksum", "list", "values", "pattern", "min", "max", "percent", "less",
             "more", "days", "working", "severity", "operator", "rule", "limit")  # fmt: skip
    for name in ("q", "department", "standing", "ordering", "page"):
        assert client.get("/collection/quality/", {name: text}).status_code < 500, (name, text)
    sent = dict.fromkeys(names, text)
    for address in (f"{base}limit/", f"/collection/quality/rules/{rule.pk}/"):
        assert client.post(address, sent).status_code < 500, (address, text)
    assert client.get(f"{base}add/", {"kind": text}).status_code == 200
    for kind in [*KINDS, text]:
        valid = {"item": item(three, "对象编号"), "other_item": item(three, "姓名"), "severity": "warn"}
        for given in (sent, sent | valid):
            for act in ("add", "try"):
                response = client.post(f"{base}{act}/", given, query_params={"kind": kind})
                assert response.status_code < 500, (act, kind, text)
