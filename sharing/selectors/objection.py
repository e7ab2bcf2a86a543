"""Reading correction requests (校核)."""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import RevisionStatus
from catalog.models import RevisionItem
from collection.choices import RunOrigin
from collection.doubts import RowDoubt
from collection.models import DatasetVersion, Erasure
from collection.readers.known import is_row_there, row_known_as
from collection.services.erasure import is_value_of
from collection.store.tables import TooSlow
from collection.vault import KeyMissing, Tampered, open_text
from core.actors import Actor
from core.exceptions import DomainError, FieldError, NotVisible, RuleViolation
from sharing.choices import PENDING_OBJECTION_STATES, ObjectionState
from sharing.exceptions import RowNotFound
from sharing.models import Grant, Objection
from sharing.policies import is_own
from sharing.selectors.grant import within
from sharing.selectors.reading import reading_of, version_for_reading


def visible(actor: Actor) -> Q:
    """Return the condition under which an objection is visible: both sides, the authorities, the auditor."""
    if actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    if is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD):
        condition |= Q(department=actor.department_id) | Q(entry__department=actor.department_id)
    if actor.is_person and actor.is_authority and actor.has_role(Role.REVIEWER):
        condition |= within("entry__department__region", actor.region_path)
        condition |= within("department__region", actor.region_path)
    if actor.is_person and actor.has_role(Role.AUDITOR):
        condition = Q()
    return condition


def objection_list_for(actor: Actor) -> QuerySet[Objection]:
    """Return the objections that the actor sees, latest first."""
    shown = ("entry__department__region", "entry__current_revision", "dataset", "department", "corrected_in")
    return Objection.objects.filter(visible(actor)).select_related(*shown).order_by("-pk")


def objection_get_for(actor: Actor, objection_id: int, *, for_update: bool = False) -> Objection:
    """Return one objection.

    Raises:
        NotVisible: there is none, or the actor may not know of it.
    """
    found = Objection.objects.filter(pk=objection_id)
    if for_update:
        found = Objection.objects.filter(pk__in=[*found.select_for_update().values_list("pk", flat=True)])
    objection = objection_list_for(actor).filter(pk__in=found.values("pk")).first()
    if objection is None:
        raise NotVisible
    return objection


def objections_filtered(actor: Actor, *, q: str = "", state: str = "") -> QuerySet[Objection]:
    """Return the objections that the actor sees and that fit.

    Args:
        q: part of the entry's name or code, or of a department's name.
    """
    found = objection_list_for(actor)
    if q:
        found = found.filter(
            Q(entry__current_revision__name__icontains=q)
            | Q(entry__code__icontains=q)
            | Q(department__name__icontains=q)
            | Q(entry__department__name__icontains=q)
        )
    return found.filter(state=state) if state else found


def corrections_possible(objection: Objection) -> QuerySet[DatasetVersion]:
    """Return the versions that can hold the correction, latest first: of its dataset, by a run asked for since.

    A return to an earlier version and an erasure correct nothing, nor does any version what was not answered yet.
    """
    if objection.answered_at is None:
        return DatasetVersion.objects.none()
    found = DatasetVersion.objects.filter(dataset__entry=objection.entry_id, run__asked_at__gte=objection.answered_at)
    if objection.dataset_id is not None:
        found = found.filter(dataset=objection.dataset_id)
    return found.exclude(run__origin=RunOrigin.ROLLBACK).select_related("dataset").order_by("-pk")


def correction_named(objection: Objection, *, dataset: int | None = None, version: int | None = None) -> int | None:
    """Return the key of the version that is named by its number; None where none is named.

    Args:
        dataset: needed where the objection is about several.

    Raises:
        RuleViolation: no such version, or one of each of several datasets, can hold the correction.
    """
    if version is None and dataset is None:
        return None
    found = corrections_possible(objection).filter(number=version or 0)
    keys = list((found.filter(dataset=dataset) if dataset is not None else found).values_list("pk", flat=True)[:2])
    if len(keys) != 1:
        message = _("Choose a version that was loaded after the objection was confirmed.")
        raise RuleViolation([FieldError("version", "unknown", message)])
    return keys[0]


def correcting_by(version: DatasetVersion) -> list[Objection]:
    """Return the confirmed objections whose correction a version may hold."""
    waiting = Objection.objects.filter(entry=version.dataset.entry_id, state=ObjectionState.CORRECTING)
    found = waiting.select_related("entry").order_by("pk")
    return [one for one in found if corrections_possible(one).filter(pk=version.pk).exists()]


def item_name(objection: Objection) -> str:
    """Return the name that the item has now, or had last; empty where the objection names none."""
    if objection.item_id is None:
        return ""
    last = RevisionItem.objects.filter(item=objection.item_id).order_by("-revision__number").first()
    return last.name if last else ""


def _standing() -> QuerySet[Objection]:
    """Return the objections that cast doubt on data: of a row that was removed since nothing is left to be doubted."""
    return Objection.objects.filter(state__in=PENDING_OBJECTION_STATES, row_gone_at__isnull=True)


