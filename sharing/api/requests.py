"""The share-requests API of the contract. Every view: parse, selector or service, render."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.requests import ApiRequest, edit_version_read
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation
from sharing import extension_policies, policies, renewal
from sharing.api import request_shapes as shapes
from sharing.api.asking import paged, require_person, validated
from sharing.api.representation import conditions_named
from sharing.choices import RequestStatus
from sharing.models import ShareRequest
from sharing.selectors import request as selectors
from sharing.selectors.mediation import agreement_pending, mediations_of, state_of
from sharing.services import answer, count, delivery, dispute, drafting, filing, material, mediation
from sharing.use_limits import LIMITS
from workflow.selectors.of_subject import clocks_of

_REPLIED = (RequestStatus.AGREED, RequestStatus.DELIVERED)


def short(request: ShareRequest) -> dict[str, Any]:
    """Return a request as a list shows it."""
    return {
        "id": request.pk,
        "number": request.number,
        "kind": request.kind,
        "status": request.status,
        "entry": request.entry.ref,
        "entry_name": str(request.entry),
        "dataset": request.dataset_id,
        "department": request.department.code,
        "provider": request.entry.department.code,
        "attribute": request.attribute,
        "submitted_at": request.submitted_at,
        "updated_at": request.updated_at,
        "edit_version": request.edit_version,
    }


def whole(request: ShareRequest) -> dict[str, Any]:
    """Return a request with everything about it; items by the names of the data API."""
    labels = {
        str(one.item_id): one.field_name or one.name for one in selectors.items_offered(request)
    }  # fmt: skip

    def named(conditions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return conditions_named(conditions, labels)

    decided = None
    # What was agreed to goes on while it is disputed, also before data are named for it.
    replied = request.disputed_from if request.status == RequestStatus.DISPUTED else request.status
    if replied in _REPLIED or request.grants.exists():
        decided = {
            "items": [labels.get(item, item) for item in request.decided_items],
            "row_filter": named(request.decided_filter),
            "masks": {labels.get(item, item): mask for item, mask in request.decided_masks.items()},
            "methods": request.decided_methods,
            "until": request.decided_until,
            **renewal.decided_limits(request),
        }
    return {
        **short(request),
        "legal_basis": request.legal_basis,
        "scenario": request.scenario,
        "items": [labels.get(item, item) for item in request.items],
        "row_filter": named(request.row_filter),
        "methods": request.methods,
        "frequency": request.frequency,
        "valid_from": request.valid_from,
        "valid_until": request.valid_until,
        "systems": list(request.systems.order_by("pk").values_list("pk", flat=True)),
        "contact_name": request.contact_name,
        "contact_phone": request.contact_phone,
        "decided": decided,
        "reply": request.reply,
        "more_time": _more_time(request),
        "dispute": _dispute(request, named, labels),
        "previous_grant": request.previous_grant_id,
        "grants": list(request.grants.order_by("pk").values_list("pk", flat=True)),
        "clocks": list(clocks_of(request)),
        "steps": list(selectors.steps_of(request)),
    }


def _more_time(request: ShareRequest) -> dict[str, Any] | None:
    if request.extension_asked_at is None:
        return None
    return {
        "days": request.extension_days,
        "reason": request.extension_reason,
        "asked_at": request.extension_asked_at,
    }


def _dispute(
    request: ShareRequest, named: Callable[[list[Mapping[str, Any]]], list[dict[str, Any]]], labels: Mapping[str, str]
) -> dict[str, Any] | None:
    if not request.dispute_reason:
        return None

    def agreement(agreed: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "items": [labels.get(item, item) for item in agreed["items"]],
            "row_filter": named(agreed["row_filter"]),
            "masks": {labels.get(item, item): mask for item, mask in agreed["masks"].items()},
            "methods": agreed["methods"],
            "valid_from": request.valid_from,
            "until": agreed["until"],
            **agreed["limits"],
        }

    pending = agreement_pending(request)
    held = [
        {
            "state": state_of(one, pending),
            "held_on": one.held_on,
            "text": one.text,
            "is_agreed": one.is_agreed,
            "agreement": agreement(one.agreed) if one.is_agreed else None,
            "at": one.at,
            "asker_confirmed_at": one.asker_confirmed_at,
            "provider_confirmed_at": one.provider_confirmed_at,
            "declined_at": one.declined_at,
        }
        for one in mediations_of(request)
    ]
    return {"reason": request.dispute_reason, "statement": request.dispute_statement, "mediations": held}


def shown(
    actor: Actor, request_id: int, status_code: int = status.HTTP_200_OK, *, is_submitted: bool = False
) -> Response:
    """Answer with a request as it is now."""
    request = selectors.request_get_for(actor, request_id)
    few = count.few_rows(actor=actor, request_id=request_id) if is_submitted else None
    warnings = [{"field": few.field, "code": few.code, "message": few.message}] if few else []
    body = shapes.RequestOutput({**whole(request), "warnings": warnings}).data
    return Response(body, status=status_code, headers={"ETag": f'"{request.edit_version}"'})


class RequestCollection(APIView):
    """Requests: those the caller sees, and a new one."""

    @extend_schema(
        operation_id="share_request_list",
        description=(
            "The requests the caller sees. This and all below it takes a person's session: a token files entries of the"
            " catalog and pulls data, while requests are filed and decided by people."
        ),
        parameters=[
            OpenApiParameter("status", str, enum=RequestStatus.values),
            OpenApiParameter("entry", str),
            OpenApiParameter("waiting", bool, description="Those that wait for the caller's decision."),
            OpenApiParameter("page", {"type": "integer", "minimum": 1}),
            OpenApiParameter("page_size", {"type": "integer", "minimum": 1}),
        ],
        responses=shapes.RequestListOutput,
    )
    def get(self, request: ApiRequest) -> Response:
        query = request.query_params
        is_waiting = query.get("waiting") in ("true", "1")
        found = selectors.requests_waiting(request.actor) if is_waiting else selectors.request_list_for(request.actor)
        wanted = query.get("status", "")
        if wanted:
            if wanted not in RequestStatus.values:
                raise RuleViolation([FieldError("status", "unknown", _("Choose one of the values."))])
            found = found.filter(status=wanted)
        if query.get("entry"):
            found = found.filter(entry__slug=query["entry"].replace("/", "-").replace("\x00", ""))
        body = paged(request, found.order_by("-updated_at", "-pk"), short)
        return Response(shapes.RequestListOutput(body).data)

    @extend_schema(
        operation_id="share_request_create",
        description=(
            "Files a request and submits it to the own sharing office head; `draft` only keeps it. `warnings` tells"
            " where its conditions meet few rows or none, which is one of the day's counts."
        ),
        request=shapes.RequestInput,
        responses={201: shapes.RequestOutput},
    )
    def post(self, request: ApiRequest) -> Response:
        require_person(request.actor)
        values = validated(shapes.RequestInput, request)
        entry, is_draft = values.pop("entry"), values.pop("draft")
        made = drafting.request_create_whole(
            actor=request.actor, entry_ref=entry, fields=values, is_submitted=not is_draft
        )
        return shown(request.actor, made.pk, status.HTTP_201_CREATED, is_submitted=not is_draft)


class RequestItem(APIView):
    """One request; while it is drafted it may be changed and given up."""

    @extend_schema(operation_id="share_request_get", responses=shapes.RequestOutput)
    def get(self, request: ApiRequest, pk: int) -> Response:
        return shown(request.actor, pk)

    @extend_schema(
        operation_id="share_request_update",
        description="Changes a draft, or what was returned; what is left out stays.",
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="edit_version as read")],
        request=shapes.RequestFields,
        responses=shapes.RequestOutput,
    )
    def patch(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        edit_version = edit_version_read(request)
        policies.require_file(request.actor, selectors.request_get_for(request.actor, pk))
        values = validated(shapes.RequestFields, request)
        drafting.request_edit(actor=request.actor, request_id=pk, fields=values, edit_version=edit_version)
        return shown(request.actor, pk)

    @extend_schema(
        operation_id="share_request_discard",
        description="Gives a draft up that was never submitted; what was submitted once is withdrawn instead.",
        responses={204: None},
    )
    def delete(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        drafting.request_discard(actor=request.actor, request_id=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RequestCount(APIView):
    """How many rows the conditions meet: exactly for the provider, in bands and so many times a day for the others."""

    @extend_schema(operation_id="share_request_count", request=shapes.CountInput, responses=shapes.CountOutput)
    def post(self, request: ApiRequest, pk: int) -> Response:
        require_person(request.actor)
        selectors.request_get_for(request.actor, pk)
        values = validated(shapes.CountInput, request)
        found = count.rows_count(actor=request.actor, request_id=pk, row_filter=values.get("row_filter"))
        return Response(shapes.CountOutput(found).data)


class RequestStepTaken(APIView):
    """A step in the life of a request; who may take it, and when, is the same as on the pages."""

    @extend_schema(
        operation_id="share_request_step",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=shapes.ACTIONS)],
        description=(
            "What decides, or answers for a department, takes the `edit_version` of the request that was read, and is"
            " refused where it was changed since: `agree`, `approve`, `refuse`, `extend`, `supplement`, `advise`,"
            " `withdraw`, `dispute`, `respond`, `mediate`, `concur`, `settle`.\n\n"
            "`submit` (`warnings` tells where the conditions meet few rows or none), `recall`; `agree` (own head);"
            " `approve` (form check, provider's head, or authority; for a part"
            " with `items`, `row_filter`, `masks`, `methods`, `until`; the authority's decision takes `opinion`, and"
            " `without_provider` where the provider has given no opinion); `refuse` (own head and form check return"
            " it, with `comments` on fields); `extend` (provider: `days`, `reason`; authority: `consent`, which is"
            " required, `days`, `opinion`); `supplement` (provider: `text` says what is missing; requester: `text`"
            " gives it); `advise`; `withdraw`;"
            " `dispute` (an answer, or that none came in time); `respond` (provider's head: `text` is its statement on"
            " the dispute); `mediate` (authority: `held_on`, `text`, `agreed`, and what both sides agreed to);"
            " `concur` (either head: `agreed` confirms the last `agreement`, or declines it with `opinion`); `settle`"
            " (`granted`, `opinion`, what is given, and `without_provider` where the provider made no statement);"
            " `deliver` (`dataset`); `confirm`."
        ),
        request=shapes.ActionInput,
        responses={
            200: shapes.RequestOutput,
            204: OpenApiResponse(description="Returned to its department, and not the caller's to see any more."),
        },
    )
    def post(self, request: ApiRequest, pk: int, action: str) -> Response:
        require_person(request.actor)
        take = _ACTIONS.get(action)
        if take is None:
            raise NotVisible
        seen = selectors.request_get_for(request.actor, pk)
        take(request.actor, seen, validated(shapes.ActionInput, request))
        try:
            return shown(request.actor, pk, is_submitted=action == "submit")
        except NotVisible:
            return Response(status=status.HTTP_204_NO_CONTENT)


Values = dict[str, Any]


def _reason(values: Values) -> str:
    return str(values["reason"] or values["opinion"] or values["text"])


def _given(values: Values) -> Values:
    """Return what a decision gives, as far as it was sent."""
    names = ("items", "row_filter", "masks", "methods", "until")
    given: Values = {name: values[name] for name in names if name in values}
    return {**given, "limits": {name: values[name] for name in LIMITS if name in values}}


def _read(values: Values) -> int:
    """Return the ``edit_version`` of the request on which somebody decides.

    Several names do different things from stage to stage, also for the same people: the form check is called as the
    decision is, who takes a dispute back calls what withdraws the agreement, and silence is disputed as an answer is.
    Sent again, or late, the one must not do the other; nor is anything decided that was not read.

    Raises:
        RuleViolation: it was not sent.
    """
    if "edit_version" not in values:
        message = _("Say on which edit_version of the request you decide.")
        raise RuleViolation([FieldError("edit_version", "required", message)])
    return int(values["edit_version"])


def _agree(actor: Actor, request: ShareRequest, values: Values) -> None:
    policies.require_agree(actor, request)
    version = _read(values)
    filing.request_agree(actor=actor, request_id=request.pk, opinion=values["opinion"], edit_version=version)


def _approve(actor: Actor, request: ShareRequest, values: Values) -> None:
    if request.status == RequestStatus.AWAITING_CHECK:
        policies.require_check(actor, request)
        version = _read(values)
        filing.request_pass(actor=actor, request_id=request.pk, opinion=values["opinion"], edit_version=version)
        return
    policies.require_decide_or_answer(actor, request)
    answer.request_approve(
        actor=actor,
        request_id=request.pk,
        opinion=values["opinion"],
        without_provider=values["without_provider"],
        edit_version=_read(values),
        **_given(values),
    )


def _refuse(actor: Actor, request: ShareRequest, values: Values) -> None:
    reason = _reason(values)
    if request.status in (RequestStatus.AWAITING_HEAD, RequestStatus.AWAITING_CHECK):
        policies.require_return(actor, request)
        filing.request_return(
            actor=actor,
            request_id=request.pk,
            opinion=reason,
            comments=values.get("comments", ()),
            edit_version=_read(values),
        )
        return
    policies.require_decide_or_answer(actor, request)
    answer.request_refuse(actor=actor, request_id=request.pk, opinion=reason, edit_version=_read(values))


def _extend(actor: Actor, request: ShareRequest, values: Values) -> None:
    # Somebody may be both: then he asks as long as nothing is asked for.
    is_asking = request.extension_asked_at is None and policies.can_answer(actor, request)
    if is_asking or not policies.reviews_for(actor, request.authority_id):
        policies.require_answer(actor, request)
        answer.request_ask_extension(
            actor=actor,
            request_id=request.pk,
            days=values.get("days", 0),
            reason=_reason(values),
            edit_version=_read(values),
        )
        return
    extension_policies.require_consent(actor, request)
    said = _said(values, "consent", "edit_version")
    answer.request_extend(
        actor=actor,
        request_id=request.pk,
        is_agreed=said["consent"],
        days=values.get("days"),
        opinion=values["opinion"],
        edit_version=said["edit_version"],
    )


def _advise(actor: Actor, request: ShareRequest, values: Values) -> None:
    policies.require_answer(actor, request)
    answer.request_advise(actor=actor, request_id=request.pk, opinion=_reason(values), edit_version=_read(values))


def _respond(actor: Actor, request: ShareRequest, values: Values) -> None:
    policies.require_answer(actor, request)
    mediation.request_respond(actor=actor, request_id=request.pk, statement=_reason(values), edit_version=_read(values))


def _supplement(actor: Actor, request: ShareRequest, values: Values) -> None:
    text = _reason(values)
    if request.status == RequestStatus.AWAITING_MATERIAL:
        policies.require_file(actor, request)
        material.request_supplement(actor=actor, request_id=request.pk, text=text, edit_version=_read(values))
        return
    policies.require_answer(actor, request)
    material.request_ask_material(actor=actor, request_id=request.pk, missing=text, edit_version=_read(values))


def _dispute_raise(actor: Actor, request: ShareRequest, values: Values) -> None:
    policies.require_dispute(actor, request)
    dispute.request_dispute(actor=actor, request_id=request.pk, reason=_reason(values), edit_version=_read(values))


def _settle(actor: Actor, request: ShareRequest, values: Values) -> None:
    said = _said(values, "granted", "edit_version")
    dispute.request_settle(
        actor=actor,
        request_id=request.pk,
        is_granted=said["granted"],
        opinion=values["opinion"],
        without_provider=values["without_provider"],
        edit_version=said["edit_version"],
        **_given(values),
    )


def _said(values: Values, *names: str) -> Values:
    """Return values that an action cannot do without.

    Raises:
        RuleViolation: one of them was not sent.
    """
    if errors := [FieldError(one, "required", _("This is required.")) for one in names if one not in values]:
        raise RuleViolation(errors)
    return {name: values[name] for name in names}


def _mediate(actor: Actor, request: ShareRequest, values: Values) -> None:
    said = _said(values, "held_on", "agreed", "edit_version")
    mediation.request_mediate(
        actor=actor,
        request_id=request.pk,
        held_on=said["held_on"],
        text=_reason(values),
        is_agreed=said["agreed"],
        edit_version=said["edit_version"],
        **_given(values),
    )


def _concur(actor: Actor, request: ShareRequest, values: Values) -> None:
    # Confirmed is what was read: the authority may have mediated anew meanwhile.
    said = _said(values, "agreed", "edit_version")
    mediation.request_concur(
        actor=actor,
        request_id=request.pk,
        is_agreed=said["agreed"],
        opinion=_reason(values),
        edit_version=said["edit_version"],
    )


def _withdraw(actor: Actor, request: ShareRequest, values: Values) -> None:
    policies.require_withdraw(actor, request)
    filing.request_withdraw(actor=actor, request_id=request.pk, reason=_reason(values), edit_version=_read(values))


def _deliver(actor: Actor, request: ShareRequest, values: Values) -> None:
    if "dataset" not in values:
        raise RuleViolation([FieldError("dataset", "required", _("Choose one of the entry's datasets."))])
    delivery.request_deliver(actor=actor, request_id=request.pk, dataset_id=values["dataset"])


_ACTIONS: dict[str, Callable[[Actor, ShareRequest, Values], object]] = {
    "submit": lambda actor, request, values: filing.request_submit(actor=actor, request_id=request.pk),
    "recall": lambda actor, request, values: filing.request_recall(actor=actor, request_id=request.pk),
    "agree": _agree,
    "approve": _approve,
    "refuse": _refuse,
    "extend": _extend,
    "supplement": _supplement,
    "advise": _advise,
    "withdraw": _withdraw,
    "dispute": _dispute_raise,
    "respond": _respond,
    "mediate": _mediate,
    "concur": _concur,
    "settle": _settle,
    "deliver": _deliver,
    "confirm": lambda actor, request, values: delivery.delivery_confirm(
        actor=actor, request_id=request.pk, note=_reason(values)
    ),
}
