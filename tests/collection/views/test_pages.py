"""Pages of datasets and runs, as people of the provider, the authority and others see them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from collection import services
from collection.models import Run
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town


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


def test_downloads_say_the_rows_and_make_formulas_harmless(three: Town) -> None:
    three.send(HEADER + '0001,"=cmd()",,1,2026-01-01\n')
    text = body(get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/export/", {"format": "csv"}))
    assert text == "DXBH,XM,SFZH,YBZJE,NRRQ\r\n0001,'=cmd(),,1,2026-01-01\r\n"
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
    run = Run.objects.get()
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
    unanswered = client.post(f"/collection/runs/{run.pk}/confirm/", reading)
    assert unanswered.status_code == 422
    item = str(town.entry.published_revision.items.get(name="对象编号").item_id)  # type: ignore[union-attr]
    answer = reading | {"column_0": item}
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


HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000]


def test_nothing_that_is_sent_breaks_a_page(three: Town) -> None:
    client = client_of(three.cataloguer)
    run = three.dataset.runs.get()
    waiting = three.send("编码,姓名\n0007,王小明\n")
    dataset = f"/collection/datasets/{three.dataset.pk}/"
    for text in HOSTILE:
        for name in ("q", "freshness", "ordering", "page", "tab", "item", "op", "v", "after", "state", "format"):
            for address in ("/collection/", dataset, f"{dataset}rows/", f"{dataset}export/", "/collection/runs/"):
                response = client.get(address, {"item": "x", "v": "1"} | {name: text})
                assert response.status_code < 500, (address, name, text)
        version = three.dataset.published_version
        assert version is not None
        for column in version.columns:
            for operator in ("eq", "gte", "lte", "startswith", "isnull"):
                asked = {"item": column["item"], "op": operator, "v": text}
                assert client.get(f"{dataset}rows/", asked).status_code == 200, (column["name"], operator, text)
        fields = dict.fromkeys(("name", "default_mode", "reject_limit_percent", "keep_version_hours", "reason"), text)
        answer = dict.fromkeys(("mode", "header", "encoding", "delimiter", "sheet", "column_0", "version"), text)
        for address, sent in (
            (f"{dataset}edit/", fields),
            (f"{dataset}rollback/", answer),
            (f"{dataset}upload/", answer),
            (f"/collection/runs/{waiting.pk}/confirm/", answer),
            (f"/collection/runs/{run.pk}/resubmit/", answer),
            (f"/collection/hook/{three.entry.ref}/", {"name": text * 2}),
        ):
            assert client.post(address, sent).status_code < 500, (address, text)
