"""Reading the terms for data that are shared unconditionally."""

from core import clock
from sharing.models import Terms, TermsAcceptance


def terms_in_force() -> Terms | None:
    """Return the latest terms in force, with None where there are none yet."""
    return Terms.objects.filter(valid_from__lte=clock.now()).order_by("-number").first()


def acceptance_of(department_id: int) -> TermsAcceptance | None:
    """Return a department's acceptance of the terms in force, None where it has not accepted them."""
    terms = terms_in_force()
    return TermsAcceptance.objects.filter(terms=terms, department=department_id).first() if terms else None
