"""Which cited documents may not carry what they are cited for."""

from workflow.choices import KINDS_THAT_MAY_WITHHOLD
from workflow.models import LegalBasis


def documents_unfit_to_withhold() -> frozenset[str]:
    """Return the registered documents whose rank cannot forbid sharing (809 Art. 15: only law, administrative
    regulation and State Council decision can). Documents that are not registered are left to the reviewer."""
    return frozenset(
        LegalBasis.objects.exclude(kind__in=KINDS_THAT_MAY_WITHHOLD).values_list("document", flat=True).distinct()
    )
