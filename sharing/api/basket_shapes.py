"""Shape of the basket and of decisions on many."""

from typing import Any

from rest_framework import serializers

from sharing.api.request_shapes import LONG_TEXT, Basis, RequestShort
from sharing.choices import ShareMethod


class BasketEntryOutput(serializers.Serializer[Any]):
    entry = serializers.CharField()
    entry_name = serializers.CharField()
    provider = serializers.CharField()
    attribute = serializers.CharField()


class BasketOutput(serializers.Serializer[Any]):
    """What is in it, first put first."""

    entries = BasketEntryOutput(many=True)


class BasketRequestsInput(serializers.Serializer[Any]):
    """What the requests of a basket say alike."""

    legal_basis = Basis(many=True, required=False)
    scenario = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    methods = serializers.ListField(child=serializers.ChoiceField(ShareMethod.choices), required=False, max_length=3)
    frequency = serializers.CharField(max_length=15, required=False, allow_blank=True)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(required=False, allow_null=True)
    systems = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=50
    )
    contact_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    contact_phone = serializers.CharField(max_length=40, required=False, allow_blank=True)


class DraftsOutput(serializers.Serializer[Any]):
    requests = RequestShort(many=True)


class PickedInput(serializers.Serializer[Any]):
    """A request, and as which it was read."""

    id = serializers.IntegerField(min_value=1, max_value=2**62)
    edit_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class PassManyInput(serializers.Serializer[Any]):
    requests = PickedInput(many=True)
    opinion = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")


class LeftAloneOutput(serializers.Serializer[Any]):
    """A request that stayed as it was; without a name where the caller may not see it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class PassManyOutput(serializers.Serializer[Any]):
    passed = serializers.ListField(child=serializers.IntegerField())
    left = LeftAloneOutput(many=True)
