"""What a provider sets, or announces, for all who get one of its datasets."""

from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.selectors import authority_in_charge
from collection.models import Dataset
from collection.selectors.dataset import dataset_get_for
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation
from sharing import service_policies
from sharing.choices import OPEN_GRANT_STATUSES
from sharing.models import Grant, GrantNotice, ServiceLimits
from sharing.selectors.grant import notices_open, open_grants_on, stop_first_day, stops_announced
from sharing.selectors.request import entry_lock
from sharing.selectors.terms import service_limits_of
from sharing.services.right import dataset_grants_lock
from sharing.services.stopping import announce, announcement_errors, carry_out, hindrances
from sharing.use_limits import limit_errors


@transaction.atomic
def service_limits_set(
    *, actor: Actor, dataset_id: int, rows_per_day: int | None = None, calls_per_minute: int | None = None
) -> ServiceLimits:
    """Set the limits of use under which departments get a dataset by themselves from now on.

    Grants that run stay as they are: they are loosened at once, or narrowed after an announcement, each.

    Args:
        rows_per_day, calls_per_minute: None for none.

    Raises:
        NotVisible: no such data. NotAllowed: not the provider's head. InvalidTransition: they are unhooked.
        RuleViolation: a limit is no number, or one of rows for files.

    Basis:
        Internal rule, docs/adr/0071.
    """
    dataset = _served(actor, dataset_id)
    limits = {"rows_per_day": rows_per_day, "calls_per_minute": calls_per_minute}
    if errors := limit_errors(limits, is_table=dataset.is_table):
        raise RuleViolation(errors)
    before = service_limits_of(dataset)
    kept, _new = ServiceLimits.objects.update_or_create(
        dataset=dataset, defaults={**limits, "set_at": clock.now(), "set_by_name": actor.name}
    )
    audit.record(actor, "sharing.service.limit", kept, before=before, after=limits)
    return kept


@dataclass(slots=True)
class StopOfAll:
    """What came of announcing the end of a dataset: what is announced now, and what was left as it was, with why."""

    announced: list[GrantNotice] = field(default_factory=list)
    left: list[tuple[Grant, str]] = field(default_factory=list)


@transaction.atomic
def service_stop_announce(*, actor: Actor, dataset_id: int, reason: str, stops_on: date) -> StopOfAll:
    """Announce to every department that gets a dataset that this is to stop, in one act.

    Each is consulted, and each announcement is taken to the authority's files, as one for a single grant is. Left as
    they are: a grant of which something is announced already, and one that ends before the day by itself.

    Args:
        stops_on: the day from which nothing is given any more.

    Raises:
        NotVisible: no such data. NotAllowed: not the provider's head. InvalidTransition: they are unhooked, or there
            is nothing to announce.
        RuleViolation: no reason, or the day leaves no time to speak.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    dataset = _served(actor, dataset_id)
    dataset_grants_lock(dataset.pk)
    grants = list(
        open_grants_on(dataset)
        .select_related("dataset__entry__department__region", "dataset__entry__current_revision", "department")
        .order_by("pk")
    )
    announced = notices_open(grants)
    done = StopOfAll()
    # What holds for the provider holds for all: it is read once, while so many grants are locked.
    first_day = stop_first_day(grants[0], clock.now()) if grants else clock.today()
    authority = authority_in_charge(dataset.entry.department)
    for grant in grants:
        if notice := announced.get(grant.pk):
            done.left.append((grant, _already(notice)))
        elif grant.last_moment.astimezone(clock.REGION_ZONE).date() < stops_on:
            done.left.append((grant, _("It ends before that day by itself.")))
        elif errors := announcement_errors(grant, reason, stops_on, first_day):
            raise RuleViolation(errors)
        else:
            done.announced.append(announce(actor, grant, reason, stops_on, None, authority))
    if not done.announced:
        raise InvalidTransition(_("No service on these data is left whose stop could be announced for that day."))
    return done


@dataclass(slots=True)
class StoppedForAll:
    """What came of carrying out the announced end of a dataset: what stopped, and what was left, with why."""

    stopped: list[Grant] = field(default_factory=list)
    left: list[tuple[Grant, str]] = field(default_factory=list)


@transaction.atomic
def service_stop_carry_out(
    *, actor: Actor, dataset_id: int, stops_on: date, disposal_demand: str = ""
) -> StoppedForAll:  # fmt: skip
    """Stop every service on a dataset whose stop was announced for a day, in one act, each as it would be alone.

    Args:
        stops_on: the day that was announced.
        disposal_demand: how the data are to be disposed of.

    Raises:
        NotVisible: no such data. NotAllowed: not the provider's head. InvalidTransition: they are unhooked, no stop is
            announced for that day, or it has come for none.

    Basis:
        Regulation on Government Data Sharing, Art. 27.
    """
    dataset = _served(actor, dataset_id)
    dataset_grants_lock(dataset.pk)
    done = StoppedForAll()
    authority = authority_in_charge(dataset.entry.department)
    before = dict(Grant.objects.filter(dataset=dataset).values_list("pk", "previous"))
    early: dict[int, tuple[Grant, str]] = {}
    # What goes on from another first: it stops by its own announcement, and once.
    found = hindrances(stops_announced(dataset).filter(stops_on=stops_on))
    for notice, too_early in sorted(found, key=lambda one: _place(before, one[0].grant_id), reverse=True):
        if too_early is not None:
            early[notice.grant_id] = notice.grant, str(too_early)
        else:
            carry_out(actor, notice.grant, notice, disposal_demand, authority)
            done.stopped.append(notice.grant)
    # A renewal stops with the grant that it goes on from, however early that is for its own announcement.
    still = set(Grant.objects.filter(pk__in=early, status__in=OPEN_GRANT_STATUSES).values_list("pk", flat=True))
    done.left = [one for pk, one in early.items() if pk in still]
    done.stopped += [grant for pk, (grant, _why) in early.items() if pk not in still]
    if done.left and not done.stopped:
        raise InvalidTransition(done.left[0][1], code="too_early")
    if not done.stopped:
        raise InvalidTransition(_("No stop is announced for that day any more."))
    return done


def _place(before: dict[int, int | None], grant_id: int | None) -> int:
    """Return the how-manieth a grant is in its chain.

    Args:
        before: from which each of them goes on.
    """
    place = 0
    while grant_id is not None:
        place, grant_id = place + 1, before.get(grant_id)
    return place


def _already(notice: GrantNotice) -> str:
    day = notice.stops_on.isoformat()
    if notice.change is None:
        return _("Its stop is announced for %(day)s already.") % {"day": day}
    return _("A change is announced for %(day)s: carry it out, or take it back, first.") % {"day": day}


def _served(actor: Actor, dataset_id: int) -> Dataset:
    """Return a dataset in use that the actor answers for.

    Raises:
        As ``service_limits_set``.
    """
    # The entry first: whoever agrees to a request, or takes the data, holds it and may be making a grant just now.
    entry_lock(Dataset.objects.filter(pk=dataset_id).values("entry"))
    dataset = dataset_get_for(actor, dataset_id, for_update=True)
    service_policies.require_serve(actor, dataset)
    if dataset.is_retired:
        raise InvalidTransition(_("The data were unhooked from the entry."))
    return dataset
