"""The pages of a request, as the people on its way see and use them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from core import clock
from core.basis import REGULATION_809
from core.testing import clock_at
from sharing.models import CountsOfDay, ShareRequest
from sharing.services import answer, count, dispute, drafting, filing
from tests.catalog.views.reader import HTMX, client_of, get, names_in, text_of
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from workflow.models import LegalBasis

HOSTILE = ["\x00", "9" * 40, "-1", "' OR 1=1", "🚗", "x" * 6000, "\ud800"]
PDF = b"%PDF-1.4 attached"


def sent(town: SharingTown, **given: Any) -> dict[str, Any]:
    """Return the form as a browser sends it."""
    return {
        "chosen_data": str(town.dataset.pk),
        "legal_basis": ["政务数据共享条例|第二十条"],
        "scenario": "核验就业援助对象的低保身份",
        "items": town.items("DXBH", "NRRQ"),
        "methods": ["api"],
        "frequency": "monthly",
        "valid_until": "2027-06-30",
        "systems": [str(town.system.pk)],
        "contact_name": "王立",
        "contact_phone": "0990-1234567",
    } | given


def condition(town: SharingTown, at: int, name: str, comparison: str, value: str) -> dict[str, str]:
    """Return a condition on rows as a browser sends it."""
    return {
        f"filter-{at}-item": town.items(name)[0],
        f"filter-{at}-comparison": comparison,
        f"filter-{at}-value": value,
    }


def page_of(request: ShareRequest) -> str:
    return f"/sharing/requests/{request.pk}/"


def begun(town: SharingTown) -> ShareRequest:
    """Begin a request from the entry's page."""
    client = client_of(town.asker)
    made = client.post(f"/sharing/requests/new/{town.entry.ref}/")
    assert made.status_code == 302
    return ShareRequest.objects.get()


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


def test_all_that_is_wrong_with_a_decision_is_told_at_once_and_kept(town: SharingTown) -> None:
    request = town.agreed()
    sent_back = {
        "items": town.items(),
        "methods": ["api"],
        "until": "2027-12-31",
        "rows_per_day": "0",
        "opinion": "部分",
    }
    refused = client_of(town.world.head).post(f"{page_of(request)}approve/", sent_back)
    assert refused.status_code == 422
    shown = text_of(refused)
    assert "Give a whole number from 1." in shown
    assert "The last day of use must lie ahead, and not after the day that was asked for." in shown
    assert 'value="2027-12-31"' in refused.content.decode()
    request.refresh_from_db()
    assert request.status == "awaiting_provider"


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


# --- Deciding -------------------------------------------------------------------------------------------------------


def test_a_head_who_submitted_himself_is_told_why_he_cannot_agree(town: SharingTown) -> None:
    both = actor_of(UserFactory(department=town.world.other, roles=["cataloguer", "head"]))
    request = town.draft()
    filing.request_submit(actor=both, request_id=request.pk)
    page = get(both, page_of(request))
    assert 'aria-disabled="true"' in page.content.decode()
    assert "You cannot decide on a request that you submitted yourself" in text_of(page)
    assert client_of(both).post(f"{page_of(request)}agree/").status_code == 403


def test_a_form_check_returns_with_comments_that_the_requester_finds_at_the_fields(town: SharingTown) -> None:
    town.check_conditional()
    request = town.agreed()
    reviewer = client_of(town.world.reviewer)
    assert "Form check" in text_of(reviewer.get(page_of(request)))
    empty = reviewer.post(f"{page_of(request)}return/", {})
    assert empty.status_code == 422
    assert "Say what has to change" in text_of(empty)
    done = reviewer.post(f"{page_of(request)}return/", {"on_scenario": "写明经办岗位"})
    assert done.status_code == 302
    form = get(town.asker, f"{page_of(request)}edit/")
    assert "Returned: please correct" in text_of(form)
    assert "Scenario of use 写明经办岗位" in text_of(form)


def test_several_requests_go_on_together_and_the_rest_is_listed(town: SharingTown) -> None:
    town.check_conditional()
    first, second = town.agreed(), town.agreed()
    reviewer = client_of(town.world.reviewer)
    picks = [f"{first.pk}@{first.edit_version}", f"{second.pk}@1", "999999@1"]
    asked = reviewer.post("/sharing/requests/pass/", {"pick": picks})
    assert asked.status_code == 200
    assert "Let the selected requests go on?" in text_of(asked)
    done = reviewer.post("/sharing/requests/pass/", {"pick": picks, "confirmed": "1", "opinion": "材料齐全"})
    assert done.status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("awaiting_provider", "awaiting_check")
    part = reviewer.get(done.headers["Location"], headers=HTMX)
    assert "left as they were" not in text_of(part)
    shown = text_of(reviewer.get(done.headers["Location"]))
    assert "1 request went on" in shown
    assert "2 requests were left as they were" in shown
    assert "changed after you opened it" in shown


