"""Who may do what with the data of an entry. The entry, and with it the dataset, is already visible here."""

from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import Mask
from catalog.models import Entry
from collection.models import Dataset
from collection.readers.entitlement import Entitlement
from collection.store.columns import Column
from core.actors import Actor
from core.exceptions import NotAllowed

DEMO_JOB = "collection-demo"
COMMAND_JOB = "collection-ingest"
FRESHNESS_JOB = "collection-freshness"
SWEEP_JOB = "collection-sweep"
_JOBS = (DEMO_JOB, COMMAND_JOB)


def _is_provider(actor: Actor, entry: Entry, *roles: Role) -> bool:
    return actor.is_person and actor.has_role(*roles) and actor.department_id == entry.department_id


def can_manage_dataset(actor: Actor, entry: Entry) -> bool:
    """Hook, load, correct, return to a version: the cataloguer of the providing department."""
    if actor.is_system:
        return actor.username in _JOBS
    return _is_provider(actor, entry, Role.CATALOGUER)


def require_manage_dataset(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not load the data of this entry.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department.
    """
    if not can_manage_dataset(actor, entry):
        raise NotAllowed(_("Only a cataloguer of the providing department may load data here."))


def can_see_runs(actor: Actor, entry: Entry) -> bool:
    """See how the data came: the provider's cataloguer and head, and the reviewers of the authorities above."""
    if _is_provider(actor, entry, Role.CATALOGUER, Role.HEAD):
        return True
    return _supervises(actor, entry)


def _supervises(actor: Actor, entry: Entry) -> bool:
    within = f"{entry.department.region.path}/".startswith(f"{actor.region_path}/")
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER) and within


def require_see_runs(actor: Actor, entry: Entry) -> None:
    """Refuse whoever may not know how the data came.

    Raises:
        NotAllowed: neither the provider nor a reviewing authority.
    """
    if not can_see_runs(actor, entry):
        raise NotAllowed(_("How data were loaded is shown to the provider and to the data authority."))


def can_see_original(actor: Actor, entry: Entry) -> bool:
    """See what was sent and what was rejected, unmasked: the provider's cataloguer and head alone."""
    return _is_provider(actor, entry, Role.CATALOGUER, Role.HEAD)


def require_see_original(actor: Actor, entry: Entry) -> None:
    """Refuse whoever may not see unmasked originals.

    Raises:
        NotAllowed: the actor is not the provider's cataloguer or head.
    """
    if not can_see_original(actor, entry):
        raise NotAllowed(_("The original file and rejected rows are shown to the providing department only."))


def preview_entitlement(actor: Actor, dataset: Dataset, columns: list[Column]) -> Entitlement | None:
    """Return what the actor may read of a dataset without a grant; None for nothing.

    Of data that were unhooked nobody reads anything. The provider's own people see everything, a reviewing authority
    every row with masks: those that the items name, and for sensitive ones without any the mask that hides the text.
    """
    if dataset.is_retired or not dataset.is_table:
        return None
    entry = dataset.entry
    items = tuple(one.item for one in columns)
    filters = frozenset(dataset.filter_items) or None
    if _is_provider(actor, entry, Role.CATALOGUER, Role.HEAD):
        return Entitlement(dataset.pk, items, filter_items=filters)
    if _supervises(actor, entry):
        hash_key = f"preview-{dataset.pk}".encode()
        masks = {one.item: _preview_mask(one) for one in columns if one.is_sensitive or one.mask != Mask.NONE}
        return Entitlement(dataset.pk, items, masks=masks, hash_key=hash_key, filter_items=filters)
    return None


def _preview_mask(column: Column) -> Mask:
    """A hash without a secret could be tried out, so a preview hides what a grant would hash."""
    mask = Mask(column.mask)
    return Mask.TEXT if mask in (Mask.NONE, Mask.HASH) else mask


def can_read_files(actor: Actor, dataset: Dataset) -> bool:
    """Read the files of a dataset without a grant: the provider's own people.

    A file cannot be masked, so an authority that reviews sees their number, kinds and sizes only.
    """
    return not dataset.is_retired and _is_provider(actor, dataset.entry, Role.CATALOGUER, Role.HEAD)


def require_read_files(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever may not read the files of a dataset.

    Raises:
        NotAllowed: they are read under a grant, which he does not have.
    """
    if not can_read_files(actor, dataset):
        raise NotAllowed(
            _("The files are shown to the providing department. Others read them under a grant: request sharing.")
        )


def require_preview(actor: Actor, dataset: Dataset, columns: list[Column]) -> Entitlement:
    """Return the actor's entitlement to a preview.

    Raises:
        NotAllowed: the data are read under a grant, which he does not have.
    """
    entitlement = preview_entitlement(actor, dataset, columns)
    if entitlement is None:
        raise NotAllowed(
            _("The rows are shown to the providing department. Others read them under a grant: request sharing.")
        )
    return entitlement
