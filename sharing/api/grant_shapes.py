"""Shape of what is done with grants, terms and records of use. Rules are in the services."""

from typing import Any

from rest_framework import serializers

from catalog.choices import Mask
from sharing.api.request_shapes import LONG_TEXT
from sharing.api.serializers import GrantOutput
from sharing.choices import EndReason, GrantAction, InspectionResult, ShareMethod, Side
from sharing.models import GrantNotice, GrantSuspension

_KEY = 2**62
_GIVEN_REASONS = (EndReason.PURPOSE_MET, EndReason.NOT_NEEDED, EndReason.MISUSE)


def _text(*, needed: bool = False) -> serializers.CharField:
    if needed:
        return serializers.CharField(max_length=LONG_TEXT)
    return serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")


class ReasonInput(serializers.Serializer[Any]):
    reason = _text(needed=True)


class ResumeInput(serializers.Serializer[Any]):
    """Which suspension is lifted; left out, those of the caller's own side. Another side's is lifted by name alone."""

    suspension = serializers.IntegerField(
        source="suspension_id", required=False, allow_null=True, min_value=1, max_value=_KEY
    )
    note = _text()


class DisposedInput(serializers.Serializer[Any]):
    """How the data were disposed of."""

    note = _text(needed=True)


class DemandInput(serializers.Serializer[Any]):
    """How the provider wants the data disposed of."""

    demand = _text(needed=True)


class EndInput(serializers.Serializer[Any]):
    """Why a grant ends before its day; with misuse the provider may say how the data are disposed of."""

    reason = serializers.ChoiceField([one.value for one in _GIVEN_REASONS])
    note = _text()
    disposal_demand = _text()


class LimitsInput(serializers.Serializer[Any]):
    rows_per_day = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=_KEY)
    calls_per_minute = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)


class LoosenInput(LimitsInput):
    """Limits that hold at once; null for none of its own, left out it stays."""

    note = _text()


class AnnounceInput(serializers.Serializer[Any]):
    """The day from which nothing is given any more, or less."""

    reason = _text(needed=True)
    stops_on = serializers.DateField()


class NarrowInput(AnnounceInput, LimitsInput):
    """Stronger masks, by item, and tighter limits; what is left out stays."""

    masks = serializers.DictField(child=serializers.ChoiceField(Mask.choices), required=False)


class NoticeInput(serializers.Serializer[Any]):
    """The announcement that was read: what is said of it is said of no other."""

    notice = serializers.IntegerField(source="notice_id", min_value=1, max_value=_KEY)


class StopAnswerInput(NoticeInput):
    """Whether the holder can do without; `notice` names the announcement that was read."""

    agreed = serializers.BooleanField(source="is_agreed")
    answer = _text()


class StopFileInput(NoticeInput):
    """Whether the authority takes an announcement to its files; `notice` names the one that was read."""

    accepted = serializers.BooleanField(source="is_accepted")
    note = _text()


class CarryOutInput(NoticeInput):
    disposal_demand = _text()


class NoticeOutput(serializers.Serializer[Any]):
    """An announcement that a service is to stop, or, where it ``narrows``, to give less (809, Art. 27)."""

    id = serializers.IntegerField()
    reason = serializers.CharField()
    stops_on = serializers.DateField()
    narrows = serializers.SerializerMethodField()
    announced_at = serializers.DateTimeField()
    agreed = serializers.BooleanField(source="is_agreed", allow_null=True)
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    accepted = serializers.BooleanField(source="is_filing_accepted", allow_null=True)
    filing_note = serializers.CharField()
    filed_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    carried_out_at = serializers.DateTimeField(allow_null=True)

    def get_narrows(self, notice: GrantNotice) -> bool:
        return notice.change is not None


class SuspensionOutput(serializers.Serializer[Any]):
    """A suspension that was not lifted, by one side; it outlives the grant. ``follows`` is the grant before whose
    suspension it follows from."""

    id = serializers.IntegerField()
    side = serializers.ChoiceField(Side.choices)
    department = serializers.CharField(source="department.code", allow_null=True, default=None)
    reason = serializers.CharField()
    follows = serializers.IntegerField(source="cause.grant_id", allow_null=True, default=None)
    misuse = serializers.SerializerMethodField(help_text="Whether misuse was found that it stands for.")
    since = serializers.DateTimeField(source="opened_at")
    by = serializers.CharField(source="opened_by_name")

    def get_misuse(self, held: GrantSuspension) -> bool:
        return held.misuse_id is not None


