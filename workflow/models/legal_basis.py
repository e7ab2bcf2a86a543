from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from workflow.choices import KINDS_THAT_MAY_WITHHOLD, LegalKind, LegalPurpose


class LegalBasis(models.Model):
    """An article that entries, requests and decisions may cite.

    Citations copy document and article into the record that cites, so retiring or correcting a row here
    changes no past decision.
    """

    key = models.SlugField(max_length=80, unique=True)
    document = models.CharField(max_length=200)
    document_number = models.CharField(max_length=100, blank=True)
    issuer = models.CharField(max_length=100, blank=True)
    article = models.CharField(max_length=50)
    article_position = models.PositiveIntegerField(default=0, help_text="Orders articles, which are Chinese numerals.")
    gist = models.TextField()
    kind = models.CharField(max_length=30, choices=LegalKind.choices)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True, help_text="Last day in force.")
    may_justify = ArrayField(models.CharField(max_length=30, choices=LegalPurpose.choices), default=list)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["document", "article_position", "id"]
        verbose_name = "legal basis"
        verbose_name_plural = "legal bases"
        constraints = [
            models.CheckConstraint(
                name="workflow_legalbasis_withheld_rank",
                condition=~Q(may_justify__contains=["withheld"]) | Q(kind__in=KINDS_THAT_MAY_WITHHOLD),
            ),
            models.CheckConstraint(
                name="workflow_legalbasis_validity",
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="workflow_legalbasis_one_in_force",
                fields=["document", "article"],
                condition=Q(valid_to__isnull=True),
            ),
        ]
        indexes = [GinIndex(fields=["may_justify"], name="workflow_legalbasis_purpose")]

    def __str__(self) -> str:
        return f"{self.document} {self.article}"

    @property
    def purpose_labels(self) -> list[str]:
        """What the article may be cited for, in the reader's language."""
        return [str(LegalPurpose(value).label) for value in self.may_justify if value in LegalPurpose.values]
