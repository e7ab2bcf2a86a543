"""Writes of departments: their creation, names, profile and authority."""

from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import policies
from accounts.changes import apply_changes, require_version
from accounts.choices import AliasKind, DepartmentEventKind, Role
from accounts.exceptions import broken, require_all
from accounts.locks import lock_departments
from accounts.models import Department, DepartmentAlias, DepartmentName, Region
from accounts.pinyin import sort_key
from accounts.selectors.department import authority_of, department_code_free, department_get_for
from accounts.selectors.user import users_with_role_at_all
from accounts.services.history import event_add
from accounts.services.role import roles_end
from accounts.signals import authority_appointed
from accounts.uscc import uscc_normalize, uscc_problem
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError

PROFILE_FIELDS = frozenset(
    {
        "first_head_name",
        "first_head_title",
        "unit_name",
        "contact_name",
        "contact_phone",
        "contact_email",
        "address",
        "duties",
    }
)


@transaction.atomic
def department_create(
    *,
    actor: Actor,
    name: str,
    region: Region,
    code: str = "",
    short_name: str = "",
    uscc: str = "",
    is_authority: bool = False,
    valid_from: date | None = None,
    document: str = "",
    **profile: Any,
) -> Department:
    """Create a department with the group that will carry its rights.

    Args:
        code: short code, unique in the installation; left empty, one is made from the name.
        document: what it was set up by, e.g. a decision of the government.
        profile: fields of ``PROFILE_FIELDS``.

    Raises:
        NotAllowed: the actor does not create departments.
        RuleViolation: code, name or credit code is taken or malformed, or the region has an authority.
    """
    policies.require(policies.refusal_create_department(actor))
    _require_profile_fields(profile)
    lock_departments()
    name, uscc = name.strip(), uscc_normalize(uscc)
    code = code.strip().lower() or department_code_free(name)
    require_all(
        [
            *_name_errors(name, region),
            *_code_errors(code),
            *_uscc_errors(uscc),
            *(_authority_errors(region) if is_authority else []),
        ]
    )
    department = Department.objects.create(
        code=code,
        name=name,
        short_name=short_name.strip(),
        name_pinyin=sort_key(name, 480),
        region=region,
        uscc=uscc,
        is_authority=is_authority,
        group=Group.objects.create(name=f"department:{code}"),
        valid_from=valid_from,
        **profile,
    )
    DepartmentName.objects.create(department=department, name=name, valid_from=valid_from, document=document)
    event_add(actor, department, DepartmentEventKind.CREATED, on=valid_from, after=name, document=document)
    after = {"code": code, "name": name, "region": region.code, "uscc": uscc, "is_authority": is_authority}
    audit.record(actor, "accounts.department.create", department, after=after, note=document)
    return department


@transaction.atomic
def department_rename(
    *,
    actor: Actor,
    department_id: int,
    name: str,
    valid_from: date | None = None,
    document: str = "",
    edit_version: int | None = None,
) -> Department:
    """Give a department a new name; the former one stays on record and goes on finding it.

    Args:
        valid_from: first day of the new name; today when left out.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended.
        StaleEdit: somebody changed it since the form was opened.
        RuleViolation: the name is empty, unchanged or borne by another department of the region.
    """
    lock_departments()
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    require_version(department, edit_version)
    name, former = name.strip(), department.name
    day = valid_from or clock.today()
    current = department.names.get(valid_to__isnull=True)
    errors = _name_errors(name, department.region, department)
    if name == former:
        errors.append(FieldError("name", "unchanged", _("The department bears this name already.")))
    if current.valid_from and day <= current.valid_from:
        errors.append(FieldError("valid_from", "order", _("The new name must begin after the present one did.")))
    require_all(errors)
    current.valid_to = day
    current.save(update_fields=["valid_to"])
    DepartmentName.objects.create(department=department, name=name, valid_from=day, document=document)
    department.name, department.name_pinyin = name, sort_key(name, 480)
    department.edit_version += 1
    department.save(update_fields=["name", "name_pinyin", "edit_version"])
    event_add(actor, department, DepartmentEventKind.RENAMED, on=day, before=former, after=name, document=document)
    audit.record(
        actor, "accounts.department.rename", department, before={"name": former}, after={"name": name}, note=document
    )
    return department


@transaction.atomic
def department_edit(*, actor: Actor, department_id: int, edit_version: int | None = None, **values: Any) -> Department:
    """Change short name, credit code or profile.

    The sharing office head of a department may change its profile only.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor may not change these fields, or the department has ended.
        StaleEdit: somebody changed it since the form was opened.
        RuleViolation: the credit code is malformed or taken.
    """
    department = department_get_for(actor, department_id, for_update=True)
    identity: dict[str, Any] = {key: values.pop(key).strip() for key in ("short_name", "uscc") if key in values}
    _require_profile_fields(values)
    if "uscc" in identity:
        identity["uscc"] = uscc_normalize(identity["uscc"])
    policies.require(policies.refusal_edit_department_profile(actor, department))
    if any(getattr(department, key) != value for key, value in identity.items()):
        policies.require(policies.refusal_manage_department(actor, department))
    require_version(department, edit_version)
    if identity.get("uscc", department.uscc) != department.uscc:
        lock_departments()
        require_all(_uscc_errors(identity["uscc"], department))
    changes = apply_changes(department, {**identity, **values})
    if changes:
        department.edit_version += 1
        department.save(update_fields=[*changes.fields, "edit_version"])
        audit.record(actor, "accounts.department.edit", department, before=changes.before, after=changes.after)
    return department


