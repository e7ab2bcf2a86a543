"""People of the holder look at data under a grant: what it shows and no more, logged like a pull, refused like one."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import User
from audit.models import AuditEvent
from collection.doubts import items_doubted
from collection.models import Dataset, DatasetGroupObjectPermission
from collection.services import run_upload
from core import clock
from core.testing import clock_at
from sharing.models import Grant, Objection, Pull
from sharing.objection_row import row_shown
from tests.catalog.views.reader import client_of, text_of
from tests.collection.conftest import HEADER, ROWS
from tests.collection.worker import work
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import grant_make
from tests.sharing.services.test_retyped import retyped


@pytest.fixture
def grant(town: SharingTown) -> Grant:
    """A grant on those who were taken in since February, without identity numbers and with names masked."""
    return grant_make(
        town.dataset,
        town.world.other,
        items=["DXBH", "XM"],
        masks={"XM": "name"},
        row_filter=[("NRRQ", "gte", ["2026-02-01"])],
        methods=["file"],
    )


def look(browser: Browser, grant: Grant, **query: str) -> HttpResponse:
    return browser.get(f"/sharing/grants/{grant.pk}/data/", query)


def test_a_grant_shows_its_items_its_rows_and_its_masks(town: SharingTown, grant: Grant) -> None:
    asker = client_of(town.asker)
    assert f"/sharing/grants/{grant.pk}/data/" in asker.get(f"/sharing/grants/{grant.pk}/").content.decode()
    shown = text_of(look(asker, grant))
    for told in ("0002", "0164A", "李*"):
        assert told in shown
    for hidden in ("0001", "李四", "王", "欧阳锋", "920"):
        assert hidden not in shown
    profile = text_of(look(asker, grant, tab="profile"))
    assert "from all" in profile
    for text in (shown, profile):
        assert "SFZH" not in text
    assert "0001" not in profile


def test_each_look_is_logged_as_a_pull_of_the_person(town: SharingTown, grant: Grant) -> None:
    asker, item = client_of(town.asker), town.items("DXBH")[0]
    look(asker, grant, item=item, op="eq", v="0002")
    look(asker, grant, tab="profile")
    asker.get(f"/sharing/grants/{grant.pk}/data/", headers={"HX-Request": "true"})
    found, profiled, part = Pull.objects.order_by("pk")
    assert (found.kind, found.detail, found.rows, found.outcome) == ("rows", "preview", 1, "done")
    assert found.user == User.objects.get(pk=town.asker.id)
    assert found.filter == [{"item": item, "operator": "eq", "values": ["0002"]}]
    assert {str(one) for one in found.items} == set(grant.items)
    assert (profiled.detail, profiled.rows) == ("profile", 0)
    assert part.rows == 2
    grant.refresh_from_db()
    assert grant.first_pulled_at is None


def test_a_value_that_is_looked_for_among_masked_ones_is_not_kept(town: SharingTown, grant: Grant) -> None:
    look(client_of(town.asker), grant, item=town.items("XM")[0], op="eq", v="李*")
    assert "李" not in str(Pull.objects.get().filter)


def test_the_place_of_the_next_page_tells_no_row_and_cannot_be_made_up(
    town: SharingTown, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.services.look.ROWS", 1)
    asker, order = client_of(town.asker), town.items("DXBH")[0]
    first = look(asker, grant, sort=order)
    following = unescape(re.search(r'href="[^"]*\?(sort=[^"]*after=[^"]+)"', first.content.decode())[1])  # type: ignore[index]
    second = asker.get(f"/sharing/grants/{grant.pk}/data/?{following}")
    assert "0164A" in text_of(second)
    assert "0002" not in text_of(second)
    assert look(asker, grant, sort=order, after="1").status_code == 400
    sealed = following.rpartition("after=")[2]
    assert look(asker, grant, sort=f"-{order}", after=sealed).status_code == 400
    assert client_of(town.asker_head).get(f"/sharing/grants/{grant.pk}/data/?{following}").status_code == 400


def test_rows_that_are_looked_at_count_towards_the_day(town: SharingTown, grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(rows_per_day=1, edition=2)
    with clock_at(clock.end_of_day(clock.today()) - timedelta(hours=2)):
        asker = client_of(town.asker)
        assert look(asker, grant).status_code == 200
        assert Pull.objects.get().rows == 1
        refused = look(asker, grant)
        assert refused.status_code == 429
        again = clock.midnight_after(clock.today())
        assert f"The whole number is given again from {again:%F} 00:00." in text_of(refused)
        assert "The rows of the day are given" in text_of(refused)
        assert "Too many requests" not in text_of(refused)


def test_files_that_no_day_gives_whole_are_not_offered(town: SharingTown, grant: Grant) -> None:
    """How many rows a condition leaves is not counted for a page: they may be few."""
    page = f"/sharing/grants/{grant.pk}/"
    Grant.objects.filter(pk=grant.pk).update(rows_per_day=1, edition=2)
    assert "&amp;format=xlsx" in client_of(town.asker).get(page).content.decode()
    Grant.objects.filter(pk=grant.pk).update(row_filter=[], edition=3)
    shown = client_of(town.asker).get(page)
    assert "&amp;format=xlsx" not in shown.content.decode()
    assert "and this grant gives 1 in a day: an export of all of them is never whole" in text_of(shown)


def test_calls_of_people_count_like_those_of_machines(town: SharingTown, grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(calls_per_minute=1, edition=2)
    asker = client_of(town.asker)
    assert [look(asker, grant, tab=tab).status_code for tab in ("profile", "rows")] == [200, 429]


def _changed(**values: Any) -> Callable[[Grant], object]:
    return lambda grant: Grant.objects.filter(pk=grant.pk).update(
        **{name: value() if callable(value) else value for name, value in values.items()}
    )


WHY: dict[str, Callable[[Grant], object]] = {
    "suspended": _changed(status="suspended"),
    "ended": _changed(status="ended", ended_at=clock.now),
    "expired this instant": _changed(valid_to=clock.now),
    "not begun": _changed(valid_from=lambda: clock.now() + timedelta(hours=1)),
    "given for machines alone": _changed(methods=["api"]),
    "without the right": lambda grant: DatasetGroupObjectPermission.objects.all().delete(),
    "of data that were unhooked": lambda grant: Dataset.objects.update(retired_at=clock.now()),
}


@pytest.mark.parametrize("why", WHY)
def test_a_grant_that_does_not_cover_shows_nothing(town: SharingTown, grant: Grant, why: str) -> None:
    WHY[why](grant)
    asker = client_of(town.asker)
    before = AuditEvent.objects.filter(action="access.denied").count()
    for tab in ("rows", "profile"):
        answer = look(asker, grant, tab=tab)
        assert answer.status_code == 403
        assert "0002" not in text_of(answer)
    assert AuditEvent.objects.filter(action="access.denied").count() == before + 2
    assert not Pull.objects.exists()


def test_only_cataloguer_and_head_of_the_holder_look(town: SharingTown, grant: Grant) -> None:
    contractor = actor_of(UserFactory(department=town.world.other, roles=["cataloguer"], contractor=True))
    for who, status in (
        (town.asker_head, 200),
        (town.world.head, 403),
        (town.world.reviewer, 403),
        (contractor, 404),
    ):
        assert look(client_of(who), grant).status_code == status, who


def test_a_day_that_is_shown_by_its_month_is_looked_for_by_its_month(town: SharingTown) -> None:
    cut = grant_make(town.dataset, town.world.other, items=["DXBH", "NRRQ"], masks={"NRRQ": "month"}, methods=["file"])
    asker, day = client_of(town.asker), town.items("NRRQ")[0]
    assert "0002" in text_of(look(asker, cut, item=day, op="gte", v="2026-02"))
    refused = text_of(look(asker, cut, item=day, op="gte", v="2026-02-01"))
    assert "You are shown the month" in refused
    assert "write it like 2026-02." in refused
    assert "0002" not in refused


@pytest.mark.parametrize("tab", ["rows", "profile"])
def test_where_rows_are_chosen_by_a_type_that_was_not_loaded_yet_the_pages_say_so(town: SharingTown, tab: str) -> None:
    retyped(town)
    waiting = grant_make(
        town.dataset, town.world.other, items=["DXBH"], row_filter=[("YBZJE", "startswith", ["9"])], methods=["file"]
    )
    asker = client_of(town.asker)
    shown = look(asker, waiting, tab=tab)
    assert shown.status_code == 200
    for told in (text_of(shown), text_of(asker.get(f"/sharing/grants/{waiting.pk}/"))):
        assert "“月保障金额” has another type in this version" in told
    assert "0002" not in text_of(shown)
    assert Pull.objects.get().rows == 0


# --- From a row to an objection


def _ways(browser: Browser, grant: Grant) -> list[str]:
    """Return where the rows that are shown lead to, in their order."""
    found = re.findall(r'href="(/sharing/objections/new/[^"]+)"', look(browser, grant).content.decode())
    return [unescape(one) for one in found]


@pytest.mark.parametrize("is_hashed", [False, True])
def test_each_row_leads_to_an_objection_that_names_it(town: SharingTown, grant: Grant, *, is_hashed: bool) -> None:
    if is_hashed:
        key = town.items("DXBH")[0]
        Grant.objects.filter(pk=grant.pk).update(masks={**grant.masks, key: "hash"}, edition=2)
    asker = client_of(town.asker)
    ways = _ways(asker, grant)
    assert len(ways) == 2
    for way, number in zip(ways, ("0002", "0164A"), strict=True):
        assert number not in way
        page = asker.get(way)
        form = page.context["form"]
        assert f'href="/sharing/grants/{grant.pk}/data/">Back' in page.content.decode()
        assert form["grant"].value() == str(grant.pk)
        key = form["row_key"].value()
        assert key == number if not is_hashed else re.fullmatch(r"[0-9a-f]{64}", key)
        sent = {"grant": str(grant.pk), "row_key": key, "description": "姓名有误"}
        assert asker.post(way, sent).status_code == 302
        one = Objection.objects.latest("pk")
        row = row_shown(town.world.head, one)
        assert row is not None
        assert {column.field_name: text for column, text in row.cells}["DXBH"] == number


def test_a_way_to_an_objection_is_of_one_person_and_grant_and_shows_nothing_of_later_data(
    town: SharingTown, grant: Grant
) -> None:
    other = grant_make(town.dataset, town.world.other, items=["DXBH"], methods=["file"])
    asker = client_of(town.asker)
    way = _ways(asker, grant)[0]
    assert client_of(town.asker_head).get(way).status_code == 400
    assert asker.get(way.replace(f"grant={grant.pk}&", f"grant={other.pk}&")).status_code == 400
    assert asker.get(f"{way}A").status_code == 400
    run = run_upload(
        actor=town.world.cataloguer,
        dataset_id=town.dataset.pk,
        pieces=[(HEADER + "".join(ROWS[:2])).encode()],
        file_name="b.csv",
    )
    work(run)
    assert asker.get(way).context["form"]["row_key"].value() == ""


def test_an_objection_to_no_row_keeps_what_was_typed(town: SharingTown, grant: Grant) -> None:
    way = f"/sharing/objections/new/{town.entry.ref}/"
    sent = {"grant": str(grant.pk), "row_key": "99999", "description": "姓名有误"}
    answer = client_of(town.asker).post(way, sent)
    assert answer.status_code == 422
    assert "This grant shows no row with this key" in text_of(answer)
    assert answer.context["form"]["description"].value() == "姓名有误"
    assert not Objection.objects.exists()


def test_a_grant_leads_to_objections_to_its_items(town: SharingTown, grant: Grant) -> None:
    page = client_of(town.asker).get(f"/sharing/grants/{grant.pk}/").content.decode()
    item = town.items("XM")[0]
    way = f"/sharing/objections/new/{town.entry.ref}/?grant={grant.pk}&amp;item={item}"
    assert way in page
    answer = client_of(town.asker).get(unescape(way))
    form = answer.context["form"]
    assert (form["grant"].value(), form["item"].value()) == (str(grant.pk), item)
    assert f'href="/sharing/grants/{grant.pk}/">Back' in answer.content.decode()
    for who in (town.world.head, town.world.reviewer):
        assert "/sharing/objections/new/" not in client_of(who).get(f"/sharing/grants/{grant.pk}/").content.decode()


@pytest.mark.parametrize("tab", ["rows", "profile"])
def test_what_is_being_verified_is_asked_for_once_for_all_items(
    town: SharingTown, grant: Grant, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    asked: list[int] = []

    def counted(entry_id: int) -> set[str]:
        asked.append(entry_id)
        return items_doubted(entry_id)

    monkeypatch.setattr("sharing.views.grant_data.items_doubted", counted)
    assert look(client_of(town.asker), grant, tab=tab).status_code == 200
    assert len(asked) == 1
