"""Who may do what in the accounts app."""

from typing import Any

from accounts import services
from accounts.models import DepartmentAlias
from accounts.selectors import session_list_for
from tests.factories.accounts import DepartmentFactory, InformationSystemFactory, RegionFactory, UserFactory, actor_of
from tests.permissions.table import Route, everyone, only, people
from tests.permissions.world import World

ADMINS = ("sysadmin", "secadmin", "auditor")


def extend(world: World) -> None:
    """Things of the accounts app: a person to act on, names, systems, attachments, a session."""
    world.things["person"] = UserFactory(username="world-person", department=world.department, roles=["cataloguer"])
    world.things["idle_person"] = UserFactory(username="world-idle", department=world.department)
    world.things["off_person"] = UserFactory(username="world-off", department=world.department, is_active=False)
    world.things["held_person"] = UserFactory(username="world-held", department=world.department, is_held=True)
    world.things["alias"] = DepartmentAlias.objects.create(department=world.department, name="民政")
    world.things["system"] = InformationSystemFactory(department=world.department)
    world.things["elsewhere"] = RegionFactory(code="980200")
    world.things["empty"] = DepartmentFactory(region=world.region, code="world-empty")
    for key in ("proposed", "agreed"):
        child = DepartmentFactory(region=world.region, code=f"world-{key}")
        head = UserFactory(department=child, roles=["head"])
        attachment = services.attachment_propose(actor=actor_of(head), child_id=child.pk, parent_id=world.department.pk)
        if key == "agreed":
            services.attachment_agree(actor=world.actor("head"), attachment_id=attachment.pk)
        world.things[key] = attachment
    services.totp_begin(actor=actor_of(world.things["person"]))
    session = services.session_open(
        user=world.things["person"], session_key="k" * 32, address=None, user_agent="", with_second_factor=False
    )
    assert session in session_list_for(world.actor("secadmin"))
    world.things["session"] = session


def department(world: World) -> dict[str, Any]:
    return {"department_id": world.department.pk}


def empty_department(world: World) -> dict[str, Any]:
    return {"department_id": world.things["empty"].pk}


def the(key: str, name: str) -> Any:
    """Return a function that names a thing of the world in an address."""
    return lambda world: {name: world.things[key].pk}


def the_role(world: World) -> dict[str, Any]:
    return {"user_id": world.things["person"].pk, "role": "cataloguer"}


def note(world: World) -> dict[str, Any]:
    return {"note": "试验"}


PERSON = the("person", "user_id")
NEW_DEPARTMENT = {"name": "新设局", "code": "world-new", "region": "980100"}
NEW_PERSON = {"username": "world-new", "full_name": "新人"}
POLICY = {
    "idle_minutes": 20,
    "absolute_hours": 10,
    "password_min_length": 12,
    "password_min_classes": 3,
    "password_max_age_days": 0,
    "password_history": 3,
    "lockout_failures": 5,
    "lockout_minutes": 15,
}
WRONG_PASSWORD = {"old_password": "wrong", "new_password": "Another-horse-7", "repeated": "Another-horse-7"}

