"""Shape of requests in the API: what comes in, what goes out. Rules are in ``sharing.rules`` and the services."""

from typing import Any

from rest_framework import serializers

from catalog.choices import Mask
from sharing.choices import MediationState, RequestAction, RequestKind, RequestStatus, ShareMethod
from sharing.services.filing import COMMENT_FIELDS

LONG_TEXT = 5_000
MOST_ITEMS = 2_000


class Basis(serializers.Serializer[Any]):
    document = serializers.CharField(max_length=200)
    article = serializers.CharField(max_length=100)


class ConditionShape(serializers.Serializer[Any]):
    """One condition on rows: an item by field name or name, a comparison, its values."""

    item = serializers.CharField(max_length=200)
    operator = serializers.ChoiceField(["eq", "gte", "lte", "gt", "lt", "in", "startswith", "isnull"])
    values = serializers.ListField(child=serializers.CharField(max_length=1000, allow_blank=True), max_length=200)


class RequestFields(serializers.Serializer[Any]):
    """What a draft says; what is left out stays as it is."""

    dataset = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    legal_basis = Basis(many=True, required=False)
    scenario = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    items = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=MOST_ITEMS)
    row_filter = ConditionShape(many=True, required=False)
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices), required=False, max_length=3)
    frequency = serializers.CharField(max_length=15, required=False, allow_blank=True)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    systems = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=50
    )
    contact_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    contact_phone = serializers.CharField(max_length=40, required=False, allow_blank=True)


class RequestInput(RequestFields):
    """A request as a client sends it. It is submitted at once, but for ``draft``."""

    entry = serializers.CharField(max_length=64)
    draft = serializers.BooleanField(default=False)


class FollowInput(serializers.Serializer[Any]):
    """Whether a grant is to go on, or to be used otherwise."""

    kind = serializers.ChoiceField([RequestKind.RENEWAL.value, RequestKind.CHANGE.value])


class CountInput(serializers.Serializer[Any]):
    """Conditions as they are being drafted, or those that an answer adds; left out, those of the request."""

    row_filter = ConditionShape(many=True, required=False)


class CountOutput(serializers.Serializer[Any]):
    rows = serializers.IntegerField(allow_null=True, help_text="Null for fewer than 100, and for none alike.")
    exact = serializers.BooleanField(source="is_exact")
    left = serializers.IntegerField(allow_null=True, help_text="Counts left today; null where there is no limit.")


class AttachmentInput(serializers.Serializer[Any]):
    file = serializers.FileField()


class AttachmentOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="original_name")
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    added_at = serializers.DateTimeField(source="uploaded_at")


class AttachmentListOutput(serializers.Serializer[Any]):
    results = AttachmentOutput(many=True)


ACTIONS = (
    "submit", "recall", "agree", "approve", "refuse", "extend", "supplement", "advise", "withdraw", "dispute",
    "respond", "mediate", "concur", "settle", "deliver", "confirm",
)  # fmt: skip
"""The actions of the contract, and what the pages offer besides."""


class FieldCommentInput(serializers.Serializer[Any]):
    """What has to change in a field of a request that is returned."""

    field = serializers.CharField(max_length=50, help_text=f"One of: {', '.join(COMMENT_FIELDS)}.")
    text = serializers.CharField(max_length=2_000)


class ActionInput(serializers.Serializer[Any]):
    """What an action takes; each reads what concerns it (see the description of the action)."""

    edit_version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    opinion = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")
    reason = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")
    comments = serializers.ListField(child=FieldCommentInput(), required=False, max_length=len(COMMENT_FIELDS))
    days = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    consent = serializers.BooleanField(required=False)
    granted = serializers.BooleanField(required=False)
    agreed = serializers.BooleanField(required=False)
    held_on = serializers.DateField(required=False)
    without_provider = serializers.BooleanField(default=False)
    items = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=MOST_ITEMS)
    row_filter = ConditionShape(many=True, required=False)
    masks = serializers.DictField(child=serializers.ChoiceField(Mask.choices), required=False)
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices), required=False, max_length=3)
    until = serializers.DateField(required=False)
    rows_per_day = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    calls_per_minute = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    dataset = serializers.IntegerField(required=False, min_value=1, max_value=2**62)


