"""The pages of grants, as holder, provider, authority and security administrator use them."""

from datetime import date, timedelta

from django.contrib.auth.models import Group
from guardian.models import UserObjectPermission
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from collection.models import DatasetGroupObjectPermission
from core import clock
from core.testing import clock_at
from sharing.models import Grant, GrantNotice, ShareRequest, SharingPolicy
from sharing.services import answer as answering
from sharing.services import stopping
from sharing.services.grant import grant_end
from sharing.services.right import rights_check
from tests.catalog.views.reader import client_of, get, names_in, text_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, shelf_of
from tests.sharing.factories import grant_make


def page_of(grant: Grant) -> str:
    return f"/sharing/grants/{grant.pk}/"


def test_a_grant_is_shown_to_both_sides_and_those_above_them(town: SharingTown) -> None:
    grant = town.granted(row_filter=[{"item": "NRRQ", "operator": "gte", "values": ["2026-02-01"]}])
    for actor in (town.asker, town.asker_head, town.world.head, town.world.reviewer, town.world.secadmin):
        shown = text_of(get(actor, page_of(grant)))
        assert "纳入日期 from 2026-02-01" in shown
        assert "Name: keep the first character" in shown
        assert "2027-06-30" in shown
    assert get(town.world.sysadmin, page_of(grant)).status_code == 404
    assert get(town.world.colleague, page_of(grant)).status_code == 404


def test_a_grant_that_expired_shows_its_last_day_and_not_the_one_after(town: SharingTown) -> None:
    grant = town.granted()
    midnight = grant.valid_to
    for ended_at, shown in ((midnight, "2027-06-30"), (midnight - timedelta(days=9, hours=1), "2027-06-21")):
        Grant.objects.filter(pk=grant.pk).update(status="expired", ended_at=ended_at)
        stamps = get(town.asker_head, page_of(grant)).content.decode().partition('class="stamps"')[2]
        assert f"– {shown}</span></div>" in stamps


def test_a_grant_that_has_not_begun_is_not_in_force(town: SharingTown) -> None:
    grant = town.granted()
    Grant.objects.filter(pk=grant.pk).update(valid_from=grant.valid_from + timedelta(days=3))
    for page in (page_of(grant), "/sharing/grants/", f"/sharing/requests/{grant.request_id}/"):
        shown = get(town.asker_head, page)
        assert "Not in force yet" in text_of(shown), page
    assert "Confirm that the data arrived" not in text_of(get(town.asker, f"/sharing/requests/{grant.request_id}/"))
    begun = town.granted()
    coming = get(town.asker_head, "/sharing/grants/", {"status": "coming"}).content.decode()
    assert page_of(grant) in coming
    assert page_of(begun) not in coming


def test_suspended_by_one_it_is_not_resumed_by_another(town: SharingTown) -> None:
    grant = town.granted()
    secadmin, head = client_of(town.world.secadmin), client_of(town.world.head)
    assert secadmin.post(f"{page_of(grant)}suspend/", {"reason": ""}).status_code == 422
    assert secadmin.post(f"{page_of(grant)}suspend/", {"reason": "异常调用"}).status_code == 302
    shown = head.get(page_of(grant))
    assert "异常调用" in text_of(shown)
    assert 'aria-describedby="no-resume"' in shown.content.decode()
    assert head.post(f"{page_of(grant)}resume/", {}).status_code == 403
    named = {"note": "已整改", "suspension": grant.suspensions.get().pk}
    assert client_of(town.world.reviewer).post(f"{page_of(grant)}resume/", named).status_code == 302
    again = head.post(f"{page_of(grant)}suspend/", {"reason": "再次异常"})
    assert again.status_code == 302
    twice = head.post(f"{page_of(grant)}suspend/", {"reason": "又一次"})
    assert twice.status_code == 409