ROUTES = [
    # Signing in; one's own account
    Route("accounts:login", get=people(302) | {"anonymous": 200}, post=people(302) | {"anonymous": 422}),
    Route("accounts:login_code", get=everyone(302), post=everyone(302)),
    Route("accounts:logout", post=everyone(302)),
    Route("accounts:profile", get=people(200)),
    Route("accounts:preferences_edit", post=people(302), data=lambda world: {"language": "en"}),
    Route("accounts:password_change", get=people(200), post=people(422), data=lambda world: WRONG_PASSWORD),
    Route(
        "accounts:totp_enrol",
        get=people(200),
        post=people(422),
        data=lambda world: {"code": "000000"},
        get_writes=True,
    ),
    Route("accounts:totp_remove", post=people(302), data=lambda world: {"password": "wrong"}),
    Route("accounts:backup_codes_renew", post=people(302), data=lambda world: {"password": "wrong"}),
    Route("accounts:sessions_end_others", post=people(302)),
    # Regions
    Route("accounts:region_list", get=people(200)),
    Route("accounts:region_detail", get=people(200), kwargs=lambda world: {"code": "980100"}),
    # Departments
    Route("accounts:department_list", get=people(200)),
    Route(
        "accounts:department_create",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        data=lambda world: NEW_DEPARTMENT,
    ),
    Route("accounts:department_detail", get=people(200), kwargs=department),
    Route(
        "accounts:department_edit",
        get=only(200, "head", "sysadmin"),
        post=only(302, "head", "sysadmin"),
        kwargs=department,
        data=lambda world: {"contact_name": "林晓岚"},
    ),
    Route(
        "accounts:department_rename",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        kwargs=department,
        data=lambda world: {"name": "市民政和社会工作局"},
    ),
    Route(
        "accounts:department_move",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        kwargs=empty_department,
        data=lambda world: {"region": "980200"},
    ),
    Route(
        "accounts:department_merge",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        kwargs=empty_department,
        data=lambda world: {"into": world.other.pk, "document": "机构改革方案"},
    ),
    Route(
        "accounts:department_dissolve",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        kwargs=empty_department,
        data=lambda world: {"document": "撤销通知"},
    ),
    Route(
        "accounts:department_appoint",
        get=only(200, "sysadmin"),
        post=only(302, "sysadmin"),
        kwargs=department,
        data=lambda world: {"document": "三定方案"},
    ),
    Route(
        "accounts:alias_add",
        post=only(302, "sysadmin"),
        kwargs=department,
        data=lambda world: {"name": "民政部门", "kind": "short"},
    ),
    Route(
        "accounts:alias_remove",
        post=only(302, "sysadmin"),
        kwargs=lambda world: {"department_id": world.department.pk, "alias_id": world.things["alias"].pk},
    ),
    Route(
        "accounts:attachment_propose",
        get=only(200, "head", "sysadmin"),
        post=only(302, "head", "sysadmin"),
        kwargs=department,
        data=lambda world: {"parent": world.other.pk},
    ),
    Route("accounts:attachment_agree", post=only(302, "head"), kwargs=the("proposed", "attachment_id")),
    Route("accounts:attachment_refuse", post=only(302, "head"), kwargs=the("proposed", "attachment_id"), data=note),
    Route(
        "accounts:attachment_withdraw", post=only(302, "sysadmin"), kwargs=the("proposed", "attachment_id"), data=note
    ),
    Route(
        "accounts:attachment_end", post=only(302, "head", "sysadmin"), kwargs=the("agreed", "attachment_id"), data=note
    ),
    # Information systems
    Route("accounts:system_list", get=people(200)),
    Route(
        "accounts:system_create",
        get=only(200, "other_department", "cataloguer", "head", "sysadmin"),
        post=only(302, "other_department", "cataloguer", "head", "sysadmin"),
        data=lambda world: {"name": "新系统", "department": world.department.pk},
    ),
    Route("accounts:system_detail", get=people(200), kwargs=the("system", "system_id")),
    Route(
        "accounts:system_edit",
        get=only(200, "cataloguer", "head", "sysadmin"),
        post=only(302, "cataloguer", "head", "sysadmin"),
        kwargs=the("system", "system_id"),
        data=lambda world: {"name": "改名系统"},
    ),
    Route(
        "accounts:system_retire",
        post=only(302, "cataloguer", "head", "sysadmin"),
        kwargs=the("system", "system_id"),
        data=note,
    ),
    # Accounts: to others they are not there
    Route("accounts:user_list", get=only(200, *ADMINS)),
    Route("accounts:user_create", get=only(200, "sysadmin"), post=only(302, "sysadmin"), data=lambda world: NEW_PERSON),
    Route("accounts:user_detail", get=only(200, *ADMINS), kwargs=PERSON, refused=404),
    Route(
        "accounts:user_edit",
        get=only(200, "sysadmin") | only(403, "secadmin", "auditor"),
        post=only(302, "sysadmin") | only(403, "secadmin", "auditor"),
        kwargs=PERSON,
        data=lambda world: {"full_name": "新名"},
        refused=404,
    ),
    Route(
        "accounts:user_move",
        get=only(200, "sysadmin") | only(403, "secadmin", "auditor"),
        post=only(302, "sysadmin") | only(403, "secadmin", "auditor"),
        kwargs=PERSON,
        data=lambda world: {"department": world.other.pk},
        refused=404,
    ),
    Route(
        "accounts:user_deactivate",
        post=only(302, "sysadmin") | only(403, "secadmin", "auditor"),
        kwargs=PERSON,
        data=note,
        refused=404,
    ),
    Route(
        "accounts:user_activate",
        post=only(302, "sysadmin") | only(403, "secadmin", "auditor"),
        kwargs=the("off_person", "user_id"),
        refused=404,
    ),
    Route(
        "accounts:password_reset",
        post=only(302, "sysadmin") | only(403, "secadmin", "auditor"),
        kwargs=PERSON,
        data=note,
        refused=404,
    ),
    Route(
        "accounts:user_release",
        post=only(302, "secadmin") | only(403, "sysadmin", "auditor"),
        kwargs=the("held_person", "user_id"),
        refused=404,
    ),
    Route(
        "accounts:totp_reset",
        post=only(302, "secadmin") | only(403, "sysadmin", "auditor"),
        kwargs=PERSON,
        refused=404,
    ),
    Route(
        "accounts:role_grant",
        post=only(302, "secadmin") | only(403, "sysadmin", "auditor"),
        kwargs=the("idle_person", "user_id"),
        data=lambda world: {"role": "head", "reason": "任命"},
        refused=404,
    ),
    Route(
        "accounts:role_revoke",
        post=only(302, "secadmin") | only(403, "sysadmin", "auditor"),
        kwargs=the_role,
        refused=404,
    ),
    # Security
    Route("accounts:role_list", get=only(200, *ADMINS)),
    Route("accounts:session_list", get=only(200, "secadmin", "auditor")),
    Route(
        "accounts:session_end",
        post=only(302, "secadmin") | only(403, "auditor"),
        kwargs=the("session", "session_id"),
        refused=404,
    ),
    Route("accounts:lockout_release", post=only(302, "secadmin"), data=lambda world: {"username": "zhou"}),
    Route("accounts:security_policy", get=only(200, *ADMINS)),
    Route("accounts:security_policy_edit", post=only(302, "secadmin"), data=lambda world: POLICY),
]