class StepOutput(serializers.Serializer[Any]):
    action = serializers.ChoiceField(RequestAction.choices)
    opinion = serializers.CharField(source="words")
    actor = serializers.CharField(source="actor_name")
    department = serializers.CharField(source="department_name")
    status = serializers.ChoiceField(RequestStatus.choices)
    at = serializers.DateTimeField()
    detail = serializers.DictField(
        source="told",
        help_text="What the step set: `days` of more time, `comments` on fields, what a decision gives, the `grant`.",
    )


class MoreTimeOutput(serializers.Serializer[Any]):
    """What the provider asks for, and the authority has not decided on yet."""

    days = serializers.IntegerField(help_text="Working days.")
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()


class ClockOutput(serializers.Serializer[Any]):
    key = serializers.CharField(source="policy_key")
    state = serializers.CharField()
    started_on = serializers.DateField()
    due_at = serializers.DateTimeField()
    is_provisional = serializers.BooleanField()
    document = serializers.CharField()
    article = serializers.CharField()


class DecidedOutput(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.CharField())
    row_filter = ConditionShape(many=True)
    masks = serializers.DictField(child=serializers.ChoiceField(Mask.choices))
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices))
    until = serializers.DateField(allow_null=True)
    rows_per_day = serializers.IntegerField(allow_null=True)
    calls_per_minute = serializers.IntegerField(allow_null=True)


class AgreementOutput(DecidedOutput):
    """What a mediation led to, of each item its mask; ``none`` shows it whole. Both heads confirm it as a whole."""

    valid_from = serializers.DateField(allow_null=True, help_text="Null: from the day on which it is delivered.")


class MediationOutput(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        MediationState.choices, help_text="Only one that is `pending` can be confirmed or declined."
    )
    held_on = serializers.DateField()
    text = serializers.CharField()
    agreed = serializers.BooleanField(source="is_agreed")
    agreement = AgreementOutput(allow_null=True, help_text="Null: both sides did not agree.")
    at = serializers.DateTimeField()
    requester_confirmed_at = serializers.DateTimeField(source="asker_confirmed_at", allow_null=True)
    provider_confirmed_at = serializers.DateTimeField(allow_null=True)
    declined_at = serializers.DateTimeField(allow_null=True)


class DisputeOutput(serializers.Serializer[Any]):
    """What the requester objects to, what the provider says to it, and how the authority mediated."""

    reason = serializers.CharField()
    statement = serializers.CharField()
    mediations = MediationOutput(many=True)


class RequestShort(serializers.Serializer[Any]):
    """A request in a list."""

    id = serializers.IntegerField()
    number = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(RequestKind.choices)
    status = serializers.ChoiceField(RequestStatus.choices)
    entry = serializers.CharField()
    entry_name = serializers.CharField()
    dataset = serializers.IntegerField(allow_null=True)
    department = serializers.CharField()
    provider = serializers.CharField()
    attribute = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    edit_version = serializers.IntegerField()


class WarningOutput(serializers.Serializer[Any]):
    """What a submission is told of and not refused for, in the words of the pages."""

    field = serializers.CharField()
    code = serializers.ChoiceField(["few_rows"])
    message = serializers.CharField()


class RequestOutput(RequestShort):
    """A request with everything about it."""

    legal_basis = Basis(many=True)
    scenario = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())
    row_filter = ConditionShape(many=True)
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices))
    frequency = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    systems = serializers.ListField(child=serializers.IntegerField())
    contact_name = serializers.CharField()
    contact_phone = serializers.CharField()
    decided = DecidedOutput(allow_null=True)
    reply = serializers.CharField()
    more_time = MoreTimeOutput(allow_null=True, help_text="Null: nothing is asked for, or it was decided on.")
    dispute = DisputeOutput(allow_null=True)
    previous_grant = serializers.IntegerField(
        allow_null=True, help_text="That a renewal or a change of use goes on from."
    )
    grants = serializers.ListField(child=serializers.IntegerField())
    clocks = ClockOutput(many=True)
    steps = StepOutput(many=True)
    warnings = WarningOutput(many=True, help_text="Empty but in the answer to a submission.")


class RequestListOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = RequestShort(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
