"""Addresses that raise on purpose, for tests of the error mapping."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_POST
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as product_urls
from core.exceptions import (
    FieldError,
    InvalidTransition,
    LimitExceeded,
    Malformed,
    NotAllowed,
    NotVisible,
    RuleViolation,
    SignInRequired,
    StaleEdit,
)

ERRORS: dict[str, Exception] = {
    "malformed": Malformed(),
    "sign-in": SignInRequired(),
    "not-allowed": NotAllowed("只有主管部门可以审核。"),
    "not-visible": NotVisible(),
    "transition": InvalidTransition(),
    "stale": StaleEdit(extra={"edit_version": 7}),
    "rules": RuleViolation([FieldError("items[2].length", "required", "Say how long it may be.")]),
    "limit": LimitExceeded(retry_after=30),
    "django-404": Http404(),
    "django-403": PermissionDenied(),
    "suspicious": SuspiciousOperation("tampered"),
    "bug": ZeroDivisionError("a bug"),
    "database-away": OperationalError("the connection is lost"),
    "cursor-closed": InterfaceError("the cursor is closed"),
}


def page(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]


@require_POST
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Item(serializers.Serializer):
    name = serializers.CharField()
    length = serializers.IntegerField(min_value=1)


class Entry(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    items = Item(many=True)


class Api(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request, name: str) -> Response:
        raise ERRORS[name]

    def post(self, request: Request, name: str) -> Response:
        Entry(data=request.data).is_valid(raise_exception=True)
        return Response({})


class Closed(APIView):
    def get(self, request: Request) -> Response:
        return Response({})


urlpatterns = [
    path("raise/<str:name>/", page),
    path("form/", form),
    path("api/v1/raise/<str:name>/", Api.as_view()),
    path("api/v1/closed/", Closed.as_view()),
    path("", include(product_urls)),
]
handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