def disputed_items(entry_id: int) -> set[str]:
    """Return the identities of an entry's items that are being verified or wait for their correction."""
    found = _standing().filter(entry=entry_id, item__isnull=False)
    return {str(item) for item in found.values_list("item_id", flat=True)}


def disputed_rows(dataset_id: int) -> list[RowDoubt]:
    """Return the single rows of a dataset that are being verified or wait for their correction, where found."""
    found = Objection.objects.filter(
        dataset=dataset_id, state__in=PENDING_OBJECTION_STATES, row_number__isnull=False, version__isnull=False
    )
    rows = found.order_by("pk").values_list("version", "row_number", "item_id")
    return [RowDoubt(version or 0, row or 0, str(item or "")) for version, row, item in rows]


def is_disputed_whole(entry_id: int, dataset_id: int) -> bool:
    """Say whether a dataset as a whole, or its entry as a whole, is being verified or waits for its correction."""
    found = _standing().filter(entry=entry_id, item__isnull=True, row_key="")
    return found.filter(Q(dataset__isnull=True) | Q(dataset=dataset_id)).exists()


def disputed_names(entry_id: int) -> list[str]:
    """Return the names of those items, as the published revision has them, for whoever looks at the entry."""
    pending = _standing().filter(entry=entry_id, item__isnull=False)
    found = RevisionItem.objects.filter(
        item__in=pending.values("item"), revision__entry=entry_id, revision__status=RevisionStatus.PUBLISHED
    )
    return list(found.order_by("position").values_list("name", flat=True))


def disputed_wholes(entry_id: int, dataset_id: int | None = None) -> list[str]:
    """Return in words what is being verified of an entry where no item is named: all of it, a dataset, rows.

    Args:
        dataset_id: leaves out what is about other data of the entry.
    """
    found = _standing().filter(entry=entry_id, item__isnull=True)
    if dataset_id is not None:
        found = found.filter(Q(dataset__isnull=True) | Q(dataset=dataset_id))
    words = (_whole_in_words(one) for one in found.select_related("dataset").order_by("pk"))
    return list(dict.fromkeys(words))


def _whole_in_words(objection: Objection) -> str:
    if objection.dataset is None:
        return _("the entry as a whole")
    name = {"name": objection.dataset.name}
    return _("single rows of %(name)s") % name if objection.row_key else _("%(name)s as a whole") % name


def row_context(objection: Objection) -> str:
    """Return what the sealed key of a row is bound to."""
    return f"sharing.objection.{objection.pk}"


def row_key_of(objection: Objection) -> str:
    """Return the key of the row as the grant's holder knows it; empty where there is none."""
    return open_text(objection.row_key, context=row_context(objection)) if objection.row_key else ""


def row_find(grant: Grant, key: str) -> tuple[int, int] | None:
    """Return the published version and the number in it of the row that the grant's holder knows by a key.

    None where it would take too long to look.

    Raises:
        RowNotFound: the grant shows no such row, or several. RuleViolation: it shows no rows at all.
    """
    if not grant.dataset.is_table:
        message = _("The data of this grant are files: say in the description which one is meant, and where in it.")
        raise RuleViolation([FieldError("row_key", "unknown", message)])
    try:
        reading = reading_of(grant, version_for_reading(grant))
        number = row_known_as(reading.entitlement, reading.version, key.replace("\x00", ""))
    except TooSlow:
        return None
    except NotVisible:
        number = None
    if number is None:
        message = _("This grant shows no row with this key, or more than one. Choose the row on the page of the data.")
        raise RowNotFound([FieldError("row_key", "unknown", message)])
    return reading.version.number, number


def rows_erased(erasure: Erasure) -> list[int]:
    """Return the pending objections whose key is of a row that an erasure removed, or the value it was found by.

    The number of a row whose version is kept no longer may also have gone with that version, when the provider had
    changed the row: there its key is of a row that is published. Where that cannot be told, the row counts as removed.
    """
    found = Objection.objects.filter(dataset=erasure.dataset_id, state__in=PENDING_OBJECTION_STATES).exclude(row_key="")
    pending = found.select_related("grant__dataset__published_version").order_by("pk")
    return [one.pk for one in pending if _is_row_erased(one, erasure)]


def _is_row_erased(objection: Objection, erasure: Erasure) -> bool:
    try:
        key = row_key_of(objection)
    except (KeyMissing, Tampered):
        key = ""
    if objection.row_number is None:
        return is_value_of(erasure, key)
    version = DatasetVersion.objects.filter(dataset=objection.dataset_id, number=objection.version or 0).first()
    if version is not None and is_row_there(version.dataset_id, version.generation, objection.row_number):
        return False
    is_kept = version is not None and version.purged_at is None
    return is_kept or not _is_shown(objection, key)


def _is_shown(objection: Objection, key: str) -> bool:
    """Say whether a key fits a row that the holder of the objection's grant sees today."""
    if objection.grant is None:
        return False
    try:
        return row_find(objection.grant, key) is not None
    except DomainError:
        return False


def url_of(objection: Objection) -> str:
    """Return the page of an objection."""
    return reverse("sharing:objection_detail", args=[objection.pk])