def test_missing_material_goes_round_once(town: SharingTown) -> None:
    request = town.agreed()
    head = client_of(town.world.head)
    assert head.post(f"{page_of(request)}ask-material/", {"missing": ""}).status_code == 422
    assert head.post(f"{page_of(request)}ask-material/", {"missing": "缺安全承诺书"}).status_code == 302
    asker = client_of(town.asker)
    assert "缺安全承诺书" in text_of(asker.get(page_of(request)))
    file = SimpleUploadedFile("a.pdf", PDF)
    assert asker.post(f"{page_of(request)}supplement/", {"text": "已补", "file": file}).status_code == 302
    again = text_of(head.get(page_of(request)))
    assert "Missing material is asked for once" in again
    assert "a.pdf" in again
    refused = head.post(f"{page_of(request)}ask-material/", {"missing": "还缺"})
    assert refused.status_code == 409
    assert "还缺" in refused.content.decode()


def test_more_time_is_asked_for_and_consented_to(town: SharingTown) -> None:
    request = town.agreed()
    head, reviewer = client_of(town.world.head), client_of(town.world.reviewer)
    assert head.post(f"{page_of(request)}ask-extension/", {"days": "99", "reason": "核对"}).status_code == 422
    assert head.post(f"{page_of(request)}ask-extension/", {"days": "5", "reason": "核对"}).status_code == 302
    assert "More time for the provider" in text_of(reviewer.get(page_of(request)))
    assert reviewer.post(f"{page_of(request)}extend/", {"word": "no"}).status_code == 422
    assert reviewer.post(f"{page_of(request)}extend/", {"word": "yes", "days": "3"}).status_code == 302
    assert "Extended" in text_of(head.get(page_of(request)))


def test_a_refusal_keeps_what_was_chosen_and_needs_reasons(town: SharingTown) -> None:
    request = town.agreed()
    head = client_of(town.world.head)
    one = town.items("DXBH")
    posted = {"items": one, "methods": ["api"], "until": "2027-06-30"}
    refused = head.post(f"{page_of(request)}refuse/", posted)
    assert refused.status_code == 422
    body = refused.content.decode()
    assert "Give the reasons: a refusal without is void." in text_of(refused)
    assert body.count("checked") < 5
    part = head.post(f"{page_of(request)}approve/", posted)
    assert part.status_code == 422
    assert "Say why only a part" in text_of(part)
    more = condition(town, 0, "DXBH", "eq", "")
    unfinished = head.post(f"{page_of(request)}approve/", posted | more | {"opinion": "x"})
    assert unfinished.status_code == 422
    assert head.post(f"{page_of(request)}refuse/", posted | {"opinion": "与职责无关"}).status_code == 302
    asker_head = client_of(town.asker_head)
    assert "Dispute the answer" in text_of(asker_head.get(page_of(request)))
    assert asker_head.post(f"{page_of(request)}dispute/", {"reason": "有职责依据"}).status_code == 302
    reviewer = client_of(town.world.reviewer)
    assert "Settle the dispute" in text_of(reviewer.get(page_of(request)))
    settled = reviewer.post(
        f"{page_of(request)}settle/", posted | {"opinion": "应予共享", "items": town.items(), "without_provider": "on"}
    )
    assert settled.status_code == 302, text_of(settled)
    request.refresh_from_db()
    assert request.status == "agreed"


def test_a_settlement_may_let_the_answer_stand(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="不符")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="不服")
    reviewer = client_of(town.world.reviewer)
    assert reviewer.post(f"{page_of(request)}uphold/", {}).status_code == 422
    assert reviewer.post(f"{page_of(request)}uphold/", {"opinion": "答复适当"}).status_code == 302
    request.refresh_from_db()
    assert request.status == "refused"


def test_withheld_data_are_decided_by_the_authority_with_the_providers_opinion(world: Any) -> None:
    from tests.sharing.conftest import town_of

    town = town_of(
        world,
        sharing="withheld",
        sharing_reason="涉及个人隐私",
        legal_basis=[{"document": "政务数据共享条例", "article": "第十四条"}],
    )
    request = town.agreed()
    head = client_of(world.head)
    assert "Your opinion as the provider" in text_of(head.get(page_of(request)))
    assert head.post(f"{page_of(request)}advise/", {"opinion": "建议仅给编号"}).status_code == 302
    assert "Your opinion as the provider" not in text_of(head.get(page_of(request)))
    reviewer = client_of(world.reviewer)
    assert "建议仅给编号" in text_of(reviewer.get(page_of(request)))
    posted = {"items": town.items("DXBH"), "methods": ["api"], "until": "2027-06-30", "opinion": "按编号提供"}
    assert reviewer.post(f"{page_of(request)}approve/", posted).status_code == 302


def test_a_request_is_withdrawn_and_recalled_by_its_own_people(town: SharingTown) -> None:
    request, asker = town.submitted(), client_of(town.asker)
    back = asker.post(f"{page_of(request)}recall/")
    assert back.headers["Location"] == f"{page_of(request)}edit/"
    filing.request_submit(actor=town.asker, request_id=request.pk)
    assert asker.post(f"{page_of(request)}withdraw/", {"reason": "不再需要"}).status_code == 302
    assert "Closed. It can be asked anew." in text_of(asker.get(page_of(request)))
    draft = town.draft()
    assert asker.post(f"{page_of(draft)}discard/").status_code == 302
    assert not ShareRequest.objects.filter(pk=draft.pk).exists()


