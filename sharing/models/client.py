from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from oauth2_provider.models import AbstractApplication

from sharing.client_choices import ClientStatus, Scope


class Client(AbstractApplication, models.Model):
    """A machine of a department that calls the API: an OAuth 2.0 client that knows client credentials only.

    It acts for the department and one of its systems, never for a person. ``networks`` are the addresses it may come
    from; ``calls_per_minute`` bounds its calls, ``scopes`` what its tokens may be used for.

    The fields of the library that belong to flows which are not mounted are left out. Secrets have a table of their
    own, since two may be valid while one replaces the other.
    """

    user = None
    client_secret = None
    hash_client_secret = None
    skip_authorization = None
    redirect_uris = None
    post_logout_redirect_uris = None
    allowed_origins = None
    algorithm = None
    registration_source = None
    cimd_expires_at = None
    updated = None

    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="clients")
    system = models.ForeignKey("accounts.InformationSystem", on_delete=models.PROTECT, related_name="clients")
    purpose = models.TextField()
    status = models.CharField(max_length=10, choices=ClientStatus.choices, default=ClientStatus.AWAITING)
    networks = ArrayField(models.CharField(max_length=50))
    calls_per_minute = models.PositiveIntegerField(default=600)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    grants: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "Grant", through="ClientGrant", related_name="clients"
    )

    registered_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    decided_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, help_text="Reason of the last decision, suspension or revocation.")
    suspended_by_security = models.BooleanField(
        default=False, help_text="By the security administrator, else by the head of its department."
    )
    wanted = models.JSONField(
        null=True, help_text="Networks, number of calls and scopes that wait for approval, by field; None for none."
    )
    wanted_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    edit_version = models.PositiveIntegerField(default=1)

    class Meta(AbstractApplication.Meta):
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"],
                condition=~Q(status__in=[ClientStatus.REFUSED, ClientStatus.REVOKED]),
                name="client_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(authorization_grant_type="client-credentials", client_type="confidential"),
                name="client_credentials_only",
            ),
            models.CheckConstraint(condition=Q(calls_per_minute__gte=1), name="client_calls"),
            models.CheckConstraint(
                condition=Q(registered_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(registered_by=models.F("decided_by")),
                name="client_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == ClientStatus.ACTIVE


class ClientSecret(models.Model):
    """A secret of a client, as its hash. It was shown once, to who asked for it.

    ``valid_to`` is set when a later one replaces it; both are taken until then.
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(valid_to__isnull=True), name="client_secret_one_lasting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.made_at:%Y-%m-%d}"


class ClientGrant(models.Model):
    """A grant under which a client may pull: bound by the head of its department, never by itself."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="bindings")
    grant = models.ForeignKey("Grant", on_delete=models.CASCADE, related_name="bindings")
    bound_at = models.DateTimeField()
    bound_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["client", "grant"], name="client_grant_once")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.grant_id}"
