"""A client in this process, signed in as somebody of the demo: what is timed is the product, not a network."""

from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client


def signed_in(username: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(username=username))
    return client


def get(client: Client, path: str) -> Any:
    return _expect(200, path, client.get(path))


def post(client: Client, path: str, body: bytes) -> Any:
    return _expect(201, path, client.post(path, data=body, content_type="application/json"))


def _expect(status: int, path: str, response: Any) -> Any:
    if response.status_code != status:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return response
