"""Correction requests (校核) through the API, with the steps of the pages. A view parses, makes one call, renders."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from catalog.selectors import entry_get_for, items_of
from core.actors import Actor
from core.exceptions import FieldError, RuleViolation
from sharing import after_policies, scope
from sharing.api import correction_shapes as shapes
from sharing.api.asking import paged, require_person, validated
from sharing.choices import ObjectionState
from sharing.models import Objection
from sharing.selectors import objection as selectors
from sharing.services import objection as services
from workflow.selectors.of_subject import clocks_of


def short(objection: Objection) -> dict[str, Any]:
    """Return a correction request as a list shows it."""
    return {
        "id": objection.pk,
        "state": objection.state,
        "entry": objection.entry.ref,
        "entry_name": str(objection.entry),
        "dataset": objection.dataset_id,
        "department": objection.department.code,
        "provider": objection.entry.department.code,
        "raised_at": objection.raised_at,
        "closed_at": objection.closed_at,
    }


def whole(actor: Actor, objection: Objection) -> dict[str, Any]:
    """Return a correction request with everything about it that the actor may know."""
    corrected = objection.corrected_in
    return {
        **short(objection),
        "item": selectors.item_name(objection),
        "grant": objection.grant_id,
        "row_key": selectors.row_key_of(objection) if after_policies.is_party(actor, objection) else "",
        "row_gone_at": objection.row_gone_at,
        "version": objection.version,
        "description": objection.description,
        "answer": objection.answer,
        "answered_at": objection.answered_at,
        "corrected_in": {"dataset": corrected.dataset_id, "version": corrected.number} if corrected else None,
        "clocks": list(clocks_of(objection)),
    }


def _shown(actor: Actor, objection_id: int, status_code: int = status.HTTP_200_OK) -> Response:
    objection = selectors.objection_get_for(actor, objection_id)
    return Response(shapes.CorrectionOutput(whole(actor, objection)).data, status=status_code)


class CorrectionCollection(APIView):
    """Correction requests: those the caller sees, and a new one."""

    @extend_schema(
        operation_id="correction_list",
        parameters=[
            OpenApiParameter("state", str, enum=ObjectionState.values),
            OpenApiParameter("entry", str),
            OpenApiParameter("page", {"type": "integer", "minimum": 1}),
            OpenApiParameter("page_size", {"type": "integer", "minimum": 1}),
        ],
        responses=shapes.CorrectionListOutput,
    )
    def get(self, request: ApiRequest) -> Response:
        wanted, entry = (request.query_params.get(name, "") for name in ("state", "entry"))
        if wanted and wanted not in ObjectionState.values:
            raise RuleViolation([FieldError("state", "unknown", _("Choose one of the values."))])
        found = selectors.objections_filtered(request.actor, state=wanted)
        if entry:
            found = found.filter(entry__slug=entry.replace("/", "-").replace("\x00", ""))
        return Response(shapes.CorrectionListOutput(paged(request, found, short)).data)

    @extend_schema(
        operation_id="correction_create",
        description=(
            "Asks the provider to verify data (809, Art. 26). `item` by identity, field name or name; `dataset` where"
            " the entry has several; a single row by `row_key` under a live `grant`."
        ),
        request=shapes.CorrectionInput,
        responses={201: shapes.CorrectionOutput},
    )
    def post(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        values = validated(shapes.CorrectionInput, request)
        entry = entry_get_for(request.actor, values["entry"])
        items = items_of(entry.published_revision) if entry.published_revision else []
        [item] = scope.read_items([values["item"]], items, "item") if values["item"] else [""]
        made = services.objection_raise(
            actor=request.actor,
            entry_ref=entry.pk,
            description=values["description"],
            item_id=item,
            dataset_id=values.get("dataset"),
            grant_id=values.get("grant"),
            row_key=values["row_key"],
            address=str(request.META.get("REMOTE_ADDR", "")),
        )
        return _shown(request.actor, made.pk, status.HTTP_201_CREATED)


class CorrectionItem(APIView):
    """One correction request."""

    @extend_schema(operation_id="correction_get", responses=shapes.CorrectionOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        return _shown(request.actor, pk)


class CorrectionAnswer(APIView):
    """What the provider found."""

    @extend_schema(
        operation_id="correction_answer", request=shapes.CorrectionAnswerInput, responses=shapes.CorrectionOutput
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        after_policies.require_verify(request.actor, selectors.objection_get_for(request.actor, pk))
        values = validated(shapes.CorrectionAnswerInput, request)
        services.objection_answer(
            actor=request.actor, objection_id=pk, is_confirmed=values["confirmed"], answer=values["answer"]
        )
        return _shown(request.actor, pk)


class CorrectionCorrected(APIView):
    """That a confirmed one was put right."""

    @extend_schema(
        operation_id="correction_correct",
        description="`version` of `dataset` brought the correction; left out, it needed no new data.",
        request=shapes.CorrectedInput,
        responses=shapes.CorrectionOutput,
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        values = validated(shapes.CorrectedInput, request)
        objection = selectors.objection_get_for(request.actor, pk)
        after_policies.require_verify(request.actor, objection)
        version_id = selectors.correction_named(objection, **values)
        services.objection_correct(actor=request.actor, objection_id=pk, version_id=version_id)
        return _shown(request.actor, pk)


class CorrectionWithdrawn(APIView):
    """That the department which raised it takes it back."""

    @extend_schema(operation_id="correction_withdraw", request=None, responses=shapes.CorrectionOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        services.objection_withdraw(actor=request.actor, objection_id=pk)
        return _shown(request.actor, pk)
