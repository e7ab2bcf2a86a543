from django.db import models


class CompilationStandard(models.Model):
    """A version of the compilation standard (编制要求) that entries are filed under.

    ``required_fields`` names the fields a submission must fill beyond the rules across fields;
    ``extra_schema`` is a JSON Schema for a region's own fields, kept in ``Revision.extra``.
    """

    version = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    valid_from = models.DateField()
    required_fields = models.JSONField(default=list)
    extra_schema = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-valid_from"]

    def __str__(self) -> str:
        return self.name
