from django.db import models
from django.db.models import Q


class Mediation(models.Model):
    """An attempt of the authority to bring both sides of a dispute together (809, Art. 28).

    ``agreed`` is what both sides agreed to, in the shape of ``ShareRequest.decided_*``: ``items``, ``row_filter``,
    ``masks`` (of each item, ``none`` too), ``methods``, ``until``, ``limits``. It settles the dispute
    once both heads confirmed it.
    """

    request = models.ForeignKey("ShareRequest", on_delete=models.CASCADE, related_name="mediations")
    held_on = models.DateField()
    text = models.TextField()
    is_agreed = models.BooleanField()
    agreed = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=200)
    asker_confirmed_at = models.DateTimeField(null=True)
    provider_confirmed_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_agreed=True) | Q(asker_confirmed_at=None, provider_confirmed_at=None, declined_at=None),
                name="mediation_agreement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.held_on}"

    @property
    def is_confirmed(self) -> bool:
        return self.asker_confirmed_at is not None and self.provider_confirmed_at is not None