def test_a_provider_narrows_and_cannot_widen(town: SharingTown) -> None:
    grant = town.granted()
    head = client_of(town.world.head)
    [date] = town.items("NRRQ")
    assert "Mask of 纳入日期" in text_of(head.get(page_of(grant)))
    masks = {f"mask-{item}": grant.masks.get(item, "none") for item in grant.items}
    day = clock.today() + timedelta(days=30)
    sent = masks | {
        f"mask-{date}": "month", "rows_per_day": "1000", "reason": "最小必要", "stops_on": day.isoformat()
    }  # fmt: skip
    assert head.post(f"{page_of(grant)}narrow/", sent | {"reason": ""}).status_code == 422
    assert head.post(f"{page_of(grant)}narrow/", masks | {"reason": "x", "stops_on": day}).status_code == 422
    assert client_of(town.asker_head).post(f"{page_of(grant)}narrow/", sent).status_code == 403
    assert head.post(f"{page_of(grant)}narrow/", sent).status_code == 302
    shown = text_of(client_of(town.asker_head).get(page_of(grant)))
    assert "The service is to give less from" in shown
    assert "1,000 rows a day" in shown
    assert "Narrowing announced" in shown
    assert "The day from which it is narrowed has not come." in text_of(head.get(page_of(grant)))
    assert "纳入日期: " in shown
    read = {"word": "yes", "notice": GrantNotice.objects.get().pk}
    assert client_of(town.world.reviewer).post(f"{page_of(grant)}stop/file/", read).status_code == 302
    with clock_at(clock.end_of_day(day)):
        later = client_of(town.world.head)
        assert "Narrow the service" in text_of(later.get(page_of(grant)))
        assert later.post(f"{page_of(grant)}stop/carry-out/", read).status_code == 302
    grant.refresh_from_db()
    assert (grant.status, grant.masks[date], grant.rows_per_day) == ("active", "month", 1000)


def test_a_provider_loosens_the_limits_of_a_grant_that_has_some(town: SharingTown) -> None:
    grant = town.granted()
    head = client_of(town.world.head)
    assert "Loosen the limits" not in text_of(head.get(page_of(grant)))
    Grant.objects.filter(pk=grant.pk).update(rows_per_day=100)
    assert "Loosen the limits" in text_of(head.get(page_of(grant)))
    assert "Loosen the limits" not in text_of(client_of(town.asker_head).get(page_of(grant)))
    refused = head.post(f"{page_of(grant)}loosen/", {"rows_per_day": "50"})
    assert (refused.status_code, "tighter than now" in text_of(refused)) == (422, True)
    assert head.post(f"{page_of(grant)}loosen/", {"rows_per_day": ""}).status_code == 302
    shown = text_of(head.get(page_of(grant)))
    assert "None of its own" in shown
    assert "Limits loosened" in shown


def test_a_holder_ends_what_it_needs_no_longer_and_confirms_the_disposal(town: SharingTown) -> None:
    grant = town.granted()
    head = client_of(town.asker_head)
    assert "Misuse" not in text_of(head.get(page_of(grant)))
    assert head.post(f"{page_of(grant)}end/", {"reason": "misuse", "note": "x"}).status_code == 422
    assert head.post(f"{page_of(grant)}end/", {"reason": "purpose_met"}).status_code == 302
    asker = client_of(town.asker)
    assert "Confirm the disposal of the data" in text_of(asker.get(page_of(grant)))
    assert asker.post(f"{page_of(grant)}dispose/", {"note": ""}).status_code == 422
    assert asker.post(f"{page_of(grant)}dispose/", {"note": "已全部删除"}).status_code == 302
    assert "已全部删除" in text_of(get(town.world.head, page_of(grant)))
    assert asker.post(f"{page_of(grant)}end/", {"reason": "purpose_met"}).status_code == 403


def test_a_service_is_stopped_after_requester_and_authority_were_heard(town: SharingTown) -> None:
    grant = town.granted()
    head = client_of(town.world.head)
    past = head.post(f"{page_of(grant)}stop/", {"reason": "系统改造", "stops_on": "2020-01-01"})
    assert past.status_code == 422
    assert "系统改造" in past.content.decode()
    day = clock.today() + timedelta(days=30)
    sent = {"reason": "系统改造", "stops_on": day.isoformat()}
    assert head.post(f"{page_of(grant)}stop/", sent).status_code == 302
    assert "The day that was announced has not come." in text_of(head.get(page_of(grant)))
    read = {"notice": GrantNotice.objects.get().pk}
    assert f'name="notice" value="{read["notice"]}"' in head.get(page_of(grant)).content.decode()
    assert head.post(f"{page_of(grant)}stop/carry-out/", read).status_code == 409
    asker_head, reviewer = client_of(town.asker_head), client_of(town.world.reviewer)
    assert asker_head.post(f"{page_of(grant)}stop/answer/", {"word": "no"} | read).status_code == 422
    assert (
        asker_head.post(f"{page_of(grant)}stop/answer/", {"word": "no", "answer": "仍需要"} | read).status_code == 302
    )
    assert reviewer.post(f"{page_of(grant)}stop/file/", {"word": "yes", "note": "已备案"} | read).status_code == 302
    shown = text_of(head.get(page_of(grant)))
    assert "仍需要" in shown
    assert "已备案" in shown
    assert head.post(f"{page_of(grant)}stop/take-back/", read).status_code == 302
    assert "The service is to stop" not in text_of(head.get(page_of(grant)))
    assert asker_head.post(f"{page_of(grant)}stop/take-back/", read).status_code == 403
    again = stopping.stop_announce(actor=town.world.head, grant_id=grant.pk, reason="x", stops_on=day)
    stopping.stop_file(actor=town.world.reviewer, grant_id=grant.pk, is_accepted=True)
    with clock_at(clock.end_of_day(day)):
        head, sent = client_of(town.world.head), {"disposal_demand": "删除"}
        for step in ("carry-out", "take-back"):
            late = head.post(f"{page_of(grant)}stop/{step}/", sent | read)
            assert late.status_code == 409
            assert "announced no more" in text_of(late)
        stopped = head.post(f"{page_of(grant)}stop/carry-out/", sent | {"notice": again.pk})
    assert stopped.status_code == 302
    grant.refresh_from_db()
    assert (grant.status, grant.disposal_demand) == ("ended", "删除")
    assert grant.ended_at is not None
    head = f"{grant.valid_from.astimezone(clock.REGION_ZONE):%F} – {grant.ended_at.astimezone(clock.REGION_ZONE):%F}"
    assert head in text_of(get(town.asker, page_of(grant)))


