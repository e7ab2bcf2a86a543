"""Refused calls of the data API, by minute."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sharing", "0010_notice_carried_out"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusedCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("code", models.CharField(max_length=40)),
                ("status", models.PositiveSmallIntegerField()),
                ("path", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refused_calls",
                        to="sharing.client",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-minute", "-pk"],
                "indexes": [models.Index(fields=["client", "minute"], name="refused_call_client")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client", "user", "code", "minute"), name="refused_call_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=Q(client__isnull=True) | Q(user__isnull=True), name="refused_call_by_one"
                    ),
                ],
            },
        ),
    ]
