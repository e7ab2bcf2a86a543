"""Pages of datasets and runs, as people of the provider, the authority and others see them."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEvent
from catalog.choices import Cycle
from collection import services
from collection.forms import DatasetForm, column_field
from collection.models import Run
from collection.selectors import columns_wanted
from collection.selectors.run import question_of
from collection.services.assignment import assignment_add
from collection.store import tables
from core import clock
from core.exceptions import RuleViolation
from tests.catalog.views.reader import HTMX, client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld


def body(response: HttpResponse) -> str:
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()  # type: ignore[attr-defined]


def test_an_entry_shows_its_data_and_offers_to_hook_some(three: Town) -> None:
    page = f"/catalog/{three.entry.ref}/"
    assert "Hook data" in text_of(get(three.cataloguer, page))
    assert "低保对象" in text_of(get(three.world.other_head, page))
    assert "Hook data" not in text_of(get(three.world.other_head, page))


def test_rows_are_shown_whole_to_the_provider_masked_to_the_authority_and_to_nobody_else(three: Town) -> None:
    page = f"/collection/datasets/{three.dataset.pk}/"
    assert "990102199001011234" in body(get(three.cataloguer, page))
    assert "990102199001011234" in body(get(three.world.head, page))
    authority = body(get(three.world.reviewer, page))
    assert "990102199001011234" not in authority
    assert "9***************34" in authority
    for stranger in (three.world.other_cataloguer, three.world.sysadmin, three.world.auditor):
        assert "***" not in body(get(stranger, page))
        assert "王" not in body(get(stranger, page))
        assert get(stranger, f"/collection/datasets/{three.dataset.pk}/export/").status_code == 403


def test_a_filter_of_the_authority_compares_what_it_sees(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    number = next(one["item"] for one in version.columns if one["field_name"] == "SFZH")
    address = f"/collection/datasets/{three.dataset.pk}/rows/"
    asked: dict[str, Any] = {"item": number, "op": "eq", "v": "990102199001011234"}
    assert "No row fits" in body(get(three.world.reviewer, address, asked))
    assert "王小明" in body(get(three.cataloguer, address, asked))


def test_a_filter_that_does_not_fit_shows_no_rows_and_says_how_to_write_it(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    day = next(one["item"] for one in version.columns if one["field_name"] == "NRRQ")
    address = f"/collection/datasets/{three.dataset.pk}/rows/"
    refused = text_of(get(three.cataloguer, address, {"item": day, "op": "eq", "v": "昨天"}))
    assert "does not fit the type of “纳入日期”. Write a date like 2026-11-26." in refused
    assert "王小明" not in refused
    amount = next(one["item"] for one in version.columns if one["field_name"] == "YBZJE")
    for huge in ("1e999999", "-1e-99999", "9" * 5000):
        refused = text_of(get(three.cataloguer, address, {"item": amount, "op": "gte", "v": huge}))
        assert "王小明" not in refused
    assert "does not fit the type of “月保障金额”" in text_of(
        get(three.cataloguer, address, {"item": amount, "op": "gte", "v": "1e999999"})
    )
    found = text_of(get(three.cataloguer, address, {"item": day, "op": "eq", "v": "2026/2/6"}))
    assert "李四" in found
    assert "王小明" not in found


def test_moments_in_rows_are_written_for_people(three: Town) -> None:
    items = [{"name": "编号", "type": "C", "length": 9, "is_key": True, "nullable": False}, {"name": "时", "type": "T"}]
    entry = three.world.published(name="时刻", items=items)
    town = Town(three.world, entry, services.dataset_hook(actor=three.cataloguer, ref=entry.pk))
    rows = "".join(f"{number},2026-01-01 08:00:00.5\n" for number in range(2))
    town.send("编号,时\n" + rows + "9,2026-01-01 08:00:00\n")
    town.send("编号,时\n" + rows + "9,2026-01-02 08:00:00\n")
    address = f"/collection/datasets/{town.dataset.pk}/"
    for page, moment in (("rows/", "08:00:00.5"), ("compare/", "2026-01-01 08:00:00"), ("?tab=profile", "08:00:00.5")):
        text = text_of(get(three.cataloguer, address + page))
        assert moment in text
        assert "T08" not in text


def test_log_and_headline_of_a_run_name_rejected_rows_and_why_it_failed(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) + "0005,周九,,三百,\n")
    page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "4 rows read · 1 rejected" in page
    assert "1 of 4 rows rejected." in page
    failed = three.send(HEADER)
    page = text_of(get(three.cataloguer, f"/collection/runs/{failed.pk}/"))
    assert "Failed. Readers still see the earlier version. The file holds no rows." in page


def test_a_profile_shows_everybody_what_his_rows_would(three: Town) -> None:
    address = f"/collection/datasets/{three.dataset.pk}/?tab=profile"
    whole = body(get(three.cataloguer, address))
    assert "from all 3 rows" in text_of(get(three.cataloguer, address))
    assert 'data-chart="c-' in whole
    assert "990102" not in whole
    assert '<td class="end">1020.00</td>' in whole
    masked = body(get(three.world.reviewer, address))
    assert "masked items as you see them" in masked
    assert "王小明" not in masked
    for stranger in (three.world.other_cataloguer, three.world.sysadmin, three.world.auditor):
        assert "Column profile" not in body(get(stranger, address))
        assert "1020.00" not in body(get(stranger, address))


def test_rows_are_ordered_by_what_is_seen_whole(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    items = {one["field_name"]: one["item"] for one in version.columns}
    address = f"/collection/datasets/{three.dataset.pk}/rows/"
    text = text_of(get(three.cataloguer, address, {"sort": f"-{items['XM']}"}))
    assert text.index("王小明") < text.index("欧阳锋") < text.index("李四")
    refused = text_of(get(three.world.reviewer, address, {"sort": items["XM"]}))
    assert "Rows cannot be ordered by this item." in refused
    assert refused.index("王**") < refused.index("李*")


def test_the_cataloguer_declares_filter_items(three: Town) -> None:
    version = three.dataset.published_version
    assert version is not None
    items = {one["field_name"]: one["item"] for one in version.columns}
    client = client_of(three.cataloguer)
    page = f"/collection/datasets/{three.dataset.pk}/"
    settings = {"name": "低保对象", "default_mode": "replace", "reject_limit_percent": 20, "keep_version_hours": 24,
                "keep_original_days": 90}  # fmt: skip
    assert "Filter items" in body(client.get(page, {"tab": "settings"}))
    assert client.post(f"{page}edit/", settings | {"filter_items": [items["XM"]]}).status_code == 302
    assert "ordered by this item" in text_of(client.get(f"{page}rows/", {"sort": items["DXBH"]}))
    assert "cannot be filtered" in text_of(client.get(f"{page}rows/", {"item": items["DXBH"], "v": "0001"}))
    assert "李四" in text_of(client.get(f"{page}rows/", {"item": items["XM"], "v": "李四"}))
    assert client.post(f"{page}edit/", settings | {"filter_items": ["x"]}).status_code == 422


@pytest.mark.parametrize(
    ("cycle", "shown"),
    [
        ("realtime", {"heartbeat_minutes"}),
        ("monthly", {"grace_days"}),
        ("irregular", set()),
        ("never", set()),
    ],
)
def test_what_makes_data_late_is_asked_where_it_counts(cycle: str, shown: set[str]) -> None:
    form = DatasetForm(columns=[], cycle=Cycle(cycle))
    assert {"heartbeat_minutes", "grace_days"} & set(form.fields) == shown


def test_a_limit_that_no_column_holds_is_refused_and_kept_on_the_page(town: Town) -> None:
    page = f"/collection/datasets/{town.dataset.pk}/"
    settings = {"name": "名", "default_mode": "replace", "reject_limit_percent": 20, "keep_version_hours": 24,
                "keep_original_days": 90, "reject_limit_count": "99999999999"}  # fmt: skip
    sent = client_of(town.cataloguer).post(f"{page}edit/", settings)
    assert sent.status_code == 422
    assert 'value="99999999999"' in body(sent)
    with pytest.raises(RuleViolation) as caught:
        services.dataset_update(
            actor=town.cataloguer, dataset_id=town.dataset.pk, fields={"reject_limit_count": 99_999_999_999}
        )
    assert [one.field for one in caught.value.errors] == ["reject_limit_count"]
    town.dataset.refresh_from_db()
    assert (town.dataset.name, town.dataset.reject_limit_count) == ("低保对象", None)


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(three: Town) -> None:
    client = client_of(three.cataloguer)
    page = f"/collection/datasets/{three.dataset.pk}/"
    (seen,) = re.findall(r'name="edit_version" value="(\w+)"', body(client.get(page, {"tab": "settings"})))
    settings = {"default_mode": "replace", "reject_limit_percent": 20, "keep_version_hours": 24,
                "keep_original_days": 90, "edit_version": seen}  # fmt: skip
    three.send(HEADER + ROWS[0])  # a run is no change of the settings
    assert client.post(f"{page}edit/", settings | {"name": "标签甲"}).status_code == 302
    late = client.post(f"{page}edit/", settings | {"name": "标签乙"})
    assert late.status_code == 422
    assert "Someone changed this after you opened it" in text_of(late)
    assert 'value="标签乙"' in body(late)
    three.dataset.refresh_from_db()
    assert three.dataset.name == "标签甲"
    (now,) = re.findall(r'name="edit_version" value="(\w+)"', body(late))
    assert client.post(f"{page}edit/", settings | {"name": "标签乙", "edit_version": now}).status_code == 302


def test_a_search_that_takes_too_long_says_so(three: Town, monkeypatch: Any) -> None:
    def slow(*_given: Any, **_named: Any) -> None:
        raise tables.TooSlow

    monkeypatch.setattr("collection.preview._page", slow)
    assert "That takes too long" in text_of(get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/"))


def test_downloads_say_the_rows_and_make_formulas_harmless(three: Town) -> None:
    three.send(HEADER + '0001,"=cmd()",,1,2026-01-01\n')
    text = body(get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/export/", {"format": "csv"}))
    assert text == "DXBH,XM,SFZH,YBZJE,NRRQ\n0001,'=cmd(),,1,2026-01-01\n"
    assert (
        get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/export/", {"format": "exe"}).status_code == 422
    )


def test_a_file_that_is_uploaded_becomes_a_run(town: Town) -> None:
    client = client_of(town.cataloguer)
    address = f"/collection/datasets/{town.dataset.pk}/upload/"
    empty = client.post(address, {"mode": "replace"})
    assert empty.status_code == 422
    nothing = client.post(address, {"mode": "replace", "file": SimpleUploadedFile("a.csv", b"")})
    assert nothing.status_code == 422
    sent = client.post(
        address, {"mode": "replace", "file": SimpleUploadedFile("数据.csv", (HEADER + ROWS[0]).encode())}
    )
    run = Run.objects.get(dataset=town.dataset)
    assert sent.headers["Location"] == f"/collection/runs/{run.pk}/"
    assert "Waiting" in text_of(client.get(f"/collection/runs/{run.pk}/"))
    town.work(run)
    assert "Version 1" in text_of(client.get(f"/collection/runs/{run.pk}/"))
    again = client.post(address, {"mode": "replace", "file": SimpleUploadedFile("a.csv", HEADER.encode())})
    assert again.status_code == 302
    refused = client.post(address, {"mode": "replace", "file": SimpleUploadedFile("a.csv", HEADER.encode())})
    assert refused.status_code == 422
    assert "Another run of this dataset is under way" in body(refused)


def test_rejected_rows_are_downloaded_with_their_reasons(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) + "0009,孙七,,很多,昨天\n")
    text = body(get(three.cataloguer, f"/collection/runs/{run.pk}/rejects/"))
    lines = text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "对象编号,姓名,身份证号,月保障金额,纳入日期,Row,Reasons"
    assert lines[1].startswith("0009,孙七,,很多,昨天,5,")
    assert "Not a number" in lines[1]
    page = text_of(get(three.world.reviewer, f"/collection/runs/{run.pk}/"))
    assert "Not a number" in page
    assert "很多" not in page


def test_a_question_shows_the_columns_and_takes_the_answer(town: Town) -> None:
    run = town.send("编码,姓名\n0007,王小明\n")
    client = client_of(town.cataloguer)
    page = body(client.get(f"/collection/runs/{run.pk}/"))
    assert "编码" in page
    assert "0007" in page
    reading = {"mode": "replace", "header": "1", "encoding": "utf-8", "delimiter": ",", "footnotes": "on"}
    reading["question"] = question_of(run)
    unanswered = client.post(f"/collection/runs/{run.pk}/confirm/", reading)
    assert unanswered.status_code == 422
    item = str(town.entry.published_revision.items.get(name="对象编号").item_id)  # type: ignore[union-attr]
    answer = reading | {column_field("编码"): item}
    assert client.post(f"/collection/runs/{run.pk}/confirm/", answer).status_code == 302
    town.work(run)
    run.refresh_from_db()
    assert run.state == "succeeded"


def test_lists_cost_the_same_with_many_datasets(
    three: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        services.dataset_hook(actor=three.cataloguer, ref=three.entry.pk, name=f"又一个{number}")
    client = client_of(three.cataloguer)
    client.get("/collection/")
    for address, most in (("/collection/", 22), ("/collection/runs/", 20), ("/collection/freshness/", 24)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


QUERY = ("q", "freshness", "ordering", "page", "tab", "item", "op", "v", "after", "sort", "state", "format")
HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_breaks_a_page(three: Town, text: str) -> None:
    client = client_of(three.cataloguer)
    run = three.dataset.runs.get()
    waiting = three.send("编码,姓名\n0007,王小明\n")
    dataset = f"/collection/datasets/{three.dataset.pk}/"
    for name in QUERY:
        for address in ("/collection/", dataset, f"{dataset}rows/", f"{dataset}export/", "/collection/runs/"):
            response = client.get(address, {"item": "x", "v": "1"} | {name: text})
            assert response.status_code < 500, (address, name, text)
    version = three.dataset.published_version
    assert version is not None
    for column in version.columns:
        for operator in ("eq", "gte", "lte", "startswith", "isnull"):
            asked = {"item": column["item"], "op": operator, "v": text}
            assert client.get(f"{dataset}rows/", asked).status_code == 200, (column["name"], operator, text)
    fields = dict.fromkeys(
        ("name", "default_mode", "reject_limit_percent", "keep_version_hours", "keep_original_days", "reason"), text
    )
    answer = dict.fromkeys(
        ("mode", "header", "encoding", "delimiter", "sheet", "question", column_field("编码"), "version"), text
    )
    for address, sent in (
        (f"{dataset}edit/", fields),
        (f"{dataset}rollback/", answer),
        (f"{dataset}upload/", answer),
        (f"/collection/runs/{waiting.pk}/confirm/", answer),
        (f"/collection/runs/{run.pk}/resubmit/", answer),
        (f"/collection/hook/{three.entry.ref}/", {"name": text * 2}),
    ):
        assert client.post(address, sent).status_code < 500, (address, text)


def test_a_contractor_sees_rows_masked_and_takes_nothing_along(three: Town) -> None:
    run = three.send(HEADER + "".join(ROWS) + "0009,孙七,,很多,昨天\n")
    staff = actor_of(UserFactory(department=three.world.provider, roles=["cataloguer"], contractor=True))
    assert "The rows are not shown to you" in text_of(get(staff, f"/collection/datasets/{three.dataset.pk}/"))
    assert staff.id is not None
    assignment_add(actor=three.world.head, entry_ref=three.entry.pk, user_id=staff.id, until=clock.today())
    dataset = f"/collection/datasets/{three.dataset.pk}/"
    shown = body(get(staff, dataset))
    assert "9***************34" in shown
    assert "990102199001011234" not in shown
    assert "Load a file" in text_of(get(staff, dataset))
    ordered = f"{dataset}?sort={columns_wanted(three.entry)[0].item}"
    assert "In the order of" in text_of(get(three.cataloguer, ordered))
    assert "Order of loading" in text_of(get(three.cataloguer, ordered))
    assert "9***************34" in body(get(staff, ordered))
    assert "Order of loading" not in text_of(get(staff, ordered)), "it would say which row was loaded last"
    for door in (f"{dataset}export/", f"/collection/runs/{run.pk}/original/", f"/collection/runs/{run.pk}/rejects/"):
        refused = get(staff, door)
        assert refused.status_code == 403, door
        assert "Contractor staff take no data along" in text_of(refused)


def test_a_run_that_ends_while_it_is_watched_takes_its_button_along(three: Town) -> None:
    client = client_of(three.cataloguer)
    run = services.run_upload(
        actor=three.cataloguer, dataset_id=three.dataset.pk, pieces=[HEADER.encode() + ROWS[0].encode()],
        file_name="rows.csv",
    )  # fmt: skip
    page = f"/collection/runs/{run.pk}/"
    assert "Cancel the run" in text_of(client.get(page))
    assert "run-actions" not in body(client.get(page, headers=HTMX))
    three.work(run)
    ended = body(client.get(page, headers=HTMX))
    assert 'id="run-actions" hx-swap-oob="true"' in ended
    assert 'id="run-stamps" hx-swap-oob="true"' in ended
    assert "Cancel the run" not in ended
    whole = body(client.get(page))
    assert whole.count('id="run-actions"') == 1
    assert "hx-swap-oob" not in whole


def test_the_list_of_datasets_asks_nobody_to_hook_data_who_cannot(town: Town) -> None:
    town.dataset.delete()
    assert "Hook data" in text_of(get(town.cataloguer, "/collection/"))
    for reader in (town.world.auditor, town.world.secadmin):
        shown = text_of(get(reader, "/collection/"))
        assert "No data that you answer for" in shown
        assert "Hook data" not in shown


def test_whoever_confirms_a_file_reads_which_items_it_leaves_empty_and_so_does_its_run(town: Town) -> None:
    run = town.send("对象编号,姓名,身份证号,备用\n0001,王小明,990102199001011234,甲\n")
    assert run.state == "waiting"
    path = f"/collection/runs/{run.pk}/"
    asked = text_of(get(town.cataloguer, path))
    assert "These items have no column yet, and would be empty: 月保障金额, 纳入日期" in asked
    services.run_confirm(actor=town.cataloguer, run_id=run.pk, layout=run.layout, mapping=run.mapping)
    assert town.work(run).state == "succeeded"
    assert "Items without a column 月保障金额, 纳入日期" in text_of(get(town.cataloguer, path))


def test_without_a_key_no_order_of_keys_is_named(world: CatalogWorld) -> None:
    for is_key in (True, False):
        item = {"name": "编号", "field_name": "BH", "type": "C", "length": 9, "is_key": is_key, "nullable": not is_key}
        entry = world.published(name=f"比较{is_key}", items=[item])
        town = Town(world, entry, services.dataset_hook(actor=world.cataloguer, ref=entry.pk))
        for rows in ("1\n2\n", "1\n2\n3\n"):
            assert town.send("编号\n" + rows, is_confirmed=True).state == "succeeded"
        shown = text_of(get(world.cataloguer, f"/collection/datasets/{town.dataset.pk}/compare/"))
        assert ("In the order of their keys" in shown) == is_key
        assert ("Without a key, rows are told apart by their content" in shown) == (not is_key)


def test_numbers_stand_to_the_right(three: Town) -> None:
    answer = get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/rows/")
    preview = answer.context["page"].preview
    numbers = {one.column.name for one in preview.heads if one.is_number}
    assert numbers == {"月保障金额"}
    assert '<td class="num">850.50</td>' in answer.content.decode()


def test_the_options_of_a_column_are_not_drawn_one_by_one(town: Town) -> None:
    drawn = []
    for columns in (3, 30):
        run = town.send(",".join(f"列{at}" for at in range(columns)) + "\n" + ",".join("1" * columns) + "\n")
        assert run.state == "waiting"
        page = get(town.cataloguer, f"/collection/runs/{run.pk}/")
        assert body(page).count(">对象编号</option>") == columns
        drawn.append(sum(one.name == "django/forms/widgets/select_option.html" for one in page.templates))
        services.run_cancel(actor=town.cataloguer, run_id=run.pk)
    assert drawn[0] == drawn[1]


def test_a_profile_is_recorded_as_a_look_and_reads_no_rows(three: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_given: Any, **_named: Any) -> None:
        raise AssertionError("rows were read")

    monkeypatch.setattr("collection.views.dataset_page.preview_of", never)
    looks = AuditEvent.objects.filter(action="collection.version.preview")
    before = looks.count()
    assert "Column profile" in body(get(three.world.reviewer, f"/collection/datasets/{three.dataset.pk}/?tab=profile"))
    assert looks.count() == before + 1


def test_a_profile_draws_a_page_of_items_and_tells_the_figures_of_all(
    three: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.profiles.DRAWN", 1)
    address = f"/collection/datasets/{three.dataset.pk}/?tab=profile"
    first, last, beyond = (body(get(three.cataloguer, f"{address}&page={number}")) for number in (1, 2, 99))
    for page in (first, last, beyond):
        assert page.count("data-chart=") == 1
        assert all(f'<th scope="row">{name}' in page for name in ("对象编号", "姓名", "月保障金额", "纳入日期"))
    assert "?tab=profile&amp;page=2#spreads" in first
    assert re.findall('data-chart="(.*?)"', first) != re.findall('data-chart="(.*?)"', last)
    assert re.findall('data-chart="(.*?)"', last) == re.findall('data-chart="(.*?)"', beyond)
