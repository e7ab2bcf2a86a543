"""Under which grant an actor reads a dataset, and which version of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.choices import Role
from collection.models import DatasetVersion
from collection.readers import Entitlement
from collection.readers.changes import Resync
from collection.readers.page import PinnedVersion
from collection.selectors.dataset import dataset_get_for, pinned_version
from collection.store.columns import Column
from core.actors import Actor, ActorKind
from core.exceptions import FieldError, NotVisible, RuleViolation
from sharing.choices import OPEN_GRANT_STATUSES, ShareMethod
from sharing.client_choices import ClientStatus, PullKind, PullOutcome
from sharing.entitlement import entitlement_of
from sharing.models import Grant, Pull
from sharing.refusals import GrantNotNamed, NoGrant
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

    A client reads under those that its head bound to it and that are given for machines. A person reads those of his
    department that are given for download; he is cataloguer or head there.
    """
    if actor.kind is ActorKind.CLIENT:
        machine = Q(methods__contains=[ShareMethod.API]) | Q(methods__contains=[ShareMethod.EXCHANGE])
        bound = Q(bindings__client=actor.id, bindings__client__status=ClientStatus.ACTIVE)
        return found.filter(machine, bound, department=actor.department_id)
    if actor.is_person and actor.department_id is not None and actor.has_role(Role.CATALOGUER, Role.HEAD):
        return found.filter(methods__contains=[ShareMethod.FILE], department=actor.department_id)
    return found.none()


def readable_grants(actor: Actor) -> QuerySet[Grant]:
    """Return the grants under which the actor may read now."""
    return _own_grants(actor, live_grants())


def grants_of_caller(actor: Actor) -> QuerySet[Grant]:
    """Return the grants of the caller that have not ended, in force or not, latest first."""
    found = Grant.objects.filter(status__in=OPEN_GRANT_STATUSES).select_related(
        "dataset__entry__published_revision", "dataset__published_version"
    )
    return _own_grants(actor, found).order_by("-pk")


def grant_for_reading(actor: Actor, dataset_id: int, grant_id: int | None = None) -> Grant:
    """Return the grant under which the actor reads a dataset: the one named, else the only one.

    Raises:
        NotVisible: there is no such dataset for him. NoGrant: no grant in force covers him, or not the one named.
        GrantNotNamed: several do.
    """
    found = readable_grants(actor).filter(dataset=dataset_id)
    grants = list(found if grant_id is None else found.filter(pk=grant_id))
    if not grants:
        dataset_get_for(actor, dataset_id)
        raise NoGrant
    if len(grants) > 1:
        raise GrantNotNamed(extra={"grants": sorted(one.pk for one in grants)})
    return grants[0]


def is_still_readable(actor: Actor, grant: Grant) -> bool:
    """Say whether the actor may go on reading; asked before every batch of a stream."""
    return readable_grants(actor).filter(pk=grant.pk, edition=grant.edition).exists()


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
        raise Resync
    return found


def reading_of(grant: Grant, version: DatasetVersion) -> Reading:
    """Return what a grant shows of a version."""
    pinned = _pinned(version.pk)
    return Reading(grant, pinned, entitlement_of(grant, pinned.columns), version.row_count)


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
    taken = Pull.objects.filter(
        whole, grant=grant, edition=grant.edition, version=since, outcome=PullOutcome.DONE, **by
    )
    if not taken.exists():
        raise Resync
