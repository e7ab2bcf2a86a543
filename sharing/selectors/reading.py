"""Under which grant an actor reads a dataset, and which version of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from accounts.choices import Role
from collection.models import DatasetVersion
from collection.readers import Entitlement
from collection.readers.changes import Resync
from collection.readers.filters import rows_granted
from collection.readers.masks import Parameters
from collection.readers.page import PinnedVersion
from collection.selectors.dataset import dataset_get_for, pinned_version
from collection.store.columns import Column
from core import clock
from core.actors import Actor, ActorKind
from core.exceptions import FieldError, NotVisible, RuleViolation
from core.planned import planned_cursor
from sharing.choices import OPEN_GRANT_STATUSES, ShareMethod
from sharing.client_choices import ClientStatus, PullKind, PullOutcome
from sharing.entitlement import entitlement_of
from sharing.models import Grant, Pull
from sharing.policies import is_own
from sharing.refusals import GrantNotNamed, NoContractors, NoGrant, OwnDataOnPage
from sharing.selectors.grant import live_grants

LAST_PAGE = "last"
"""How the log of pulls marks the page with which a walk through changes ended."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read under a grant: one version, and what the grant shows of it.

    Attributes:
        row_count: of the version; the caller learns it only where no row filter applies.
    """

    grant: Grant
    version: PinnedVersion
    entitlement: Entitlement
    row_count: int

    @property
    def columns(self) -> list[Column]:
        return self.entitlement.columns(self.version.columns)

    def items(self, fields: Sequence[str] | None) -> list[str]:
        """Return the identities of the items that leave."""
        return [one.item for one in self.columns if fields is None or one.item in fields]


def _own_grants(actor: Actor, found: QuerySet[Grant]) -> QuerySet[Grant]:
    """Return those grants under which the actor reads while they are in force.

    A client reads under those that its head bound to it, that are given for machines and for its system, while that is
    in use. A person reads those of his department that are given for download; he is cataloguer or head there, and no
    contractor (docs/adr/0081).
    """
    if actor.kind is ActorKind.CLIENT:
        machine = Q(methods__contains=[ShareMethod.API]) | Q(methods__contains=[ShareMethod.EXCHANGE])
        bound = Q(bindings__client=actor.id, bindings__client__status=ClientStatus.ACTIVE)
        of_system = Q(bindings__client__system__retired_on__isnull=True, systems=F("bindings__client__system"))
        return found.filter(machine, bound, of_system, department=actor.department_id)
    if _reads_for_department(actor):
        return found.filter(methods__contains=[ShareMethod.FILE], department=actor.department_id)
    return found.none()


def _reads_for_department(actor: Actor) -> bool:
    return is_own(actor, actor.department_id, Role.CATALOGUER, Role.HEAD)


def readable_grants(actor: Actor) -> QuerySet[Grant]:
    """Return the grants under which the actor may read now."""
    return _own_grants(actor, live_grants())


def grants_of_caller(actor: Actor) -> QuerySet[Grant]:
    """Return the grants of the caller that have not ended, in force or not, latest first."""
    found = Grant.objects.filter(status__in=OPEN_GRANT_STATUSES).select_related(
        "dataset__entry__published_revision", "dataset__entry__department", "dataset__published_version", "department"
    )
    return _own_grants(actor, found).order_by("-pk")


def grant_for_reading(actor: Actor, dataset_id: int, grant_id: int | None = None) -> Grant:
    """Return the grant under which the actor reads a dataset: the one named, else the only one.

    Whether it may be read under is asked at every call; what it says is read once for each state of its rows.

    Raises:
        NotVisible: there is no such dataset for him. NoGrant: no grant in force covers him, or not the one named.
        NoContractors: he is staff of a contractor.
        GrantNotNamed: several do.
    """
    found = [one for one in _found(actor, dataset_id) if grant_id in (None, one[0])]
    if not found:
        dataset = dataset_get_for(actor, dataset_id)
        if actor.is_contractor:
            raise OwnDataOnPage if dataset.entry.department_id == actor.department_id else NoContractors
        raise NoGrant
    if len(found) > 1:
        raise GrantNotNamed(extra={"grants": sorted(one[0] for one in found)})
    return _grant(*found[0])


_DATASET, _ACTOR, _DEPARTMENT = -101, -102, -103
_MOMENT = datetime(1, 1, 2, tzinfo=UTC)


@cache
def _statement(kind: ActorKind, roles: frozenset[str]) -> tuple[str, tuple[Any, ...]]:
    """Return the statement of ``readable_grants`` on a dataset, with marks where a call puts its values.

    To put the rule into SQL takes longer than to ask it.
    """
    actor = Actor(kind=kind, id=_ACTOR, department_id=_DEPARTMENT, roles=roles)
    # A row that was changed is another place in the table, written by another transaction.
    states = [
        RawSQL(f"{table}.ctid::text || {table}.xmin::text", ())  # noqa: S611  names of ours
        for table in ("sharing_grant", "collection_dataset")
    ]
    found = _own_grants(actor, live_grants(_MOMENT)).filter(dataset=_DATASET).order_by()
    shown = ("dataset__published_version", "dataset__entry__published_revision")
    return found.values_list("pk", *states, *shown).query.sql_with_params()


def _found(actor: Actor, dataset_id: int) -> list[tuple[int, str, str, int | None, int | None]]:
    """Return (grant, states of its rows, what is published of data and entry) of the grants under which the actor
    reads now."""
    if actor.department_id is None or (actor.is_person and not _reads_for_department(actor)):
        return []
    statement, marked = _statement(actor.kind, frozenset({Role.HEAD.value}) if actor.is_person else frozenset())
    values = {_DATASET: dataset_id, _ACTOR: actor.id, _DEPARTMENT: actor.department_id, _MOMENT: clock.now()}
    with planned_cursor() as cursor:
        cursor.execute(statement, [values.get(one, one) if isinstance(one, int | datetime) else one for one in marked])
        return list(cursor.fetchall())


@lru_cache(maxsize=1024)
def _grant(pk: int, _state: str, _dataset_state: str, _version: int | None, _revision: int | None) -> Grant:
    """Return a grant with its dataset, as its rows stand in these states."""
    return Grant.objects.select_related("dataset__published_version", "dataset__entry", "department").get(pk=pk)


def is_still_readable(actor: Actor, grant: Grant) -> bool:
    """Say whether the actor may go on reading; asked before every batch of a stream."""
    found = [one for one in _found(actor, grant.dataset_id) if one[0] == grant.pk]
    return any(_grant(*one).edition == grant.edition for one in found)


def version_for_reading(grant: Grant, number: int | None = None, *, parameter: str = "version") -> DatasetVersion:
    """Return the version to read, the published one by default.

    Raises:
        NotVisible: nothing is published. RuleViolation: there is no version of that number.
        Resync: its rows are gone.
    """
    published = grant.dataset.published_version
    if published is None:
        raise NotVisible
    if number is None or number == published.number:
        return published
    found = DatasetVersion.objects.filter(dataset=grant.dataset_id, number=number, number__lt=published.number).first()
    if found is None:
        raise RuleViolation([FieldError(parameter, "unknown_version", _("There is no version of this number."))])
    if not found.is_readable:
        if parameter == "version":
            raise Resync(
                _("The rows of this version are no longer kept. Leave “version” out to read the published one.")
            )
        raise Resync
    return found


def reading_of(grant: Grant, version: DatasetVersion) -> Reading:
    """Return what a grant shows of a version."""
    pinned = _pinned(version.pk)
    return Reading(grant, pinned, entitlement_of(grant, pinned.columns), version.row_count)


def unreadable(grant: Grant) -> str:
    """Say why no published row can be read under a grant, though it is in force; empty where rows can be read.

    Its rows may be chosen by an item that the published version does not have, or has with another type.
    """
    version = grant.dataset.published_version
    if version is None or not grant.dataset.is_table or not grant.row_filter:
        return ""
    reading = reading_of(grant, version)
    try:
        rows_granted(reading.entitlement, reading.version.columns, Parameters())
    except RuleViolation as refused:
        return str(refused.errors[0].message)
    return ""


@lru_cache(maxsize=512)
def _pinned(version_id: int) -> PinnedVersion:
    """Return a version by its key: what it says of its columns never changes."""
    return pinned_version(DatasetVersion.objects.get(pk=version_id))


def pinned_since(grant: Grant, number: int) -> PinnedVersion | None:
    """Return the version from which changes are told; None for 0, a snapshot.

    Raises:
        RuleViolation: there is no such version. Resync: its rows are gone.
    """
    return None if number == 0 else _pinned(version_for_reading(grant, number, parameter="since").pk)


def require_kept(grant: Grant, numbers: Iterable[int]) -> None:
    """Refuse what was read of versions whose rows may have gone while they were read; the published one keeps its own.

    Raises:
        Resync: they are no longer kept.
    """
    published = grant.dataset.published_version
    older = {one for one in numbers if published is None or one != published.number} - {0}
    if (
        older
        and DatasetVersion.objects.filter(dataset=grant.dataset_id, number__in=older, purged_at__isnull=False).exists()
    ):
        raise Resync


def require_same_edition(actor: Actor, grant: Grant, since: int) -> None:
    """Refuse changes to a caller whose copy was made before the grant changed in items, filter or masks.

    What he has is known by the log: under the edition in force he took that version whole, by changes to their last
    page or by a complete export.

    Raises:
        Resync: he did not.
    """
    if since == 0:
        return
    by = {"client": actor.id} if actor.kind is ActorKind.CLIENT else {"user": actor.id}
    whole = Q(kind=PullKind.CHANGES, detail=LAST_PAGE) | Q(kind=PullKind.EXPORT, filter=[])
    kinds = (PullKind.CHANGES, PullKind.EXPORT)  # said apart for the index that holds these alone
    taken = Pull.objects.filter(
        whole, kind__in=kinds, grant=grant, edition=grant.edition, version=since, outcome=PullOutcome.DONE, **by
    )
    if not taken.exists():
        raise Resync
