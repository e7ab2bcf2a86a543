"""Erasures, as the provider's own people see them; nobody else knows that there are any."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from accounts.choices import Role
from audit.models import AuditEvent
from audit.selectors import events_of
from collection import duty_policies
from collection.duty_choices import WORKING_ERASURE_STATES, ErasureState
from collection.models import Dataset, DatasetFile, DatasetVersion, Erasure
from collection.selectors.dataset import columns_wanted, dataset_get_for
from collection.store import erasing
from collection.store.columns import Column, columns_from
from collection.subject_numbers import Subject
from collection.vault import KeyMissing, Tampered, open_text
from core.actors import Actor
from core.exceptions import NotVisible

_KINDS = ("text", "numeric", "bigint", "date")
"""Types of items by which rows are found."""


def erasure_list_for(actor: Actor) -> QuerySet[Erasure]:
    """Return the erasures of the data of the actor's department, latest first."""
    found = Erasure.objects.select_related(
        "dataset__entry__department", "dataset__published_version", "asked_by", "decided_by"
    ).order_by("-pk")
    if actor.is_system:
        return found
    if actor.department_id is None or not duty_policies.is_own(actor, actor.department_id):
        return found.none()
    return found.filter(dataset__entry__department=actor.department_id)


def erasure_get_for(actor: Actor, erasure_id: int, *, for_update: bool = False) -> Erasure:
    """Return one erasure.

    Args:
        for_update: lock the rows of its dataset and its own, in this order, until the end of the transaction.

    Raises:
        NotVisible: there is none, or it is none of the actor's department.
    """
    found = erasure_list_for(actor).filter(pk=erasure_id)
    dataset_id = found.values_list("dataset_id", flat=True).first()
    if dataset_id is None:
        raise NotVisible
    if for_update:
        list(Dataset.objects.filter(pk=dataset_id).select_for_update().values_list("pk"))
        found = found.select_for_update(of=("self",))
    return found.get()


def erasure_end_of(erasure: Erasure) -> AuditEvent | None:
    """Return who took an erasure back, or ended it, as the trail has it; None for one that was neither."""
    if erasure.state != ErasureState.WITHDRAWN:
        return None
    return events_of("collection.erasure", erasure.pk).filter(action="collection.erasure.withdraw").first()


def erasure_dataset_get_for(actor: Actor, dataset_id: int) -> Dataset:
    """Return a dataset in which something may have to be erased, whether it is still hooked or not.

    Raises:
        NotVisible: there is none, or it is not the actor's department's.
    """
    dataset = dataset_get_for(actor, dataset_id)
    if not duty_policies.can_see_erasures(actor, dataset):
        raise NotVisible
    return dataset


def erasable_datasets(actor: Actor) -> QuerySet[Dataset]:
    """Return the datasets of the actor's department, unhooked ones too: their rows are still there."""
    return (
        Dataset.objects.filter(entry__department=actor.department_id)
        .select_related("entry__current_revision", "published_version")
        .order_by("name", "pk")
    )


def erasable_columns(dataset: Dataset) -> list[Column]:
    """Return the items by whose value rows can be found, keys and sensitive ones first; files have none.

    They are those of all versions of which rows are kept, each as the latest has it: also of data out of use, and items
    that were dropped since.
    """
    if not dataset.is_table:
        return []
    columns: dict[str, Column] = {}
    for one in _columns_kept(dataset) or columns_wanted(dataset.entry):
        columns.setdefault(one.item, one)
    fitting = [one for one in columns.values() if one.pg_type in _KINDS]
    return sorted(fitting, key=lambda one: (not one.is_key, not one.is_sensitive))


def _columns_kept(dataset: Dataset) -> list[Column]:
    """Return the columns of the versions of which rows are kept, and of the latest in any case, latest first."""
    versions = DatasetVersion.objects.filter(dataset=dataset)
    latest = versions.order_by("-number").values("pk")[:1]
    kept = versions.filter(Q(purged_at__isnull=True) | Q(pk__in=latest)).order_by().values("columns")
    found = kept.annotate(last=Max("number")).order_by("-last")  # most versions share theirs with others
    return [column for one in found for column in columns_from(one["columns"])]


def version_latest(dataset: Dataset) -> DatasetVersion | None:
    """Return the version that was published last; of data out of use none is published, and rows of it are kept."""
    return DatasetVersion.objects.filter(dataset=dataset).order_by("-number").first()


def subject_of(dataset: Dataset, item: str, value: str) -> Subject:
    """Return what the rows are found by."""
    pg_type = type_of(dataset, item)
    return Subject(value, is_number=pg_type in ("numeric", "bigint"), is_day=pg_type == "date")


def type_of(dataset: Dataset, item: str) -> str:
    """Return the type of an item by whose value rows can be found; "" for any other."""
    return next((one.pg_type for one in erasable_columns(dataset) if one.item == item), "")


def erasure_subject(erasure: Erasure) -> Subject:
    """Return what the rows of an open erasure are found by.

    Raises:
        collection.vault.Tampered, collection.vault.KeyMissing: the sealed value cannot be opened.
    """
    value = open_text(erasure.sealed_value, context=erasure.value_context)
    return subject_of(erasure.dataset, str(erasure.item), value)


