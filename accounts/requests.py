"""The request as the middleware hands it to the views."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from accounts.sessions import SignIn
from core.actors import Actor
from core.exceptions import Malformed


class PageRequest(HttpRequest):
    """Only a name for type checking: a request is never made of this class."""

    actor: Actor
    sign_in: SignIn
    htmx: HtmxDetails


class ApiRequest(Request):
    """The same for the API."""

    actor: Actor


def edit_version_read(request: ApiRequest) -> int | None:
    """Return the version that a change was made from, as ``If-Match`` names it; None where it names none.

    Raises:
        Malformed: the header carries something else.
    """
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if text in ("", "*"):
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Malformed(_('If-Match carries the edit_version that you read, e.g. "3".'))
    return int(text)