class GrantStepOutput(serializers.Serializer[Any]):
    action = serializers.ChoiceField(GrantAction.choices)
    note = serializers.CharField(source="words")
    actor = serializers.CharField(source="actor_name")
    department = serializers.CharField(source="department_name")
    by_side = serializers.ChoiceField(
        Side.choices,
        source="detail.by_side",
        allow_null=True,
        default=None,
        help_text="Whose suspension it is that was ordered or lifted.",
    )
    stays_suspended = serializers.BooleanField(
        source="detail.stays_suspended",
        default=False,
        help_text="Whether another suspension kept it suspended.",
    )
    at = serializers.DateTimeField()


class GrantWholeOutput(GrantOutput):
    """A grant with everything about it that its two sides and the authority see."""

    purpose = serializers.CharField()
    systems = serializers.ListField(child=serializers.IntegerField())
    request = serializers.IntegerField(allow_null=True)
    previous = serializers.IntegerField(allow_null=True)
    first_pulled_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(EndReason.choices, allow_blank=True)
    end_note = serializers.CharField()
    disposal_demand = serializers.CharField()
    disposed_at = serializers.DateTimeField(allow_null=True)
    disposal_note = serializers.CharField()
    suspensions = SuspensionOutput(many=True)
    notices = NoticeOutput(many=True)
    steps = GrantStepOutput(many=True)


class UsageInput(serializers.Serializer[Any]):
    """How data were used in a period (809, Art. 29)."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    scenario = _text(needed=True)
    process = _text(needed=True)
    effect = _text(needed=True)
    storage = _text(needed=True)
    disposal = _text()


class UsageOutput(UsageInput):
    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField(source="recorded_by_name")


class InspectionInput(serializers.Serializer[Any]):
    result = serializers.ChoiceField(InspectionResult.choices)
    finding = _text(needed=True)
    rectify_by = serializers.DateField(required=False, allow_null=True)


class RectificationOutput(serializers.Serializer[Any]):
    report = serializers.CharField()
    reported_at = serializers.DateTimeField()
    reported_by = serializers.CharField(source="reported_by_name")


class InspectionOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    department = serializers.CharField(source="department.code")
    result = serializers.ChoiceField(InspectionResult.choices)
    finding = serializers.CharField()
    rectify_by = serializers.DateField(allow_null=True)
    inspected_at = serializers.DateTimeField()
    inspected_by = serializers.CharField(source="inspected_by_name")
    rectification = RectificationOutput(allow_null=True, default=None)


class RectifyInput(serializers.Serializer[Any]):
    report = _text(needed=True)


class _Page(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class UsageListOutput(_Page):
    results = UsageOutput(many=True)


class InspectionListOutput(_Page):
    results = InspectionOutput(many=True)


class TermsOutput(serializers.Serializer[Any]):
    """The terms in force, and when the caller's department accepted them."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    valid_from = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    accepted_by = serializers.CharField(allow_null=True)


class ServiceLimitsOutput(serializers.Serializer[Any]):
    """Limits of use of grants that are made without a decision; null for none."""

    rows_per_day = serializers.IntegerField(allow_null=True)
    calls_per_minute = serializers.IntegerField(allow_null=True)


class ServiceLimitsInput(serializers.Serializer[Any]):
    """Both limits as they are to be; null for none."""

    rows_per_day = serializers.IntegerField(allow_null=True, min_value=1, max_value=_KEY)
    calls_per_minute = serializers.IntegerField(allow_null=True, min_value=1, max_value=2**31 - 1)


class LeftOutput(serializers.Serializer[Any]):
    """A grant that was left as it is, and why."""

    grant = serializers.IntegerField()
    reason = serializers.CharField()


class StopOfAllOutput(serializers.Serializer[Any]):
    """The grants of which the stop is announced now, and those that were left."""

    announced = serializers.ListField(child=serializers.IntegerField())
    left = LeftOutput(many=True)


class StopAllInput(serializers.Serializer[Any]):
    """The day for which the stops were announced, and how the data are to be disposed of."""

    stops_on = serializers.DateField()
    disposal_demand = _text()


class StoppedForAllOutput(serializers.Serializer[Any]):
    """The grants that stopped, and those that were left."""

    stopped = serializers.ListField(child=serializers.IntegerField())
    left = LeftOutput(many=True)


class AcceptInput(serializers.Serializer[Any]):
    """The number of the terms that were read."""

    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class TakeInput(serializers.Serializer[Any]):
    """What data that are shared unconditionally are taken for."""

    purpose = _text(needed=True)
    until = serializers.DateField()
    systems = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=_KEY), max_length=50)
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices), required=False, max_length=3)
