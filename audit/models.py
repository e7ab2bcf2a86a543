from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast
from django.utils.translation import pgettext_lazy


class Outcome(models.TextChoices):
    DONE = "done", pgettext_lazy("audit", "Done")
    DENIED = "denied", pgettext_lazy("audit", "Denied")


class AuditEvent(models.Model):
    """One thing that somebody did, or tried to do, to one object.

    Rows are only ever inserted: a trigger on every partition refuses the rest. People and objects are kept as
    text, so that the trail stays readable after either is gone. ``transaction_id`` orders rows by commit
    visibility: ids are drawn before the commit, so a reader that must not miss a row (the sealer) takes only
    those below ``pg_snapshot_xmin``.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    transaction_id = models.BigIntegerField(
        db_default=Cast(
            Cast(Func(function="pg_current_xact_id", output_field=models.TextField()), models.TextField()),
            models.BigIntegerField(),
        ),
        editable=False,
    )
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.DONE)
    action = models.CharField(max_length=100)

    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200, blank=True)
    department_code = models.CharField(max_length=50, blank=True)
    department_name = models.CharField(max_length=200, blank=True)
    region_code = models.CharField(max_length=12, blank=True)
    roles = models.JSONField(default=list)

    object_label = models.CharField(max_length=100, blank=True)
    object_pk = models.CharField(max_length=100, blank=True)
    object_name = models.CharField(max_length=500, blank=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    basis = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)

    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        db_table = "audit_event"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_label", "object_pk", "id"], name="audit_event_object"),
            models.Index(fields=["actor_kind", "actor_id", "id"], name="audit_event_actor"),
            models.Index(fields=["action", "id"], name="audit_event_action"),
            models.Index(fields=["department_code", "id"], name="audit_event_department"),
            models.Index(fields=["request_id", "id"], name="audit_event_request"),
            models.Index(fields=["id"], condition=models.Q(outcome="denied"), name="audit_event_denied"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action} {self.object_name}"
