"""Reads of departments, their names and attachments."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts import policies
from accounts.choices import AttachmentStatus, Role
from accounts.models import (
    Department,
    DepartmentAlias,
    DepartmentAttachment,
    DepartmentEvent,
    DepartmentName,
    InformationSystem,
    RoleAssignment,
    User,
)
from accounts.pinyin import initials
from accounts.selectors.region import regions_within
from core.actors import Actor
from core.exceptions import NotVisible


def department_list_for(
    actor: Actor, *, text: str = "", region: str = "", kind: str = "", with_ended: bool = False
) -> QuerySet[Department]:
    """Return the departments; who they are is open to everybody signed in.

    Args:
        text: part of a name, other name or former name, or a code.
        region: path of a region; it and those below it.
        kind: "authority", "attached" (under another), "no_head" (nobody holds the sharing office).
    """
    policies.require_signed_in(actor)
    departments = Department.objects.select_related("region", "parent")
    if not with_ended:
        departments = departments.filter(valid_to__isnull=True)
    if region:
        departments = departments.filter(region__in=regions_within(region))
    if text:
        departments = departments.filter(_called(text))
    match kind:
        case "authority":
            departments = departments.filter(is_authority=True)
        case "attached":
            departments = departments.filter(parent__isnull=False)
        case "no_head":
            departments = departments.exclude(Exists(_holders(Role.HEAD)))
    return departments.annotate(
        user_count=_count_of(User.objects.filter(is_active=True)),
        system_count=_count_of(InformationSystem.objects.filter(retired_on__isnull=True)),
    )


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    """Count the rows of each department by itself: joins of several would multiply."""
    counted = rows.filter(department=OuterRef("pk")).order_by().values("department").annotate(count=Count("*"))
    return Coalesce(Subquery(counted.values("count")), 0)


def _called(text: str) -> Q:
    return (
        Q(name__contains=text)
        | Q(short_name__contains=text)
        | Q(code__startswith=text.lower())
        | Q(uscc=text.upper())
        | Q(name_pinyin__startswith=text.lower())
        | Exists(DepartmentAlias.objects.filter(department=OuterRef("pk"), name__contains=text))
        | Exists(DepartmentName.objects.filter(department=OuterRef("pk"), name__contains=text))
    )


def _holders(role: str) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(
        user__department=OuterRef("pk"), user__is_active=True, role=role, revoked_at__isnull=True
    )


def department_get_for(actor: Actor, department_id: int, *, for_update: bool = False) -> Department:
    """Return one department.

    Raises:
        NotVisible: there is none.
    """
    policies.require_signed_in(actor)
    departments = Department.objects.select_related("region", "parent", "merged_into")
    if for_update:
        departments = departments.select_for_update(of=("self",))
    department = departments.filter(pk=department_id).first()
    if department is None:
        raise NotVisible
    return department


def department_get_by_code(code: str) -> Department | None:
    """Return a department by its short code, following mergers to the department that took over."""
    department = Department.objects.select_related("region", "merged_into").filter(code=code).first()
    while department is not None and department.merged_into_id is not None:
        department = Department.objects.select_related("region", "merged_into").get(pk=department.merged_into_id)
    return department


def department_match(name: str, *, region_path: str = "") -> Department | None:
    """Find the one living department that bears a name, or bore it, or is called so.

    A present name wins over a short one, that over other names, that over former ones. Two departments that
    fit equally well are no match: a guess would file under the wrong one.

    Args:
        region_path: only departments of this region and those below it.
    """
    name = name.strip()
    departments = Department.objects.filter(valid_to__isnull=True).select_related("region")
    if region_path:
        departments = departments.filter(region__in=regions_within(region_path))
    aliases = Exists(DepartmentAlias.objects.filter(department=OuterRef("pk"), name=name))
    former = Exists(DepartmentName.objects.filter(department=OuterRef("pk"), name=name))
    found = list(
        departments.filter(Q(name=name) | Q(short_name=name) | aliases | former)
        .annotate(
            rank=Case(
                When(name=name, then=0),
                When(short_name=name, then=1),
                When(aliases, then=2),
                default=3,
                output_field=IntegerField(),
            )
        )
        .order_by("rank", "pk")[:2]
    )
    if not found or (len(found) == 2 and found[0].rank == found[1].rank):
        return None
    return found[0]


def authority_of(region_id: int) -> Department | None:
    """Return the authority of a region, or None where none is set up."""
    return (
        Department.objects.filter(region_id=region_id, is_authority=True, valid_to__isnull=True)
        .select_related("region")
        .first()
    )


def department_choices(*, region_path: str = "") -> QuerySet[Department]:
    """Return the living departments for a pick list."""
    departments = Department.objects.filter(valid_to__isnull=True).select_related("region")
    return departments.filter(region__in=regions_within(region_path)) if region_path else departments


def department_names(department: Department) -> QuerySet[DepartmentName]:
    return department.names.all()


def department_aliases(department: Department) -> QuerySet[DepartmentAlias]:
    return department.aliases.all()


def department_events(department: Department) -> QuerySet[DepartmentEvent]:
    """Return the history of a department, newest first."""
    return department.events.all()


def department_children(department: Department) -> QuerySet[Department]:
    return department.children.filter(valid_to__isnull=True)


def department_people(department: Department) -> QuerySet[User]:
    """Return the active people of a department who hold a role, with these roles: whom others may turn to."""
    return (
        User.objects.filter(department=department, is_active=True)
        .filter(Exists(RoleAssignment.objects.filter(user=OuterRef("pk"), revoked_at__isnull=True)))
        .prefetch_related("role_assignments")
    )


def attachments_of(department: Department) -> QuerySet[DepartmentAttachment]:
    """Return the proposals and attachments of a department, on either side."""
    return (
        DepartmentAttachment.objects.filter(Q(child=department) | Q(parent=department))
        .filter(status__in=[AttachmentStatus.PROPOSED, AttachmentStatus.AGREED])
        .select_related("child", "parent", "proposed_by", "child_agreed_by", "parent_agreed_by")
    )


def attachment_get_for(actor: Actor, attachment_id: int, *, for_update: bool = False) -> DepartmentAttachment:
    """Return one attachment.

    Raises:
        NotVisible: there is none.
    """
    policies.require_signed_in(actor)
    attachments = DepartmentAttachment.objects.select_related("child__region", "parent__region")
    if for_update:
        attachments = attachments.select_for_update(of=("self",))
    attachment = attachments.filter(pk=attachment_id).first()
    if attachment is None:
        raise NotVisible
    return attachment


def attachments_waiting_for(actor: Actor) -> QuerySet[DepartmentAttachment]:
    """Return the proposals that wait for the actor's answer as head of one side."""
    if not actor.has_role(Role.HEAD):
        return DepartmentAttachment.objects.none()
    return DepartmentAttachment.objects.filter(
        Q(child_id=actor.department_id, child_agreed_at__isnull=True)
        | Q(parent_id=actor.department_id, parent_agreed_at__isnull=True),
        status=AttachmentStatus.PROPOSED,
    ).select_related("child", "parent")


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A department with its depth in the tree of its region."""

    department: Department
    depth: int


def tree_rows(departments: list[Department]) -> list[TreeRow]:
    """Order departments as a tree; one whose parent is not among them stands at the top."""
    present = {department.pk for department in departments}
    below: dict[int | None, list[Department]] = {}
    for department in departments:
        below.setdefault(department.parent_id if department.parent_id in present else None, []).append(department)
    rows: list[TreeRow] = []

    def walk(parent_id: int | None, depth: int) -> None:
        for department in below.get(parent_id, []):
            rows.append(TreeRow(department, depth))
            walk(department.pk, depth + 1)

    walk(None, 0)
    return rows


def department_code_free(name: str) -> str:
    """Return a short code made of a name's initials that no department has or had."""
    stem = initials(name)[:30] or "dept"
    taken = set(Department.objects.filter(code__startswith=stem).values_list("code", flat=True))
    if stem not in taken:
        return stem
    return next(code for number in count(2) if (code := f"{stem}-{number}") not in taken)


def subtree_of(department: Department, *, for_update: bool = False) -> list[Department]:
    """Return a department and all that are attached to it, directly or further down."""
    found = [department]
    layer = [department.pk]
    while layer:
        below = Department.objects.filter(parent_id__in=layer, valid_to__isnull=True).order_by("pk")
        rows = list(below.select_for_update() if for_update else below)
        found.extend(rows)
        layer = [row.pk for row in rows]
    return found
