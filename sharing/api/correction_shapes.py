"""Shape of correction requests (校核) in the API. Rules are in ``sharing.services.objection``."""

from typing import Any

from rest_framework import serializers

from sharing.api.request_shapes import ClockOutput
from sharing.choices import ObjectionState
from sharing.services.objection import MOST_CHARACTERS

_KEY = 2**62


class CorrectionInput(serializers.Serializer[Any]):
    """What somebody who uses data finds wrong with them."""

    entry = serializers.CharField(max_length=50)
    description = serializers.CharField(max_length=MOST_CHARACTERS)
    item = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    dataset = serializers.IntegerField(required=False, min_value=1, max_value=_KEY)
    grant = serializers.IntegerField(required=False, min_value=1, max_value=_KEY)
    row_key = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class CorrectionAnswerInput(serializers.Serializer[Any]):
    confirmed = serializers.BooleanField()
    answer = serializers.CharField(max_length=MOST_CHARACTERS)


class CorrectedInput(serializers.Serializer[Any]):
    """Which version of the data brought the correction; neither, where it needed no new data."""

    dataset = serializers.IntegerField(required=False, min_value=1, max_value=_KEY)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class CorrectionShort(serializers.Serializer[Any]):
    """A correction request in a list."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(ObjectionState.choices)
    entry = serializers.CharField()
    entry_name = serializers.CharField()
    dataset = serializers.IntegerField(allow_null=True)
    department = serializers.CharField()
    provider = serializers.CharField()
    raised_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class CorrectedIn(serializers.Serializer[Any]):
    dataset = serializers.IntegerField()
    version = serializers.IntegerField()


class CorrectionOutput(CorrectionShort):
    """A correction request with everything about it; the row's key for its two sides alone."""

    item = serializers.CharField()
    grant = serializers.IntegerField(allow_null=True)
    row_key = serializers.CharField()
    row_gone_at = serializers.DateTimeField(
        allow_null=True, help_text="When the key was deleted, since the row had been removed from the data for good."
    )
    version = serializers.IntegerField(allow_null=True)
    description = serializers.CharField()
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    corrected_in = CorrectedIn(allow_null=True)
    clocks = ClockOutput(many=True)


class CorrectionListOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = CorrectionShort(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
