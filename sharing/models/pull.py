from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from sharing.client_choices import PullKind, PullOutcome


class Pull(models.Model):
    """One pull under a grant: by whom, under which edition of it, which version, items and filter, what came of it.

    A client, a person or a dataset of a library pulls; the library's builds say who had asked for them.

    The row is committed before the first byte leaves. A stream that was killed stays ``STARTED``. ``items`` are
    identities, in the order in which they were given; ``filter`` is what the caller asked, beside the grant's own.
    """

    at = models.DateTimeField()
    client = models.ForeignKey("Client", null=True, on_delete=models.PROTECT, related_name="pulls", db_index=False)
    user = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    library = models.ForeignKey(
        "collection.Dataset", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+", db_index=False)
    grant = models.ForeignKey("Grant", on_delete=models.PROTECT, related_name="pulls", db_index=False)
    edition = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    since_version = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=PullKind.choices)
    detail = models.CharField(max_length=200, blank=True, help_text="Format of an export, name of a file.")
    items = ArrayField(models.UUIDField())
    filter = models.JSONField(default=list, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=PullOutcome.choices, default=PullOutcome.STARTED)
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(client__isnull=False, user__isnull=True, library__isnull=True)
                | Q(client__isnull=True, user__isnull=False, library__isnull=True)
                | Q(client__isnull=True, user__isnull=True, library__isnull=False),
                name="pull_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["grant", "at"], name="pull_grant"),
            models.Index(fields=["client", "at"], name="pull_client"),
            models.Index(
                fields=["grant", "edition", "version"],
                condition=Q(kind__in=[PullKind.CHANGES, PullKind.EXPORT]),
                name="pull_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
