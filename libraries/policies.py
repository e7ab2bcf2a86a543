"""Who may build the datasets of a library. The dataset is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.models import Library
from catalog.policies import can_edit_library
from catalog.selectors.classification import leads_library
from collection.models import Dataset
from collection.policies import LIBRARY_JOB
from core.actors import Actor
from core.exceptions import NotAllowed


def can_see_datasets(actor: Actor) -> bool:
    """See what is built for libraries: reviewers, and cataloguers and heads whose department leads one."""
    if not actor.is_person:
        return False
    if actor.is_authority and actor.has_role(Role.REVIEWER):
        return True
    return actor.has_role(Role.CATALOGUER, Role.HEAD) and leads_library(actor.department_id)


def require_see_datasets(actor: Actor) -> None:
    """Refuse whom library datasets do not concern.

    Raises:
        NotAllowed: neither reviewer, nor cataloguer or head of a library's lead department.
    """
    if not can_see_datasets(actor):
        raise NotAllowed(_("Your department leads no library."))


def can_keep_parts(actor: Actor, dataset: Dataset, library: Library) -> bool:
    """Choose the sources of a library dataset, and build it: cataloguer and head of the library's lead department.

    Nobody of a contractor does: what is built from others' data is read under grants.
    """
    return (
        not actor.is_contractor
        and actor.department_id == dataset.entry.department_id
        and can_edit_library(actor, library)
    )


def require_keep_parts(actor: Actor, dataset: Dataset, library: Library) -> None:
    """Refuse whoever does not keep the datasets of this library.

    Raises:
        NotAllowed: neither cataloguer nor head of the lead department.
    """
    if not can_keep_parts(actor, dataset, library):
        raise NotAllowed(_("Only the library's lead department chooses the sources of its data."))


def require_ask_build(actor: Actor, dataset: Dataset, library: Library) -> None:
    """Refuse whoever may not have a library dataset built: those who keep it may, and the job that follows its sources.

    Raises:
        NotAllowed: neither.
    """
    if not (actor.is_system and actor.username == LIBRARY_JOB):
        require_keep_parts(actor, dataset, library)
