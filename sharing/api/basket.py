"""The basket and decisions on many through the API: what spares a person clicks spares a program calls."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from core.actors import Actor
from sharing import policies
from sharing.api import basket_shapes as shapes
from sharing.api.asking import require_person, validated
from sharing.api.requests import short
from sharing.selectors import request as selectors
from sharing.selectors.basket import basket_of
from sharing.services import basket as services
from sharing.services import drafting
from sharing.services.many import requests_pass_many


def _basket(actor: Actor) -> Response:
    policies.require_ask_at_all(actor)
    entries = [
        {
            "entry": one.ref,
            "entry_name": str(one),
            "provider": one.department.code,
            "attribute": one.published_revision.sharing if one.published_revision else "",
        }
        for one in basket_of(actor).select_related("department")
    ]
    return Response(shapes.BasketOutput({"entries": entries}).data)


class Basket(APIView):
    """The caller's own basket: entries whose data he means to ask for together."""

    @extend_schema(operation_id="basket_get", responses=shapes.BasketOutput)
    def get(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        return _basket(request.actor)

    @extend_schema(operation_id="basket_clear", responses={204: None})
    def delete(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        services.basket_clear(actor=request.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


class BasketItem(APIView):
    """An entry in the basket."""

    @extend_schema(operation_id="basket_add", request=None, responses=shapes.BasketOutput)
    def put(self, request: ApiRequest, ref: str) -> Response:
        require_person(request.actor)
        services.basket_add(actor=request.actor, entry_ref=ref)
        return _basket(request.actor)

    @extend_schema(operation_id="basket_remove", responses={204: None})
    def delete(self, request: ApiRequest, ref: str) -> Response:
        require_person(request.actor)
        services.basket_remove(actor=request.actor, entry_ref=ref)
        return Response(status=status.HTTP_204_NO_CONTENT)


class BasketRequests(APIView):
    """One draft for each entry of the basket, which is empty then."""

    @extend_schema(
        operation_id="basket_requests_create",
        description="What is sent all of them say alike. Name the items of each, then submit it.",
        request=shapes.BasketRequestsInput,
        responses={201: shapes.DraftsOutput},
    )
    def post(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        policies.require_ask_at_all(request.actor)
        values = validated(shapes.BasketRequestsInput, request)
        entries = [str(pk) for pk in basket_of(request.actor).values_list("pk", flat=True)]
        made = drafting.requests_create(actor=request.actor, entry_refs=entries, fields=values)
        drafts = [short(one) for one in selectors.request_list_for(request.actor).filter(pk__in=[o.pk for o in made])]
        return Response(shapes.DraftsOutput({"requests": drafts}).data, status=status.HTTP_201_CREATED)


class RequestsPassed(APIView):
    """Agree for the own department to several requests for unconditional data, or pass the form check of several."""

    @extend_schema(
        operation_id="share_request_pass_many",
        description=(
            "Each by itself: `left` tells which stayed as they were, and why. With an `Idempotency-Key` the call is"
            " kept as one: where it fails nothing went on, and it is sent again with the same key. What is not shared"
            " unconditionally is agreed to one by one, and what a provider or an authority decides in substance too."
        ),
        request=shapes.PassManyInput,
        responses=shapes.PassManyOutput,
    )
    def post(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        policies.require_see_requests(request.actor)
        values = validated(shapes.PassManyInput, request)
        picked = {one["id"]: one["edit_version"] for one in values["requests"]}
        done = requests_pass_many(actor=request.actor, picked=picked, opinion=values["opinion"])
        left = [{"id": one.pk, "name": one.name, "reasons": one.reasons} for one in done.left]
        body = {"passed": [one.pk for one in done.passed], "left": left}
        return Response(shapes.PassManyOutput(body).data)
