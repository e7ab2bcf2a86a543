"""Departments: creation, names, profile, authority, succession, attachments."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts import services
from accounts.choices import AttachmentStatus
from accounts.models import Department, DepartmentAttachment, DepartmentEvent, RoleAssignment, User
from accounts.selectors import department_get_by_code, department_match, roles_of
from accounts.signals import department_ending, department_merged
from audit.models import AuditEvent
from core.exceptions import FieldError, InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from tests.factories.accounts import (
    DepartmentFactory,
    InformationSystemFactory,
    RegionFactory,
    UserFactory,
    actor,
    actor_of,
)
from tests.unchanged import nothing_changes

pytestmark = pytest.mark.django_db

USCC = "12320100000000035W"


def codes(refusal):
    return {(error.field, error.code) for error in refusal.value.errors}


# --- Creating ---------------------------------------------------------------------------------------------------


def test_a_department_is_created_with_group_name_history_and_trail():
    region = RegionFactory()
    department = services.department_create(
        actor=actor("sysadmin"),
        name="市民政局",
        code="mzj",
        region=region,
        uscc=" 12320100000000035w",
        document="市委编办〔2026〕1号",
        first_head_name="周建平",
    )
    assert (department.uscc, department.name_pinyin) == (USCC, "shi min zheng ju")
    assert department.group.name == "department:mzj"
    assert [name.name for name in department.names.all()] == ["市民政局"]
    assert [event.kind for event in department.events.all()] == ["created"]
    assert AuditEvent.objects.get(action="accounts.department.create").object_pk == str(department.pk)


def test_a_missing_code_is_made_from_the_initials():
    region, admin = RegionFactory(), actor("sysadmin")
    first = services.department_create(actor=admin, name="市民政局", region=region)
    second = services.department_create(actor=admin, name="市民政局", region=RegionFactory())
    assert (first.code, second.code) == ("smzj", "smzj-2")


@pytest.mark.parametrize("role", ["secadmin", "auditor", "reviewer", "head", "cataloguer"])
def test_only_the_system_administrator_creates_departments(role):
    caller, region = actor(role), RegionFactory()
    with nothing_changes(), pytest.raises(NotAllowed):
        services.department_create(actor=caller, name="新局", region=region)


def test_every_broken_rule_is_named_at_once():
    authority = DepartmentFactory(authority=True, code="sjj", name="市数据局")
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.department_create(
            actor=admin, name="市数据局", code="SJJ", region=authority.region, uscc="123", is_authority=True
        )
    assert codes(refusal) == {("name", "taken"), ("code", "taken"), ("uscc", "invalid"), ("is_authority", "taken")}


@pytest.mark.parametrize("code", ["民政", "-a", "a b", "a" * 41])
def test_malformed_codes_are_refused(code):
    admin, region = actor("sysadmin"), RegionFactory()
    with nothing_changes(), pytest.raises(RuleViolation):
        services.department_create(actor=admin, name="新局", code=code, region=region)


def test_a_credit_code_belongs_to_one_living_department():
    DepartmentFactory(uscc=USCC)
    admin, region = actor("sysadmin"), RegionFactory()
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.department_create(actor=admin, name="新局", region=region, uscc=USCC)
    assert codes(refusal) == {("uscc", "taken")}


def test_the_database_itself_allows_one_authority_per_region():
    first = DepartmentFactory(authority=True)
    with pytest.raises(IntegrityError, match="department_one_authority"), transaction.atomic():
        DepartmentFactory(authority=True, region=first.region)


def test_the_database_itself_keeps_a_parent_in_the_region():
    parent = DepartmentFactory()
    DepartmentFactory(parent=parent)
    with pytest.raises(IntegrityError, match="department_parent_in_region"):
        transaction.get_connection().check_constraints()


# --- Names and profile ------------------------------------------------------------------------------------------


def test_a_renamed_department_is_still_found_by_its_former_name():
    department = DepartmentFactory(name="市大数据局")
    services.department_rename(
        actor=actor("sysadmin"),
        department_id=department.pk,
        name="市数据局",
        valid_from=date(2026, 1, 1),
        document="机构改革方案",
    )
    department.refresh_from_db()
    assert (department.name, department.name_pinyin, department.edit_version) == ("市数据局", "shi shu ju ju", 2)
    assert [(row.name, row.valid_to) for row in department.names.order_by("pk")] == [
        ("市大数据局", date(2026, 1, 1)),
        ("市数据局", None),
    ]
    assert department_match("市大数据局") == department
    event = AuditEvent.objects.get(action="accounts.department.rename")
    assert (event.before, event.after) == ({"name": "市大数据局"}, {"name": "市数据局"})


def test_renaming_twice_on_wrong_days_is_refused():
    department, admin = DepartmentFactory(), actor("sysadmin")
    services.department_rename(actor=admin, department_id=department.pk, name="甲局", valid_from=date(2026, 3, 1))
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.department_rename(actor=admin, department_id=department.pk, name="乙局", valid_from=date(2026, 2, 1))
    assert codes(refusal) == {("valid_from", "order")}


def test_a_stale_form_overwrites_nothing():
    department, admin = DepartmentFactory(), actor("sysadmin")
    services.department_edit(actor=admin, department_id=department.pk, edit_version=1, address="人民路1号")
    with nothing_changes(), pytest.raises(StaleEdit):
        services.department_edit(actor=admin, department_id=department.pk, edit_version=1, address="人民路2号")


def test_the_head_keeps_the_profile_but_not_the_credit_code():
    department = DepartmentFactory()
    head = actor("head", department=department)
    services.department_edit(actor=head, department_id=department.pk, contact_name="林晓岚", uscc="")
    department.refresh_from_db()
    assert department.contact_name == "林晓岚"
    with nothing_changes(), pytest.raises(NotAllowed):
        services.department_edit(actor=head, department_id=department.pk, uscc=USCC)


@pytest.mark.parametrize("role", ["cataloguer", "secadmin", "auditor", "reviewer"])
def test_others_do_not_touch_the_profile(role):
    department = DepartmentFactory()
    caller = actor(role, department=department)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.department_edit(actor=caller, department_id=department.pk, contact_name="x")


def test_the_head_of_another_department_does_not_touch_it():
    department, head = DepartmentFactory(), actor("head")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.department_edit(actor=head, department_id=department.pk, contact_name="x")


def test_aliases_find_a_department_and_adding_one_twice_changes_nothing():
    department, admin = DepartmentFactory(name="市人力资源和社会保障局"), actor("sysadmin")
    services.alias_add(actor=admin, department_id=department.pk, name="市人社局")
    with nothing_changes():
        services.alias_add(actor=admin, department_id=department.pk, name="市人社局")
    assert department_match(" 市人社局 ") == department
    services.alias_remove(actor=admin, department_id=department.pk, alias_id=department.aliases.get().pk)
    assert department_match("市人社局") is None


def test_a_name_that_fits_two_departments_matches_neither():
    first, second = DepartmentFactory(name="民政局"), DepartmentFactory(name="民政局")
    assert department_match("民政局") is None
    assert department_match("民政局", region_path=first.region.path) == first
    assert department_match("民政局", region_path=second.region.path) == second


def test_a_new_authority_replaces_the_former_one_and_its_reviewers():
    former = DepartmentFactory(authority=True)
    department = DepartmentFactory(region=former.region)
    reviewer = UserFactory(department=former, roles=["reviewer", "head"])
    services.department_appoint(actor=actor("sysadmin"), department_id=department.pk, document="三定方案")
    former.refresh_from_db()
    department.refresh_from_db()
    assert (former.is_authority, department.is_authority) == (False, True)
    assert roles_of(reviewer) == {"head"}


# --- Moving, merging, dissolving --------------------------------------------------------------------------------


def test_a_department_moves_with_those_attached_to_it():
    above = DepartmentFactory()
    department = DepartmentFactory(region=above.region, parent=above)
    below = DepartmentFactory(region=above.region, parent=department)
    region = RegionFactory()
    services.department_move(actor=actor("sysadmin"), department_id=department.pk, region=region)
    department.refresh_from_db()
    below.refresh_from_db()
    assert (department.region, department.parent) == (region, None)
    assert (below.region, below.parent) == (region, department)
    transaction.get_connection().check_constraints()


def test_an_authority_does_not_move():
    department, region, admin = DepartmentFactory(authority=True), RegionFactory(), actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.department_move(actor=admin, department_id=department.pk, region=region)
    assert codes(refusal) == {("region", "authority")}


def merge(department, survivor, **values):
    return services.department_merge(
        actor=actor("sysadmin"), department_id=department.pk, into_id=survivor.pk, document="机构改革方案", **values
    )


def test_everything_of_a_merged_department_follows():
    merged = DepartmentFactory(name="市粮食局", short_name="粮食局", aliases=["市粮局"], code="lsj")
    survivor = DepartmentFactory(name="市发改委", region=merged.region, code="fgw")
    user = UserFactory(department=merged, roles=["cataloguer"])
    system = InformationSystemFactory(department=merged, name="储备系统")
    InformationSystemFactory(department=survivor, name="储备系统")
    child = DepartmentFactory(region=merged.region, parent=merged)
    heard = []

    def listen(**news):
        heard.append((news["merged"].pk, news["survivor"].pk, transaction.get_connection().in_atomic_block))

    department_merged.connect(listen)
    try:
        merge(merged, survivor, happened_on=date(2026, 11, 1))
    finally:
        department_merged.disconnect(listen)

    for row in (merged, survivor, user, system, child):
        row.refresh_from_db()
    assert heard == [(merged.pk, survivor.pk, True)]
    assert (merged.valid_to, merged.merged_into) == (date(2026, 11, 1), survivor)
    assert user.department == survivor
    assert list(user.groups.all()) == [survivor.group]
    assert roles_of(user) == {"cataloguer"}
    assert (system.department, system.name) == (survivor, "储备系统（市粮食局）")
    assert child.parent == survivor
    assert {alias.name for alias in survivor.aliases.all()} == {"市粮食局", "粮食局", "市粮局"}
    assert department_get_by_code("lsj") == survivor
    assert department_match("市粮局") == survivor
    assert [event.kind for event in merged.events.all()] == ["merged"]
    assert [event.kind for event in survivor.events.all()] == ["absorbed"]
    assert AuditEvent.objects.filter(action__in=["accounts.user.move", "accounts.system.move"]).count() == 2


def test_a_department_merges_into_one_below_it():
    merged = DepartmentFactory()
    survivor = DepartmentFactory(region=merged.region, parent=merged)
    merge(merged, survivor)
    survivor.refresh_from_db()
    assert survivor.parent is None
    transaction.get_connection().check_constraints()


def test_a_department_merges_into_another_region():
    merged, survivor = DepartmentFactory(), DepartmentFactory()
    child = DepartmentFactory(region=merged.region, parent=merged)
    merge(merged, survivor)
    child.refresh_from_db()
    assert child.parent is None
    transaction.get_connection().check_constraints()


def test_merging_into_itself_or_away_an_authority_is_refused():
    authority = DepartmentFactory(authority=True)
    other = DepartmentFactory(region=authority.region)
    admin = actor("sysadmin")
    for department, into in ((other, other), (authority, other)):
        with nothing_changes(), pytest.raises(RuleViolation):
            services.department_merge(actor=admin, department_id=department.pk, into_id=into.pk)


def test_an_ended_department_is_not_changed_any_more():
    merged, survivor = DepartmentFactory(), DepartmentFactory()
    merge(merged, survivor)
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(NotAllowed):
        services.department_rename(actor=admin, department_id=merged.pk, name="新名")


def test_a_department_is_dissolved_only_once_it_is_empty():
    department, admin = DepartmentFactory(), actor("sysadmin")
    user, system = UserFactory(department=department), InformationSystemFactory(department=department)
    child = DepartmentFactory(region=department.region, parent=department)
    with nothing_changes(), pytest.raises(RuleViolation) as refusal:
        services.department_dissolve(actor=admin, department_id=department.pk)
    assert codes(refusal) == {("department", "people"), ("department", "systems"), ("department", "departments")}
    services.user_deactivate(actor=admin, user_id=user.pk)
    services.system_retire(actor=admin, system_id=system.pk)
    Department.objects.filter(pk=child.pk).update(parent=None)
    services.department_dissolve(actor=admin, department_id=department.pk, document="撤销通知")
    department.refresh_from_db()
    assert department.valid_to is not None
    assert DepartmentEvent.objects.filter(department=department, kind="dissolved").exists()


def test_an_app_above_can_refuse_that_a_department_ends():
    department, admin = DepartmentFactory(), actor("sysadmin")

    def refuse(**news):
        return [FieldError("department", "entries", "It has published entries.")]

    department_ending.connect(refuse)
    try:
        UserFactory(department=department)
        with nothing_changes(), pytest.raises(RuleViolation) as refusal:
            services.department_dissolve(actor=admin, department_id=department.pk)
        # What stands against it above is named together with what stands against it here.
        assert codes(refusal) == {("department", "people"), ("department", "entries")}
    finally:
        department_ending.disconnect(refuse)


# --- Attachments ------------------------------------------------------------------------------------------------


@pytest.fixture
def pair():
    parent = DepartmentFactory(name="市卫健委")
    child = DepartmentFactory(name="市疾控中心", region=parent.region)
    heads = {
        "child": actor("head", department=child),
        "parent": actor("head", department=parent),
    }
    return child, parent, heads


def propose(caller, child, parent):
    return services.attachment_propose(actor=caller, child_id=child.pk, parent_id=parent.pk, reason="垂直管理")


def test_an_attachment_needs_both_heads(pair):
    child, parent, heads = pair
    attachment = propose(actor("sysadmin"), child, parent)
    for side in ("parent", "child"):
        child.refresh_from_db()
        assert child.parent is None
        services.attachment_agree(actor=heads[side], attachment_id=attachment.pk)
    child.refresh_from_db()
    attachment.refresh_from_db()
    assert (child.parent, attachment.status) == (parent, "agreed")
    assert AuditEvent.objects.filter(action="accounts.attachment.agree").count() == 2
    assert AuditEvent.objects.filter(action="accounts.department.attach").count() == 1


def test_proposing_for_ones_own_department_is_consent(pair):
    child, parent, heads = pair
    attachment = propose(heads["child"], child, parent)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.attachment_agree(actor=heads["child"], attachment_id=attachment.pk)
    services.attachment_agree(actor=heads["parent"], attachment_id=attachment.pk)
    child.refresh_from_db()
    assert child.parent == parent


@pytest.mark.parametrize("role", ["sysadmin", "secadmin", "auditor", "cataloguer", "head"])
def test_nobody_else_consents(pair, role):
    child, parent, heads = pair
    attachment = propose(heads["child"], child, parent)
    outsider = actor(role)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.attachment_agree(actor=outsider, attachment_id=attachment.pk)
    with nothing_changes(), pytest.raises(NotAllowed):
        services.attachment_refuse(actor=outsider, attachment_id=attachment.pk)


def test_the_head_above_does_not_propose_for_others(pair):
    child, parent, heads = pair
    with nothing_changes(), pytest.raises(NotAllowed):
        propose(heads["parent"], child, parent)


@pytest.mark.parametrize("action", ["agree", "refuse", "withdraw", "end"])
@pytest.mark.parametrize("status", AttachmentStatus.values)
def test_every_action_in_every_state(pair, status, action):
    child, parent, heads = pair
    attachment = propose(actor("sysadmin"), child, parent)
    services.attachment_agree(actor=heads["child"], attachment_id=attachment.pk)
    DepartmentAttachment.objects.filter(pk=attachment.pk).update(
        status=status, parent_agreed_at=None if status == "proposed" else attachment.proposed_at
    )
    Department.objects.filter(pk=child.pk).update(parent=parent if status == "agreed" else None)
    caller = actor("sysadmin") if action == "withdraw" else heads["parent"]
    fits = (status, action) in {
        ("proposed", "agree"),
        ("proposed", "refuse"),
        ("proposed", "withdraw"),
        ("agreed", "end"),
    }
    service = getattr(services, f"attachment_{action}")
    if fits:
        service(actor=caller, attachment_id=attachment.pk)
        attachment.refresh_from_db()
        assert attachment.status != status
    else:
        with nothing_changes(), pytest.raises(InvalidTransition):
            service(actor=caller, attachment_id=attachment.pk)


def test_an_attachment_does_not_cross_regions_or_run_in_a_circle(pair):
    child, parent, _heads = pair
    Department.objects.filter(pk=child.pk).update(parent=parent)
    admin = actor("sysadmin")
    cases = [(parent, child, "circle"), (child, parent, "unchanged"), (child, DepartmentFactory(), "region")]
    for below, above, code in cases:
        with nothing_changes(), pytest.raises(RuleViolation) as refusal:
            propose(admin, below, above)
        assert codes(refusal) == {("parent", code)}


def test_one_proposal_at_a_time(pair):
    child, parent, heads = pair
    propose(heads["child"], child, parent)
    admin = actor("sysadmin")
    with nothing_changes(), pytest.raises(RuleViolation):
        propose(admin, child, parent)


def test_either_side_ends_an_attachment(pair):
    child, parent, heads = pair
    attachment = propose(heads["child"], child, parent)
    services.attachment_agree(actor=heads["parent"], attachment_id=attachment.pk)
    services.attachment_end(actor=heads["child"], attachment_id=attachment.pk, note="独立设置")
    child.refresh_from_db()
    assert child.parent is None


def test_an_unknown_department_is_not_visible():
    with pytest.raises(NotVisible):
        services.department_rename(actor=actor("sysadmin"), department_id=0, name="x")


def test_roles_and_accounts_survive_a_merge_untouched_by_the_system_administrator():
    merged, survivor = DepartmentFactory(), DepartmentFactory()
    UserFactory(department=merged, roles=["head"])
    before = RoleAssignment.objects.count()
    caller = actor_of(UserFactory(roles=["sysadmin"]))
    services.department_merge(actor=caller, department_id=merged.pk, into_id=survivor.pk)
    assert RoleAssignment.objects.count() == before + 1
    assert User.objects.filter(department=merged).count() == 0