def test_a_renewal_begins_from_the_grant_and_only_once(town: SharingTown) -> None:
    grant = town.granted()
    asker = client_of(town.asker)
    assert "Ask for: Renewal" in text_of(asker.get(page_of(grant)))
    begun = asker.post(f"{page_of(grant)}ask/renewal/")
    made = ShareRequest.objects.latest("pk")
    assert begun.headers["Location"] == f"/sharing/requests/{made.pk}/edit/"
    assert made.items == grant.items
    twice = asker.post(f"{page_of(grant)}ask/renewal/")
    assert twice.headers["Location"] == page_of(grant)
    page = asker.get(page_of(grant))
    assert "Renewal: under way" in text_of(page)
    assert f'href="/sharing/requests/{made.pk}/"' in page.content.decode()
    assert "Ask for: Renewal" not in text_of(page)
    assert "Ask for: Change of use" in text_of(page)
    assert "under way" not in text_of(get(town.world.head, page_of(grant)))
    assert client_of(town.world.head).post(f"{page_of(grant)}ask/renewal/").status_code == 403


def test_people_of_the_holder_download_what_is_granted(town: SharingTown) -> None:
    grant = town.granted()
    page = get(town.asker, page_of(grant)).content.decode()
    address = f"/api/v1/datasets/{town.dataset.pk}/export/?grant={grant.pk}&amp;format=csv&amp;formulas=escaped"
    assert address in page
    sent = get(town.asker, address.replace("&amp;", "&"))
    body = b"".join(sent.streaming_content).decode()  # type: ignore[attr-defined]
    assert "王**" in body or "王" in body
    assert "Download the data" not in text_of(get(town.world.head, page_of(grant)))
    api_only = town.granted(methods=["api"])
    assert "Download the data" not in text_of(get(town.asker, page_of(api_only)))


def test_people_of_the_holder_download_files_and_find_them_from_the_dataset(world: CatalogWorld) -> None:
    plain = [{"name": "图号", "field_name": "TH", "type": "C", "length": 20, "is_key": True, "nullable": False}]
    town = shelf_of(world, items=plain)
    grant = town.granted(methods=["file"])
    asker = client_of(town.asker)
    dataset = asker.get(f"/collection/datasets/{town.dataset.pk}/").content.decode()
    assert f"{page_of(grant)}#download" in dataset
    page = asker.get(page_of(grant)).content.decode()
    file = town.dataset.files.get(name="甲.png")
    address = f"/api/v1/datasets/{town.dataset.pk}/files/{file.token}/?grant={grant.pk}"
    for part in (address, file.sha256, "乙.png", "9"):
        assert part in page
    assert "All files of the version that is published" in page
    assert "图号" not in page
    sent = asker.get(address)
    assert b"".join(sent.streaming_content) == b"\x89PNG\r\n\x1a\n1"  # type: ignore[attr-defined]
    assert str(file.token) not in client_of(world.head).get(page_of(grant)).content.decode()
    assert "What your department holds" not in text_of(get(world.head, f"/collection/datasets/{town.dataset.pk}/"))
    with_mask = grant_make(town.dataset, world.other, masks={"TH": "text"}, methods=["file"])
    assert "Nothing can be cut out of a file" in text_of(asker.get(page_of(with_mask)))
    assert asker.get(page_of(grant), {"page": "x" * 5000}).status_code == 200


