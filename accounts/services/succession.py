"""Departments that move to another region, merge or end."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.changes import require_version
from accounts.choices import AliasKind, AttachmentStatus, DepartmentEventKind
from accounts.exceptions import broken, require_all
from accounts.locks import lock_accounts, lock_departments
from accounts.models import (
    Department,
    DepartmentAlias,
    DepartmentAttachment,
    DepartmentName,
    InformationSystem,
    Region,
    User,
)
from accounts.selectors.department import department_get_for, subtree_of
from accounts.services.attachment import attachments_close
from accounts.services.history import event_add
from accounts.signals import department_ending, department_merged, department_moved
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError


@transaction.atomic
def department_move(
    *, actor: Actor, department_id: int, region: Region, document: str = "", edit_version: int | None = None
) -> Department:
    """Move a department, with those attached to it, to another region.

    An attachment to a department that stays behind ends: attachments do not cross regions.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended.
        StaleEdit: somebody changed it since the form was opened.
        RuleViolation: it lies in that region already, is an authority, or its name is taken there.
    """
    lock_departments()
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    require_version(department, edit_version)
    moving = subtree_of(department, for_update=True)
    require_all(_move_errors(department, moving, region))
    former = department.region
    if department.parent_id is not None:
        attachments_close(actor, child=department, reason=_("The department moved to another region."))
        department.parent = None
        department.save(update_fields=["parent"])
    ids = [row.pk for row in moving]
    Department.objects.filter(pk__in=ids).update(region=region)
    for row in moving:
        event_add(actor, row, DepartmentEventKind.MOVED, before=former.name, after=region.name, document=document)
        audit.record(
            actor,
            "accounts.department.move",
            row,
            before={"region": former.code},
            after={"region": region.code},
            note=document,
        )
    department_moved.send(sender=Department, actor=actor, department_ids=ids, region=region)
    department.refresh_from_db()
    department.edit_version += 1
    department.save(update_fields=["edit_version"])
    return department


def _move_errors(department: Department, moving: list[Department], region: Region) -> list[FieldError]:
    if department.region_id == region.pk:
        return [FieldError("region", "unchanged", _("The department lies in this region already."))]
    errors = []
    for row in moving:
        if row.is_authority:
            message = _("%(name)s is the authority of its region. Appoint another one first.") % {"name": row.name}
            errors.append(FieldError("region", "authority", message))
        if Department.objects.filter(region=region, name=row.name, valid_to__isnull=True).exists():
            message = _("The region has a department named %(name)s already.") % {"name": row.name}
            errors.append(FieldError("region", "name_taken", message))
    return errors


@transaction.atomic
def department_merge(
    *,
    actor: Actor,
    department_id: int,
    into_id: int,
    document: str = "",
    happened_on: date | None = None,
    edit_version: int | None = None,
) -> Department:
    """Merge a department into another, which takes over its people, systems, names and attached departments.

    The merged department stays on record, ended, pointing to its successor. Higher apps move what is theirs
    on ``department_merged``.

    Returns:
        The surviving department.

    Raises:
        NotVisible: one of the two does not exist.
        NotAllowed: the actor does not manage departments, or one of the two has ended.
        StaleEdit: somebody changed the merged one since the form was opened.
        RuleViolation: both are the same, or the merged one is an authority.
    """
    lock_departments()
    lock_accounts()
    merged = department_get_for(actor, department_id, for_update=True)
    survivor = department_get_for(actor, into_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, merged))
    policies.require(policies.refusal_manage_department(actor, survivor))
    require_version(merged, edit_version)
    if merged.pk == survivor.pk:
        raise broken("into", "same", _("Choose another department to merge into."))
    if merged.is_authority:
        raise broken("into", "authority", _("Appoint another authority of the region before this one is merged."))
    day = happened_on or clock.today()
    taken_over = {
        "users": _people_follow(actor, merged, survivor),
        "systems": _systems_follow(actor, merged, survivor),
        "names": _names_follow(merged, survivor),
        "departments": _children_follow(actor, merged, survivor),
    }
    _end(merged, day, merged_into=survivor)
    event_add(actor, merged, DepartmentEventKind.MERGED, on=day, after=survivor.name, document=document)
    event_add(actor, survivor, DepartmentEventKind.ABSORBED, on=day, before=merged.name, document=document)
    audit.record(
        actor,
        "accounts.department.merge",
        merged,
        before={"code": merged.code, "valid_to": None},
        after={"merged_into": survivor.code, "valid_to": day, **taken_over},
        note=document,
    )
    department_merged.send(sender=Department, actor=actor, merged=merged, survivor=survivor)
    survivor.refresh_from_db()
    return survivor


def _people_follow(actor: Actor, merged: Department, survivor: Department) -> list[str]:
    people = list(User.objects.select_for_update().filter(department=merged).order_by("pk"))
    for user in people:
        user.department = survivor
        user.save(update_fields=["department"])
        user.groups.set([survivor.group])
        audit.record(
            actor,
            "accounts.user.move",
            user,
            before={"department": merged.code},
            after={"department": survivor.code},
            note=_("Department merged"),
        )
    return [user.username for user in people]


def _systems_follow(actor: Actor, merged: Department, survivor: Department) -> list[str]:
    systems = list(InformationSystem.objects.select_for_update().filter(department=merged).order_by("pk"))
    taken = set(InformationSystem.objects.filter(department=survivor).values_list("name", flat=True))
    for system in systems:
        if system.name in taken:
            system.name = f"{system.name}（{merged.name}）"[:120]
        taken.add(system.name)
        system.department = survivor
        system.save(update_fields=["department", "name"])
        audit.record(
            actor,
            "accounts.system.move",
            system,
            before={"department": merged.code},
            after={"department": survivor.code},
        )
    return [system.name for system in systems]


def _names_follow(merged: Department, survivor: Department) -> list[str]:
    """Names of the merged department go on finding the survivor; the merged one keeps its own history."""
    names = list(DepartmentName.objects.filter(department=merged).values_list("name", flat=True))
    aliases = list(DepartmentAlias.objects.filter(department=merged).values_list("name", flat=True))
    short = [merged.short_name] if merged.short_name else []
    fresh = sorted({*names, *aliases, *short} - {survivor.name, survivor.short_name})
    DepartmentAlias.objects.bulk_create(
        [DepartmentAlias(department=survivor, name=name, kind=AliasKind.FORMER) for name in fresh],
        ignore_conflicts=True,
    )
    return fresh


def _children_follow(actor: Actor, merged: Department, survivor: Department) -> list[str]:
    if survivor.parent_id == merged.pk:
        attachments_close(actor, child=survivor, reason=_("The department above was merged into this one."))
        survivor.parent = None
        survivor.save(update_fields=["parent"])
    attachments_close(actor, child=merged, reason=_("The department was merged."))
    merged.parent = None
    children = list(Department.objects.select_for_update().filter(parent=merged).order_by("pk"))
    above = {row.pk for row in [survivor, *_chain_above(survivor)]}
    for child in children:
        stays = child.region_id == survivor.region_id and child.pk not in above
        if stays:
            DepartmentAttachment.objects.filter(child=child, status=AttachmentStatus.AGREED).update(parent=survivor)
        else:
            attachments_close(actor, child=child, reason=_("The department above was merged."))
        child.parent = survivor if stays else None
        child.save(update_fields=["parent"])
        kind = DepartmentEventKind.ATTACHED if stays else DepartmentEventKind.DETACHED
        event_add(actor, child, kind, before=merged.name, after=survivor.name if stays else "")
    for attachment in DepartmentAttachment.objects.filter(parent=merged, status=AttachmentStatus.PROPOSED):
        attachments_close(actor, child=attachment.child, reason=_("The department above was merged."))
    return [child.code for child in children]


def _chain_above(department: Department) -> list[Department]:
    chain = []
    while department.parent is not None:
        department = department.parent
        chain.append(department)
    return chain


@transaction.atomic
def department_dissolve(
    *,
    actor: Actor,
    department_id: int,
    document: str = "",
    happened_on: date | None = None,
    edit_version: int | None = None,
) -> Department:
    """End a department that has no successor.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor does not manage departments, or this one has ended already.
        StaleEdit: somebody changed it since the form was opened.
        RuleViolation: it still has people, systems or attached departments, or is an authority, or a higher
            app has something that hangs on it.
    """
    lock_departments()
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_manage_department(actor, department))
    require_version(department, edit_version)
    require_all(dissolve_errors(department))
    day = happened_on or clock.today()
    attachments_close(actor, child=department, reason=_("The department was dissolved."))
    department.parent = None
    _end(department, day)
    event_add(actor, department, DepartmentEventKind.DISSOLVED, on=day, document=document)
    audit.record(
        actor,
        "accounts.department.dissolve",
        department,
        before={"valid_to": None},
        after={"valid_to": day},
        note=document,
    )
    return department


def dissolve_errors(department: Department) -> list[FieldError]:
    """Return everything that stands against the end of a department, in this app and in those above.

    All of it at once: the people who could see to the rest are among what has to go first.
    """
    obstacles = [
        (department.is_authority, "authority", _("Appoint another authority of the region first.")),
        (
            department.users.filter(is_active=True).exists(),
            "people",
            _("Move its people to other departments or switch their accounts off first."),
        ),
        (
            department.systems.filter(retired_on__isnull=True).exists(),
            "systems",
            _("Retire its information systems first."),
        ),
        (
            department.children.filter(valid_to__isnull=True).exists(),
            "departments",
            _("Departments are attached to it: end these attachments first."),
        ),
    ]
    own = [FieldError("department", code, message) for stands, code, message in obstacles if stands]
    above: list[Any] = department_ending.send(sender=Department, department=department)
    return [*own, *(error for _receiver, found in above for error in found)]


def _end(department: Department, day: date, merged_into: Department | None = None) -> None:
    department.valid_to = day
    department.merged_into = merged_into
    department.edit_version += 1
    department.save(update_fields=["parent", "valid_to", "merged_into", "edit_version"])
    department.names.filter(valid_to__isnull=True).update(valid_to=day)