@transaction.atomic
def department_appoint(*, actor: Actor, department_id: int, document: str = "") -> Department:
    """Make a department the authority of its region; the former authority and its reviewers step back.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended.
        RuleViolation: it is the authority already.
    """
    lock_departments()
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    if department.is_authority:
        raise broken("is_authority", "unchanged", _("This department is the authority of its region already."))
    former = authority_of(department.region_id)
    if former is not None:
        _set_authority(actor, former, False, document)
        for user in users_with_role_at_all(former.pk, Role.REVIEWER).select_for_update(of=("self",)):
            roles_end(actor, user, [Role.REVIEWER], reason=_("The department is no longer the authority."))
    _set_authority(actor, department, True, document)
    authority_appointed.send(sender=Department, actor=actor, former=former, department=department)
    return department


def _set_authority(actor: Actor, department: Department, value: bool, document: str) -> None:
    department.is_authority = value
    department.edit_version += 1
    department.save(update_fields=["is_authority", "edit_version"])
    words = (_("not the authority"), _("authority of the region"))
    event_add(
        actor,
        department,
        DepartmentEventKind.EDITED,
        before=words[not value],
        after=words[value],
        document=document,
    )
    audit.record(
        actor,
        "accounts.department.appoint",
        department,
        before={"is_authority": not value},
        after={"is_authority": value},
        note=document,
    )


@transaction.atomic
def alias_add(*, actor: Actor, department_id: int, name: str, kind: str = AliasKind.OTHER) -> DepartmentAlias:
    """Add another name under which files call the department; adding it twice changes nothing.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended.
        RuleViolation: the name is empty or already that of another department of the region.
    """
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    name = name.strip()
    if not name:
        raise broken("name", "required", _("Write the other name."))
    others = Department.objects.filter(region=department.region, valid_to__isnull=True).exclude(pk=department.pk)
    if others.filter(name=name).exists():
        raise broken("name", "taken", _("Another department of the region bears this name."))
    alias, is_new = DepartmentAlias.objects.get_or_create(department=department, name=name, defaults={"kind": kind})
    if is_new:
        audit.record(actor, "accounts.department.add_alias", department, after={"alias": name, "kind": str(kind)})
    return alias


@transaction.atomic
def alias_remove(*, actor: Actor, department_id: int, alias_id: int) -> None:
    """Remove another name; nothing happens where it is gone already.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended.
    """
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    alias = DepartmentAlias.objects.filter(department=department, pk=alias_id).first()
    if alias is not None:
        alias.delete()
        audit.record(actor, "accounts.department.remove_alias", department, before={"alias": alias.name})


def _require_profile_fields(values: dict[str, Any]) -> None:
    unknown = set(values) - PROFILE_FIELDS
    if unknown:
        raise TypeError(f"unknown fields of a department: {sorted(unknown)}")


def _others(departments: QuerySet[Department], department: Department | None) -> QuerySet[Department]:
    return departments.exclude(pk=department.pk) if department else departments


def _name_errors(name: str, region: Region, department: Department | None = None) -> list[FieldError]:
    if not name:
        return [FieldError("name", "required", _("Give the department a name."))]
    same = Department.objects.filter(region=region, name=name, valid_to__isnull=True)
    if _others(same, department).exists():
        return [FieldError("name", "taken", _("The region has a department of this name already."))]
    return []


def _code_errors(code: str) -> list[FieldError]:
    if not all(char.isascii() and (char.isalnum() or char == "-") for char in code) or code.startswith("-"):
        message = _("Use small letters, digits and hyphens, e.g. mzj or 990102-mzj.")
        return [FieldError("code", "invalid", message)]
    if len(code) > 40:
        return [FieldError("code", "too_long", _("A short code has at most 40 characters."))]
    if Department.objects.filter(code=code).exists():
        return [FieldError("code", "taken", _("This short code is taken, perhaps by a department that has ended."))]
    return []


def _uscc_errors(uscc: str, department: Department | None = None) -> list[FieldError]:
    if not uscc:
        return []
    problem = uscc_problem(uscc)
    if problem:
        return [FieldError("uscc", "invalid", problem)]
    same = Department.objects.filter(uscc=uscc, valid_to__isnull=True)
    if _others(same, department).exists():
        return [FieldError("uscc", "taken", _("Another department has this code."))]
    return []


def _authority_errors(region: Region) -> list[FieldError]:
    authority = authority_of(region.pk)
    if authority is None:
        return []
    message = _("%(name)s is the authority of this region already.") % {"name": authority.name}
    return [FieldError("is_authority", "taken", message)]
