"""The files of a request through the API: added and taken away while it is drafted or material is missing."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from core.exceptions import NotVisible
from sharing import policies
from sharing.api import request_shapes as shapes
from sharing.api.answers import AnyAccept
from sharing.api.asking import require_person, validated
from sharing.selectors import request as selectors
from sharing.services import attaching
from workflow.selectors.of_subject import attachments_of
from workflow.views.attachment import attachment_answer


class AttachmentCollection(APIView):
    """The files that go with a request, and a further one."""

    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="share_request_attachment_list", responses=shapes.AttachmentListOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        seen = selectors.request_get_for(request.actor, pk)
        return Response(shapes.AttachmentListOutput({"results": attachments_of(seen).order_by("pk")}).data)

    @extend_schema(
        operation_id="share_request_attachment_add",
        description="Adds a file of the kinds that the pages take, while it is drafted or material is missing.",
        request={"multipart/form-data": shapes.AttachmentInput},
        responses={201: shapes.AttachmentOutput},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        policies.require_file(request.actor, selectors.request_get_for(request.actor, pk))
        values = validated(shapes.AttachmentInput, request)
        added = attaching.request_attach(actor=request.actor, request_id=pk, file=values["file"])
        return Response(shapes.AttachmentOutput(added).data, status=status.HTTP_201_CREATED)


class AttachmentItem(APIView):
    """One file of a request."""

    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="share_request_attachment_get", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: ApiRequest, pk: int, attachment: int) -> FileResponse:
        kept = attachments_of(selectors.request_get_for(request.actor, pk)).filter(pk=attachment).first()
        if kept is None:
            raise NotVisible
        return attachment_answer(kept)

    @extend_schema(operation_id="share_request_attachment_remove", responses={204: None})
    def delete(self, request: ApiRequest, pk: int, attachment: int) -> Response:
        require_person(request.actor)
        attaching.request_detach(actor=request.actor, request_id=pk, attachment_id=attachment)
        return Response(status=status.HTTP_204_NO_CONTENT)
