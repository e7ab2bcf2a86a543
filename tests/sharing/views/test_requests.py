"""Requests in lists, on paper and beside each other, and who does not learn of them."""

from pytest_django import DjangoAssertNumQueries

from core.testing import clock_at
from sharing.models import ShareRequest
from sharing.services import answer, drafting, filing
from tests.catalog.views.reader import client_of, get, names_in, text_of
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.request_pages import page_of


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
