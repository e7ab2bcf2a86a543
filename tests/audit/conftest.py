import pytest
from django.test import Client

from accounts.models import User
from core.actors import Actor
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of


@pytest.fixture
def auditor() -> Actor:
    return actor_of(UserFactory(full_name="严谨", roles=["auditor"]))


@pytest.fixture
def cataloguer() -> Actor:
    department = DepartmentFactory(code="mzj", name="民政局")
    return actor_of(UserFactory(full_name="林晓岚", department=department, roles=["cataloguer"]))


@pytest.fixture
def as_auditor(client: Client, auditor: Actor) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(User.objects.get(pk=auditor.id))
    return client
