"""A reader of the pages: a signed-in client, and what it sees."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from core.actors import Actor

HTMX = {"HX-Request": "true"}


def client_of(actor: Actor) -> Client:
    """Return a client signed in as the person of an actor."""
    client = Client()
    client.force_login(User.objects.get(pk=actor.id))
    return client


def text_of(response: HttpResponse) -> str:
    """Return the words of a page, without tags and with single blanks."""
    body = response.content.decode()
    body = re.sub(r"<(script|style|template)\b.*?</\1>", " ", body, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def names_in(response: HttpResponse) -> list[str]:
    """Return the names in the rows of a list, in their order."""
    found = re.findall(r'<a class="name"[^>]*>(.*?)</a>', response.content.decode(), flags=re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", name)).strip() for name in found]


def get(actor: Actor, path: str, query: Any = None, **headers: str) -> HttpResponse:
    """Fetch a page as somebody."""
    return client_of(actor).get(path, query, headers=headers)
