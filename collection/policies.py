"""Who may do what with the data of an entry. The entry, and with it the dataset, is already visible here."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import Mask
from catalog.models import Entry
from catalog.selectors import authority_in_charge
from collection.models import Assignment, Dataset, Run
from collection.readers.entitlement import Entitlement
from collection.store.columns import Column, columns_wanted
from collection.vault import derived_key
from core import clock
from core.actors import Actor
from core.exceptions import NotAllowed

DEMO_JOB = "collection-demo"
COMMAND_JOB = "collection-ingest"
FRESHNESS_JOB = "collection-freshness"
SWEEP_JOB = "collection-sweep"
SCHEDULE_JOB = "collection-schedule"
QUALITY_JOB = "collection-quality"
LIBRARY_JOB = "collection-library"
_JOBS = (DEMO_JOB, COMMAND_JOB)


def entries_named(actor: Actor) -> QuerySet[Assignment, int]:
    """Return the keys of the entries on whose data somebody of a contractor works today."""
    found = Assignment.objects.filter(user=actor.id, until__gte=clock.today(), ended_at__isnull=True)
    return found.values_list("entry_id", flat=True)


def _is_provider(actor: Actor, entry: Entry, *roles: Role) -> bool:
    """Say whether the actor works for the providing department: a contractor's staff where it is named alone."""
    if not (actor.is_person and actor.has_role(*roles) and actor.department_id == entry.department_id):
        return False
    return not actor.is_contractor or entries_named(actor).filter(entry=entry.pk).exists()


def _owns(actor: Actor, entry: Entry) -> bool:
    """Say whether the data are the actor's own to look at whole and to take out; a contractor's are none."""
    return _is_provider(actor, entry, Role.CATALOGUER, Role.HEAD) and not actor.is_contractor


# What contractor staff do at most is to load and correct rows of the data for which they are named: the rule is here.
# Whatever else is done with data asks ``can_manage_dataset``.


def can_load_dataset(actor: Actor, entry: Entry) -> bool:
    """Send rows and files, and correct what was rejected: a cataloguer of the provider, a contractor's where named."""
    if actor.is_system:
        return actor.username in _JOBS
    return _is_provider(actor, entry, Role.CATALOGUER)


