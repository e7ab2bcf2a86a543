"""Deciding on a request on its pages, from the own head to the authority, and what goes to and fro meanwhile."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from sharing.models import ShareRequest
from sharing.services import answer, dispute, filing
from tests.catalog.views.reader import HTMX, client_of, get, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.request_pages import condition, page_of

PDF = b"%PDF-1.4 attached"


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
