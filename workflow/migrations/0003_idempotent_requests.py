"""Repeated POSTs get the answer of the first.

Cause: a client that lost an answer must be able to send the request again without doing it twice.
Effect: a table of keys and answers, cleaned of rows older than a day.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflow", "0002_fencing_sequence")]

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(help_text="Kind and key of the actor, e.g. user:42.", max_length=100)),
                ("key", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=500)),
                ("body_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.BinaryField(default=b"")),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="workflow_idempotent_age")],
                "constraints": [models.UniqueConstraint(fields=("caller", "key"), name="workflow_idempotent_once")],
            },
        ),
    ]
