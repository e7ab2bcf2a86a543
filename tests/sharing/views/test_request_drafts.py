"""Drafting a request on its pages, and counting the rows that it would get."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import services as catalog
from core import clock
from core.basis import REGULATION_809
from sharing.models import CountsOfDay, ShareRequest
from sharing.services import count, filing
from tests.catalog.views.reader import HTMX, client_of, get, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.request_pages import begun, condition, page_of, sent
from workflow.models import LegalBasis

HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 6000, "\ud800"]
PDF = b"%PDF-1.4 attached"


# --- Drafting -------------------------------------------------------------------------------------------------------


def test_a_request_is_drafted_submitted_agreed_to_and_answered_on_its_pages(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    form = client.get(f"{page_of(request)}edit/")
    assert form.status_code == 200
    assert "月保障金额" in text_of(form)
    posted = sent(town, go="submit") | condition(town, 0, "NRRQ", "gte", "2026-02-01")
    answered = client.post(f"{page_of(request)}edit/", posted)
    assert answered.headers["Location"] == page_of(request), text_of(answered)
    request.refresh_from_db()
    assert request.status == "awaiting_head"
    assert request.row_filter == [
        {"item": town.items("NRRQ")[0], "operator": "gte", "values": ["2026-02-01"], "type": "D"}
    ]
    head = client_of(town.asker_head)
    shown = text_of(head.get(page_of(request)))
    assert "Agree for your department" in shown
    assert "纳入日期 from 2026-02-01" in shown
    assert head.post(f"{page_of(request)}agree/", {"edit_version": request.edit_version}).status_code == 302
    provider = client_of(town.world.head)
    page = text_of(provider.get(page_of(request)))
    assert "Ask for missing material" in page
    assert "10 working days left" in page or "working days" in page
    done = provider.post(
        f"{page_of(request)}approve/",
        {
            "items": town.items("NRRQ"),
            f"mask-{town.items('NRRQ')[0]}": "month",
            "methods": ["api"],
            "until": "2027-03-31",
            "rows_per_day": "500",
            "opinion": "仅提供纳入月份",
        },
    )
    assert done.status_code == 302, text_of(done)
    request.refresh_from_db()
    assert request.status == "agreed"
    assert request.grants.get().masks == {town.items("NRRQ")[0]: "month"}
    asker = text_of(client.get(page_of(request)))
    assert "Agreed in part" in asker
    assert request.grants.get().rows_per_day == 500
    assert "500 rows a day" in asker
    assert "仅提供纳入月份" in asker
    assert "1 of 2 items given" in asker
    assert asker.count("until 2027-06-30") == 0
    assert client.post(f"{page_of(request)}confirm/").status_code == 302
    request.refresh_from_db()
    assert request.status == "delivered"


def test_what_is_typed_is_saved_as_far_as_it_can_be(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    posted = sent(town, valid_until="soon") | condition(town, 0, "YBZJE", "gte", "much")
    answered = client.post(f"{page_of(request)}edit/", posted)
    assert answered.status_code == 422
    body = answered.content.decode()
    assert 'value="much"' in body
    assert "does not fit the type" in body
    assert "Give a date such as" in body
    request.refresh_from_db()
    assert request.scenario == "核验就业援助对象的低保身份"
    assert request.row_filter == []
    assert request.valid_until is None
    again = client.post(f"{page_of(request)}edit/", posted | {"edit_version": request.edit_version})
    assert again.status_code == 422


def test_no_field_hides_what_scripts_read_of_the_form(town: SharingTown) -> None:
    body = client_of(town.asker).get(f"{page_of(begun(town))}edit/").content.decode()
    for name in ("dataset", "id", "action", "elements", "method"):
        assert f'name="{name}"' not in body


def test_an_autosave_answers_in_json_and_keeps_what_it_cannot_save_for_later(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    half = {"filter-0-item": town.items("NRRQ")[0], "filter-0-comparison": "eq", "filter-0-value": ""}
    headers = {"X-Autosave": "1"}
    saved = client.post(f"{page_of(request)}edit/", sent(town, edit_version="1") | half, headers=headers)
    assert saved.status_code == 200
    assert saved.json()["edit_version"] == 2
    assert saved.json()["is_whole"]
    wrong = condition(town, 0, "NRRQ", "eq", "gestern")
    told = client.post(f"{page_of(request)}edit/", sent(town, edit_version="2") | wrong, headers=headers)
    assert told.status_code == 200
    assert not told.json()["is_whole"]
    assert told.json()["fields"]["row_filter"]
    stale = client.post(f"{page_of(request)}edit/", sent(town, edit_version="1"), headers=headers)
    assert stale.status_code == 409


def test_what_somebody_else_saved_is_not_written_over_unseen(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    client.post(f"{page_of(request)}edit/", sent(town, edit_version="1"))
    stale = client.post(f"{page_of(request)}edit/", sent(town, edit_version="1", scenario="另一份"))
    assert stale.status_code == 409
    assert "另一份" in stale.content.decode()
    request.refresh_from_db()
    assert request.scenario == "核验就业援助对象的低保身份"
    version = f'name="edit_version" value="{request.edit_version}"'
    assert version in stale.content.decode()


def test_a_refused_page_that_saves_once_more_takes_no_version_from_the_next(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    typed = sent(town, contact_phone="", edit_version="1")
    assert client.post(f"{page_of(request)}edit/", typed | {"go": "submit"}).status_code == 422
    assert 'name="edit_version" value="2"' in client.get(f"{page_of(request)}edit/").content.decode()
    late = client.post(f"{page_of(request)}edit/", typed | {"edit_version": "2"}, headers={"X-Autosave": "1"})
    assert late.json()["edit_version"] == 2
    done = client.post(f"{page_of(request)}edit/", sent(town, edit_version="2", go="submit"))
    assert done.status_code == 302, text_of(done)


def test_a_submission_names_what_is_missing_beside_its_field(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    refused = client.post(f"{page_of(request)}edit/", sent(town, items=[], contact_phone="", go="submit"))
    assert refused.status_code == 422
    shown = text_of(refused)
    assert "Tick the items that you need." in shown
    assert "Give a telephone number." in shown
    # Everything that was typed is saved: nothing is kept back on the computer.
    assert "data-autosave-unsaved" not in refused.content.decode()
    request.refresh_from_db()
    assert request.status == "draft"


def test_what_is_no_telephone_number_is_refused_beside_its_field_and_kept(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    refused = client.post(f"{page_of(request)}edit/", sent(town, contact_phone="abc 1", go="submit"))
    assert refused.status_code == 422
    assert "This is no telephone number: write one of at least 4 digits." in text_of(refused)
    assert 'value="abc 1"' in refused.content.decode()
    request.refresh_from_db()
    assert request.status == "draft"
    done = client.post(f"{page_of(request)}edit/", sent(town, contact_phone="6123 转 8", go="submit"))
    assert done.status_code == 302, text_of(done)


def test_a_request_leads_to_the_articles_that_it_cites_as_far_as_the_register_has_them(town: SharingTown) -> None:
    request = town.draft()
    cited = [*request.legal_basis, {"document": REGULATION_809, "article": "第九百条"}]
    ShareRequest.objects.filter(pk=request.pk).update(legal_basis=cited)
    basis = LegalBasis.objects.get(**cited[0])
    shown = get(town.asker, page_of(request)).content.decode()
    assert f'<a href="/rules/legal-bases/{basis.pk}/">' in shown
    assert shown.count('<a href="/rules/legal-bases/') == 1
    assert "900" in text_of(get(town.asker, page_of(request))), "what is not registered is told as it was written"


def test_conditions_are_added_and_taken_away_without_scripts(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    posted = sent(town, add="1") | condition(town, 0, "DXBH", "in", "0001，0002")
    more = client.post(f"{page_of(request)}edit/", posted)
    assert more.status_code == 200
    assert 'name="filter-1-item"' in more.content.decode()
    request.refresh_from_db()
    assert request.row_filter[0]["values"] == ["0001", "0002"]
    emptied = {"filter-0-item": "", "filter-0-comparison": "in", "filter-0-value": ""}
    client.post(f"{page_of(request)}edit/", sent(town) | emptied)
    request.refresh_from_db()
    assert request.row_filter == []


def test_files_go_with_a_request_and_stay_with_those_who_see_it(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    file = SimpleUploadedFile("承诺书.pdf", PDF)
    assert client.post(f"{page_of(request)}edit/", sent(town, file=file, go="attach")).status_code == 302
    body = client.get(f"{page_of(request)}edit/").content.decode()
    assert "承诺书.pdf" in body
    [address] = {part.split('"')[0] for part in body.split('href="') if "attachments/" in part.split('"')[0]}
    assert client.get(address).status_code == 200
    assert get(town.world.head, address).status_code == 404
    bad = SimpleUploadedFile("x.exe", b"MZ")
    refused = client.post(f"{page_of(request)}edit/", sent(town, file=bad, go="attach"))
    assert refused.status_code == 422
    assert "This kind of file is not accepted" in text_of(refused)
    for hostile in ("9" * 5000, "٣", "-1"):
        assert client.post(f"{page_of(request)}edit/", sent(town, detach=hostile)).status_code == 302
    pk = address.strip("/").split("/")[-1] if address.strip("/").split("/")[-1].isdigit() else address.split("/")[2]
    assert client.post(f"{page_of(request)}edit/", sent(town, detach=pk)).status_code == 302
    assert "承诺书.pdf" not in client.get(f"{page_of(request)}edit/").content.decode()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_break_nothing(town: SharingTown, hostile: str) -> None:
    request, client = begun(town), client_of(town.asker)
    sending = hostile.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    posted = dict.fromkeys(sent(town), sending) | {
        "filter-0-item": sending,
        "filter-0-comparison": sending,
        "filter-0-value": sending,
    }
    assert client.post(f"{page_of(request)}edit/", posted).status_code in (302, 409, 422)
    query = {"view": sending, "q": sending, "status": sending, "ordering": sending, "page": sending}
    assert client.get("/sharing/requests/", query).status_code == 200


# --- Counting -------------------------------------------------------------------------------------------------------


def test_a_requester_learns_only_a_band_and_the_provider_the_number(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    client.post(f"{page_of(request)}edit/", sent(town))
    told = client.post(f"{page_of(request)}count/", condition(town, 0, "NRRQ", "gte", "2026-02-01"), headers=HTMX)
    assert "Fewer than 100 rows fit" in text_of(told)
    hidden = client.post(f"{page_of(request)}count/", condition(town, 0, "SFZH", "startswith", "99"), headers=HTMX)
    assert "cannot be filtered by" in text_of(hidden)
    whole = client.post(f"{page_of(request)}count/", sent(town))
    assert whole.status_code == 200
    assert "Fewer than 100 rows fit" in text_of(whole)
    filing.request_submit(actor=town.asker, request_id=request.pk)
    filing.request_agree(actor=town.asker_head, request_id=request.pk)
    exact = client_of(town.world.head).post(f"{page_of(request)}count/", headers=HTMX)
    assert "3 rows fit." in text_of(exact)


def test_conditions_that_few_rows_meet_are_told_of_and_none_is_not_told_apart(
    town: SharingTown,
) -> None:
    request, client = begun(town), client_of(town.asker)
    nobody = condition(town, 0, "NRRQ", "gte", "2099-01-01")
    told = client.post(f"{page_of(request)}count/", nobody, headers=HTMX)
    assert "Fewer than 100 rows fit, perhaps none: check the values" in text_of(told)
    submitted = client.post(f"{page_of(request)}edit/", sent(town, go="submit") | nobody, follow=True)
    assert "Fewer than 100 rows of the data as they are now meet your conditions, perhaps none." in text_of(submitted)
    request.refresh_from_db()
    assert request.status == "awaiting_head"
    assert CountsOfDay.objects.get().used == 2


def test_an_item_that_the_entry_lost_is_named_and_asked_for_no_more(town: SharingTown) -> None:
    request, client = begun(town), client_of(town.asker)
    lost = sent(town, items=town.items("DXBH", "NRRQ"))
    client.post(f"{page_of(request)}edit/", lost)
    kept = {"id": town.items("DXBH")[0], "name": "对象编号", "field_name": "DXBH", "type": "C", "is_key": True}
    catalog.entry_update(actor=town.world.cataloguer, ref=town.entry.pk, fields={}, items=[kept])
    catalog.entry_submit(actor=town.world.cataloguer, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.head, ref=town.entry.pk)
    catalog.entry_approve(actor=town.world.reviewer, ref=town.entry.pk)
    words = "does not have these items any more; they are not asked for: 纳入日期."
    assert words in text_of(client.get(f"{page_of(request)}edit/"))
    saved = client.post(f"{page_of(request)}edit/", lost)
    assert (saved.status_code, words in text_of(saved)) == (422, True)
    request.refresh_from_db()
    assert request.items == town.items("DXBH")
    assert client.post(f"{page_of(request)}edit/", lost | {"items": request.items}).status_code == 302


def test_contractors_find_no_place_of_sharing(town: SharingTown) -> None:
    for department in (town.world.other, town.world.provider):
        staff = client_of(actor_of(UserFactory(department=department, roles=["cataloguer"], contractor=True)))
        page = staff.get(f"/catalog/{town.entry.slug}/").content.decode()
        assert "/sharing/" not in page
        refused = staff.get("/sharing/requests/")
        assert refused.status_code == 403
        assert "Contractor staff do not act for the department in sharing" in text_of(refused)


def test_a_provider_counts_what_its_own_conditions_leave(town: SharingTown) -> None:
    asked = [{"item": "NRRQ", "operator": "gte", "values": ["2026-02-01"]}]
    request, head = town.agreed(row_filter=asked), client_of(town.world.head)
    further = condition(town, 0, "DXBH", "eq", "0002")
    assert "2 rows fit." in text_of(head.post(f"{page_of(request)}count/", headers=HTMX))
    assert "1 row fits." in text_of(head.post(f"{page_of(request)}count/", further, headers=HTMX))
    shown = head.post(f"{page_of(request)}count/", further | {"opinion": "先看行数"})
    assert shown.status_code == 200
    assert "1 row fits." in text_of(shown)
    assert "先看行数" in shown.content.decode()


def test_a_department_counts_only_so_often_a_day(town: SharingTown) -> None:
    request = town.draft()
    CountsOfDay.objects.create(department=town.world.other, on=clock.today(), used=count.A_DAY)
    told = client_of(town.asker).post(f"{page_of(request)}count/", headers=HTMX)
    assert "has counted 50 times today" in text_of(told)
