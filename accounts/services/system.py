"""Writes of the register of information systems."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.changes import apply_changes, require_version
from accounts.exceptions import broken
from accounts.models import Department, InformationSystem
from accounts.pinyin import sort_key
from accounts.selectors.department import department_get_for
from accounts.selectors.system import system_get_for
from audit import services as audit
from core import clock
from core.actors import Actor

EDITABLE = frozenset(
    {
        "name",
        "owner_name",
        "owner_phone",
        "is_interconnected",
        "protection_grade",
        "filing_number",
        "description",
    }
)


@transaction.atomic
def system_create(*, actor: Actor, department_id: int, name: str, **values: Any) -> InformationSystem:
    """Register an information system of a department.

    Args:
        values: fields of ``EDITABLE``.

    Raises:
        NotVisible: there is no such department.
        NotAllowed: the actor neither belongs to the department nor manages departments.
        RuleViolation: the department has a system of this name.
    """
    department = department_get_for(actor, department_id, for_update=True)
    policies.require(policies.refusal_create_system(actor, department))
    _require_known(values)
    name = name.strip()
    _require_free_name(department, name)
    system = InformationSystem.objects.create(
        department=department, name=name, name_pinyin=sort_key(name, 480), **values
    )
    audit.record(actor, "accounts.system.create", system, after={"name": name, "department": department.code, **values})
    return system


@transaction.atomic
def system_edit(*, actor: Actor, system_id: int, edit_version: int | None = None, **values: Any) -> InformationSystem:
    """Change the entry of a system in the register.

    Raises:
        NotVisible, NotAllowed: as for creating.
        StaleEdit: somebody saved it since the form was opened.
        RuleViolation: the department has another system of this name.
    """
    system = system_get_for(actor, system_id, for_update=True)
    policies.require(policies.refusal_edit_system(actor, system))
    require_version(system, edit_version)
    _require_known(values)
    if "name" in values:
        values["name"] = values["name"].strip()
        if values["name"] != system.name:
            _require_free_name(system.department, values["name"])
    changes = apply_changes(system, values)
    if changes:
        system.name_pinyin = sort_key(system.name, 480)
        system.edit_version += 1
        system.save(update_fields=[*changes.fields, "name_pinyin", "edit_version"])
        audit.record(actor, "accounts.system.edit", system, before=changes.before, after=changes.after)
    return system


@transaction.atomic
def system_retire(*, actor: Actor, system_id: int, note: str = "") -> InformationSystem:
    """Take a system out of the register; what refers to it keeps doing so.

    Raises:
        NotVisible, NotAllowed: as for editing; a retired system is not retired again.
    """
    system = system_get_for(actor, system_id, for_update=True)
    policies.require(policies.refusal_edit_system(actor, system))
    system.retired_on = clock.today()
    system.edit_version += 1
    system.save(update_fields=["retired_on", "edit_version"])
    audit.record(actor, "accounts.system.retire", system, after={"retired_on": system.retired_on}, note=note)
    return system


def _require_known(values: dict[str, Any]) -> None:
    unknown = set(values) - EDITABLE
    if unknown:
        raise TypeError(f"unknown fields of a system: {sorted(unknown)}")


def _require_free_name(department: Department, name: str) -> None:
    if not name:
        raise broken("name", "required", _("Give the system a name."))
    if InformationSystem.objects.filter(department=department, name=name, retired_on__isnull=True).exists():
        raise broken("name", "taken", _("The department has a system of this name already."))
