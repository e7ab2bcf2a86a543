"""Staff of contractors do not learn from a load whether a guess at a masked value was right."""

import re

import pytest
from django.http import QueryDict

from catalog import services as catalog
from collection import services
from collection.choices import RunState
from collection.comparison import comparison_of
from collection.models import Dataset, QualityReport, Run
from collection.notices import FAILURE, QUALITY, RETURNED
from collection.on_entry import members
from collection.policies import preview_entitlement
from collection.preview import preview_of
from collection.services.notice import failure_announce, returned_announce
from collection.services.quality_task import TASK, quality_shortfall_settle
from collection.store import tables
from collection.store.columns import columns_from, columns_wanted
from core.actors import Actor
from core.exceptions import NotAllowed
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_assignments import named, staff_of
from tests.collection.services.test_quality_rules import codes_of, refer
from tests.collection.services.test_quality_runs import item
from tests.factories.catalog import ITEMS
from tests.unchanged import nothing_changes
from workflow.models import Notification
from workflow.selectors.task import tasks_for


@pytest.fixture
def staff(three: Town) -> Actor:
    found = staff_of(three)
    named(three, found)
    return found


def guessed(town: Town, staff: Actor, row: str, mode: str = "upsert") -> Run:
    run = services.run_upload(
        actor=staff, dataset_id=town.dataset.pk, pieces=[(HEADER + row).encode()], file_name="a.csv", mode=mode
    )
    return town.work(run)


WRONG = ROWS[0].replace("990102199001011234", "990102199001011299")


def told(staff: Actor, page: str) -> str:
    """Return a page without what differs between any two runs: numbers, times, checksums."""
    return re.sub(r"SHA-256 \w+|[\d:]+|\bWith 1 .*", "", text_of(get(staff, page)))


def test_a_right_guess_and_a_wrong_one_look_alike(three: Town, staff: Actor) -> None:
    right, wrong = guessed(three, staff, ROWS[0]), guessed(three, staff, WRONG)
    assert (right.state, wrong.state) == (RunState.UNCHANGED, RunState.SUCCEEDED)
    assert (wrong.version is not None, right.version) == (True, None)
    pages = [told(staff, f"/collection/runs/{one.pk}/") for one in (right, wrong)]
    assert pages[0] == pages[1]
    assert "are loaded" in pages[0]
    listed = get(staff, "/collection/runs/?state=succeeded").content.decode()
    assert f"/runs/{right.pk}/" in listed
    assert f"/runs/{wrong.pk}/" in listed
    assert "Unchanged" not in listed
    own = text_of(get(three.cataloguer, f"/collection/runs/{right.pk}/"))
    assert "holds what is published already" in own


def test_nor_do_the_pages_of_the_data_and_the_api_tell_it(three: Town, staff: Actor) -> None:
    page = f"/collection/datasets/{three.dataset.pk}/"
    before = text_of(get(staff, page)), members(staff, three.entry)
    guessed(three, staff, WRONG)
    three.dataset.refresh_from_db()
    after = text_of(get(staff, page)), members(staff, three.entry)
    assert before[1] == after[1]
    assert after[1]["datasets"][0]["version"] is None
    for text in (before[0], after[0]):
        assert "ersion" not in text.partition("Data rows")[0]
        assert "Last change" not in text
        assert "3 rows" not in text
        assert "Versions" not in text
        assert "Column profile" not in text
    assert "Last change" in text_of(get(three.cataloguer, page))
    assert text_of(get(staff, f"{page}?version=1")) == text_of(get(staff, page))
    assert "from all 3 rows" not in text_of(get(staff, f"{page}?tab=profile"))
    with pytest.raises(NotAllowed):
        comparison_of(staff, three.dataset, QueryDict("from=1&to=2"))


HIDDEN = ROWS[0].replace("990102199001011234", "990102199001021234")
"""Changed where the mask hides it."""


def shown(actor: Actor, dataset: Dataset, **query: str) -> list[list[str | None]]:
    """Return the rows that somebody is shown, of which there is room for two."""
    version = dataset.published_version
    assert version is not None
    entitlement = preview_entitlement(actor, dataset, columns_from(version.columns))
    assert entitlement is not None
    asked = QueryDict(mutable=True)
    asked.update(query)
    return [[cell.text for cell in row.cells] for row in preview_of(entitlement, version, asked, most=2).rows]


@pytest.mark.parametrize("guess", [ROWS[0], HIDDEN])
@pytest.mark.parametrize("order", ["", "NRRQ", "-NRRQ", "YBZJE"])
def test_nor_do_the_rows_that_they_see_come_in_another_order(three: Town, staff: Actor, guess: str, order: str) -> None:
    three.send(HEADER + "".join(ROWS) + ROWS[0].replace("0001", "0004") + ROWS[0].replace("0001", "0000"))
    item = next(
        (one["item"] for one in three.dataset.published_version.columns if one["field_name"] == order.strip("-")), ""
    )
    asked = {"sort": order[: order.startswith("-")] + item} if item else {}
    before, own = shown(staff, three.dataset, **asked), shown(three.cataloguer, three.dataset)
    assert own[0][:2] == ["0001", "王小明"]
    run = guessed(three, staff, guess)
    three.dataset.refresh_from_db()
    assert shown(staff, three.dataset, **asked) == before
    moved = shown(three.cataloguer, three.dataset)[0][0] != "0001"
    assert moved == (guess == HIDDEN) == (run.state == RunState.SUCCEEDED)


