"""Reading the terms for data that are shared unconditionally."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.choices import LIVE_STATUSES, Mask, Sharing
from catalog.models import RevisionItem
from catalog.selectors import entry_list_for, items_of
from collection.choices import DatasetKind
from collection.models import Dataset
from core import clock
from core.actors import Actor
from sharing.models import ServiceLimits, Terms, TermsAcceptance
from sharing.use_limits import LIMITS


def terms_in_force() -> Terms | None:
    """Return the latest terms in force, with None where there are none yet."""
    return Terms.objects.filter(valid_from__lte=clock.now()).order_by("-number").first()


def acceptance_of(department_id: int) -> TermsAcceptance | None:
    """Return a department's acceptance of the terms in force, None where it has not accepted them."""
    terms = terms_in_force()
    return TermsAcceptance.objects.filter(terms=terms, department=department_id).first() if terms else None


def terms_versions() -> list[Terms]:
    """Return all versions of the terms, latest first."""
    return list(Terms.objects.order_by("-number"))


def free_items(dataset: Dataset) -> list[RevisionItem] | None:
    """Return the items that can be had on the spot, None where the data are not shared unconditionally.

    Of a table those that are shared so; of files all or nothing: nothing can be cut out of a file or masked in it.
    """
    revision = dataset.entry.published_revision
    is_live = dataset.entry.status in LIVE_STATUSES and not dataset.is_retired
    if revision is None or not is_live or revision.sharing != Sharing.UNCONDITIONAL:
        return None
    items = items_of(revision)
    free = [one for one in items if (one.sharing or revision.sharing) == Sharing.UNCONDITIONAL]
    if dataset.is_table:
        return free or None
    is_cut = len(free) < len(items) or any(one.is_sensitive or one.mask != Mask.NONE for one in items)
    return None if is_cut else free


def given_by_itself() -> Q:
    """Return the condition under which something of a dataset is had without a decision, for a query of datasets.

    Of a table that may be single items of an entry that is shared on request; of files it is all of them or nothing.
    """
    entrys = Q(entry__published_revision__sharing=Sharing.UNCONDITIONAL)
    items = RevisionItem.objects.filter(revision=OuterRef("entry__published_revision"))
    free = Q(sharing=Sharing.UNCONDITIONAL) | Q(sharing="", revision__sharing=Sharing.UNCONDITIONAL)
    some = Q(Exists(items.filter(free)))
    whole = Q(kind=DatasetKind.TABLE) | ~Q(Exists(items.exclude(free)))
    is_live = Q(retired_at__isnull=True, entry__status__in=LIVE_STATUSES)
    return is_live & ((some & whole) | (entrys & ~Q(Exists(items))))


def is_given_by_itself(dataset: Dataset) -> bool:
    """Say whether something of a dataset is had without a decision."""
    return Dataset.objects.filter(given_by_itself(), pk=dataset.pk).exists()


def service_limits_of(dataset: Dataset) -> dict[str, int | None]:
    """Return the limits of use that its provider set for all who get a dataset by themselves."""
    found = ServiceLimits.objects.filter(dataset=dataset).values(*LIMITS).first()
    return found or dict.fromkeys(LIMITS)


def services_limited(actor: Actor) -> QuerySet[ServiceLimits]:
    """Return the limits set for data of which something is had without a decision, of entries that the actor sees."""
    limited = Q(rows_per_day__isnull=False) | Q(calls_per_minute__isnull=False)
    free = ServiceLimits.objects.filter(
        limited,
        dataset__in=Dataset.objects.filter(given_by_itself()),
        dataset__entry__in=entry_list_for(actor).order_by().values("pk"),
    )
    shown = ("dataset__entry__published_revision", "dataset__entry__department")
    return free.select_related(*shown).order_by("dataset__entry__published_revision__name", "pk")
