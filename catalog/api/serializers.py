"""Shape of the entries API: what comes in, and what goes out. Rules across fields are in ``catalog.rules``."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from catalog.choices import (
    Cycle,
    DataLevel,
    EntryStatus,
    FormatClass,
    ItemType,
    Mask,
    Opening,
    RevisionStatus,
    Secrecy,
    Severity,
    Sharing,
    SharingMethod,
)

MAX_ITEMS = 2_000
LONG_TEXT = 10_000


class LegalBasisField(serializers.Serializer[Any]):
    document = serializers.CharField(max_length=200)
    article = serializers.CharField(max_length=100, allow_blank=True, default="")


class AssessmentsField(serializers.Serializer[Any]):
    secrecy = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    personal_information = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)


class ItemInput(serializers.Serializer[Any]):
    id = serializers.UUIDField(required=False, allow_null=True)
    name = serializers.CharField(max_length=200)
    field_name = serializers.CharField(max_length=100, required=False, allow_blank=True)  # type: ignore[assignment]  # a field of the contract, named as DRF names one of its own
    type = serializers.ChoiceField(ItemType.choices, required=False)
    length = serializers.IntegerField(min_value=1, max_value=2_000_000_000, required=False, allow_null=True)
    decimals = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    is_key = serializers.BooleanField(required=False)
    nullable = serializers.BooleanField(required=False)
    sharing = serializers.ChoiceField(Sharing.choices, required=False, allow_blank=True)
    sharing_condition = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    opening = serializers.ChoiceField(Opening.choices, required=False, allow_blank=True)
    is_sensitive = serializers.BooleanField(required=False)
    mask = serializers.ChoiceField(Mask.choices, required=False, allow_blank=True)
    description = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)


class EntryInput(serializers.Serializer[Any]):
    """An entry as a client sends it. Left-out fields keep their value, or take the standard's default."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    summary = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    department = serializers.CharField(max_length=50, required=False, allow_blank=True)
    department_unit = serializers.CharField(max_length=100, required=False, allow_blank=True)
    category = serializers.CharField(max_length=30, required=False, allow_blank=True)
    library = serializers.CharField(max_length=50, required=False, allow_blank=True, allow_null=True)
    source_system = serializers.CharField(max_length=200, required=False, allow_blank=True, allow_null=True)
    related = serializers.ListField(child=serializers.CharField(max_length=64), required=False, max_length=100)
    keywords = serializers.CharField(max_length=300, required=False, allow_blank=True)
    format_class = serializers.ChoiceField(FormatClass.choices, required=False, allow_blank=True)
    format_type = serializers.CharField(max_length=30, required=False, allow_blank=True)
    format_note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    sharing = serializers.ChoiceField(Sharing.choices, required=False, allow_blank=True)
    sharing_scope = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    sharing_purpose = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    sharing_reason = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    sharing_note = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    legal_basis = LegalBasisField(many=True, required=False)
    sharing_method = serializers.ChoiceField(SharingMethod.choices, required=False, allow_blank=True)
    use_conditions = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    opening = serializers.ChoiceField(Opening.choices, required=False, allow_blank=True)
    opening_condition = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True)
    cycle = serializers.ChoiceField(Cycle.choices, required=False, allow_blank=True)
    data_level = serializers.ChoiceField(DataLevel.choices, required=False, allow_blank=True)
    secrecy = serializers.ChoiceField(Secrecy.choices, required=False)
    assessments = AssessmentsField(required=False)
    census = serializers.DictField(required=False)
    extra = serializers.DictField(required=False)
    duty_change = serializers.IntegerField(required=False, allow_null=True)
    items = ItemInput(many=True, required=False)

    def validate_items(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(value) > MAX_ITEMS:
            raise serializers.ValidationError(_("An entry has at most %(limit)d items.") % {"limit": MAX_ITEMS})
        return value

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields) - READ_ONLY
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        return super().to_internal_value(data)


READ_ONLY = frozenset(
    {"id", "code", "status", "revision", "edit_version", "published_at", "due_at", "freshness", "region", "datasets",
     "working", "updated_at", "department_name", "category_name"}
)  # fmt: skip
"""Fields that answers carry; a client may send them back, they are ignored."""


def service_input(validated: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]] | None, str]:
    """Turn validated input into the (fields, items, department code) that the services take."""
    fields = dict(validated)
    items = fields.pop("items", None)
    department = fields.pop("department", "")
    assessments = fields.pop("assessments", {})
    for key, value in assessments.items():
        fields[f"{key}_assessment"] = value
    return fields, items, department


class DecisionInput(serializers.Serializer[Any]):
    opinion = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")


class CommentInput(serializers.Serializer[Any]):
    field = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=LONG_TEXT)
    severity = serializers.ChoiceField(Severity.choices, required=False, default=Severity.REQUIRED)


