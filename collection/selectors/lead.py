"""Who collects the same item, who leads (数源部门), and how far paper records are digitised."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Department
from collection.duty_choices import DutyState, Manner
from collection.duty_names import canonical_name
from collection.models import CollectionDuty, DigitisationReport, DutyItem, LeadSource
from collection.selectors.duty import visible_duties, within_region
from core import clock
from core.actors import Actor


@dataclass(slots=True)
class CollectedItem:
    """An item that several departments collect, under whatever name of the same meaning.

    Attributes:
        folded: the name that stands for all of them, as it is compared.
        departments: (key, name) of those that collect it.
        leads: names of the departments that lead, each in its authority's region.
    """

    folded: str
    name: str
    departments: list[tuple[int, str]] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)


def collected_items(actor: Actor, *, q: str = "", region_only: bool = False) -> list[CollectedItem]:
    """Return the items that at least two departments collect by what is registered, most departments first.

    Args:
        q: part of an item's name.
        region_only: only departments of the actor's region and those below.
    """
    duties = CollectionDuty.objects.filter(visible_duties(actor), state=DutyState.REGISTERED)
    if region_only:
        duties = duties.filter(within_region(actor))
    departments = dict(duties.values_list("registered_id", "department_id"))
    names = dict(Department.objects.filter(pk__in=set(departments.values())).values_list("pk", "name"))
    rows = DutyItem.objects.filter(revision__in=list(departments)).order_by("folded", "revision")
    found: dict[str, CollectedItem] = {}
    for folded, name, revision in rows.values_list("folded", "name", "revision_id"):
        key = canonical_name(folded)
        one = found.setdefault(key, CollectedItem(key, name))
        pair = (departments[revision], names[departments[revision]])
        if pair not in one.departments:
            one.departments.append(pair)
    several = [one for one in found.values() if len(one.departments) > 1 and q in one.name]
    leads = leads_of(one.folded for one in several)
    for one in several:
        one.leads = leads.get(one.folded, [])
    return sorted(several, key=lambda one: (-len(one.departments), one.folded))


def leads_of(folded: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of the departments that lead the collection of items, by the folded name that was given."""
    keys = {one: canonical_name(one) for one in folded}
    rows = LeadSource.objects.filter(folded__in=set(keys.values()), ended_at__isnull=True).order_by("pk")
    leading: dict[str, list[str]] = {}
    for name, department in rows.values_list("folded", "department__name"):
        leading.setdefault(name, []).append(department)
    return {one: leading[key] for one, key in keys.items() if key in leading}


@dataclass(frozen=True, slots=True)
class Digitisation:
    """How far the paper records of a duty are digitised."""

    duty: CollectionDuty
    total: int
    done: int
    due: date | None
    reported: date | None

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.done < self.total and self.due < clock.today()


def paper_duties(actor: Actor) -> QuerySet[CollectionDuty]:
    """Return the registered duties whose records come on paper, with their last report."""
    last = DigitisationReport.objects.filter(duty=OuterRef("pk")).order_by("-on", "-pk")
    return (
        CollectionDuty.objects.filter(
            visible_duties(actor), state=DutyState.REGISTERED, registered__manner=Manner.PAPER
        )
        .select_related("department", "registered", "current")
        .annotate(done=Subquery(last.values("done")[:1]), reported=Subquery(last.values("on")[:1]))
        .order_by("registered__digitise_by", "pk")
    )


def digitisation_of(duty: CollectionDuty) -> Digitisation:
    """Return the progress of a duty that ``paper_duties`` read."""
    revision = duty.registered
    assert revision is not None  # noqa: S101  a registered duty has one
    return Digitisation(
        duty,
        revision.paper_records or 0,
        getattr(duty, "done", None) or 0,
        revision.digitise_by,
        getattr(duty, "reported", None),
    )


def digitisation_get(actor: Actor, duty: CollectionDuty) -> Digitisation | None:
    """Return the progress of one duty, None where nothing is to be digitised."""
    found = paper_duties(actor).filter(pk=duty.pk).first()
    return digitisation_of(found) if found is not None else None
