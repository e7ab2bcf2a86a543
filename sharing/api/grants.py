"""What is done with grants through the API, one address for each step, with the services and rules of the pages."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.requests import ApiRequest
from collection.selectors.dataset import dataset_get_for
from core.actors import Actor
from core.exceptions import NotVisible
from sharing import policies, service_policies
from sharing.api import grant_shapes as shapes
from sharing.api import request_shapes, requests
from sharing.api.asking import require_person, validated
from sharing.api.representation import grant_values
from sharing.models import Grant
from sharing.selectors import grant as selectors
from sharing.selectors.suspension import suspensions_open
from sharing.selectors.terms import acceptance_of, service_limits_of, terms_in_force
from sharing.services import disposal, drafting, service, stopping, terms
from sharing.services import grant as services
from sharing.use_limits import LIMITS


def whole(grant: Grant) -> dict[str, Any]:
    """Return a grant with everything about it."""
    kept = ("purpose", "first_pulled_at", "ended_at", "end_reason",
            "disposal_demand", "disposed_at", "disposal_note")  # fmt: skip
    return {
        **grant_values(grant),
        **{name: getattr(grant, name) for name in kept},
        "end_note": selectors.end_words(grant),
        "systems": list(grant.systems.order_by("pk").values_list("pk", flat=True)),
        "request": grant.request_id,
        "previous": grant.previous_id,
        "suspensions": suspensions_open(grant),
        "notices": list(selectors.notices_of(grant)),
        "steps": list(selectors.steps_of(grant)),
    }


def _shown(actor: Actor, grant_id: int, status_code: int = status.HTTP_200_OK) -> Response:
    grant = selectors.grant_get_for(actor, grant_id)
    return Response(shapes.GrantWholeOutput(whole(grant)).data, status=status_code)


class GrantItem(APIView):
    """One grant, for its two sides, their authorities, and who watches."""

    @extend_schema(operation_id="grant_get", responses=shapes.GrantWholeOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        return _shown(request.actor, pk)


class GrantRequests(APIView):
    """A renewal of a grant, or a change of its use: a request of its own, begun as a draft."""

    @extend_schema(
        operation_id="grant_request_create",
        description="Drafts it with what was granted filled in. Change it as a draft, then submit it.",
        request=request_shapes.FollowInput,
        responses={201: request_shapes.RequestOutput},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        selectors.grant_get_for(request.actor, pk)
        kind = validated(request_shapes.FollowInput, request)["kind"]
        made = drafting.request_follow(actor=request.actor, grant_id=pk, kind=kind)
        return requests.shown(request.actor, made.pk, status.HTTP_201_CREATED)


def _taken(
    request: ApiRequest, grant_id: int, shape: type[Serializer[Any]], service: Callable[..., object]
) -> Response:  # fmt: skip
    """Let a service take a step with what was sent, and show the grant as it is then."""
    require_person(request.actor)
    selectors.grant_get_for(request.actor, grant_id)
    service(actor=request.actor, grant_id=grant_id, **validated(shape, request))
    return _shown(request.actor, grant_id)


class GrantSuspended(APIView):
    """Stop reading at once: provider, authority or security administrator."""

    @extend_schema(operation_id="grant_suspend", request=shapes.ReasonInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.ReasonInput, services.grant_suspend)


class GrantResumed(APIView):
    """Lift a suspension: the side that ordered it, or the authority. The grant runs again once none is left."""

    @extend_schema(operation_id="grant_resume", request=shapes.ResumeInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.ResumeInput, services.grant_resume)


class GrantEnded(APIView):
    """End a grant before its day: its holder, or, for misuse, who may suspend it."""

    @extend_schema(operation_id="grant_end", request=shapes.EndInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.EndInput, services.grant_end)


class GrantLoosened(APIView):
    """Loosen the limits of use; it holds at once."""

    @extend_schema(operation_id="grant_loosen", request=shapes.LoosenInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        def loosen(**given: Any) -> object:
            limits = {name: given.pop(name) for name in LIMITS if name in given}
            return services.grant_loosen(limits=limits, **given)

        return _taken(request, pk, shapes.LoosenInput, loosen)


class DisposalDemanded(APIView):
    """Say for the provider how the data are to be disposed of."""

    @extend_schema(operation_id="grant_demand", request=shapes.DemandInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.DemandInput, disposal.disposal_demand)


class GrantDisposed(APIView):
    """Confirm for the holder that the data were disposed of, once the grant has ended."""

    @extend_schema(operation_id="grant_dispose", request=shapes.DisposedInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.DisposedInput, disposal.grant_dispose)


# --- A service that is to stop, or to give less (809, Art. 27) ------------------------------------------------------


class StopAnnounced(APIView):
    """Announce that a service is to stop: its holder is asked, the authority gets it for its files."""

    @extend_schema(operation_id="grant_stop_announce", request=shapes.AnnounceInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.AnnounceInput, stopping.stop_announce)


class NarrowingAnnounced(APIView):
    """Announce that masks are to grow stronger, or limits to be set; the same way as a stop."""

    @extend_schema(operation_id="grant_narrow", request=shapes.NarrowInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.NarrowInput, stopping.narrow_announce)


class StopAnswered(APIView):
    """Answer an announcement for the holder."""

    @extend_schema(operation_id="grant_stop_answer", request=shapes.StopAnswerInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.StopAnswerInput, stopping.stop_answer)


class StopFiled(APIView):
    """Take an announcement to the authority's files, or object to it."""

    @extend_schema(operation_id="grant_stop_file", request=shapes.StopFileInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.StopFileInput, stopping.stop_file)


