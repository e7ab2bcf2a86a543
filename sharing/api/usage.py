"""Records of use and inspections through the API (809, Art. 29). Whoever sees a grant sees them."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from sharing.api import grant_shapes as shapes
from sharing.api.asking import paged, require_person, validated
from sharing.models import Inspection, UsageRecord
from sharing.selectors import grant as selectors
from sharing.selectors import usage as reading
from sharing.services import rectifying
from sharing.services import usage as services

_PAGE = [
    OpenApiParameter("page", {"type": "integer", "minimum": 1}),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1}),
]


def _record(record: UsageRecord) -> dict[str, Any]:
    return dict(shapes.UsageOutput(record).data)


def _inspection(inspection: Inspection) -> dict[str, Any]:
    return dict(shapes.InspectionOutput(inspection).data)


class UsageCollection(APIView):
    """How the holder used the data, and a further record."""

    @extend_schema(operation_id="usage_record_list", parameters=_PAGE, responses=shapes.UsageListOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        grant = selectors.grant_get_for(request.actor, pk)
        return Response(paged(request, reading.usage_records_of(grant), _record))

    @extend_schema(
        operation_id="usage_record_add",
        description="A record is never changed: a correction is a further one.",
        request=shapes.UsageInput,
        responses={201: shapes.UsageOutput},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        selectors.grant_get_for(request.actor, pk)
        values = validated(shapes.UsageInput, request)
        made = services.usage_record_add(actor=request.actor, grant_id=pk, **values)
        return Response(_record(made), status=status.HTTP_201_CREATED)


class InspectionCollection(APIView):
    """What provider and authority found when they looked at the use, and a further look."""

    @extend_schema(operation_id="inspection_list", parameters=_PAGE, responses=shapes.InspectionListOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        grant = selectors.grant_get_for(request.actor, pk)
        return Response(paged(request, reading.inspections_of(grant), _inspection))

    @extend_schema(
        operation_id="inspection_add",
        description="Misuse suspends a grant in force; what is to be rectified takes `rectify_by`.",
        request=shapes.InspectionInput,
        responses={201: shapes.InspectionOutput},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        selectors.grant_get_for(request.actor, pk)
        values = validated(shapes.InspectionInput, request)
        made = services.inspection_record(actor=request.actor, grant_id=pk, **values)
        return Response(_inspection(made), status=status.HTTP_201_CREATED)


class InspectionRectified(APIView):
    """That the holder put right what an inspection found."""

    @extend_schema(
        operation_id="inspection_rectify", request=shapes.RectifyInput, responses={201: shapes.RectificationOutput}
    )
    def post(self, request: ApiRequest, pk: int, inspection: int) -> Response:
        require_person(request.actor)
        selectors.grant_get_for(request.actor, pk)
        values = validated(shapes.RectifyInput, request)
        kept = rectifying.inspection_rectify(actor=request.actor, grant_id=pk, inspection_id=inspection, **values)
        return Response(shapes.RectificationOutput(kept).data, status=status.HTTP_201_CREATED)