class ReturnInput(DecisionInput):
    comments = CommentInput(many=True, required=False, default=list)


class WithdrawInput(DecisionInput):
    """The reason; an ``opinion`` is taken for it, as in the other steps."""

    reason = serializers.CharField(max_length=LONG_TEXT, required=False, allow_blank=True, default="")


# --- Out --------------------------------------------------------------------------------------------------------


class ItemOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="item_id")
    name = serializers.CharField()
    field_name = serializers.CharField()  # type: ignore[assignment]  # a field of the contract, named as DRF names one of its own
    type = serializers.CharField()
    length = serializers.IntegerField(allow_null=True)
    decimals = serializers.IntegerField(allow_null=True)
    is_key = serializers.BooleanField()
    nullable = serializers.BooleanField()
    sharing = serializers.CharField()
    sharing_condition = serializers.CharField()
    opening = serializers.CharField()
    is_sensitive = serializers.BooleanField()
    mask = serializers.CharField()
    description = serializers.CharField()


class WorkingOutput(serializers.Serializer[Any]):
    revision = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(RevisionStatus.choices)


class EntrySummaryOutput(serializers.Serializer[Any]):
    """One entry in a list; the content is that of its current revision."""

    id = serializers.CharField(source="ref")
    code = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(EntryStatus.choices)
    name = serializers.CharField(source="current_revision.name")
    summary = serializers.CharField(source="current_revision.summary")
    department = serializers.CharField(source="department.code")
    department_name = serializers.CharField(source="department.name")
    region = serializers.CharField(source="department.region.code")
    category = serializers.CharField(source="current_revision.category.code", default="")
    category_name = serializers.CharField(source="current_revision.category.name", default="")
    library = serializers.CharField(source="current_revision.library.code", default="")
    format_class = serializers.CharField(source="current_revision.format_class")
    format_type = serializers.CharField(source="current_revision.format_type")
    sharing = serializers.CharField(source="current_revision.sharing")
    opening = serializers.CharField(source="current_revision.opening")
    cycle = serializers.CharField(source="current_revision.cycle")
    data_level = serializers.CharField(source="current_revision.data_level")
    revision = serializers.IntegerField(source="current_revision.number")
    edit_version = serializers.IntegerField()
    published_at = serializers.DateTimeField(source="current_revision.published_at", allow_null=True)
    updated_at = serializers.DateTimeField()


class FacetOutput(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # likewise
    count = serializers.IntegerField()


class EntryListOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    count_is_exact = serializers.BooleanField()
    facets = serializers.DictField(child=FacetOutput(many=True))
    results = EntrySummaryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class EntryOutput(serializers.Serializer[Any]):
    """One entry with the content of one revision, its items, and what is open beside it."""

    id = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(EntryStatus.choices)
    revision = serializers.IntegerField()
    edit_version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    freshness = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    summary = serializers.CharField()
    department = serializers.CharField()
    department_name = serializers.CharField()
    department_unit = serializers.CharField()
    region = serializers.CharField()
    category = serializers.CharField()
    category_name = serializers.CharField()
    library = serializers.CharField()
    source_system = serializers.CharField()
    related = serializers.ListField(child=serializers.CharField())
    keywords = serializers.CharField()
    format_class = serializers.CharField()
    format_type = serializers.CharField()
    format_note = serializers.CharField()
    sharing = serializers.CharField()
    sharing_scope = serializers.CharField()
    sharing_purpose = serializers.CharField()
    sharing_reason = serializers.CharField()
    sharing_note = serializers.CharField()
    legal_basis = LegalBasisField(many=True)
    sharing_method = serializers.CharField()
    use_conditions = serializers.CharField()
    opening = serializers.CharField()
    opening_condition = serializers.CharField()
    cycle = serializers.CharField()
    data_level = serializers.CharField()
    secrecy = serializers.CharField()
    assessments = AssessmentsField()
    census = serializers.DictField()
    extra = serializers.DictField()
    items = ItemOutput(many=True)
    datasets = serializers.ListField(child=serializers.DictField())
    working = WorkingOutput(allow_null=True)


class RevisionSummaryOutput(serializers.Serializer[Any]):
    revision = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(RevisionStatus.choices)
    name = serializers.CharField()
    sharing = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)


class RevisionListOutput(serializers.Serializer[Any]):
    results = RevisionSummaryOutput(many=True)


class FieldChangeOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # likewise
    before = serializers.JSONField()
    after = serializers.JSONField()


class ItemChangeOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["added", "removed", "changed", "moved"])
    name = serializers.CharField()
    fields_changed = FieldChangeOutput(many=True, source="fields")


class DiffOutput(serializers.Serializer[Any]):
    fields_changed = FieldChangeOutput(many=True, source="fields")
    items = ItemChangeOutput(many=True)
    unchanged_items = serializers.IntegerField()