def test_lists_of_grants_are_each_sides_own(
    town: SharingTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = town.granted(), town.granted()
    grant_end(actor=town.asker_head, grant_id=second.pk, reason="not_needed")
    assert len(names_in(get(town.asker, "/sharing/grants/"))) == 2
    assert len(names_in(get(town.asker, "/sharing/grants/", {"status": "active"}))) == 1
    assert len(names_in(get(town.world.head, "/sharing/grants/"))) == 0
    assert len(names_in(get(town.world.head, "/sharing/grants/", {"view": "given", "q": "低保"}))) == 2
    assert len(names_in(get(town.world.auditor, "/sharing/grants/"))) == 2
    assert get(town.world.sysadmin, "/sharing/grants/").status_code == 403
    csv = get(town.asker, "/sharing/grants/", {"export": "csv"}).content.decode()
    assert str(first.dataset.name) in csv
    head = client_of(town.world.head)
    with django_assert_max_num_queries(20):
        head.get("/sharing/grants/", {"view": "given"})
    with django_assert_max_num_queries(35):
        head.get(page_of(first))


# --- Who watches ----------------------------------------------------------------------------------------------------


def test_the_security_administrator_sees_and_mends_what_differs(town: SharingTown) -> None:
    town.granted()
    DatasetGroupObjectPermission.objects.all().delete()
    rights_check(actor=town.world.secadmin)
    client = client_of(town.world.secadmin)
    shown = text_of(client.get("/sharing/rights/"))
    assert "A grant without its right" in shown
    assert town.world.other.name in shown
    assert Group.objects.get(department=town.world.other).name not in shown, "a department goes by its name"
    assert client.post("/sharing/rights/").status_code == 302
    assert DatasetGroupObjectPermission.objects.count() == 1
    assert "A grant without its right" not in text_of(client.get("/sharing/rights/"))
    for actor in (town.world.reviewer, town.world.head, town.world.sysadmin):
        assert get(actor, "/sharing/rights/").status_code == 403


def test_rights_of_people_and_of_groups_that_are_no_departments_are_told_by_name(town: SharingTown) -> None:
    person = User.objects.get(pk=town.asker.id)
    UserObjectPermission.objects.assign_perm("pull_dataset", person, obj=town.dataset)
    stray = Group.objects.create(name="stray-group")
    DatasetGroupObjectPermission.objects.assign_perm("pull_dataset", stray, town.dataset)
    rights_check(actor=town.world.secadmin)
    shown = text_of(get(town.world.secadmin, "/sharing/rights/"))
    assert f"{person.full_name} · {person.username} · {town.world.other.name}" in shown
    assert "stray-group" in shown


def test_a_region_sets_its_policy(town: SharingTown) -> None:
    client = client_of(town.world.reviewer)
    code = town.world.provider.region.code
    assert "follows the one above" in text_of(client.get("/sharing/policy/"))
    page = f"/sharing/policy/{code}/"
    assert client.post(page, {"checked": ["conditional"], "longest_days": "0"}).status_code == 422
    sent = {
        "checked": ["conditional"],
        "supplement_clock": "pause",
        "longest_days": "365",
        "usage_record_days": "90",
        "edit_version": "0",
    }
    assert client.post(page, sent).status_code == 302
    assert SharingPolicy.objects.get().usage_record_days == 90
    assert SharingPolicy.objects.get().longest_days == 365
    stale = client.post(page, sent | {"longest_days": "30"})
    assert stale.status_code == 422
    assert 'name="edit_version" value="1"' in stale.content.decode()
    assert get(town.world.head, page).status_code == 403
    assert client.get("/sharing/policy/000000/").status_code == 404


def test_who_read_one_announcement_says_nothing_of_the_next(town: SharingTown) -> None:
    grant = town.granted()
    day = clock.today() + timedelta(days=30)
    narrow = {"actor": town.world.head, "grant_id": grant.pk, "reason": "最小必要", "stops_on": day}
    first = stopping.narrow_announce(rows_per_day=10, **narrow)
    asker_head, reviewer = client_of(town.asker_head), client_of(town.world.reviewer)
    read = {"notice": str(first.pk)}
    assert f'name="notice" value="{first.pk}"' in asker_head.get(page_of(grant)).content.decode()
    stopping.stop_take_back(actor=town.world.head, grant_id=grant.pk)
    second = stopping.stop_announce(actor=town.world.head, grant_id=grant.pk, reason="下线", stops_on=day)
    for client, place, said in (
        (asker_head, "answer", {"word": "yes", "answer": "可以减少"}),
        (reviewer, "file", {"word": "no", "note": "限额过低"}),
    ):
        late = client.post(f"{page_of(grant)}stop/{place}/", said | read)
        assert late.status_code == 409
        assert "announced no more" in text_of(late)
        assert (said.get("answer") or said.get("note")) in late.content.decode()
        assert f'name="notice" value="{second.pk}"' in late.content.decode()
        assert client.post(f"{page_of(grant)}stop/{place}/", said).status_code in (409, 422)
    second.refresh_from_db()
    assert (second.answered_at, second.filed_at, second.closed_at) == (None, None, None)


def test_the_authority_files_what_was_done_and_what_is_announced_each_by_itself(town: SharingTown) -> None:
    grant = town.granted(valid_until=date(2027, 6, 30))
    with clock_at("2026-11-20 10:00") as now:
        narrow = {"actor": town.world.head, "grant_id": grant.pk, "reason": "最小必要"}
        first = stopping.narrow_announce(rows_per_day=10, stops_on=date(2026, 12, 10), **narrow)
        now.move_to("2026-12-10 10:00")
        stopping.stop_carry_out(actor=town.world.head, grant_id=grant.pk)
        second = stopping.narrow_announce(rows_per_day=5, stops_on=date(2026, 12, 30), **narrow)
        reviewer = client_of(town.world.reviewer)
        body = reviewer.get(page_of(grant)).content.decode()
        assert all(f'name="notice" value="{one.pk}"' in body for one in (first, second))
        sent = {"word": "no", "note": "未说明理由", "notice": first.pk}
        done = reviewer.post(f"{page_of(grant)}stop/file/", sent, follow=True)
        assert "what was done stays" in text_of(done)
        again = reviewer.post(f"{page_of(grant)}stop/file/", sent)
        assert again.status_code == 409
    second.refresh_from_db()
    assert (second.filed_at, second.closed_at) == (None, None)


def test_limits_that_changed_since_they_were_read_are_not_undone(town: SharingTown) -> None:
    grant = town.granted()
    Grant.objects.filter(pk=grant.pk).update(rows_per_day=100, calls_per_minute=10)
    head = client_of(town.world.head)
    opened = head.get(page_of(grant)).content.decode()
    assert 'name="read_calls_per_minute" value="10"' in opened
    Grant.objects.filter(pk=grant.pk).update(calls_per_minute=5)
    sent = {"rows_per_day": "200", "calls_per_minute": "10", "note": "扩容"}
    read = {"read_rows_per_day": "100", "read_calls_per_minute": "10"}
    stale = head.post(f"{page_of(grant)}loosen/", sent | read)
    assert stale.status_code == 409
    assert "The limits changed" in text_of(stale)
    body = stale.content.decode()
    assert 'name="read_calls_per_minute" value="5"' in body
    assert 'name="rows_per_day" value="200"' in body
    grant.refresh_from_db()
    assert (grant.rows_per_day, grant.calls_per_minute) == (100, 5)
    again = sent | {"calls_per_minute": "5"} | read | {"read_calls_per_minute": "5"}
    assert head.post(f"{page_of(grant)}loosen/", again).status_code == 302
    grant.refresh_from_db()
    assert (grant.rows_per_day, grant.calls_per_minute) == (200, 5)


def test_how_data_are_disposed_of_is_asked_of_the_provider_alone(town: SharingTown) -> None:
    grant = town.granted()
    page = {actor: get(actor, page_of(grant)).content.decode() for actor in (town.world.head, town.world.reviewer)}
    assert 'name="disposal_demand"' in page[town.world.head]
    assert "End it" in page[town.world.reviewer]
    assert 'name="disposal_demand"' not in page[town.world.reviewer]


def test_masks_to_choose_among_are_not_drawn_one_by_one(town: SharingTown) -> None:
    request = town.agreed()
    answer = client_of(town.world.head).get(f"/sharing/requests/{request.pk}/")
    assert answer.content.decode().count('name="mask-') == len(request.items)
    grant = answering.request_approve(actor=town.world.head, request_id=request.pk).grants.get()
    page = client_of(town.world.head).get(page_of(grant))
    shown = page.content.decode()
    assert shown.count('name="mask-') == len(grant.items)
    assert shown.count('<option value="month"') == 1, "only a date is cut to its month"
    assert "django/forms/widgets/select_option.html" not in {one.name for one in page.templates}
