"""Valid rows of the accounts app.

    department = DepartmentFactory(code="mzj")                    # in a city of its own
    authority = DepartmentFactory(region=department.region, authority=True)
    user = UserFactory(department=department, roles=["cataloguer"])
    actor = actor_of(user)
    client.force_login(user)

``actor(...)`` makes person, department and region at once and returns the ``Actor``.
"""

from datetime import datetime, timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from accounts.choices import RegionLevel
from accounts.models import (
    Department,
    DepartmentAlias,
    DepartmentName,
    InformationSystem,
    Region,
    RoleAssignment,
    SecurityPolicy,
    User,
)
from accounts.selectors import actor_for_user
from core import clock
from core.actors import Actor

PASSWORD = "Correct-horse-9-battery"
"""The password of every person a factory makes."""

_HASH: dict[str, str] = {}


def _password_hash() -> str:
    if "hash" not in _HASH:
        _HASH["hash"] = make_password(PASSWORD)
    return _HASH["hash"]


def _in_a_month() -> datetime:
    return clock.now() + timedelta(days=30)


class RegionFactory(DjangoModelFactory):
    """A city; ``level="county"`` or ``"province"`` for the others. The regions above it come along.

    Codes lie in 70–98, which no real region uses, and are free of the demo's 99.
    """

    class Meta:
        model = Region
        django_get_or_create = ("code",)

    level = RegionLevel.CITY
    code = factory.LazyAttributeSequence(lambda region, n: _free_code(region.level, n))
    name = factory.LazyAttribute(lambda region: f"地区{region.code}")
    parent = factory.LazyAttribute(lambda region: _region_above(region.code, region.level))
    path = factory.LazyAttribute(lambda region: f"{region.parent.path}/{region.code}" if region.parent else region.code)


def _free_code(level: str, number: int) -> str:
    if level == RegionLevel.PROVINCE:
        return f"{90 + number % 9}0000"
    province, place = divmod(number, 98)
    if level == RegionLevel.CITY:
        return f"{70 + province % 20}{place + 1:02d}00"
    return f"{70 + province % 20}99{place + 1:02d}"


def _region_above(code: str, level: str) -> Region | None:
    if level == RegionLevel.PROVINCE:
        return None
    if level == RegionLevel.CITY:
        return RegionFactory(code=f"{code[:2]}0000", level=RegionLevel.PROVINCE)
    return RegionFactory(code=f"{code[:4]}00", level=RegionLevel.CITY)


class DepartmentFactory(DjangoModelFactory):
    """A department with its auth group and its name on record."""

    class Meta:
        model = Department
        skip_postgeneration_save = True

    class Params:
        authority = factory.Trait(is_authority=True, name=factory.LazyAttribute(lambda d: f"数据局{d.code}"))

    code = factory.Sequence(lambda n: f"dept{n}")
    name = factory.LazyAttribute(lambda department: f"部门{department.code}")
    name_pinyin = factory.LazyAttribute(lambda department: f"bumen {department.code}")
    region = factory.SubFactory(RegionFactory)
    group = factory.LazyAttribute(lambda department: Group.objects.create(name=f"department:{department.code}"))

    @factory.post_generation
    def names(self: Department, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            DepartmentName.objects.create(department=self, name=self.name)

    @factory.post_generation
    def aliases(self: Department, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for name in extracted or []:
            DepartmentAlias.objects.create(department=self, name=name)


class UserFactory(DjangoModelFactory):
    """A person who may sign in with ``PASSWORD``; ``roles=["cataloguer"]`` gives roles."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        contractor = factory.Trait(is_contractor=True, expires_at=factory.LazyFunction(_in_a_month))

    username = factory.Sequence(lambda n: f"user{n}")
    full_name = factory.Sequence(lambda n: f"人员{n}")
    full_name_pinyin = factory.LazyAttribute(lambda user: f"renyuan {user.username}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.gov.test")
    department = factory.SubFactory(DepartmentFactory)
    password = factory.LazyFunction(_password_hash)
    password_changed_at = factory.LazyFunction(clock.now)

    @factory.post_generation
    def groups(self: User, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and self.department is not None:
            self.groups.set([self.department.group])

    @factory.post_generation
    def roles(self: User, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for role in extracted or []:
            RoleAssignment.objects.create(user=self, role=role, granted_at=clock.now())


class InformationSystemFactory(DjangoModelFactory):
    class Meta:
        model = InformationSystem

    department = factory.SubFactory(DepartmentFactory)
    name = factory.Sequence(lambda n: f"业务系统{n}")
    name_pinyin = factory.Sequence(lambda n: f"yewuxitong {n}")


class SecurityPolicyFactory(DjangoModelFactory):
    class Meta:
        model = SecurityPolicy
        django_get_or_create = ("id",)

    id = 1


def actor_of(user: User) -> Actor:
    """Return the actor of a person as a request of his would carry it now."""
    return actor_for_user(User.objects.select_related("department__region").get(pk=user.pk))


def actor(*roles: str, **user: Any) -> Actor:
    """Make a person with these roles and return his actor; keywords as of ``UserFactory``."""
    return actor_of(UserFactory(roles=list(roles), **user))
