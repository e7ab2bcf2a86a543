"""Hooking data to an entry (挂接), and how they are loaded."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.choices import EntryStatus
from catalog.selectors import entry_get_for
from collection import policies, selectors, signals
from collection.choices import MOST_REJECTED, CoordinateSystem, DatasetKind, FreshnessState, LoadMode
from collection.freshness import LONGEST_HEARTBEAT_MINUTES, TOLERANCES
from collection.models import Dataset
from collection.selectors.dataset import time_columns
from collection.selectors.run import run_open_of
from collection.services.freshness import cycle_of, dataset_judge
from collection.services.quality_task import quality_shortfall_end
from core import clock
from core.actors import Actor
from core.basis import CATALOG_REVIEW
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from workflow import outbox
from workflow.selectors.calendar import calendar

FILTERS_EVENT = "collection.dataset.filters"
TIME_ITEM_EVENT = "collection.dataset.time_item"
RETIRED_EVENT = "collection.dataset.retired"
LONGEST_REASON = 500
MOST_FILTER_ITEMS = 10
MOST_DATASETS = 20
"""Datasets of one entry; beyond that they are several entries."""


@transaction.atomic
def dataset_hook(*, actor: Actor, ref: str | int, name: str = "", kind: str = DatasetKind.TABLE) -> Dataset:
    """Hook a table to an entry, whose items are its columns, or a set of files.

    Args:
        name: what the dataset is called; the entry's name by default.
        kind: one of ``DatasetKind``.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        RuleViolation: the entry lists no items for a table, or has a dataset of that name, or the kind is unknown.
        InvalidTransition: the entry was withdrawn.

    Basis: Regulation on Government Data Sharing, Art. 16: resources are hooked to published entries.
    """
    entry = entry_get_for(actor, ref, for_update=True)
    policies.require_manage_dataset(actor, entry)
    if entry.status == EntryStatus.WITHDRAWN:
        raise InvalidTransition(_("The entry was withdrawn: no data can be hooked to it."))
    name = " ".join((name or str(entry)).split())[:200]
    present = list(selectors.datasets_of(entry).values_list("name", flat=True))
    errors = []
    if kind not in DatasetKind.values:
        errors.append(FieldError("kind", "unknown", _("Choose what the dataset consists of.")))
    if kind == DatasetKind.TABLE and not selectors.columns_wanted(entry):
        errors.append(FieldError("items", "required", _("List the entry's items first: they are the table's columns.")))
    if name in present:
        errors.append(FieldError("name", "exists", _("This entry has a dataset of that name already.")))
    if len(present) >= MOST_DATASETS:
        message = _("An entry takes at most %(count)d datasets.") % {"count": MOST_DATASETS}
        errors.append(FieldError("name", "too_many", message))
    if errors:
        raise RuleViolation(errors)
    dataset = Dataset.objects.create(
        entry=entry,
        name=name,
        kind=kind,
        created_at=clock.now(),
        created_by_id=actor.id if actor.is_person else None,
        freshness=FreshnessState.UNKNOWN,
    )
    audit.record(
        actor,
        "collection.dataset.hook",
        dataset,
        after={"name": name, "kind": kind, "entry": entry.ref},
        basis=CATALOG_REVIEW,
    )
    return dataset


@transaction.atomic
def dataset_update(
    *, actor: Actor, dataset_id: int, fields: dict[str, Any], edit_version: str | None = None
) -> Dataset:
    """Change name, usual mode, reject limits, when data are late, how long versions are kept, the items that readers
    filter by, or the one that tells the time.

    Args:
        fields: some of ``name``, ``default_mode``, ``reject_limit_count``, ``reject_limit_percent``,
            ``grace_days`` (no more than usual for the cycle), ``heartbeat_minutes`` (from 1 to a day's),
            ``keep_version_hours`` (24 or more), ``keep_original_days`` (1 or more),
            ``filter_items`` (identities of items), ``coordinates`` and ``time_item`` (identity of the item whose newest
            value tells how current the rows are, "" for none).
        edit_version: the ``settings_version`` that was read; None where the caller holds no older copy.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        StaleEdit: somebody changed the settings since.
        RuleViolation: a value is out of bounds. InvalidTransition: the data were unhooked.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_dataset(actor, dataset.entry)
    if dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry."))
    present = selectors.settings_version(dataset)
    if edit_version is not None and edit_version != present:
        raise StaleEdit(extra={"edit_version": present})
    errors = []
    name = " ".join(str(fields.get("name", dataset.name)).split())
    if not name:
        errors.append(FieldError("name", "required", _("Give the dataset a name.")))
    elif selectors.datasets_of(dataset.entry).filter(name=name).exclude(pk=dataset.pk).exists():
        errors.append(FieldError("name", "exists", _("This entry has a dataset of that name already.")))
    if fields.get("default_mode", dataset.default_mode) not in LoadMode.values:
        errors.append(FieldError("default_mode", "unknown", _("Choose one of the ways of loading.")))
    if fields.get("coordinates", dataset.coordinates) not in CoordinateSystem.values:
        errors.append(FieldError("coordinates", "unknown", _("Choose one of the coordinate systems.")))
    if int(fields.get("keep_version_hours", 24)) < 24:
        errors.append(FieldError("keep_version_hours", "too_short", _("Versions are kept for at least 24 hours.")))
    if int(fields.get("keep_original_days", 1)) < 1:
        errors.append(FieldError("keep_original_days", "too_short", _("Originals are kept for at least a day.")))
    if not 0 <= int(fields.get("reject_limit_percent", 0)) <= 100:
        errors.append(FieldError("reject_limit_percent", "out_of_range", _("Give a share between 0 and 100 percent.")))
    if not 0 <= (fields.get("reject_limit_count") or 0) <= MOST_REJECTED:
        message = _("Between %(least)d and %(most)d.") % {"least": 0, "most": MOST_REJECTED}
        errors.append(FieldError("reject_limit_count", "out_of_range", message))
    errors += _lateness_errors(dataset, fields)
    known = {one.item for one in selectors.columns_of_dataset(dataset)}
    if not known.issuperset(fields.get("filter_items", ())):
        errors.append(FieldError("filter_items", "unknown_item", _("Choose filter items among the dataset's items.")))
    if len(fields.get("filter_items", ())) > MOST_FILTER_ITEMS:
        message = _("Choose at most %(count)d filter items: each costs time at every load.")
        errors.append(FieldError("filter_items", "too_many", message % {"count": MOST_FILTER_ITEMS}))
    time_item = fields.get("time_item", "")
    if time_item and time_item not in {one.item for one in time_columns(dataset)}:
        message = _("Choose an item that holds a day or a moment, and is neither sensitive, masked nor withheld.")
        errors.append(FieldError("time_item", "unknown_item", message))
    if errors:
        raise RuleViolation(errors)
    settings = [field for field in selectors.SETTINGS if field in fields and field != "name"]
    wanted = {"name": name[:200]} | {field: fields[field] for field in settings}
    before = {field: getattr(dataset, field) for field, value in wanted.items() if getattr(dataset, field) != value}
    for field, value in wanted.items():
        setattr(dataset, field, value)
    dataset.save(update_fields=list(wanted))
    if before:
        after = {field: wanted[field] for field in before}
        audit.record(actor, "collection.dataset.edit", dataset, before=before, after=after)
    if "filter_items" in before:
        outbox.put(FILTERS_EVENT, dataset_id=dataset.pk)
    if not {"grace_days", "heartbeat_minutes"}.isdisjoint(before):
        dataset_judge(dataset, calendar())
    if "time_item" in before:
        outbox.put(TIME_ITEM_EVENT, dataset_id=dataset.pk)
    return dataset


def _lateness_errors(dataset: Dataset, fields: dict[str, Any]) -> list[FieldError]:
    usual = TOLERANCES.get(cycle_of(dataset.entry))
    most = usual.grace if usual is not None else 0
    errors = []
    grace, minutes = fields.get("grace_days"), fields.get("heartbeat_minutes")
    if grace is not None and not 0 <= grace <= most:
        message = _("Give 0 to %(most)d working days: the grace of the cycle may be shortened, never lengthened.")
        errors.append(FieldError("grace_days", "out_of_range", message % {"most": most}))
    if minutes is not None and not 1 <= minutes <= LONGEST_HEARTBEAT_MINUTES:
        message = _("Give 1 to %(most)d minutes.")
        errors.append(FieldError("heartbeat_minutes", "out_of_range", message % {"most": LONGEST_HEARTBEAT_MINUTES}))
    return errors


@transaction.atomic
def dataset_retire(*, actor: Actor, dataset_id: int, reason: str) -> Dataset:
    """Unhook a dataset, for good: nobody reads it any more; its rows and its history stay.

    The department's heads are told. While a service runs on it, or was agreed to, it stays: that is stopped first,
    after those who use it were heard.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department, or a contractor's.
        RuleViolation: no reason is given, or it is too long.
        InvalidTransition: a run is under way, the data were unhooked, or somebody gets them, or is to.
    """
    # The entry first: whoever agrees to a request holds it, and may be giving these data to somebody at this moment.
    entry_get_for(actor, selectors.dataset_get_for(actor, dataset_id).entry_id, for_update=True)
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_dataset(actor, dataset.entry)
    if dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry."))
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise RuleViolation([FieldError("reason", "required", _("Say why the data are unhooked."))])
    if run_open_of(dataset) is not None:
        raise InvalidTransition(_("A run of this dataset is under way. Cancel it first."))
    signals.dataset_unhooking.send(Dataset, dataset=dataset, actor=actor)
    dataset.retired_at = clock.now()
    dataset.retired_by_name, dataset.retired_reason = actor.name, reason
    dataset.save(update_fields=["retired_at", "retired_by_name", "retired_reason"])
    quality_shortfall_end(actor=actor, dataset=dataset)
    audit.record(actor, "collection.dataset.retire", dataset, note=reason)
    outbox.put(RETIRED_EVENT, dataset_id=dataset.pk, by=actor.id if actor.is_person else None)
    return dataset
