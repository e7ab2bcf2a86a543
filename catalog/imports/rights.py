"""Who may import what."""

from django.utils.translation import gettext as _

from accounts.models import Department
from catalog import policies
from catalog.imports.plan import PlanOptions
from catalog.models import ImportBatch
from core.actors import Actor
from core.exceptions import NotAllowed


def can_import_everything(actor: Actor) -> bool:
    """The filing job, which the command runs as: for any department, publishing, creating departments (ADR 0040)."""
    return actor.is_system and actor.username == policies.FILING_JOB


def require_start_import(actor: Actor, department: Department, options: PlanOptions) -> None:
    """Let a cataloguer import drafts of his own department; the rest is for the filing job.

    Raises:
        NotAllowed: the actor is neither, or asks for more.
    """
    if can_import_everything(actor):
        return
    policies.require_create_entry(actor)
    if actor.department_id != department.pk:
        raise NotAllowed(_("You can import entries only for your own department."))
    if options.publishes or options.creates_departments:
        raise NotAllowed(_("An import by a person makes drafts; sign-off and review follow as for any entry."))


def require_continue_import(actor: Actor, batch: ImportBatch) -> None:
    """Let the filing job, or a cataloguer of the department, carry on or undo a batch.

    Raises:
        NotAllowed: the actor is neither, or a publishing batch is not a person's to continue.
    """
    if can_import_everything(actor):
        return
    if not (policies.can_create_entry(actor) and actor.is_person and actor.department_id == batch.department_id):
        raise NotAllowed(_("Only a cataloguer of the importing department may do this."))
    if batch.publishes:
        raise NotAllowed(_("A publishing import is carried on and undone by the command that started it."))