def test_rows_of_too_many_are_shown_by_a_filter_alone(
    three: Town, staff: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_given: object, **_named: object) -> None:
        raise tables.TooSlow

    monkeypatch.setattr("collection.preview.settled_page", slow)
    page = text_of(get(staff, f"/collection/datasets/{three.dataset.pk}/"))
    assert "There are too many rows to show some." in page
    assert "王**" not in page


def test_nor_are_they_shown_rows_of_the_data_that_break_a_rule(three: Town, staff: Actor) -> None:
    fields = {"kind": "regex", "severity": "warn", "item": item(three, "对象编号"), "pattern": r"\d{4}"}
    services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    run = three.send(HEADER + "".join(ROWS) + HIDDEN.replace("0001", "0005"))
    report = QualityReport.objects.get(run=run)
    at = next(at for at, one in enumerate(report.findings) if one["places"])
    address = f"/collection/quality/reports/{report.pk}/rows/{at}/"
    assert "欧阳锋" in text_of(get(three.cataloguer, address))
    assert get(staff, address).status_code == 403
    overview = f"/collection/datasets/{three.dataset.pk}/quality/"
    assert address in get(three.cataloguer, overview).content.decode()


def test_of_appended_rows_each_whose_key_is_there_is_rejected_for_them(three: Town, staff: Actor) -> None:
    right, wrong = guessed(three, staff, ROWS[0], "append"), guessed(three, staff, WRONG, "append")
    assert (right.rows_rejected, wrong.rows_rejected) == (1, 1)
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    again = guessed(three, staff, ROWS[0] + "0009,周,990102199001011277,1,2026-01-01\n", "append")
    assert (again.state, again.rows_rejected) == (RunState.SUCCEEDED, 1)
    own = three.send(HEADER + ROWS[0], mode="append")
    assert (own.state, own.rows_rejected) == (RunState.UNCHANGED, 0)


def test_nobody_asks_through_a_rule_who_is_in_other_data(three: Town, staff: Actor) -> None:
    codes, code = codes_of(three)
    refer(three, codes, code, severity="reject")
    with nothing_changes(), pytest.raises(NotAllowed) as refused:
        guessed(three, staff, ROWS[1])
    assert "for which you are not named" in str(refused.value)
    named(codes, staff)
    assert guessed(three, staff, ROWS[1]).state == RunState.UNCHANGED


LISTS = ("datasets", "pools/{code}", "freshness")


def lists_of(town: Town, who: Actor) -> list[str]:
    """Return every list that names the data: pages, files, and in the order of what they do not tell."""
    places = [f"/collection/{one}/".format(code=town.world.provider.code) for one in LISTS]
    places[0] = "/collection/"
    asked = [one + query for one in places for query in ("", "?export=csv", "?export=csv&ordering=-updated")]
    return [get(who, one).content.decode() for one in (*asked, "/collection/pools/")]


def test_nor_does_any_list_or_file_of_the_data(three: Town, staff: Actor) -> None:
    three.dataset.changed_at = three.dataset.changed_at.replace(year=2019, month=3, day=7)
    three.dataset.save()
    for text in lists_of(three, staff):
        assert "2019" not in text
        assert not re.search(r"^.*\b(Rows|Updated)\b", text.partition("\n")[0])
    own = lists_of(three, three.cataloguer)
    assert sum("2019" in text for text in own) >= 5
    page = text_of(get(staff, "/collection/pools/"))
    assert "KB" not in page
    assert "KB" in text_of(get(three.cataloguer, "/collection/pools/"))


def test_nor_does_what_was_found_of_the_quality(three: Town, staff: Actor) -> None:
    guessed(three, staff, WRONG)
    own = f"/collection/datasets/{three.dataset.pk}/"
    for address in (f"{own}quality/", "/collection/quality/", "/collection/quality/?export=csv"):
        assert get(staff, address).status_code == 403
        assert get(three.cataloguer, address).status_code == 200
    assert f"{own}quality/" not in get(staff, own).content.decode()


def test_they_rank_the_data_by_nothing_that_moves_with_a_load(three: Town, staff: Actor) -> None:
    other = services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name="另一份")
    Dataset.objects.filter(pk=other.pk).update(quality_score=50)
    Dataset.objects.filter(pk=three.dataset.pk).update(quality_score=90)
    pool = f"/collection/pools/{three.world.provider.code}/?export=csv&ordering="

    def ranked(who: Actor, ordering: str) -> list[str]:
        return [line.partition(",")[0] for line in get(who, pool + ordering).content.decode().splitlines()[1:]]

    for column in ("quality", "rows", "updated"):
        assert ranked(three.cataloguer, column) == ranked(three.cataloguer, f"-{column}")[::-1]
        assert ranked(staff, column) == ranked(staff, f"-{column}")


