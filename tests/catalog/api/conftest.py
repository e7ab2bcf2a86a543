from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from core.actors import Actor

SignedIn = Callable[[Actor], Client]


@pytest.fixture
def client_of() -> SignedIn:
    """Return a function that gives a signed-in client for an actor."""

    def sign_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.id))
        return client

    return sign_in