class StopCarriedOut(APIView):
    """Stop or narrow a service whose day has come."""

    @extend_schema(operation_id="grant_stop_carry_out", request=shapes.CarryOutInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.CarryOutInput, stopping.stop_carry_out)


class StopTakenBack(APIView):
    """Take an announcement back: the service goes on."""

    @extend_schema(operation_id="grant_stop_take_back", request=shapes.NoticeInput, responses=shapes.GrantWholeOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        return _taken(request, pk, shapes.NoticeInput, stopping.stop_take_back)


class ServiceStopped(APIView):
    """Announce to every department that gets a dataset that this is to stop, in one act."""

    @extend_schema(
        operation_id="service_stop_announce",
        description="One announcement for each open grant of which nothing is announced yet.",
        request=shapes.AnnounceInput,
        responses=shapes.StopOfAllOutput,
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        service_policies.require_serve(request.actor, dataset_get_for(request.actor, pk))
        values = validated(shapes.AnnounceInput, request)
        done = service.service_stop_announce(actor=request.actor, dataset_id=pk, **values)
        left = [{"grant": grant.pk, "reason": why} for grant, why in done.left]
        body = {"announced": [one.grant_id for one in done.announced], "left": left}
        return Response(shapes.StopOfAllOutput(body).data)


class ServiceStopCarriedOut(APIView):
    """Stop every service on a dataset whose stop was announced for a day that has come, in one act."""

    @extend_schema(
        operation_id="service_stop_carry_out",
        description="Each grant stops as it would alone. 409 `too_early` where the day has come for none of them.",
        request=shapes.StopAllInput,
        responses=shapes.StoppedForAllOutput,
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        service_policies.require_serve(request.actor, dataset_get_for(request.actor, pk))
        values = validated(shapes.StopAllInput, request)
        done = service.service_stop_carry_out(actor=request.actor, dataset_id=pk, **values)
        left = [{"grant": grant.pk, "reason": why} for grant, why in done.left]
        body = {"stopped": [one.pk for one in done.stopped], "left": left}
        return Response(shapes.StoppedForAllOutput(body).data)


class ServiceLimited(APIView):
    """Limits of use under which departments get a dataset by themselves, for whoever takes data or watches."""

    @extend_schema(operation_id="service_limits_get", responses=shapes.ServiceLimitsOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        policies.require_see_sharing(request.actor)
        return _limits(request.actor, pk)

    @extend_schema(
        operation_id="service_limits_set",
        description="For grants that are made from then on; those that run stay as they are.",
        request=shapes.ServiceLimitsInput,
        responses=shapes.ServiceLimitsOutput,
    )
    def put(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        service_policies.require_serve(request.actor, dataset_get_for(request.actor, pk))
        values = validated(shapes.ServiceLimitsInput, request)
        service.service_limits_set(actor=request.actor, dataset_id=pk, **values)
        return _limits(request.actor, pk)


def _limits(actor: Actor, dataset_id: int) -> Response:
    return Response(shapes.ServiceLimitsOutput(service_limits_of(dataset_get_for(actor, dataset_id))).data)


# --- Data that are shared unconditionally ---------------------------------------------------------------------------


class TermsInForce(APIView):
    """The terms under which data that are shared unconditionally are taken."""

    @extend_schema(operation_id="terms_get", responses=shapes.TermsOutput)
    def get(self, request: ApiRequest) -> Response:
        return _terms(request.actor)


class TermsAccepted(APIView):
    """Accept the terms for the department, once for each version: its sharing office head."""

    @extend_schema(operation_id="terms_accept", request=shapes.AcceptInput, responses=shapes.TermsOutput)
    def post(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        terms.terms_accept(actor=request.actor, number=validated(shapes.AcceptInput, request)["number"])
        return _terms(request.actor)


def _terms(actor: Actor) -> Response:
    in_force = terms_in_force()
    if in_force is None:
        raise NotVisible
    acceptance = acceptance_of(actor.department_id) if actor.department_id else None
    values = {
        "number": in_force.number,
        "text": in_force.text,
        "valid_from": in_force.valid_from,
        "accepted_at": acceptance.accepted_at if acceptance else None,
        "accepted_by": acceptance.accepted_by_name if acceptance else None,
    }
    return Response(shapes.TermsOutput(values).data)


class DatasetTaken(APIView):
    """Take data that are shared unconditionally, under the terms that the department accepted."""

    @extend_schema(
        operation_id="dataset_take",
        description="The grant is in force at once. 409 `terms_not_accepted` until the own head accepts the terms.",
        request=shapes.TakeInput,
        responses={201: shapes.GrantWholeOutput},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        grant = terms.grant_take(actor=request.actor, dataset_id=pk, **validated(shapes.TakeInput, request))
        return _shown(request.actor, grant.pk, status.HTTP_201_CREATED)