# --- Lists and paper ------------------------------------------------------------------------------------------------


def test_each_list_shows_what_is_its_own(town: SharingTown) -> None:
    draft, filed = town.draft(), town.agreed()
    assert len(names_in(get(town.asker, "/sharing/requests/"))) == 2
    assert len(names_in(get(town.asker_head, "/sharing/requests/"))) == 0
    assert len(names_in(get(town.world.head, "/sharing/requests/"))) == 1
    assert len(names_in(get(town.world.reviewer, "/sharing/requests/", {"view": "all"}))) == 1
    assert get(town.world.sysadmin, "/sharing/requests/").status_code == 403
    filing.request_withdraw(actor=town.asker, request_id=town.agreed().pk)
    shown = get(town.asker, "/sharing/requests/")
    assert "Our requests 3" in text_of(shown)
    assert len(names_in(shown)) == 3
    found = get(town.asker, "/sharing/requests/", {"q": filed.number, "status": "open"})
    assert len(names_in(found)) == 1
    assert len(names_in(get(town.asker, "/sharing/requests/", {"status": "draft"}))) == 1
    csv = get(town.asker, "/sharing/requests/", {"export": "csv"}).content.decode()
    assert filed.number in csv
    assert str(draft.entry) in csv


def test_what_waits_comes_by_its_time_limit_and_what_is_overdue_first(town: SharingTown) -> None:
    with clock_at("2026-09-01 10:00") as now:
        late = town.agreed()
        now.move_to("2026-10-20 10:00")
        first = town.agreed()
        now.move_to("2026-10-21 10:00")
        last = town.agreed()
        # The one whose time is over stands first, however long ago somebody last touched it.
        for address in ("/sharing/requests/?view=waiting", "/sharing/"):
            page = get(town.world.head, address).content.decode()
            places = [page.index(f"/sharing/requests/{one.pk}/") for one in (late, first, last)]
            assert places == sorted(places)
        mine = get(town.asker, "/sharing/requests/?view=mine").content.decode()
        assert mine.index(f"/sharing/requests/{last.pk}/") < mine.index(f"/sharing/requests/{late.pk}/")


def test_lists_and_pages_stay_within_their_budget(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _turn in range(4):
        town.agreed()
    request = ShareRequest.objects.latest("pk")
    head, reviewer = client_of(town.world.head), client_of(town.world.reviewer)
    with django_assert_max_num_queries(24):
        head.get("/sharing/requests/")
    with django_assert_max_num_queries(40):
        head.get(page_of(request))
    with django_assert_max_num_queries(40):
        reviewer.get(page_of(request))
    draft, asker = town.draft(), client_of(town.asker)
    with django_assert_max_num_queries(36):
        asker.get(f"{page_of(draft)}edit/")


def test_the_file_for_paper_holds_everything(town: SharingTown) -> None:
    request = town.approved()
    shown = text_of(get(town.world.head, f"{page_of(request)}print/"))
    for part in (str(request.number), "核验就业援助对象的低保身份", "月保障金额", "王立", "The own head agreed"):
        assert part in shown


def test_a_request_names_those_before_it_and_none_after(town: SharingTown) -> None:
    first = town.approved()
    second = town.submitted()
    assert f"Earlier request {first}" in text_of(get(town.asker_head, page_of(second)))
    assert f"Earlier request {second}" not in text_of(get(town.asker_head, page_of(first)))


def test_who_decides_sees_how_like_cases_were_decided_and_nobody_else_does(town: SharingTown) -> None:
    third = DepartmentFactory(region=town.world.provider.region, name="市教育局")
    cataloguer, head = (actor_of(UserFactory(department=third, roles=[role])) for role in ("cataloguer", "head"))
    system = InformationSystemFactory(department=third)
    first = drafting.request_create(actor=cataloguer, entry_ref=town.entry.pk, fields=town.fields(systems=[system.pk]))
    filing.request_submit(actor=cataloguer, request_id=first.pk)
    first = filing.request_agree(actor=head, request_id=first.pk)
    second = town.agreed()
    words = f"Earlier request {first}"
    assert words not in text_of(get(town.world.head, page_of(second))), "nothing was decided on it"
    answer.request_refuse(actor=town.world.head, request_id=first.pk, opinion="与职责无关")
    seen = text_of(get(town.world.head, page_of(second)))
    assert words in seen
    assert "市教育局" in seen
    assert words not in text_of(get(town.asker_head, page_of(second)))


def test_others_do_not_learn_of_a_request(town: SharingTown) -> None:
    draft = town.draft()
    for actor in (town.world.head, town.world.reviewer, town.world.colleague, town.world.sysadmin):
        assert get(actor, page_of(draft)).status_code == 404
        assert get(actor, f"{page_of(draft)}print/").status_code == 404
        assert client_of(actor).post(f"{page_of(draft)}count/").status_code == 404
    assert get(town.asker_head, f"{page_of(draft)}edit/").status_code == 403
