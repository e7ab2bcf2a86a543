"""The right to read a dataset, held by a department's group: written here and nowhere else."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Department
from audit import services as audit
from collection.models import Dataset, DatasetGroupObjectPermission
from core import clock
from core.actors import Actor
from sharing.choices import GrantStatus
from sharing.models import Grant, RightsCheck
from sharing.selectors.suspension import statuses_amiss
from workflow import outbox

RIGHT = "collection.pull_dataset"
DIFFERENCE_EVENT = "sharing.rights.differ"

Difference = dict[str, Any]


def grants_lock(dataset_id: int, department_id: int) -> list[Grant]:
    """Lock all grants of a department on a dataset, so that two of them cannot end past each other.

    Their keys stay, so that the log of pulls, which refers to them, need not wait.
    """
    found = Grant.objects.select_for_update(no_key=True).filter(dataset=dataset_id, department=department_id)
    return list(found.order_by("pk"))


def dataset_grants_lock(dataset_id: int) -> None:
    """Lock all grants on a dataset, department by department, as everybody takes them who locks several."""
    found = Grant.objects.select_for_update(no_key=True).filter(dataset=dataset_id)
    list(found.order_by("department_id", "pk").values_list("pk"))


def entry_grants_lock(entry_id: int, department_id: int) -> None:
    """Lock all grants of a department on an entry's data: what goes by itself waits for who just stops one."""
    found = Grant.objects.select_for_update(of=("self",), no_key=True)
    list(found.filter(dataset__entry=entry_id, department=department_id).order_by("dataset_id", "pk"))


@transaction.atomic
def right_refresh(*, actor: Actor, dataset: Dataset, department: Department) -> bool:
    """Give the right where a grant is in force, take it where none is; the caller holds ``grants_lock``.

    Returns:
        Whether the department's group holds the right now.
    """
    is_due = Grant.objects.filter(dataset=dataset, department=department, status=GrantStatus.ACTIVE).exists()
    held = DatasetGroupObjectPermission.objects.filter(content_object=dataset, group=department.group)
    if is_due == held.exists():
        return is_due
    if is_due:
        assign_perm(RIGHT, department.group, dataset)
    else:
        remove_perm(RIGHT, department.group, dataset)
    action = "sharing.right.give" if is_due else "sharing.right.take"
    audit.record(actor, action, dataset, after={"department": department.code})
    return is_due


@transaction.atomic
def rights_check(*, actor: Actor) -> RightsCheck:
    """Compare the rights that are held with the grants in force and keep what differs; nothing is mended here.

    What differs was not written by this product's services: it is for the security administrator to look at. Nothing
    can be read meanwhile, since reading takes both. Beside missing and surplus rows of groups, rights of single
    persons, generic rows and permissions over all datasets are told, none of which may exist; and grants whose state is
    not what their suspensions say.
    """
    found = [*_surplus_and_missing(), *_amiss(), *_foreign()]
    check = RightsCheck.objects.create(at=clock.now(), differences=found)
    if found:
        audit.record(actor, "sharing.right.differ", check, after={"differences": len(found)})
        outbox.put(DIFFERENCE_EVENT, check_id=check.pk)
    return check


def _surplus_and_missing() -> Iterable[Difference]:
    due = set(Grant.objects.filter(status=GrantStatus.ACTIVE).values_list("dataset_id", "department__group_id"))
    held = set(
        DatasetGroupObjectPermission.objects.filter(permission__codename="pull_dataset").values_list(
            "content_object_id", "group_id"
        )
    )
    names = dict(Group.objects.filter(pk__in=[group for _dataset, group in due ^ held]).values_list("pk", "name"))
    for kind, pairs in (("surplus", held - due), ("missing", due - held)):
        for dataset, group in sorted(pairs):
            yield {"kind": kind, "dataset": dataset, "holder": names[group]}


def _amiss() -> Iterable[Difference]:
    for grant in statuses_amiss():
        kind = "unsuspended" if grant.status == GrantStatus.SUSPENDED else "suspended"
        holder = grant.department.group.name
        yield {"kind": kind, "dataset": grant.dataset_id, "holder": holder, "grant": grant.pk}


def _foreign() -> Iterable[Difference]:
    kind = ContentType.objects.get_for_model(Dataset)
    for row in UserObjectPermission.objects.filter(content_type=kind).select_related("user").order_by("pk"):
        yield {"kind": "person", "dataset": int(row.object_pk), "holder": row.user.get_username()}
    for generic in GroupObjectPermission.objects.filter(content_type=kind).select_related("group").order_by("pk"):
        yield {"kind": "generic", "dataset": int(generic.object_pk), "holder": generic.group.name}
    everywhere = Permission.objects.filter(content_type=kind, codename="pull_dataset")
    for group in Group.objects.filter(permissions__in=everywhere).distinct().order_by("pk"):
        yield {"kind": "everywhere", "dataset": None, "holder": group.name}


@transaction.atomic
def rows_restore(*, actor: Actor) -> int:
    """Bring the rows of rights back in line with the grants; whoever calls this has looked that the actor may.

    Returns:
        How many were given or taken.
    """
    changed = 0
    for one in _surplus_and_missing():
        dataset = Dataset.objects.get(pk=one["dataset"])
        department = Department.objects.filter(group__name=one["holder"]).first()
        if department is None:
            group = Group.objects.get(name=one["holder"])
            remove_perm(RIGHT, group, dataset)
            audit.record(actor, "sharing.right.take", dataset, after={"group": group.name})
        else:
            grants_lock(dataset.pk, department.pk)
            right_refresh(actor=actor, dataset=dataset, department=department)
        changed += 1
    kind = ContentType.objects.get_for_model(Dataset)
    for model in (UserObjectPermission, GroupObjectPermission):
        changed += model.objects.filter(content_type=kind).delete()[0]
    for permission in Permission.objects.filter(content_type=kind, codename="pull_dataset"):
        changed += permission.group_set.count()
        permission.group_set.clear()
    return changed
