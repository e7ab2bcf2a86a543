"""What the data API gives, for its description; the rows themselves are written by the database."""

from typing import Any

from rest_framework import serializers


class SchemaField(serializers.Serializer[Any]):
    """A field of the Table Schema."""

    name = serializers.CharField()
    title = serializers.CharField()
    type = serializers.CharField()
    item = serializers.UUIDField()
    mask = serializers.CharField()
    disputed = serializers.BooleanField()
    constraints = serializers.DictField(required=False)


class TableSchemaOutput(serializers.Serializer[Any]):
    """Frictionless Table Schema of what the grant shows. ``number`` is written as a JSON string, exactly.

    ``disputed`` says that an objection to the data as a whole is being verified, that of a field the same of its item.
    """

    fields = SchemaField(many=True)  # type: ignore[assignment]  # a member of Table Schema, named as DRF names one of its own
    disputed = serializers.BooleanField()
    primaryKey = serializers.ListField(child=serializers.CharField(), required=False)  # noqa: N815


class DatasetOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    entry = serializers.CharField()
    kind = serializers.CharField()
    grant = serializers.IntegerField()
    schema = TableSchemaOutput()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField(allow_null=True)
    next_due_at = serializers.DateTimeField(allow_null=True)
    freshness = serializers.CharField()
    row_count = serializers.IntegerField(required=False)


class RowsOutput(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.DictField())
    truncated = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class ChangeOutput(serializers.Serializer[Any]):
    op = serializers.ChoiceField(["upsert", "delete"])
    key = serializers.CharField()
    row = serializers.DictField(required=False)


class ChangesOutput(serializers.Serializer[Any]):
    from_version = serializers.IntegerField()
    to_version = serializers.IntegerField()
    changes = ChangeOutput(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class FileOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="token")
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    added_at = serializers.DateTimeField()


class FilesOutput(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    files = FileOutput(many=True)


class GrantOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    dataset = serializers.IntegerField()
    dataset_name = serializers.CharField()
    entry = serializers.CharField()
    department = serializers.CharField()
    provider = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())
    row_filter = serializers.ListField(child=serializers.DictField())
    masks = serializers.DictField(child=serializers.CharField())
    methods = serializers.ListField(child=serializers.CharField())
    quota = serializers.DictField()
    edition = serializers.IntegerField()
    valid_from = serializers.DateTimeField()
    valid_to = serializers.DateTimeField()
    status = serializers.CharField()


class GrantsOutput(serializers.Serializer[Any]):
    results = GrantOutput(many=True)
    truncated = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)
