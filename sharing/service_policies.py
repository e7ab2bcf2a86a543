"""Who sees to whom a dataset is given, and who answers for it to all of them. The dataset is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from collection.models import Dataset
from core.actors import Actor
from sharing.policies import is_own, refuse


def serves(actor: Actor, dataset: Dataset) -> bool:
    """The head of the department whose dataset it is: limits of use and announcements for all who get it."""
    return is_own(actor, dataset.entry.department_id, Role.HEAD)


def require_serve(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever does not answer for a dataset.

    Raises:
        NotAllowed: not the head of the providing department.
    """
    if not serves(actor, dataset):
        refuse(actor, _("The sharing office head of the providing department does this."))


def can_see_service(actor: Actor, dataset: Dataset) -> bool:
    """Know who gets a dataset: cataloguer and head of its department."""
    return is_own(actor, dataset.entry.department_id, Role.CATALOGUER, Role.HEAD)


def require_see_service(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever is not told who gets a dataset.

    Raises:
        NotAllowed: neither cataloguer nor head of the providing department.
    """
    if not can_see_service(actor, dataset):
        refuse(actor, _("The providing department sees who gets its data."))
