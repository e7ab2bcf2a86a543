"""Who may build the datasets of a library. The dataset is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.models import Library
from catalog.policies import can_edit_library
from catalog.selectors.classification import leads_library
from collection.models import Dataset
from collection.policies import LIBRARY_JOB, can_export
from core.actors import Actor
from core.exceptions import NotAllowed
from sharing.models import Grant
from sharing.policies import provides


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


def can_keep_parts(actor: Actor, dataset: Dataset, library: Library | None) -> bool:
    """Choose the sources of a library dataset, and build it: cataloguer and head of the library's lead department.

    Staff of a contractor do not: what is read under grants is closed to them, so is moving it (docs/adr/0081).

    Args:
        library: that the dataset's entry names, whoever leads it.
    """
    if library is None or library.lead_department_id != dataset.entry.department_id:
        return False
    is_lead = actor.department_id == library.lead_department_id
    return is_lead and not actor.is_contractor and can_edit_library(actor, library)


def require_keep_parts(actor: Actor, dataset: Dataset, library: Library | None) -> None:
    """Refuse whoever does not keep the datasets of this library.

    Raises:
        NotAllowed: neither cataloguer nor head of the lead department, or staff of a contractor.
    """
    if not can_keep_parts(actor, dataset, library):
        raise NotAllowed(_("Only the library's lead department chooses the sources of its data."))


def can_take_out(actor: Actor, dataset: Dataset, library: Library | None) -> bool:
    """Take sources out of a library dataset, and build it: its provider, and whoever leads the library by now.

    They are one department until the library gets another lead, or the entry belongs to it no more. Then nobody chooses
    sources, and these two can let what is there leave; a former lead that is neither can do nothing.

    Args:
        library: that the dataset's entry names, whoever leads it.
    """
    if not actor.is_person or actor.is_contractor or not actor.has_role(Role.CATALOGUER, Role.HEAD):
        return False
    is_provider = actor.department_id == dataset.entry.department_id
    return is_provider or (library is not None and can_edit_library(actor, library))


def require_take_out(actor: Actor, dataset: Dataset, library: Library | None) -> None:
    """Refuse whoever neither provides the data nor leads their library.

    Raises:
        NotAllowed: neither cataloguer nor head of one of the two, or staff of a contractor.
    """
    if not can_take_out(actor, dataset, library):
        raise NotAllowed(_("Only the library's lead department chooses the sources of its data."))


def can_see_origins(actor: Actor, dataset: Dataset) -> bool:
    """Learn which sources single rows came from: who sees every row whole, the lead's own people, no contractor."""
    return can_export(actor, dataset)


def require_ask_build(actor: Actor, dataset: Dataset, library: Library | None) -> None:
    """Refuse whoever may not have a library dataset built: the job that follows its sources may.

    Raises:
        NotAllowed: neither the job nor one who may take sources out.
    """
    if not (actor.is_system and actor.username == LIBRARY_JOB):
        require_take_out(actor, dataset, library)


def can_answer_part(actor: Actor, grant: Grant) -> bool:
    """Agree that what a grant gives goes into a library: the provider's head, no staff of a contractor."""
    return provides(actor, grant)


def require_answer_part(actor: Actor, grant: Grant) -> None:
    """Refuse whoever does not answer for the data.

    Raises:
        NotAllowed: not the provider's head, or staff of a contractor.
    """
    if not can_answer_part(actor, grant):
        raise NotAllowed(_("The sharing office head of the providing department does this."))