def test_why_the_data_were_refused_is_told_them_without_what_was_measured(three: Town, staff: Actor) -> None:
    fields = {"kind": "row_count", "severity": "reject", "less": 40, "more": 0}
    services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)
    run = guessed(three, staff, ROWS[0], "replace")
    assert run.state == RunState.REFUSED
    failure_announce(run_id=run.pk, key="1")
    own = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "1 rows, 3 before" in own
    page = text_of(get(staff, f"/collection/runs/{run.pk}/"))
    assert "The data break rules that must hold" in page
    assert "3 before" not in page
    assert "The rows are being compared with those that readers see." in page
    assert "with the 3 that readers see" in own
    bodies = dict(Notification.objects.filter(kind=FAILURE).values_list("user", "body"))
    assert "1 rows, 3 before" in bodies[three.world.head.id]
    assert "The data break rules that must hold" in bodies[staff.id]
    assert "3 before" not in bodies[staff.id]


def test_whose_erased_rows_come_back_is_news_for_the_department_alone(three: Town, staff: Actor) -> None:
    run = guessed(three, staff, WRONG)
    returned_announce(run_id=run.pk, rows=1, key="1")
    told = set(Notification.objects.filter(kind=RETURNED).values_list("user", flat=True))
    assert told == {three.cataloguer.id, three.world.head.id}


def test_how_good_the_data_are_is_work_and_news_for_the_department_alone(three: Town, staff: Actor) -> None:
    Dataset.objects.filter(pk=three.dataset.pk).update(quality_score=12.5)
    quality_shortfall_settle(dataset_id=three.dataset.pk)
    assert [one.kind for one in tasks_for(three.cataloguer)] == [TASK]
    assert not tasks_for(staff).exists()
    told = set(Notification.objects.filter(kind=QUALITY).values_list("user", flat=True))
    assert told == {three.cataloguer.id, three.world.head.id}


@pytest.mark.parametrize("severity", ["reject", "warn"])
def test_nobody_asks_through_a_rule_whose_values_occur_once(three: Town, staff: Actor, severity: str) -> None:
    def ask_once(name: str) -> None:
        fields = {"kind": "unique", "severity": severity, "item": item(three, name)}
        services.quality_rule_add(actor=three.cataloguer, dataset_id=three.dataset.pk, fields=fields)

    ask_once("对象编号")
    assert guessed(three, staff, ROWS[0]).state == RunState.UNCHANGED
    ask_once("身份证号")
    with nothing_changes(), pytest.raises(NotAllowed) as refused:
        guessed(three, staff, ROWS[0].replace("0001", "0009"))
    assert "masked for you" in str(refused.value)


def test_nobody_adds_rows_by_a_key_that_is_masked(three: Town, staff: Actor) -> None:
    ids = {one.name: one.item for one in columns_wanted(three.entry)}
    items = [one | {"id": ids[one["name"]]} for one in ITEMS]
    items[0] |= {"mask": "text"}
    catalog.entry_update(actor=three.cataloguer, ref=three.entry.pk, fields={}, items=items)
    three.world.republished(three.entry)
    with nothing_changes(), pytest.raises(NotAllowed) as refused:
        guessed(three, staff, ROWS[0], "append")
    assert "masked for you" in str(refused.value)
    assert guessed(three, staff, ROWS[0]).state == RunState.SUCCEEDED


def test_they_correct_only_what_their_own_files_had_rejected(three: Town, staff: Actor) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.save()
    bad = "0009,周,990102199001011277,viel,2026-01-01\n"
    others = three.send(HEADER + "".join(ROWS) + bad)
    own = guessed(three, staff, ROWS[0] + bad)
    assert (others.rows_rejected, own.rows_rejected) == (1, 1)

    def correct(run: Run) -> Run:
        pieces = [(HEADER + bad.replace("viel", "1")).encode()]
        return services.run_resubmit(actor=staff, run_id=run.pk, pieces=pieces, file_name="b.csv")

    with nothing_changes(), pytest.raises(NotAllowed) as refused:
        correct(others)
    assert "sent themselves" in str(refused.value)
    three.work(correct(own))
    pieces = [(HEADER + bad.replace("viel", "2")).encode()]
    fixed = services.run_resubmit(actor=three.cataloguer, run_id=others.pk, pieces=pieces, file_name="b.csv")
    three.work(fixed)
    page = get(staff, f"/collection/runs/{others.pk}/").content.decode()
    assert "sent again and taken" not in page
    assert f"/runs/{fixed.pk}/" not in page
    assert "Send the corrected rows" not in page
    assert "sent again and taken" in text_of(get(staff, f"/collection/runs/{own.pk}/"))
    assert "sent again and taken" in text_of(get(three.cataloguer, f"/collection/runs/{others.pk}/"))
