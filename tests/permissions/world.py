"""The installation in which the permission table is tried: a city with its authority, two departments, their people."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from accounts.models import Department, Region, User
from accounts.selectors import actor_for_user
from core.actors import Actor
from tests.factories.accounts import DepartmentFactory, RegionFactory, UserFactory


@dataclass
class World:
    """What the rows of the table refer to.

    Attributes:
        department: the one whose things the routes are about; ``cataloguer``, ``head`` and ``no_role`` are in it.
        other: another department of the city, that of ``other_department``.
        authority: the city's authority; ``reviewer`` and the three administrators are in it.
        users: the person behind each caller but the public; besides them ``contractor`` and ``other_contractor``, who
            catalogue for the two departments and whom no row of the table names.
        things: objects that the apps' ``extend`` put in.
    """

    region: Region
    department: Department
    other: Department
    authority: Department
    users: dict[str, User]
    things: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def actor(self, caller: str) -> Actor:
        """Return the actor behind a caller."""
        return actor_for_user(User.objects.select_related("department__region").get(pk=self.users[caller].pk))


def make_world() -> World:
    """Make the world of the accounts app; the other apps extend it."""
    region = RegionFactory(code="980100", name="试验市")
    department = DepartmentFactory(region=region, code="right", name="市民政局")
    other = DepartmentFactory(region=region, code="other", name="市公安局")
    authority = DepartmentFactory(region=region, code="authority", name="市数据局", authority=True)
    places = {
        "other_department": (other, ["cataloguer", "head"]),
        "no_role": (department, []),
        "cataloguer": (department, ["cataloguer"]),
        "head": (department, ["head"]),
        "reviewer": (authority, ["reviewer"]),
        "sysadmin": (authority, ["sysadmin"]),
        "secadmin": (authority, ["secadmin"]),
        "auditor": (authority, ["auditor"]),
    }
    users = {
        caller: UserFactory(username=f"world-{caller.replace('_', '-')}", department=place, roles=roles)
        for caller, (place, roles) in places.items()
    }
    for caller, place in (("contractor", department), ("other_contractor", other)):
        username = f"world-{caller.replace('_', '-')}"
        users[caller] = UserFactory(username=username, department=place, roles=["cataloguer"], contractor=True)
    return World(region=region, department=department, other=other, authority=authority, users=users)


def sign_in(world: World) -> None:
    """Give every caller a browser with a session."""
    world.clients["anonymous"] = Client()
    for caller, user in world.users.items():
        client = Client()
        client.force_login(user)
        world.clients[caller] = client
        world.cookies[caller] = {name: morsel.value for name, morsel in client.cookies.items()}