def require_load_dataset(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not load the data of this entry.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department, or a contractor's who is not named.
    """
    if not can_load_dataset(actor, entry):
        _require_named(actor, entry)
        raise NotAllowed(_("Only a cataloguer of the providing department may load data here."))


def can_manage_dataset(actor: Actor, entry: Entry) -> bool:
    """Hook and unhook, lay down, remove, return to a version: a cataloguer of the provider's own, no contractor."""
    return can_load_dataset(actor, entry) and not actor.is_contractor


def require_manage_dataset(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not decide over the data of this entry.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department, or a contractor's.
    """
    require_load_dataset(actor, entry)
    _require_own_people(actor)


def _require_own_people(actor: Actor) -> None:
    if actor.is_contractor:
        raise NotAllowed(
            _("Contractor staff load and correct rows. Anything else is done by somebody of the department itself.")
        )


def can_steer_run(actor: Actor, run: Run) -> bool:
    """Answer a run's question, cancel it, correct its rows: whoever loads the data; contractors their own files'.

    Whoever says which column fills which item could have a masked item's values shown in another. Whether
    a row is taken as a correction says whether it was among the rejected ones of somebody else.
    """
    if not can_load_dataset(actor, run.dataset.entry):
        return False
    return not actor.is_contractor or (run.source_id is None and run.asked_by_id == actor.id)


def require_steer_run(actor: Actor, run: Run) -> None:
    """Refuse whoever does not say how this run goes on.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department, or a contractor's who did not send the file.
    """
    require_load_dataset(actor, run.dataset.entry)
    if not can_steer_run(actor, run):
        raise NotAllowed(_("Contractor staff go on with the files that they sent themselves, and with no others."))


def _require_named(actor: Actor, entry: Entry) -> None:
    if actor.is_contractor and actor.department_id == entry.department_id:
        raise NotAllowed(
            _("Contractor staff work on the data for which they are named. Ask the head of the sharing office.")
        )


def can_see_changes(actor: Actor) -> bool:
    """Learn what a load has changed, and each figure that moves with it: score, number of rows, newest value.

    Nobody of a contractor does, who would learn if a guess at a masked value was right: he would load a row by its key
    with the value that he guesses, and nothing changed says that it is the one.
    """
    return not (actor.is_public or actor.is_contractor)


def require_see_changes(actor: Actor) -> None:
    """Refuse whoever does not learn what a load has changed.

    Raises:
        NotAllowed: the actor is a contractor's.
    """
    if not can_see_changes(actor):
        raise NotAllowed(_("Contractor staff load rows, and are not told what that changes in the masked ones."))


def can_name_contractors(actor: Actor, entry: Entry) -> bool:
    """Name the people of contractors who work on the data of an entry: the head of the providing department."""
    return _is_provider(actor, entry, Role.HEAD) and not actor.is_contractor


def require_name_contractors(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not say who works on these data.

    Raises:
        NotAllowed: the actor is not the head of the providing department.
    """
    if not can_name_contractors(actor, entry):
        raise NotAllowed(_("Contractor staff are named by the head of the providing department's sharing office."))


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


def can_see_outlook(actor: Actor, entry: Entry) -> bool:
    """See what coming items would do to the rows: whoever sees how they came, but for contractor staff.

    They may draft items, and the counts tell of values under the mask: their lengths, types, whether they repeat.
    """
    return can_see_runs(actor, entry) and not actor.is_contractor


def can_see_sources(actor: Actor, entry: Entry) -> bool:
    """See where the data come from and when: the provider's own cataloguer and head. Credentials are shown to nobody.

    A source reads with a credential that the department entrusted to the platform, not to a contractor.
    """
    if actor.is_system:
        return actor.username in (*_JOBS, SCHEDULE_JOB)
    return _owns(actor, entry)


def require_see_sources(actor: Actor, entry: Entry) -> None:
    """Refuse whoever may not know where the data come from.

    Raises:
        NotAllowed: the actor is not the provider's cataloguer or head, or a contractor's.
    """
    if not can_see_sources(actor, entry):
        raise NotAllowed(_("Where data come from is shown to the providing department only."))


def can_manage_source(actor: Actor, entry: Entry) -> bool:
    """Enter, change, run and remove sources: whoever decides over the data."""
    return can_manage_dataset(actor, entry)


def require_manage_source(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not keep the sources of this entry.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department.
    """
    if not can_manage_source(actor, entry):
        raise NotAllowed(_("Only a cataloguer of the providing department may keep its sources."))


def can_keep_destinations(actor: Actor) -> bool:
    """Say where requests may go: the security administrator, who sees no credential and no data."""
    if actor.is_system:
        return actor.username == DEMO_JOB
    return actor.is_person and actor.has_role(Role.SECADMIN)


def require_keep_destinations(actor: Actor) -> None:
    """Refuse whoever does not decide where requests may go.

    Raises:
        NotAllowed: the actor is no security administrator.
    """
    if not can_keep_destinations(actor):
        raise NotAllowed(_("The list of destinations is kept by the security administrator."))


def can_keep_base_map(actor: Actor) -> bool:
    """Load what lies under the maps of data: the system administrator."""
    return actor.is_person and actor.has_role(Role.SYSADMIN)


def require_keep_base_map(actor: Actor) -> None:
    """Refuse whoever does not keep the base map.

    Raises:
        NotAllowed: the actor is no system administrator.
    """
    if not can_keep_base_map(actor):
        raise NotAllowed(_("The base map is loaded by the system administrator."))


def can_see_original(actor: Actor, entry: Entry) -> bool:
    """See what was sent and what was rejected, unmasked: the provider's cataloguer and head alone, no contractor."""
    return _owns(actor, entry)


def require_see_original(actor: Actor, entry: Entry) -> None:
    """Refuse whoever may not see unmasked originals.

    Raises:
        NotAllowed: the actor is not the provider's cataloguer or head.
    """
    if not can_see_original(actor, entry):
        _require_no_contractor(actor)
        raise NotAllowed(_("The original file and rejected rows are shown to the providing department only."))


def _require_no_contractor(actor: Actor) -> None:
    if actor.is_contractor:
        raise NotAllowed(
            _("Contractor staff take no data along and see rows masked only. Ask somebody of the department itself.")
        )


def preview_entitlement(actor: Actor, dataset: Dataset, columns: list[Column]) -> Entitlement | None:
    """Return what the actor may read of a dataset without a grant; None for nothing.

    Of data that were unhooked nobody reads anything. The provider's own people see everything. The authority in charge
    and contractors of the provider see rows with masks: those that the items name, and for sensitive ones without any
    the mask that hides the text.

    Args:
        columns: of the version that is read. What the entry says of an item now holds for earlier versions too.
    """
    if dataset.is_retired or not dataset.is_table:
        return None
    entry = dataset.entry
    filters = frozenset(dataset.filter_items) or None
    if can_export(actor, dataset):
        return Entitlement(dataset.pk, tuple(one.item for one in columns), filter_items=filters)
    if not (_reviews(actor, entry) or _is_provider(actor, entry, Role.CATALOGUER)):
        return None
    declared = {one.item: one for one in columns_wanted(entry)}
    shown = [one for one in columns if one.item in declared]
    masks = {one.item: _preview_mask(one, declared[one.item]) for one in shown}
    return Entitlement(
        dataset.pk,
        tuple(one.item for one in shown),
        masks={item: mask for item, mask in masks.items() if mask != Mask.NONE},
        hash_key=derived_key(f"preview/{dataset.pk}"),
        filter_items=filters,
        is_sample=True,
        hides_loading=not can_see_changes(actor),
    )


def can_export(actor: Actor, dataset: Dataset) -> bool:
    """Take all rows out without a grant: the provider's own people alone. Files are downloaded one by one."""
    return dataset.is_table and not dataset.is_retired and _owns(actor, dataset.entry)


def _reviews(actor: Actor, entry: Entry) -> bool:
    """Say whether the actor reviews for the authority in charge; those above it see no rows."""
    if not (actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER)):
        return False
    authority = authority_in_charge(entry.department)
    return authority is not None and authority.pk == actor.department_id


def _preview_mask(loaded: Column, declared: Column) -> Mask:
    """Return the mask of an item, as it is declared now, else as it was when the rows were loaded.

    A preview hides what a grant would hash: to somebody who looks, a hash says nothing.
    """
    mask = Mask(declared.mask if declared.mask != Mask.NONE else loaded.mask)
    if mask == Mask.NONE and not (declared.is_sensitive or loaded.is_sensitive):
        return Mask.NONE
    return Mask.TEXT if mask in (Mask.NONE, Mask.HASH) else mask


def can_read_files(actor: Actor, dataset: Dataset) -> bool:
    """Read the files of a dataset without a grant: the provider's own people.

    A file cannot be masked, so an authority that reviews sees their number, kinds and sizes only.
    """
    return not dataset.is_retired and _owns(actor, dataset.entry)


def require_read_files(actor: Actor, dataset: Dataset) -> None:
    """Refuse whoever may not read the files of a dataset.

    Raises:
        NotAllowed: they are read under a grant, which he does not have.
    """
    if not can_read_files(actor, dataset):
        _require_no_contractor(actor)
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


def require_export(actor: Actor, dataset: Dataset, columns: list[Column]) -> Entitlement:
    """Return the actor's entitlement to take all rows out.

    Raises:
        NotAllowed: the data are read under a grant, which he does not have.
    """
    if not can_export(actor, dataset):
        _require_no_contractor(actor)
        raise NotAllowed(
            _("The providing department alone downloads its data. Others read them under a grant: request sharing.")
        )
    return Entitlement(dataset.pk, tuple(one.item for one in columns))


# --- Quality --------------------------------------------------------------------------------------------------------


def can_see_quality(actor: Actor, entry: Entry) -> bool:
    """See rules and reports: whoever sees how the data came, and what loads have changed. The score itself is told to
    all who see the data and what loads have changed."""
    return can_see_runs(actor, entry) and can_see_changes(actor)


def require_see_quality(actor: Actor, entry: Entry) -> None:
    """Refuse whoever may not know how good the data are.

    Raises:
        NotAllowed: neither the provider nor a reviewing authority, or a contractor's.
    """
    require_see_changes(actor)
    if not can_see_quality(actor, entry) and not can_load_dataset(actor, entry):
        raise NotAllowed(_("Reports on quality are shown to the provider and to the data authority."))


def require_edit_quality(actor: Actor, entry: Entry) -> None:
    """Refuse whoever does not write the rules of this data.

    Raises:
        NotAllowed: the actor is no cataloguer of the providing department, or a contractor's.
    """
    if not can_manage_dataset(actor, entry):
        _require_own_people(actor)
        raise NotAllowed(_("Only a cataloguer of the providing department may change the rules of its data."))


def require_try_quality(actor: Actor, dataset: Dataset, columns: list[Column]) -> None:
    """Refuse to tell what rows break of a rule to whoever does not see them whole: each answer tells of a value.

    Raises:
        NotAllowed: the actor does not write the rules of this data, or does not read its items unmasked.
    """
    require_edit_quality(actor, dataset.entry)
    seen = preview_entitlement(actor, dataset, columns)
    if seen is None or seen.masks or not seen.sees_all_rows or {one.item for one in columns} - set(seen.items):
        raise NotAllowed(_("A rule is tried by people who see the rows whole: every answer tells of a value."))


def can_set_region_limit(actor: Actor) -> bool:
    """Say how good the data of the actor's region must be: a reviewer of its authority."""
    return actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER) and bool(actor.region_path)


def require_set_region_limit(actor: Actor) -> None:
    """Refuse whoever does not set the limit of his region.

    Raises:
        NotAllowed: the actor does not review for the region's authority.
    """
    if not can_set_region_limit(actor):
        raise NotAllowed(_("The quality limit of a region is set by its data authority."))


def can_refer(actor: Actor, dataset: Dataset, target: Dataset, column: Column) -> bool:
    """Let a rule of a dataset ask whether a value occurs in an item of another: whoever could read it whole.

    The answer tells one value after the other, so masks and row filters would be worth nothing. A department's rules
    may always ask its own data; who writes them is another question, unless it is a contractor's, who writes none.
    """
    if target.is_retired or actor.is_contractor:
        return False
    if target.entry.department_id == dataset.entry.department_id:
        return True
    entitlement = preview_entitlement(actor, target, [column])
    if entitlement is None:
        return False
    is_whole = entitlement.mask_of(column.item) == Mask.NONE and entitlement.sees_all_rows
    return is_whole and column.item in entitlement.items


def require_refer(actor: Actor, dataset: Dataset, target: Dataset, column: Column) -> None:
    """Refuse a reference to data that may not be read.

    Raises:
        NotAllowed: the actor could not read the item whole.
    """
    if not can_refer(actor, dataset, target, column):
        raise NotAllowed(_("A rule may refer only to data that you may read whole: your department's own."))
