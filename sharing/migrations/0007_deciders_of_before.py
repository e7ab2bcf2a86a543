"""Who decided before that was kept with the request is read from the trail: he settles no dispute over it."""

from django.conf import settings
from django.db import migrations

DECISIONS = ("sharing.request.approve", "sharing.request.approve_part", "sharing.request.refuse")


def fill(apps, schema_editor):
    requests = apps.get_model("sharing", "ShareRequest").objects
    trail = apps.get_model("audit", "AuditEvent").objects
    people = apps.get_model(settings.AUTH_USER_MODEL).objects
    for pk in list(requests.filter(decided_by=None).exclude(replied_at=None).values_list("pk", flat=True)):
        deeds = trail.filter(
            object_label="sharing.sharerequest",
            object_pk=str(pk),
            action__in=DECISIONS,
            actor_kind="user",
            outcome="done",
        )
        decider = people.filter(pk__in=deeds.order_by("-id").values("actor_id")[:1]).first()
        if decider is not None:
            requests.filter(pk=pk).update(decided_by=decider)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_audit_event"), ("sharing", "0006_webhook_attempts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
