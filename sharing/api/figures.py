"""Figures through the API: times kept, and use: of an entry or all one answers for, of a grant, of a machine client."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from catalog.selectors import entry_get_for
from sharing import figures_policies, policies
from sharing.selectors import figures as reading
from sharing.selectors.client import client_get_for
from sharing.selectors.grant import grant_get_for, grant_list_for
from sharing.selectors.pull import days_of_client


class DayOfUseOutput(serializers.Serializer[Any]):
    """Pulls of a day, those for libraries among them, and the rows that left by them."""

    day = serializers.DateField()
    pulls = serializers.IntegerField()
    for_libraries = serializers.IntegerField(source="built")
    rows = serializers.IntegerField()


class EntryUseOutput(serializers.Serializer[Any]):
    entry_name = serializers.CharField(source="name")
    pulls = serializers.IntegerField()
    rows = serializers.IntegerField()
    departments = serializers.IntegerField()


class UseOutput(serializers.Serializer[Any]):
    """The last thirty days, the earliest first, and the entries most pulled."""

    days = DayOfUseOutput(many=True)
    entries = EntryUseOutput(many=True)


class GrantUseOutput(serializers.Serializer[Any]):
    days = DayOfUseOutput(many=True)


class DayOfClientOutput(serializers.Serializer[Any]):
    """What a client did on a day; ``cut`` pulls did not come to their end, ``refused`` calls were no pulls."""

    day = serializers.DateField()
    pulls = serializers.IntegerField()
    cut = serializers.IntegerField()
    refused = serializers.IntegerField()
    rows = serializers.IntegerField()


class ClientUseOutput(serializers.Serializer[Any]):
    days = DayOfClientOutput(many=True)


class DepartmentInTimeOutput(serializers.Serializer[Any]):
    """How a department kept its times: finished within the last twelve months, and running now past their day."""

    department = serializers.CharField()
    met = serializers.IntegerField()
    late = serializers.IntegerField()
    overdue = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Of what was finished, in time; null for nothing.")


class MonthInTimeOutput(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="Its first day.")
    met = serializers.IntegerField()
    late = serializers.IntegerField()


class InTimeOutput(serializers.Serializer[Any]):
    """Answers, deliveries and corrections of the last twelve months, the earliest month first."""

    departments = DepartmentInTimeOutput(many=True)
    months = MonthInTimeOutput(many=True)


class InTimeFigures(APIView):
    """Whether what the law limits is done in time: by the caller's own department, or by those of his region."""

    @extend_schema(operation_id="in_time_figures", responses=InTimeOutput)
    def get(self, request: ApiRequest) -> Response:
        policies.require_see_sharing(request.actor)
        figures_policies.require_see_times(request.actor)
        body = {
            "departments": reading.in_time_by_department(request.actor),
            "months": reading.in_time_by_month(request.actor),
        }
        return Response(InTimeOutput(body).data)


class UseFigures(APIView):
    """How the data that the caller answers for are used: of his department, or of his region."""

    @extend_schema(
        operation_id="use_figures",
        parameters=[OpenApiParameter("entry", str, description="Only the data of this entry.")],
        responses=UseOutput,
    )
    def get(self, request: ApiRequest) -> Response:
        policies.require_see_sharing(request.actor)
        grants = reading.grants_supervised(request.actor)
        if ref := request.query_params.get("entry", ""):
            grants = grants.filter(dataset__entry=entry_get_for(request.actor, ref))
        body = {"days": reading.use_by_day(grants), "entries": reading.use_by_entry(grants)}
        return Response(UseOutput(body).data)


class GrantFigures(APIView):
    """How much was pulled under a grant: whoever sees it sees this."""

    @extend_schema(operation_id="grant_figures", responses=GrantUseOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        grant = grant_get_for(request.actor, pk)
        days = reading.use_by_day(grant_list_for(request.actor).filter(pk=grant.pk))
        return Response(GrantUseOutput({"days": days}).data)


class ClientFigures(APIView):
    """What a machine client pulled, and what it was refused, in the last fourteen days: whoever sees the client."""

    @extend_schema(operation_id="client_figures", responses=ClientUseOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        client = client_get_for(request.actor, pk)
        return Response(ClientUseOutput({"days": days_of_client(client)}).data)
