"""Forms whose effect cannot be undone are carried out once, however often they are sent."""

import re
from datetime import timedelta
from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.views.answers import act_answer
from collection.models import Dataset
from core import clock
from core.exceptions import InvalidTransition
from sharing.models import Grant, GrantNotice, Objection, ShareRequest, UsageRecord, WebhookEndpoint
from sharing.services.terms import terms_accept
from sharing.services.usage import inspection_record
from tests.catalog.views.reader import client_of, text_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import listed
from workflow.models import IdempotentRequest
from workflow.once import once


def use() -> dict[str, str]:
    """Return a record of today's use: midnight may lie between loading this module and its tests."""
    today = clock.today().isoformat()
    texts = {"scenario": "核验低保身份", "process": "办理时查询", "effect": "少交材料", "storage": "不落地"}
    return {"first_day": today, "last_day": today, **texts}


def token_in(page: HttpResponse, action: str = "") -> str:
    """Return the token of a form of a page: that to an address, else the last."""
    form = page.content.decode().partition(f'action="{action}"')[2] if action else page.content.decode()
    return re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[0 if action else -1]


def test_a_record_sent_twice_is_kept_once(town: SharingTown) -> None:
    grant = town.granted()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=town.asker.id))
    page, action = f"/sharing/grants/{grant.pk}/use/", f"/sharing/grants/{grant.pk}/use/record/"
    first = use() | {"csrfmiddlewaretoken": token_in(browser.get(page), action)}
    assert browser.post(action, first).headers["Location"] == page
    again = browser.post(action, first, follow=True)
    assert "sent twice and carried out once" in text_of(again)
    assert UsageRecord.objects.count() == 1
    other = first | {"effect": "少跑一次"}
    assert browser.post(action, other).status_code == 302
    drawn_anew = use() | {"csrfmiddlewaretoken": token_in(browser.get(page), action)}
    assert drawn_anew["csrfmiddlewaretoken"] != first["csrfmiddlewaretoken"]
    assert browser.post(action, drawn_anew).status_code == 302
    assert UsageRecord.objects.count() == 3


def test_what_was_refused_can_be_sent_again(town: SharingTown) -> None:
    grant = town.granted()
    asker, action = client_of(town.asker), f"/sharing/grants/{grant.pk}/use/record/"
    wrong = use() | {"csrfmiddlewaretoken": "abc", "storage": ""}
    for _turn in range(2):
        assert asker.post(action, wrong).status_code == 422
    assert client_of(town.world.head).post(action, wrong).status_code == 403
    assert not IdempotentRequest.objects.exists()


def test_a_form_belongs_to_who_sends_it(town: SharingTown) -> None:
    sent = {"csrfmiddlewaretoken": "abc"}
    page = f"/sharing/requests/new/{town.entry.ref}/"
    first, second = client_of(town.asker).post(page, sent), client_of(town.asker).post(page, sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert ShareRequest.objects.count() == 1


def test_a_secret_is_neither_made_twice_nor_kept(town: SharingTown, settings: Any) -> None:
    head = client_of(town.asker_head)
    listed("https://kh.example.gov.cn/")
    sent = {"csrfmiddlewaretoken": "abc", "url": "https://kh.example.gov.cn/hook", "note": ""}
    shown = head.post("/sharing/webhooks/", sent)
    assert shown.status_code == 200
    again = head.post("/sharing/webhooks/", sent, follow=True)
    assert "is not shown again" in text_of(again)
    assert WebhookEndpoint.objects.count() == 1
    assert bytes(IdempotentRequest.objects.get().body) == b""


def test_objections_and_grants_are_made_once(town: SharingTown) -> None:
    asker = client_of(town.asker)
    sent = {"csrfmiddlewaretoken": "abc", "description": "与实际不符"}
    for _turn in range(2):
        assert asker.post(f"/sharing/objections/new/{town.entry.ref}/", sent).status_code == 302
    assert Objection.objects.count() == 1


def test_a_report_and_an_announcement_are_made_once(town: SharingTown) -> None:
    grant, day = town.granted(), clock.today() + timedelta(days=60)
    found = inspection_record(
        actor=town.world.head, grant_id=grant.pk, result="to_rectify", finding="台账不全", rectify_by=day
    )
    sent = {"csrfmiddlewaretoken": "abc", "report": "已补录", "reason": "系统停用", "stops_on": day.isoformat()}
    holder, provider = client_of(town.asker_head), client_of(town.world.head)
    for who, address in (
        (holder, f"/sharing/grants/{grant.pk}/use/inspections/{found.pk}/rectify/"),
        (provider, f"/sharing/grants/{grant.pk}/stop/"),
    ):
        assert who.post(address, sent).status_code == 302
        again = who.post(address, sent, follow=True)
        assert "sent twice and carried out once" in text_of(again)
    assert GrantNotice.objects.count() == 1


def test_what_is_entered_for_a_dataset_is_entered_once(town: SharingTown) -> None:
    provider = client_of(town.world.cataloguer)
    sent = {"csrfmiddlewaretoken": "abc", "name": "历史对象", "kind": "table"}
    for _turn in range(2):
        assert provider.post(f"/collection/hook/{town.entry.ref}/", sent).status_code == 302
    assert Dataset.objects.filter(name="历史对象").count() == 1


def test_data_are_taken_once(free: SharingTown) -> None:
    terms_accept(actor=free.asker_head, number=1)
    sent = {"purpose": "核对", "systems": [free.system.pk], "methods": ["file"], "until": "2027-06-30"}
    for _turn in range(2):
        taken = client_of(free.asker).post(
            f"/sharing/take/{free.dataset.pk}/", sent | {"csrfmiddlewaretoken": "abc"}
        )  # fmt: skip
        assert taken.headers["Location"] == f"/sharing/grants/{Grant.objects.get().pk}/"


def test_a_refusal_that_leads_back_to_the_page_can_be_sent_again(town: SharingTown) -> None:
    tried: list[int] = []

    def refuse() -> None:
        tried.append(1)
        raise InvalidTransition

    @once
    def view(request: Any) -> HttpResponse:
        return act_answer(request, refuse, back="/", message="")

    for _turn in range(2):
        request: Any = RequestFactory().post("/", {"csrfmiddlewaretoken": "abc"})
        request.actor, request._messages = town.asker, CookieStorage(request)
        assert view(request).status_code == 302
    assert len(tried) == 2


def test_what_is_sent_again_much_later_is_meant(town: SharingTown) -> None:
    sent = {"csrfmiddlewaretoken": "abc"}
    page = f"/sharing/requests/new/{town.entry.ref}/"
    first = client_of(town.asker).post(page, sent).headers["Location"]
    ShareRequest.objects.all().delete()
    assert client_of(town.asker).post(page, sent).headers["Location"] == first
    IdempotentRequest.objects.update(created_at=clock.now() - timedelta(minutes=11))
    assert client_of(town.asker).post(page, sent).headers["Location"] != first
    assert ShareRequest.objects.count() == 1
