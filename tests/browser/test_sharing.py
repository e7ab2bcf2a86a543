"""Asking for data in a browser: conditions are added and taken away, saved by themselves, counted; decided together."""

import json

from playwright.sync_api import expect

from accounts.models import User
from config.demo.pulls import CLIENT_ID
from sharing.models import Client, Grant, Pull, ShareRequest
from sharing.services.grant import grant_suspend
from tests.browser.conftest import Open
from tests.browser.filing import saving
from tests.browser.pages import ASKING
from tests.factories.accounts import actor_of


def _draft() -> ShareRequest:
    return ShareRequest.objects.get(status="draft", **ASKING)


def test_conditions_are_built_without_code_and_saved_by_themselves(open_browser: Open):
    visitor = open_browser("requester")
    draft = _draft()
    page = visitor.go(f"/sharing/requests/{draft.pk}/edit/")
    page.locator("[data-condition-add]").click()
    expect(page.locator(".condition")).to_have_count(2)
    with saving(visitor):
        page.select_option("[name='filter-1-item']", index=1)
        page.select_option("[name='filter-1-comparison']", "startswith")
        page.fill("[name='filter-1-value']", "52")
    draft.refresh_from_db()
    assert [one["values"] for one in draft.row_filter] == [["52"]]
    page.get_by_role("button", name="统计行数").click()
    expect(page.locator("#row-count")).to_contain_text("行")
    with saving(visitor):
        page.locator("[data-condition-remove]").nth(1).click()
    expect(page.locator(".condition")).to_have_count(1)
    draft.refresh_from_db()
    assert draft.row_filter == []


def test_ticks_are_counted_as_they_change(open_browser: Open):
    visitor = open_browser("requester")
    draft = _draft()
    page = visitor.go(f"/sharing/requests/{draft.pk}/edit/")
    boxes = page.locator("input[name=items]")
    total = boxes.count()
    with saving(visitor):
        boxes.first.uncheck()
    expect(page.locator("[data-items-count]")).to_have_text(f"已选 {total - 1} / {total}")
    with saving(visitor):
        page.locator("[data-items-all]").click()
    draft.refresh_from_db()
    assert len(draft.items) == total


def test_the_form_works_without_scripts(open_browser: Open):
    visitor = open_browser("requester", java_script_enabled=False)
    draft = _draft()
    page = visitor.go(f"/sharing/requests/{draft.pk}/edit/")
    page.select_option("[name='filter-0-item']", index=1)
    page.fill("[name='filter-0-value']", "甲")
    visitor.follow("button[name=add]")
    page.select_option("[name='filter-1-item']", index=2)
    page.select_option("[name='filter-1-comparison']", "filled")
    visitor.follow(".formbar button:not([name])")
    draft.refresh_from_db()
    assert [one["operator"] for one in draft.row_filter] == ["eq", "isnull"]


def test_several_are_passed_together(open_browser: Open):
    visitor = open_browser("reviewer")
    waiting = ShareRequest.objects.filter(status="awaiting_check")
    before = waiting.count()
    assert before
    page = visitor.go("/sharing/requests/?view=waiting")
    page.locator("[data-pick-all]").check()
    page.fill("#many-opinion", "材料齐全")
    page.locator(".selbar button[type=submit]").click()
    expect(page.locator("#confirm-text")).to_contain_text(str(before))
    expect(page.locator("#confirm-text")).to_contain_text(str(waiting[0].number))
    visitor.follow("#confirm [data-yes]")
    expect(page.locator("#messages")).to_contain_text("已进入下一环节")
    assert not waiting.exists()


def test_a_form_is_sent_once_however_often_its_button_is_pressed(open_browser: Open):
    visitor = open_browser("requester_head")
    grant = Grant.objects.filter(status="active", **ASKING).earliest("pk")
    page = visitor.go(f"/sharing/grants/{grant.pk}/use/")
    sent = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.evaluate(
        """() => {
            const form = document.querySelector("form[action$='/use/record/']");
            form.closest("details").open = true;
            const button = form.querySelector("button");
            button.click(); button.click(); button.click();
        }"""
    )
    expect(page.locator(".form-errors")).to_be_visible()
    assert len(sent) == 1


def test_the_interface_is_tried_on_the_page_and_a_refusal_is_shown(open_browser: Open):
    visitor = open_browser("requester")
    client = Client.objects.get(client_id=CLIENT_ID)
    grant = Grant.objects.get(clients=client, status="active", request__isnull=False)
    page = visitor.go(f"/sharing/clients/{client.pk}/")
    page.select_option("#try-grant", str(grant.pk))
    page.fill("#try-limit", "3")
    status, body = page.locator("[data-status]"), page.locator("[data-body]")
    call = page.locator("[data-console] button")
    call.click()
    expect(status).to_contain_text("200")
    expect(body).to_contain_text('"rows"')
    answer = json.loads(body.inner_text())
    assert len(answer["rows"]) == 3
    assert all(len(row) == len(grant.items) for row in answer["rows"])
    pulled = Pull.objects.latest("pk")
    assert (pulled.grant_id, pulled.user.username, pulled.rows) == (grant.pk, "requester", 3)

    page.fill("#try-fields", "没有的数据项")
    call.click()
    expect(status).to_contain_text("422")
    expect(body).to_contain_text("unknown_item")
    page.fill("#try-fields", "")
    grant_suspend(actor=actor_of(User.objects.get(username="reviewer")), grant_id=grant.pk, reason="异常")
    call.click()
    expect(status).to_contain_text("403")
    expect(body).to_contain_text("no_grant")
    assert '"rows":' not in body.inner_text()
    assert Pull.objects.latest("pk") == pulled
    page = visitor.go(f"/sharing/clients/{client.pk}/")
    expect(page.locator(f"#try-grant option[value='{grant.pk}']")).to_have_count(0)
