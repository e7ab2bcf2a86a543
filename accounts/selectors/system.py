"""Reads of the register of information systems."""

from django.db.models import Q, QuerySet

from accounts import policies
from accounts.models import InformationSystem
from accounts.selectors.region import regions_within
from core.actors import Actor
from core.exceptions import NotVisible


def system_list_for(
    actor: Actor,
    *,
    text: str = "",
    department_id: int | None = None,
    region: str = "",
    grade: int | None = None,
    is_interconnected: bool | None = None,
    with_retired: bool = False,
) -> QuerySet[InformationSystem]:
    """Return the registered systems; the register is open to everybody signed in."""
    policies.require_signed_in(actor)
    systems = InformationSystem.objects.select_related("department__region")
    if not with_retired:
        systems = systems.filter(retired_on__isnull=True)
    if department_id is not None:
        systems = systems.filter(department_id=department_id)
    if region:
        systems = systems.filter(department__region__in=regions_within(region))
    if grade is not None:
        systems = systems.filter(protection_grade=grade)
    if is_interconnected is not None:
        systems = systems.filter(is_interconnected=is_interconnected)
    if text:
        systems = systems.filter(
            Q(name__contains=text) | Q(department__name__contains=text) | Q(name_pinyin__startswith=text.lower())
        )
    return systems


def system_get_for(actor: Actor, system_id: int, *, for_update: bool = False) -> InformationSystem:
    """Return one system.

    Raises:
        NotVisible: there is none.
    """
    policies.require_signed_in(actor)
    systems = InformationSystem.objects.select_related("department__region")
    if for_update:
        systems = systems.select_for_update(of=("self",))
    system = systems.filter(pk=system_id).first()
    if system is None:
        raise NotVisible
    return system


def systems_of_department(department_id: int) -> QuerySet[InformationSystem]:
    """Return the living systems of a department, for pick lists."""
    return InformationSystem.objects.filter(department_id=department_id, retired_on__isnull=True)
