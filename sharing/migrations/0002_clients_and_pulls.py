"""Machine clients with their secrets and grants, and the log of what is pulled.

Cause: data leave through the API under a grant, to a client of the department that holds it.
Effect: four tables; the tables of the OAuth library are made after them, since tokens refer to clients.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import oauth2_provider.generators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    run_before = [("oauth2_provider", "0001_initial")]

    dependencies = [
        ("accounts", "0003_user_hold"),
        ("sharing", "0001_requests_and_grants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "client_id",
                    models.CharField(
                        db_index=True,
                        default=oauth2_provider.generators.generate_client_id,
                        max_length=255,
                        unique=True,
                        verbose_name="client ID",
                    ),
                ),
                (
                    "client_type",
                    models.CharField(
                        choices=[("confidential", "Confidential"), ("public", "Public")],
                        max_length=32,
                        verbose_name="client type",
                    ),
                ),
                (
                    "authorization_grant_type",
                    models.CharField(
                        choices=[
                            ("authorization-code", "Authorization code"),
                            ("urn:ietf:params:oauth:grant-type:device_code", "Device Code"),
                            ("implicit", "Implicit"),
                            ("password", "Resource owner password-based"),
                            ("client-credentials", "Client credentials"),
                            ("openid-hybrid", "OpenID connect hybrid"),
                        ],
                        max_length=44,
                        verbose_name="authorization grant type",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("purpose", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("awaiting", "Awaiting approval"),
                            ("active", "Active"),
                            ("refused", "Refused"),
                            ("suspended", "Suspended"),
                            ("revoked", "Revoked"),
                        ],
                        default="awaiting",
                        max_length=10,
                    ),
                ),
                (
                    "networks",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None),
                ),
                ("calls_per_minute", models.PositiveIntegerField(default=600)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("data:read", "Pull data under a grant"), ("catalog:write", "File entries")],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("registered_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "note",
                    models.TextField(blank=True, help_text="Reason of the last decision, suspension or revocation."),
                ),
                ("edit_version", models.PositiveIntegerField(default=1)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clients", to="accounts.department"
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "suspended_by_department",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clients",
                        to="accounts.informationsystem",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ClientGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bound_at", models.DateTimeField()),
                ("bound_by_name", models.CharField(max_length=200)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bindings",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bindings", to="sharing.grant"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="client",
            name="grants",
            field=models.ManyToManyField(related_name="clients", through="sharing.ClientGrant", to="sharing.grant"),
        ),
        migrations.CreateModel(
            name="ClientSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=200)),
                ("valid_to", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Pull",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("edition", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField()),
                ("since_version", models.PositiveIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("rows", "Rows"), ("changes", "Changes"), ("export", "Export"), ("file", "File")],
                        max_length=10,
                    ),
                ),
                (
                    "detail",
                    models.CharField(blank=True, help_text="Format of an export, name of a file.", max_length=200),
                ),
                ("items", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("filter", models.JSONField(blank=True, default=list)),
                ("address", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("started", "Not finished"),
                            ("done", "Complete"),
                            ("cut", "Cut off: the right ended"),
                            ("left", "Given up by the caller"),
                            ("failed", "Failed"),
                        ],
                        default="started",
                        max_length=10,
                    ),
                ),
                ("rows", models.PositiveBigIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("milliseconds", models.PositiveIntegerField(default=0)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pulls",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pulls",
                        to="sharing.grant",
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
                "ordering": ["-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="clientgrant",
            constraint=models.UniqueConstraint(fields=("client", "grant"), name="client_grant_once"),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["refused", "revoked"]), _negated=True),
                fields=("department", "name"),
                name="client_name_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("authorization_grant_type", "client-credentials"), ("client_type", "confidential")),
                name="client_credentials_only",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(condition=models.Q(("calls_per_minute__gte", 1)), name="client_calls"),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("registered_by__isnull", True),
                    ("decided_by__isnull", True),
                    models.Q(("registered_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="client_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientsecret",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)), fields=("client",), name="client_secret_one_lasting"
            ),
        ),
        migrations.AddIndex(
            model_name="pull",
            index=models.Index(fields=["grant", "at"], name="pull_grant"),
        ),
        migrations.AddIndex(
            model_name="pull",
            index=models.Index(fields=["client", "at"], name="pull_client"),
        ),
        migrations.AddConstraint(
            model_name="pull",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("client__isnull", True), ("user__isnull", False)),
                    models.Q(("client__isnull", False), ("user__isnull", True)),
                    _connector="OR",
                ),
                name="pull_by_one",
            ),
        ),
    ]
