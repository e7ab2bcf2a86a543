"""A large file: sent part by part, stopped, and gone on with in another window."""

import hashlib

from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from collection.models import Dataset, PartialUpload, Run
from collection.selectors.file import files_open
from collection.services.upload import PART_BYTES
from tests.browser.conftest import Open
from tests.browser.pages import LOADED
from tests.browser.visitor import PASSWORD

CONTENT = ("对象编号,姓名\n" + "".join(f"{number:012d},王小明\n" for number in range(900_000))).encode()


def test_a_large_file_goes_on_where_it_stopped(open_browser: Open):
    assert 2 * PART_BYTES < len(CONTENT) < 3 * PART_BYTES
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(**LOADED)
    file = {"name": "大文件.csv", "mimeType": "text/csv", "buffer": CONTENT}
    asked: list[str] = []

    def stop_at_the_second_part(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.url.endswith(f"/{PART_BYTES}/"):
            route.fulfill(status=422, json={"message": "停"})
        else:
            route.continue_()

    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.route("**/uploads/**", stop_at_the_second_part)
    page.set_input_files("form[data-parts] input[type=file]", file)
    page.click("form[data-parts] .btn-primary")
    expect(page.locator("[data-why]")).to_have_text("停")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES

    page.unroute("**/uploads/**")
    page.on("request", lambda request: asked.append(request.url))
    asked.clear()
    visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.set_input_files("form[data-parts] input[type=file]", file)
    page.click("form[data-parts] .btn-primary")
    page.wait_for_url("**/collection/runs/**")
    assert not any(url.endswith("/0/") for url in asked)
    run = Run.objects.latest("pk")
    assert (run.file_name, run.sha256) == ("大文件.csv", hashlib.sha256(CONTENT).hexdigest())
    assert not PartialUpload.objects.exists()
    assert visitor.problems == []


def test_another_file_of_one_name_and_size_begins_anew_also_where_the_page_is_not_secure(open_browser: Open):
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(**LOADED)
    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    other = CONTENT.replace("王小明".encode(), "李小红".encode())
    assert len(other) == len(CONTENT)

    def load(content: bytes) -> None:
        page.set_input_files(
            "form[data-parts] input[type=file]", {"name": "同名.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.click("form[data-parts] .btn-primary")

    visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.route(f"**/uploads/**/{PART_BYTES}/", lambda route: route.fulfill(status=422, json={"message": "停"}))
    load(CONTENT)
    expect(page.locator("[data-why]")).to_have_text("停")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES
    page.unroute(f"**/uploads/**/{PART_BYTES}/")
    visitor.go(f"/collection/datasets/{dataset.pk}/")
    load(other)
    page.click("#confirm [data-no]")
    expect(page.locator("[data-why]")).to_contain_text("没有发送")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES, "nothing is given up unasked"
    page.click("form[data-parts] .btn-primary")
    expect(page.locator("#confirm-text")).to_contain_text("同名.csv")
    page.click("#confirm [data-yes]")
    page.wait_for_url("**/collection/runs/**")
    assert Run.objects.latest("pk").sha256 == hashlib.sha256(other).hexdigest()
    assert not PartialUpload.objects.exists()
    assert visitor.problems == []


def test_a_window_whose_first_part_another_window_was_before_asks_which_file_it_is(open_browser: Open):
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(**LOADED)
    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    other = CONTENT.replace("王小明".encode(), "李小红".encode())
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def load(window: Page, content: bytes) -> None:
        window.set_input_files(
            "form[data-parts] input[type=file]", {"name": "同名.csv", "mimeType": "text/csv", "buffer": content}
        )
        window.click("form[data-parts] .btn-primary")

    page.route("**/uploads/**/0/", hold)
    with page.expect_request("**/uploads/**/0/"):
        load(page, CONTENT)
    second = page.context.new_page()
    second.goto(page.url)
    second.route(f"**/uploads/**/{PART_BYTES}/", lambda route: route.fulfill(status=422, json={"message": "停"}))
    load(second, other)
    expect(second.locator("[data-why]")).to_have_text("停")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES
    held[0].continue_()
    page.unroute("**/uploads/**/0/")
    expect(page.locator("#confirm-text")).to_contain_text("同名.csv")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES, "parts of two files do not follow each other"
    page.click("#confirm [data-yes]")
    page.wait_for_url("**/collection/runs/**")
    assert Run.objects.latest("pk").sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert not PartialUpload.objects.exists()


def test_a_window_whose_file_another_one_finished_links_to_the_run(open_browser: Open):
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(**LOADED)
    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    content = CONTENT[: CONTENT.index(b"\n", PART_BYTES) + 1]
    held: list[Route] = []

    def choose(window: Page) -> None:
        window.set_input_files(
            "form[data-parts] input[type=file]", {"name": "同名.csv", "mimeType": "text/csv", "buffer": content}
        )

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/uploads/**/{PART_BYTES}/", hold)
    choose(page)
    with page.expect_request(f"**/uploads/**/{PART_BYTES}/"):
        page.click("form[data-parts] .btn-primary")
    second = page.context.new_page()
    second.goto(page.url)
    choose(second)
    second.click("form[data-parts] .btn-primary")
    second.wait_for_url("**/collection/runs/**")
    held[0].continue_()
    expect(page.locator("[data-why]")).to_contain_text("另一窗口")
    page.click("[data-run]")
    page.wait_for_url(second.url)


def test_a_file_goes_on_once_somebody_whose_session_ended_signed_in_in_another_window(open_browser: Open):
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(**LOADED)
    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    session = next(one for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)

    def end_the_session(route: Route) -> None:
        Session.objects.filter(pk=session["value"]).delete()
        page.unroute("**/uploads/**")
        route.continue_()

    page.route(f"**/uploads/**/{PART_BYTES}/", end_the_session)
    page.set_input_files(
        "form[data-parts] input[type=file]", {"name": "大文件.csv", "mimeType": "text/csv", "buffer": CONTENT}
    )
    page.click("form[data-parts] .btn-primary")
    expect(page.locator("[data-parts-signed-out]")).to_be_visible()
    assert PartialUpload.objects.get().received_bytes == PART_BYTES

    second = page.context.new_page()
    second.goto(visitor.base + "/accounts/login/")
    second.fill("[name=username]", "cataloguer")
    second.fill("[name=password]", PASSWORD)
    second.click("form button.btn-primary")
    page.wait_for_url("**/collection/runs/**")
    assert Run.objects.latest("pk").sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_large_film_goes_on_where_it_stopped_and_small_files_follow(open_browser: Open):
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 70_000
    assert 2 * PART_BYTES < len(film) < 3 * PART_BYTES
    visitor = open_browser("cataloguer")
    dataset = Dataset.objects.get(kind="files")
    files = [
        {"name": "说明二.txt", "mimeType": "text/plain", "buffer": "说明".encode()},
        {"name": "巡查.mp4", "mimeType": "video/mp4", "buffer": film},
    ]
    asked: list[str] = []

    def stop_at_the_second_part(route: Route) -> None:
        if route.request.url.endswith(f"/{PART_BYTES}/"):
            route.fulfill(status=422, json={"message": "停"})
        else:
            route.continue_()

    page = visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.route("**/uploads/**", stop_at_the_second_part)
    page.set_input_files("form[data-parts] input[type=file]", files)
    page.click("form[data-parts] .btn-primary")
    expect(page.locator("[data-why]")).to_have_text("停")
    assert PartialUpload.objects.get().received_bytes == PART_BYTES

    page.unroute("**/uploads/**")
    page.on("request", lambda request: asked.append(request.url))
    visitor.go(f"/collection/datasets/{dataset.pk}/")
    page.set_input_files("form[data-parts] input[type=file]", files)
    with page.expect_navigation(wait_until="load"):
        page.click("form[data-parts] .btn-primary")
    assert not any(url.endswith("/0/") for url in asked)
    assert {"说明二.txt", "巡查.mp4"} <= {one.name for one in files_open(dataset)}
    made = files_open(dataset).get(name="巡查.mp4")
    assert (made.sha256, made.content_type) == (hashlib.sha256(film).hexdigest(), "video/mp4")
    assert not PartialUpload.objects.exists()
    assert visitor.problems == []
