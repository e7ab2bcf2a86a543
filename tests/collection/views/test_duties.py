"""Pages of collection duties, as their people, the authority and others see them."""

from typing import Any

from pytest_django import DjangoAssertNumQueries

from collection.models import CollectionDuty
from collection.selectors import duty as reading
from collection.services import duty as filing
from collection.services import duty_review as review
from tests.catalog.views.reader import client_of, get, names_in, text_of
from tests.collection import duties
from tests.factories.catalog import CatalogWorld

HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 5000, "\ud800"]


def sent(**given: Any) -> dict[str, Any]:
    """Return a form as a browser sends it."""
    rows = {f"items-{at}-{name}": value for at, row in enumerate(duties.ITEMS) for name, value in row.items()}
    return duties.fields(**given) | rows


def test_a_duty_is_filed_checked_and_submitted_on_its_pages(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    assert client.get("/collection/duties/new/").status_code == 200
    answer = client.post("/collection/duties/new/", sent())
    duty = CollectionDuty.objects.get()
    page = f"/collection/duties/{duty.pk}/"
    assert answer.headers["Location"] == page
    shown = text_of(client.get(page))
    assert "4 items" in shown
    assert "Not checked yet" in shown
    refused = client.post(f"{page}submit/", {"justification": "x"})
    assert refused.status_code == 422
    assert "Check for repeated collection first" in text_of(refused)
    assert client.post(f"{page}check/").status_code == 302
    assert "Nobody shares or collects these items." in text_of(client.get(page))
    assert client.post(f"{page}submit/").status_code == 302
    head = client_of(world.head)
    assert "Sign off" in text_of(head.get(page))
    assert head.post(f"{page}approve/", {"edit_version": "1"}).status_code == 409
    assert head.post(f"{page}approve/").status_code == 302
    assert client_of(world.reviewer).post(f"{page}approve/", {"opinion": "同意"}).status_code == 302
    assert "Registered" in text_of(get(world.other_head, page))


def test_a_second_click_files_no_second_duty(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    entry = world.published()
    form = sent() | {"csrfmiddlewaretoken": "drawn-once"}
    take = {"entry": entry.pk, "take": "1", "csrfmiddlewaretoken": "drawn-once"}
    for _click in range(2):
        assert "月保障金额" in client.post("/collection/duties/new/", take).content.decode()
    answers = [client.post("/collection/duties/new/", form) for _click in range(2)]
    duty = CollectionDuty.objects.get()
    assert [one.headers["Location"] for one in answers] == [f"/collection/duties/{duty.pk}/"] * 2


def test_what_was_typed_is_kept_when_it_is_refused(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    answer = client.post("/collection/duties/new/", sent(digitise_by="soon") | {"items-0-name": "姓名甲"})
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "低保申请人信息" in body
    assert "姓名甲" in body
    twice = client.post("/collection/duties/new/", sent() | {"items-0-name": "身份证号"})
    assert twice.status_code == 422
    assert "is listed already" in text_of(twice)
    assert not CollectionDuty.objects.exists()


def test_items_of_the_linked_entry_fill_the_sheet_without_saving(world: CatalogWorld) -> None:
    entry = world.published()
    client = client_of(world.cataloguer)
    answer = client.post("/collection/duties/new/", {"entry": entry.pk, "take": "1"})
    assert answer.status_code == 200
    assert "月保障金额" in answer.content.decode()
    assert not CollectionDuty.objects.exists()
    assert "Choose the entry" in text_of(client.post("/collection/duties/new/", {"take": "1"}))


def test_findings_lead_to_the_entries_and_are_shown_to_those_who_decide(world: CatalogWorld) -> None:
    entry = duties.other_entry(world, [{"name": "家庭月收入", "type": "C", "length": 50}])
    duty = duties.checked(world.cataloguer)
    page = f"/collection/duties/{duty.pk}/"
    body = get(world.cataloguer, page).content.decode()
    assert f"/catalog/{entry.ref}/" in body
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk, justification="须现场核实收入")
    review.duty_approve(actor=world.head, duty_id=duty.pk)
    assert "须现场核实收入" in text_of(get(world.reviewer, page))
    review.duty_approve(actor=world.reviewer, duty_id=duty.pk)
    stranger = text_of(get(world.other_head, page))
    assert "家庭月收入" in stranger
    assert "须现场核实收入" not in stranger
    assert "居民家庭经济状况信息" not in stranger


def test_a_return_shows_its_comments_where_it_is_corrected(world: CatalogWorld) -> None:
    duty = duties.submitted(world)
    page = f"/collection/duties/{duty.pk}/"
    head = client_of(world.head)
    assert head.post(f"{page}return/", {}).status_code == 422
    answer = head.post(f"{page}return/", {"comment_field": "purpose", "comment_text": "写明依据"})
    assert answer.status_code == 302
    assert "写明依据" in text_of(get(world.cataloguer, page))


def test_the_list_is_filtered_sorted_and_exported(world: CatalogWorld) -> None:
    duties.registered(world)
    duties.draft(world.cataloguer, name="草稿中的事项", ground="consent", legal_basis=[])
    client = client_of(world.cataloguer)
    assert names_in(client.get("/collection/duties/", {"q": "致贫"})) == ["草稿中的事项", "低保申请人信息"]
    assert names_in(client.get("/collection/duties/", {"state": "registered"})) == ["低保申请人信息"]
    assert names_in(client.get("/collection/duties/", {"ground": "consent"})) == ["草稿中的事项"]
    assert names_in(client.get("/collection/duties/", {"department": "nowhere", "q": "zzz"})) == []
    file = client.get("/collection/duties/", {"export": "csv"}).content.decode()
    assert "低保申请人信息" in file
    assert names_in(get(world.other_head, "/collection/duties/")) == ["低保申请人信息"]


def test_lists_and_pages_cost_the_same_with_many_duties(
    world: CatalogWorld, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    duty = duties.registered(world)
    for number in range(8):
        duties.draft(world.cataloguer, name=f"又一项{number}")
    client = client_of(world.cataloguer)
    client.get("/collection/duties/")
    for address, most in (
        ("/collection/duties/", 20),
        (f"/collection/duties/{duty.pk}/", 24),
        ("/collection/duties/new/", 18),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_nothing_that_is_sent_breaks_a_page(world: CatalogWorld) -> None:
    client = client_of(world.cataloguer)
    draft = duties.checked(world.cataloguer)
    kept = duties.registered(world)
    for text in HOSTILE:
        for name in ("q", "state", "department", "subject", "ground", "ordering", "page", "revision", "export"):
            for address in ("/collection/duties/", f"/collection/duties/{draft.pk}/"):
                query = {name: text.encode("utf-8", "surrogatepass").decode("latin-1")}
                assert client.get(address, query).status_code < 500, (address, name)
        names = ("name", "purpose", "entry", "subject", "ground", "legal_basis", "digitise_by", "paper_records", "form")
        everything = dict.fromkeys((*names, "edit_version", "items-0-name", "items-0-id", "items_json"), text)
        acts = ("submit", "approve", "return", "end", "recall", "revise", "discard", "check")
        for address in ("/collection/duties/new/", f"/collection/duties/{draft.pk}/edit/"):
            for sent_now in (everything, everything | {"items_json": f'[{{"name": "{text[:100]}", "id": "\\u0000"}}]'}):
                data = {key: value.replace("\ud800", "\\ud800") for key, value in sent_now.items()}
                assert client.post(address, data).status_code < 500, (address, text)
        for act in acts:
            words = dict.fromkeys(("justification", "opinion", "comment_field", "comment_text", "reason"), text)
            data = {key: value.replace("\ud800", "?") for key, value in words.items()}
            for one in (kept, draft):
                assert client.post(f"/collection/duties/{one.pk}/{act}/", data).status_code < 500, (act, text)


def test_a_change_is_shown_beside_what_is_registered(world: CatalogWorld) -> None:
    duty = duties.registered(world)
    client = client_of(world.cataloguer)
    page = f"/collection/duties/{duty.pk}/"
    assert client.post(f"{page}revise/").headers["Location"] == f"{page}edit/"
    filing.duty_update(
        actor=world.cataloguer, duty_id=duty.pk, fields=duties.fields(name="改后的名称"), items=duties.ITEMS
    )
    assert "改后的名称" not in text_of(client.get(page))
    assert "改后的名称" in text_of(client.get(page, {"revision": "working"}))
    assert "改后的名称" not in text_of(get(world.other_head, page, {"revision": "working"}))
    assert reading.duty_get_for(world.other_head, duty.pk).state == "registered"