def is_value_lost(erasure: Erasure) -> bool:
    """Say whether the value by which rows are found is sealed and cannot be opened, so that none can be removed."""
    if not erasure.sealed_value:
        return False
    try:
        open_text(erasure.sealed_value, context=erasure.value_context)
    except (KeyMissing, Tampered):
        return True
    return False


def rows_concerned(dataset: Dataset, item: str, subject: Subject) -> int:
    """Return how many stored rows are the subject's, in all versions."""
    return erasing.rows_count(dataset.pk, generations_of(dataset), UUID(item), subject.sought)


def erasure_concerns(erasure: Erasure) -> int | None:
    """Return how many rows or files an open erasure would remove; None while its rows were never counted.

    All rows of a table are read for that, so a worker does it, anew whenever another version was published. Until it
    has come to the end the last count holds: a table may be loaded faster than it is counted.
    """
    if erasure.is_of_files:
        return files_concerned(erasure).count()
    return erasure.rows_seen if erasure.counted_version is not None else None


def is_count_outdated(erasure: Erasure) -> bool:
    """Say whether the rows were not counted since the version that is published now; where none is, none came since."""
    counted = erasure.counted_version
    is_behind = counted is None or published_number(erasure.dataset) not in (0, counted)
    return not erasure.is_of_files and is_behind


def published_number(dataset: Dataset) -> int:
    """Return the number of the published version; 0 for none."""
    return dataset.published_version.number if dataset.published_version is not None else 0


def erasures_uncounted(dataset_id: int | None = None) -> list[Erasure]:
    """Return the erasures that wait for a decision, and whose rows have to be counted, for the first time or anew.

    One whose value cannot be opened is left out: a worker would find none of its rows.

    Args:
        dataset_id: of this dataset; of all where it is None.
    """
    waiting = Erasure.objects.filter(state=ErasureState.AWAITING_HEAD, item__isnull=False)
    if dataset_id is not None:
        waiting = waiting.filter(dataset=dataset_id)
    found = waiting.select_related("dataset__published_version").order_by("pk")
    return [one for one in found if is_count_outdated(one) and not is_value_lost(one)]


def files_concerned(erasure: Erasure) -> QuerySet[DatasetFile]:
    """Return the files that an erasure removes: those of the names it was asked for, and what shares their content.

    They are looked up anew each time: since then a file may have been replaced under its name, or an earlier set been
    returned to.
    """
    asked = DatasetFile.objects.filter(dataset=erasure.dataset_id, pk__in=erasure.files)
    same = Q(name__in=asked.values("name")) | Q(content__in=asked.values("content"))
    return DatasetFile.objects.filter(same, dataset=erasure.dataset_id).order_by("pk")


def tells_people_apart(erasure: Erasure) -> bool:
    """Say whether the item is a key or sensitive; the value of another may be that of many people."""
    columns = erasable_columns(erasure.dataset)
    return any(one.item == str(erasure.item) and (one.is_key or one.is_sensitive) for one in columns)


def files_named(dataset: Dataset, names: Sequence[str]) -> list[DatasetFile]:
    """Return the files of these names, those that were replaced or removed and are still kept among them."""
    return list(DatasetFile.objects.filter(dataset=dataset, name__in=names).order_by("pk"))


def generations_of(dataset: Dataset) -> list[int]:
    """Return the generations that the store may hold, and the next, which a run that died may have begun."""
    numbers = set(DatasetVersion.objects.filter(dataset=dataset).values_list("generation", flat=True)) | {1}
    return [*sorted(numbers), max(numbers) + 1]


def is_being_erased(dataset: Dataset) -> bool:
    """Say whether rows of the dataset are being removed now, so that nothing may be loaded."""
    return Erasure.objects.filter(dataset=dataset, state=ErasureState.RUNNING).exists()


def hashes_erased(dataset: Dataset) -> dict[str, list[str]]:
    """Return the keyed hashes of the values whose rows were erased from a dataset, by item.

    Those of an erasure that broke off after its rows had gone are among them.
    """
    done = Erasure.objects.filter(
        Q(state=ErasureState.DONE) | Q(report__gone__gt=0), dataset=dataset, item__isnull=False
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for item, value_hash in done.values_list("item", "value_hash").distinct().order_by("item", "value_hash"):
        found.setdefault(str(item), []).append(value_hash)
    return found


def erasures_asked_at(slot: str) -> list[int]:
    """Return the erasures for which work was asked at a moment and is not done."""
    found = Erasure.objects.filter(slot=datetime.fromisoformat(slot), state__in=WORKING_ERASURE_STATES)
    return list(found.order_by("pk").values_list("pk", flat=True))


def erasures_waiting(actor: Actor) -> int:
    """Return how many erasures wait for the actor's decision."""
    if not (actor.is_person and actor.has_role(Role.HEAD)):
        return 0
    waiting = Erasure.objects.filter(
        dataset__entry__department=actor.department_id, state=ErasureState.AWAITING_HEAD
    ).exclude(asked_by=actor.id)  # fmt: skip
    return waiting.count()


def erasures_filtered(actor: Actor, *, q: str = "", state: str = "") -> QuerySet[Erasure]:
    """Return the erasures that the actor sees and that fit.

    Args:
        q: part of the dataset's name or of the demand's number; never of a person's.
    """
    found = erasure_list_for(actor)
    if q:
        found = found.filter(Q(dataset__name__icontains=q) | Q(document_number__icontains=q))
    return found.filter(state=state) if state in ErasureState.values else found
