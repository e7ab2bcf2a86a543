"""What is refused loses nothing that was typed, and no button is offered that only refuses."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock
from core.testing import clock_at
from sharing.models import Grant, GrantNotice, Objection, ShareRequest
from sharing.services import answer, dispute, filing, material, stopping
from sharing.services.grant import grant_end
from sharing.services.objection import objection_raise, objection_withdraw
from tests.catalog.views.reader import client_of, get, text_of
from tests.sharing.conftest import SharingTown
from workflow.models import Attachment


def page_of(thing: ShareRequest | Grant) -> str:
    return f"/sharing/{'requests' if isinstance(thing, ShareRequest) else 'grants'}/{thing.pk}/"


def test_an_agreement_that_leaves_no_row_is_told_before_it_goes(town: SharingTown) -> None:
    request = town.agreed()
    [number] = town.items("DXBH")
    sent = {
        "items": town.items(),
        "methods": ["api"],
        "until": "2027-06-30",
        "opinion": "仅给本街道",
        "filter-0-item": number,
        "filter-0-comparison": "eq",
        "filter-0-value": "没有这个编号",
    }
    head = client_of(town.world.head)
    refused = head.post(f"{page_of(request)}approve/", sent)
    assert refused.status_code == 422
    assert "No row meets these conditions" in text_of(refused)
    assert "没有这个编号" in refused.content.decode()
    assert head.post(f"{page_of(request)}approve/", sent | {"filter-0-value": "0002"}).status_code == 302
    assert Grant.objects.filter(request=request).count() == 1


# --- Somebody else was faster ---------------------------------------------------------------------------------------


def test_a_decision_on_what_changed_keeps_its_words_and_says_what_changed(town: SharingTown) -> None:
    request = town.submitted()
    opened = request.edit_version
    filing.request_recall(actor=town.asker, request_id=request.pk)
    filing.request_submit(actor=town.asker, request_id=request.pk)
    head = client_of(town.asker_head)
    sent = {"opinion": "符合职责", "on_scenario": "写明岗位", "edit_version": opened}
    for step in ("agree", "return"):
        stale = head.post(f"{page_of(request)}{step}/", sent)
        assert stale.status_code == 409
        body = stale.content.decode()
        assert "符合职责" in body
        assert "写明岗位" in body
        assert "Meanwhile: Submitted" in text_of(stale)
        request.refresh_from_db()
        assert f'name="edit_version" value="{request.edit_version}"' in body
    assert request.status == "awaiting_head"
    assert head.post(f"{page_of(request)}agree/", sent | {"edit_version": request.edit_version}).status_code == 302


def test_an_answer_to_what_changed_keeps_ticks_masks_and_conditions(town: SharingTown) -> None:
    request = town.agreed()
    [day] = town.items("NRRQ")
    sent = {
        "items": [day],
        f"mask-{day}": "month",
        "methods": ["api"],
        "until": "2027-06-30",
        "opinion": "仅给月份",
        "edit_version": request.edit_version - 1,
        "filter-0-item": day,
        "filter-0-comparison": "gte",
        "filter-0-value": "2026-02-01",
    }
    head = client_of(town.world.head)
    for step in ("approve", "refuse"):
        stale = head.post(f"{page_of(request)}{step}/", sent)
        assert stale.status_code == 409
        body = stale.content.decode()
        assert "仅给月份" in body
        assert 'value="2026-02-01"' in body
        assert body.count('<option value="month" selected>') == 1
    again = head.post(f"{page_of(request)}approve/", sent | {"edit_version": request.edit_version})
    assert again.status_code == 302


def test_a_step_that_came_too_late_shows_what_was_typed(town: SharingTown) -> None:
    request = town.agreed()
    filing.request_withdraw(actor=town.asker, request_id=request.pk)
    late = client_of(town.world.head).post(f"{page_of(request)}refuse/", {"opinion": "与职责无关"})
    assert late.status_code == 409
    assert "This was not carried out" in text_of(late)
    assert "Opinion 与职责无关" in text_of(late)
    grant = town.granted()
    grant_end(actor=town.asker_head, grant_id=grant.pk, reason="not_needed")
    late = client_of(town.world.head).post(f"{page_of(grant)}suspend/", {"reason": "异常调用"})
    assert late.status_code == 409
    assert "异常调用" in text_of(late)


def test_masks_that_were_chosen_are_shown_again_and_no_change_is_no_success(town: SharingTown) -> None:
    grant = town.granted()
    head = client_of(town.world.head)
    [day] = town.items("NRRQ")
    sent = {f"mask-{day}": "month", "rows_per_day": "9", "stops_on": "2027-06-01"}
    refused = head.post(f"{page_of(grant)}narrow/", sent | {"reason": ""})
    assert refused.status_code == 422
    assert '<option value="month" selected>' in refused.content.decode()
    present = {f"mask-{item}": mask for item, mask in grant.masks.items()}
    nothing = head.post(f"{page_of(grant)}narrow/", present | {"reason": "最小必要", "stops_on": "2027-06-01"})
    assert nothing.status_code == 422
    assert "Nothing would change" in text_of(nothing)
    assert not GrantNotice.objects.exists()


# --- A button that has to be pressed --------------------------------------------------------------------------------


def test_an_answer_without_a_word_is_no_yes(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=3, reason="核对")
    for sent in ({"days": "3"}, {"days": "3", "word": "maybe"}):
        refused = client_of(town.world.reviewer).post(f"{page_of(request)}extend/", sent)
        assert refused.status_code == 422
        assert "Press one of the two buttons" in text_of(refused)
    request.refresh_from_db()
    assert request.extension_asked_at is not None
    grant = town.granted()
    day = clock.today() + timedelta(days=30)
    stopping.stop_announce(actor=town.world.head, grant_id=grant.pk, reason="改造", stops_on=day)
    read = {"notice": GrantNotice.objects.get().pk}
    answered = client_of(town.asker_head).post(f"{page_of(grant)}stop/answer/", {"answer": "知悉"} | read)
    assert answered.status_code == 422
    assert (
        client_of(town.world.reviewer).post(f"{page_of(grant)}stop/file/", {"note": "备案"} | read).status_code == 422
    )
    notice = grant.notices.get()
    assert (notice.answered_at, notice.filed_at) == (None, None)


# --- Buttons and services say the same ------------------------------------------------------------------------------


def test_a_provider_delivers_while_its_agreement_is_disputed(town: SharingTown) -> None:
    request = town.approved(dataset=None)
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="还要姓名")
    head = client_of(town.world.head)
    assert "Make the data available" in text_of(head.get(page_of(request)))
    assert head.post(f"{page_of(request)}deliver/", {"dataset": town.dataset.pk}).status_code == 302
    assert request.grants.get().status == "active"
    assert "Make the data available" not in text_of(head.get(page_of(request)))


def test_a_dispute_about_what_was_granted_can_be_taken_back(town: SharingTown) -> None:
    request = town.approved()
    assert "Withdraw the request" not in text_of(get(town.asker_head, page_of(request)))
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="还要姓名")
    head = client_of(town.asker_head)
    page = head.get(page_of(request)).content.decode()
    assert "Take the dispute back" in page
    assert "closed for good" not in page
    done = head.post(f"{page_of(request)}withdraw/", {"reason": "已协商"}, follow=True)
    assert "Taken back: the answer stands." in text_of(done)
    request.refresh_from_db()
    assert request.status == "agreed"


def test_more_time_is_not_offered_again_once_it_was_decided_on(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_ask_extension(actor=town.world.head, request_id=request.pk, days=3, reason="核对")
    answer.request_extend(actor=town.world.reviewer, request_id=request.pk, is_agreed=False, opinion="不需要")
    head = client_of(town.world.head)
    page = head.get(page_of(request))
    assert "ask-extension/" not in page.content.decode()
    assert "More time is asked for once." in text_of(page)
    again = head.post(f"{page_of(request)}ask-extension/", {"days": "2", "reason": "再核对"})
    assert again.status_code == 409
    assert "再核对" in again.content.decode()


def test_missing_material_is_not_offered_once_the_time_is_over(town: SharingTown) -> None:
    request = town.agreed()
    with clock_at(clock.now() + timedelta(days=60)):
        head = client_of(town.world.head)
        page = head.get(page_of(request))
        assert "ask-material/" not in page.content.decode()
        assert "The time for the answer is over" in text_of(page)
        assert head.post(f"{page_of(request)}ask-material/", {"missing": "承诺书"}).status_code == 409


# --- Files ----------------------------------------------------------------------------------------------------------


def test_a_supplement_that_is_refused_attaches_nothing(town: SharingTown) -> None:
    request = town.agreed()
    material.request_ask_material(actor=town.world.head, request_id=request.pk, missing="承诺书")
    asker = client_of(town.asker)

    def send(text: str, name: str = "承诺书.pdf", content: bytes = b"%PDF-1.4") -> int:
        sent = {"text": text, "file": SimpleUploadedFile(name, content)}
        return asker.post(f"{page_of(request)}supplement/", sent).status_code

    assert send("") == 422
    assert send("已补", "x.exe", b"MZ") == 422
    assert not Attachment.objects.exists()
    request.refresh_from_db()
    assert request.status == "awaiting_material"
    assert send("已补") == 302
    assert Attachment.objects.count() == 1


def test_an_objection_is_answered_by_a_button_only(town: SharingTown) -> None:
    raised = objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="与实际不符")
    page = f"/sharing/objections/{raised.pk}/"
    head = client_of(town.world.head)
    refused = head.post(f"{page}answer/", {"answer": "已核对"})
    assert refused.status_code == 422
    assert "已核对" in refused.content.decode()
    assert Objection.objects.get().state == "open"
    assert head.post(f"{page}answer/", {"answer": "已核对", "word": "no"}).status_code == 302
    late = head.post(f"{page}answer/", {"answer": "再核对", "word": "yes"})
    assert late.status_code == 409
    assert "再核对" in text_of(late)
    assert Objection.objects.get().answer == "已核对"


# --- What is being verified -----------------------------------------------------------------------------------------


def test_data_that_are_objected_to_as_a_whole_are_marked(town: SharingTown) -> None:
    grant = town.granted()
    pages = (f"/catalog/{town.entry.ref}/", f"/collection/datasets/{town.dataset.pk}/", page_of(grant))
    for page in pages:
        assert "Being verified" not in text_of(get(town.asker, page))
    whole = objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="口径不符")
    for page in pages:
        assert "Being verified: 低保对象 as a whole" in text_of(get(town.asker, page))
    objection_withdraw(actor=town.asker, objection_id=whole.pk)
    objection_raise(actor=town.asker, entry_ref=town.entry.pk, description="已迁出", grant_id=grant.pk, row_key="0164A")
    for page in pages:
        assert "single rows of 低保对象" in text_of(get(town.asker_head, page))
        assert "0164A" not in text_of(get(town.asker_head, page))


def test_an_entry_without_data_is_marked_itself(town: SharingTown) -> None:
    entry = town.world.published(name="临时救助对象信息")
    objection_raise(actor=town.asker, entry_ref=entry.pk, description="口径不符")
    assert "Being verified: the entry as a whole" in text_of(get(town.asker, f"/catalog/{entry.ref}/"))
