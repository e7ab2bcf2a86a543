"""The request as the middleware hands it to the views."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from accounts.sessions import SignIn
from core.actors import Actor


class PageRequest(HttpRequest):
    """Only a name for type checking: a request is never made of this class."""

    actor: Actor
    sign_in: SignIn
    htmx: HtmxDetails


class ApiRequest(Request):
    """The same for the API."""

    actor: Actor
