"""Indexes for the auditor's page.

Cause: the trail is filtered by department, by request and by outcome, always in the order of the key.
Effect: one index each on the partitioned table, hence on every partition, present and future.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_audit_event")]

    operations = [
        migrations.AddIndex(
            "AuditEvent", models.Index(fields=["department_code", "id"], name="audit_event_department")
        ),
        migrations.AddIndex("AuditEvent", models.Index(fields=["request_id", "id"], name="audit_event_request")),
        migrations.AddIndex(
            "AuditEvent",
            models.Index(fields=["id"], condition=models.Q(outcome="denied"), name="audit_event_denied"),
        ),
    ]
