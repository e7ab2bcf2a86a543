"""The request as the middleware hands it to the views of this app."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from core.actors import Actor


class PageRequest(HttpRequest):
    """Only a name for type checking: a request is never made of this class."""

    actor: Actor
    htmx: HtmxDetails
