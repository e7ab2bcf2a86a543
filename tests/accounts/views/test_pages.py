"""Lists, forms and buttons of people and departments."""

import csv
import io

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Department, InformationSystem, SecurityPolicy, User, UserSession
from accounts.selectors import roles_of
from tests.factories.accounts import (
    PASSWORD,
    DepartmentFactory,
    InformationSystemFactory,
    RegionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

USCC = "12320100000000035W"


def page(name, *args):
    return reverse(f"accounts:{name}", args=args)


def browser(*roles, **user):
    """Return a browser of somebody with these roles, in English."""
    client = Client()
    client.cookies["django_language"] = "en"
    client.user = UserFactory(roles=list(roles), **user)
    client.force_login(client.user)
    return client


@pytest.fixture
def sysadmin():
    return browser("sysadmin")


@pytest.fixture
def secadmin():
    return browser("secadmin")


def text_of(response):
    return response.content.decode()


def csv_of(response):
    assert response.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


# --- Lists ------------------------------------------------------------------------------------------------------


def names_on(response):
    return [row.name for row in response.context["page"]]


def test_departments_are_filtered_by_name_code_region_and_kind(sysadmin):
    city = RegionFactory(code="990100")
    county = RegionFactory(code="990102", level="county")
    DepartmentFactory(name="市民政局", code="mzj", region=city, aliases=["民政"], uscc=USCC)
    DepartmentFactory(name="市数据局", code="sjj", region=city, authority=True)
    DepartmentFactory(name="东湖区民政局", code="990102-mzj", region=county)
    DepartmentFactory(name="别处的局", code="elsewhere")
    cases = [
        ({"q": "民政"}, {"市民政局", "东湖区民政局"}),
        ({"q": "mzj"}, {"市民政局"}),
        ({"q": USCC.lower()}, {"市民政局"}),
        ({"region": "990000/990100"}, {"市民政局", "市数据局", "东湖区民政局"}),
        ({"region": "990000/990100/990102"}, {"东湖区民政局"}),
        ({"kind": "authority"}, {"市数据局"}),
        ({"q": "没有这样的"}, set()),
    ]
    for query, expected in cases:
        response = sysadmin.get(page("department_list"), query)
        assert set(names_on(response)) == expected, query


def test_ended_departments_show_on_request_only(sysadmin):
    department = DepartmentFactory(name="已撤局")
    Department.objects.filter(pk=department.pk).update(valid_to="2026-01-01")
    assert "已撤局" not in names_on(sysadmin.get(page("department_list")))
    assert "已撤局" in names_on(sysadmin.get(page("department_list"), {"ended": "1"}))


def test_departments_stand_as_a_tree_within_their_region(sysadmin):
    above = DepartmentFactory(name="乙局", name_pinyin="yi")
    DepartmentFactory(name="甲中心", name_pinyin="jia", region=above.region, parent=above)
    rows = sysadmin.get(page("department_list"), {"region": above.region.path}).context["rows"]
    assert [(row.department.name, row.depth) for row in rows] == [("乙局", 0), ("甲中心", 1)]


def test_a_list_is_sorted_by_the_address_and_an_unknown_order_is_ignored(sysadmin):
    region = RegionFactory()
    for code in ("b", "a", "c"):
        DepartmentFactory(code=code, name=code, name_pinyin=code, region=region)
    query = {"region": region.path}
    assert names_on(sysadmin.get(page("department_list"), query | {"ordering": "code"})) == ["a", "b", "c"]
    assert names_on(sysadmin.get(page("department_list"), query | {"ordering": "-code"})) == ["c", "b", "a"]
    assert names_on(sysadmin.get(page("department_list"), query | {"ordering": "password"})) == ["a", "b", "c"]


def test_a_list_has_pages_and_one_beyond_the_end_is_the_last(sysadmin):
    region = RegionFactory()
    DepartmentFactory.create_batch(31, region=region)
    first = sysadmin.get(page("department_list"), {"region": region.path})
    assert (len(first.context["page"]), first.context["page"].paginator.count) == (30, 31)
    last = sysadmin.get(page("department_list"), {"region": region.path, "page": "99"})
    assert len(last.context["page"]) == 1


def test_htmx_gets_the_part_only(sysadmin):
    response = sysadmin.get(page("department_list"), headers={"HX-Request": "true"})
    assert "<html" not in text_of(response)
    assert 'id="departments"' in text_of(response)
    assert "HX-Request" in response.headers["Vary"]


def test_the_export_holds_what_the_list_shows_in_its_order(sysadmin):
    region = RegionFactory()
    for code in ("b", "a"):
        DepartmentFactory(code=code, name=f"{code}局", region=region, contact_phone="+86 0990")
    DepartmentFactory(code="other")
    rows = csv_of(sysadmin.get(page("department_list"), {"region": region.path, "ordering": "code", "export": "csv"}))
    assert rows[0][:3] == ["Name", "Short code", "Short name"]
    assert [row[1] for row in rows[1:]] == ["a", "b"]
    assert "'+86 0990" in rows[1], "what a spreadsheet would run as a formula is told apart"


@pytest.mark.parametrize(
    ("name", "role"),
    [("system_list", "head"), ("region_list", "head"), ("user_list", "auditor"), ("role_list", "auditor")],
)
def test_every_list_is_exported(name, role):
    client = browser(role)
    InformationSystemFactory()
    assert len(csv_of(client.get(page(name), {"export": "csv"}))) >= 2


def test_sessions_are_exported():
    assert len(csv_of(browser("auditor").get(page("session_list"), {"export": "csv"}))) == 2


def test_accounts_are_filtered_by_role_and_state(sysadmin):
    UserFactory(full_name="甲", roles=["head"])
    UserFactory(full_name="乙", is_held=True, roles=["cataloguer"])
    UserFactory(full_name="丙", must_change_password=True)
    UserFactory(full_name="丁", is_active=False)
    cases = [
        ({"role": "head"}, {"甲"}),
        ({"role": "none"}, {"丙", "丁"}),
        ({"state": "held"}, {"乙"}),
        ({"state": "off"}, {"丁"}),
        ({"state": "first"}, {"丙"}),
        ({"q": "乙"}, {"乙"}),
        ({"role": "no-such-role", "q": "甲"}, {"甲"}),
    ]
    for query, expected in cases:
        found = sysadmin.get(page("user_list"), query).context["page"]
        assert {user.full_name for user in found} == expected, query


def test_systems_are_filtered(sysadmin):
    InformationSystemFactory(name="救助系统", is_interconnected=True, protection_grade=3)
    InformationSystemFactory(name="殡葬系统", protection_grade=2)
    cases = [({"kind": "yes"}, ["救助系统"]), ({"grade": "2"}, ["殡葬系统"]), ({"q": "救助"}, ["救助系统"])]
    for query, expected in cases:
        assert names_on(sysadmin.get(page("system_list"), query)) == expected


# --- Query budgets ----------------------------------------------------------------------------------------------


FRAME = 9
"""Queries of every page: session, person, limits, and what stands in the shell (other apps count there too)."""


@pytest.mark.parametrize(
    ("name", "role", "budget"),
    [
        ("department_list", "sysadmin", 3),
        ("system_list", "sysadmin", 3),
        ("region_list", "sysadmin", 2),
        ("user_list", "sysadmin", 2),
        ("role_list", "secadmin", 2),
        ("session_list", "secadmin", 4),
    ],
)
def test_a_list_costs_the_same_however_long_it_is(name, role, budget, django_assert_max_num_queries):
    client = browser(role)
    for _number in range(25):
        user = UserFactory(roles=["cataloguer"])
        InformationSystemFactory(department=user.department)
    client.get(page(name))
    with django_assert_max_num_queries(FRAME + budget):
        client.get(page(name))


@pytest.mark.parametrize(("people", "systems"), [(1, 1), (12, 12)])
def test_a_departments_page_costs_the_same_however_big_it_is(people, systems, django_assert_max_num_queries):
    client = browser("sysadmin")
    department = DepartmentFactory(aliases=["甲", "乙"])
    UserFactory.create_batch(people, department=department, roles=["cataloguer"])
    InformationSystemFactory.create_batch(systems, department=department)
    with django_assert_max_num_queries(FRAME + 8):
        client.get(page("department_detail", department.pk))


def test_an_accounts_page_has_a_budget(secadmin, django_assert_max_num_queries):
    user = UserFactory(roles=["cataloguer", "head"])
    with django_assert_max_num_queries(FRAME + 8):
        secadmin.get(page("user_detail", user.pk))


# --- Departments ------------------------------------------------------------------------------------------------


def test_a_department_is_created_and_shown(sysadmin):
    RegionFactory(code="990100")
    response = sysadmin.post(
        page("department_create"), {"name": "市民政局", "code": "mzj", "region": "990100", "uscc": USCC}, follow=True
    )
    assert response.context["department"].uscc == USCC
    assert "Add its people next." in text_of(response)


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(sysadmin):
    DepartmentFactory(code="mzj")
    RegionFactory(code="990100")
    response = sysadmin.post(
        page("department_create"),
        {"name": "市民政局", "code": "mzj", "region": "990100", "uscc": "123", "contact_name": "林晓岚"},
    )
    assert response.status_code == 422
    form = response.context["form"]
    assert set(form.errors) == {"code", "uscc"}
    assert 'value="林晓岚"' in text_of(response)
    assert not Department.objects.filter(name="市民政局").exists()


def test_a_stale_form_is_kept_and_can_be_saved_once_more(sysadmin):
    department = DepartmentFactory()
    Department.objects.filter(pk=department.pk).update(edit_version=5)
    data = {"edit_version": "1", "address": "人民路1号"}
    response = sysadmin.post(page("department_edit", department.pk), data)
    assert response.status_code == 422
    assert 'value="人民路1号"' in text_of(response)
    assert 'name="edit_version" value="5"' in text_of(response)
    again = sysadmin.post(page("department_edit", department.pk), data | {"edit_version": "5"})
    assert again.status_code == 302
    department.refresh_from_db()
    assert department.address == "人民路1号"


def test_the_head_does_not_get_the_fields_of_the_system_administrator():
    client = browser("head")
    department = client.user.department
    form = client.get(page("department_edit", department.pk)).context["form"]
    assert "uscc" not in form.fields
    client.post(page("department_edit", department.pk), {"uscc": USCC, "contact_name": "林晓岚"})
    department.refresh_from_db()
    assert (department.uscc, department.contact_name) == ("", "林晓岚")


def test_buttons_that_cannot_be_used_say_why(sysadmin):
    department = DepartmentFactory(authority=True)
    text = text_of(sysadmin.get(page("department_detail", department.pk)))
    assert 'aria-disabled="true" aria-describedby="why-merge"' in text
    assert "Appoint another one first." in text


def test_others_see_no_buttons_of_the_system_administrator():
    department = DepartmentFactory(authority=True)
    text = text_of(browser("reviewer").get(page("department_detail", department.pk)))
    assert page("department_rename", department.pk) not in text


def test_an_attachment_goes_from_proposal_to_force_on_the_pages():
    head_above = browser("head", department__name="市卫健委")
    above = head_above.user.department
    head = browser("head", department=DepartmentFactory(region=above.region))
    child = head.user.department
    head.post(page("attachment_propose", child.pk), {"parent": above.pk, "reason": "垂直管理"})
    text = text_of(head_above.get(page("department_detail", above.pk)))
    attachment = child.attachments_upward.get()
    assert page("attachment_agree", attachment.pk) in text
    assert "垂直管理" in text
    response = head_above.post(page("attachment_agree", attachment.pk), follow=True)
    assert "Your department has agreed." in text_of(response)
    child.refresh_from_db()
    assert child.parent == above
    assert page("attachment_end", attachment.pk) in text_of(response)


def test_what_a_button_cannot_do_is_said_on_the_page():
    client = browser("sysadmin")
    department = DepartmentFactory()
    UserFactory(department=department)
    response = client.post(page("department_dissolve", department.pk), {"document": "通知"})
    assert response.status_code == 422
    assert "Move its people to other departments" in text_of(response)
    before = text_of(client.get(page("department_dissolve", department.pk)))
    assert "It cannot end yet" in before
    assert "Move its people to other departments" in before


def test_a_merger_says_what_goes_over_and_does_not_offer_the_department_itself(sysadmin):
    merged, other = DepartmentFactory(), DepartmentFactory()
    shown = sysadmin.get(page("department_merge", merged.pk))
    assert "requests, grants, machine clients" in text_of(shown)
    assert "Open requests and grants between the two end" in text_of(shown)
    body = shown.content.decode()
    assert f'<option value="{other.pk}"' in body
    assert f'<option value="{merged.pk}"' not in body


def test_a_merged_department_points_to_its_successor(sysadmin):
    merged = DepartmentFactory()
    survivor = DepartmentFactory(region=merged.region)
    response = sysadmin.post(
        page("department_merge", merged.pk), {"into": survivor.pk, "document": "方案"}, follow=True
    )
    assert response.context["department"] == survivor
    text = text_of(sysadmin.get(page("department_detail", merged.pk)))
    assert page("department_detail", survivor.pk) in text


def test_a_cataloguer_registers_a_system_of_his_own_department_only():
    client = browser("cataloguer")
    other = DepartmentFactory()
    client.post(page("system_create"), {"name": "新系统", "department": other.pk})
    assert InformationSystem.objects.get(name="新系统").department == client.user.department


# --- Accounts ---------------------------------------------------------------------------------------------------


def test_a_new_account_shows_its_first_password_once(sysadmin):
    department = DepartmentFactory()
    response = sysadmin.post(
        page("user_create"), {"username": "linxl", "full_name": "林晓岚", "department": department.pk}, follow=True
    )
    password = response.context["once"]
    assert password in text_of(response)
    user = User.objects.get(username="linxl")
    assert user.check_password(password)
    assert sysadmin.get(page("user_detail", user.pk)).context["once"] == ""


def test_a_reset_password_is_shown_once_and_an_account_with_roles_is_held(sysadmin):
    user = UserFactory(roles=["head"])
    response = sysadmin.post(page("password_reset", user.pk), follow=True)
    user.refresh_from_db()
    assert user.check_password(response.context["once"])
    assert user.is_held
    assert "The account is held" in text_of(response)


def test_a_contractor_needs_a_last_day_and_works_through_it(sysadmin):
    data = {"username": "wb1", "full_name": "外包", "is_contractor": "on"}
    response = sysadmin.post(page("user_create"), data)
    assert response.context["form"].errors["expires_on"] == ["A contractor's account needs an end date."]
    sysadmin.post(page("user_create"), data | {"expires_on": "2026-12-31"})
    user = User.objects.get(username="wb1")
    assert user.expires_at.isoformat() == "2026-12-31T16:00:00+00:00"
    assert sysadmin.get(page("user_edit", user.pk)).context["form"].initial["expires_on"].isoformat() == "2026-12-31"


def test_roles_that_do_not_fit_are_offered_with_their_reason(secadmin):
    user = UserFactory(roles=["cataloguer"])
    response = secadmin.get(page("user_detail", user.pk))
    assert '<option value="reviewer" disabled>' in text_of(response)
    assert "this department is not one" in text_of(response)
    refused = secadmin.post(page("role_grant", user.pk), {"role": "reviewer"}, follow=True)
    assert "this department is not one" in text_of(refused)
    assert roles_of(user) == {"cataloguer"}


def test_the_security_administrator_grants_and_ends_on_the_page(secadmin):
    user = UserFactory()
    secadmin.post(page("role_grant", user.pk), {"role": "head", "reason": "任命"})
    assert roles_of(user) == {"head"}
    text = text_of(secadmin.get(page("user_detail", user.pk)))
    assert page("role_revoke", user.pk, "head") in text
    secadmin.post(page("role_revoke", user.pk, "head"), {"note": "离任"})
    assert roles_of(user) == frozenset()


def test_the_page_of_oneself_leads_to_the_profile():
    client = browser("head")
    assert client.get(page("user_detail", client.user.pk)).headers["Location"] == page("profile")


# --- One's own --------------------------------------------------------------------------------------------------


def test_preferences_are_saved_and_the_language_follows_at_once():
    client = browser()
    response = client.post(page("preferences_edit"), {"language": "zh-hant", "email": "a@b.cn", "phone": "1"})
    assert response.cookies["django_language"].value == "zh-hant"
    client.user.refresh_from_db()
    assert (client.user.language, client.user.shortcuts_enabled, client.user.email) == ("zh-hant", False, "a@b.cn")
    assert 'data-shortcuts="off"' in text_of(client.get(page("profile")))


def test_a_wrong_preference_is_said_at_its_field_and_kept():
    client = browser()
    response = client.post(page("preferences_edit"), {"email": "not-an-address"})
    assert response.status_code == 422
    assert 'value="not-an-address"' in text_of(response)


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses():
    client = browser("cataloguer")
    second = Client()
    second.login(request=_request(), username=client.user.username, password=PASSWORD)
    stranger = browser("cataloguer")
    sessions = {session.user_id: session.pk for session in UserSession.objects.order_by("pk")}
    assert client.post(page("session_end", sessions[stranger.user.pk])).status_code == 404
    other = UserSession.objects.filter(user=client.user).latest("pk")
    client.post(page("session_end", other.pk))
    other.refresh_from_db()
    assert other.end_reason == "by_owner"
    assert client.get(page("profile")).status_code == 200


def _request():
    return RequestFactory().post("/")


# --- Security ---------------------------------------------------------------------------------------------------


def test_the_policy_page_is_a_form_for_one_and_a_text_for_the_others(secadmin):
    assert page("security_policy_edit") in text_of(secadmin.get(page("security_policy")))
    for role in ("sysadmin", "auditor"):
        assert page("security_policy_edit") not in text_of(browser(role).get(page("security_policy")))


def test_a_policy_out_of_range_is_kept_and_explained(secadmin):
    values = {
        "idle_minutes": 2,
        "absolute_hours": 12,
        "password_min_length": 10,
        "password_min_classes": 3,
        "password_max_age_days": 0,
        "password_history": 3,
        "lockout_failures": 5,
        "lockout_minutes": 15,
    }
    response = secadmin.post(page("security_policy_edit"), values)
    assert response.status_code == 422
    assert 'name="idle_minutes" value="2"' in text_of(response)
    assert not SecurityPolicy.objects.exists()
    assert secadmin.post(page("security_policy_edit"), values | {"idle_minutes": 20}).status_code == 302
    assert SecurityPolicy.objects.get().idle_minutes == 20


def test_the_bar_names_region_and_roles():
    client = browser("head", department__region__name="云川市")
    text = text_of(client.get(page("profile")))
    assert "云川市" in text
    assert "Sharing office head" in text


def test_a_head_is_told_of_proposals_that_wait_for_him():
    client = browser("head")
    child = DepartmentFactory(region=client.user.department.region)
    browser("sysadmin").post(page("attachment_propose", child.pk), {"parent": client.user.department_id})
    assert f"{child.name} is to be attached to" in text_of(client.get(page("profile")))
