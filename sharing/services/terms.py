"""Data that are shared unconditionally: a department accepts the terms once, then takes grants on the spot."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department
from audit import services as audit
from collection.models import Dataset
from collection.selectors.dataset import dataset_get_for
from core import clock
from core.actors import Actor
from core.basis import LIMITS_OF_USE
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from sharing import hindrances, policies, scope, terms_policies
from sharing.choices import ShareMethod
from sharing.models import Grant, Terms, TermsAcceptance
from sharing.selectors import request as selectors
from sharing.selectors.request import entry_lock
from sharing.selectors.terms import acceptance_of, free_items, service_limits_of, terms_in_force
from sharing.services.grant import grant_create
from sharing.services.right import entry_grants_lock


@transaction.atomic
def terms_accept(*, actor: Actor, number: int) -> TermsAcceptance:
    """Accept the terms for the department; done once for each version.

    Args:
        number: of the version that was read.

    Raises:
        NotAllowed: no sharing office head. InvalidTransition: another version is in force by now.

    Basis:
        Regulation on Government Data Sharing, Art. 25: limits of use.
    """
    policies.require_accept_terms(actor)
    terms = terms_in_force()
    if terms is None or terms.number != number:
        raise InvalidTransition(_("Other terms are in force by now. Read them, then accept."), code="terms_changed")
    assert actor.department_id is not None  # noqa: S101  a head has one
    acceptance, is_new = TermsAcceptance.objects.get_or_create(
        terms=terms,
        department_id=actor.department_id,
        defaults={"accepted_at": clock.now(), "accepted_by_name": actor.name},
    )
    if is_new:
        audit.record(actor, "sharing.terms.accept", acceptance, after={"terms": terms.number}, basis=LIMITS_OF_USE)
    return acceptance


@transaction.atomic
def terms_publish(*, actor: Actor, text: str) -> Terms:
    """Put new terms into force; grants that run stay under those they were made under.

    Raises:
        NotAllowed: not the leading authority. RuleViolation: the text is empty.
    """
    terms_policies.require_publish_terms(actor)
    if not text.strip():
        raise RuleViolation([FieldError("text", "required", _("Write the terms."))])
    latest = terms_in_force()
    terms = Terms.objects.create(
        number=latest.number + 1 if latest else 1, text=text.strip(), valid_from=clock.now(), created_by_name=actor.name
    )
    audit.record(actor, "sharing.terms.publish", terms, after={"number": terms.number})
    return terms


@transaction.atomic
def grant_take(
    *,
    actor: Actor,
    dataset_id: int,
    purpose: str,
    until: date,
    systems: Sequence[int],
    methods: Sequence[str] = (ShareMethod.API, ShareMethod.FILE),
) -> Grant:
    """Take a grant on data that are shared unconditionally, in force at once.

    It holds the items that are shared unconditionally, with the masks that the entry declares and the limits of use
    that the provider set for all.

    Args:
        systems: systems of the own department that will use the data.

    Raises:
        NotVisible: no such data. NotAllowed: no cataloguer or head of another department, the data are not shared
            unconditionally, or what holds for the department's use of them keeps it from it (``hindrances.taking``).
            InvalidTransition: the terms are not accepted. RuleViolation: what is given does not hold.

    Basis:
        Regulation on Government Data Sharing, Art. 14.
    """
    entry_lock(Dataset.objects.filter(pk=dataset_id).values("entry"))
    dataset = dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_take(actor, dataset.entry)
    assert actor.department_id is not None  # noqa: S101  the policy has just required it
    entry_grants_lock(dataset.entry_id, actor.department_id)
    if hindrance := hindrances.taking(dataset, actor.department_id):
        raise hindrance
    items = free_items(dataset) or []
    acceptance = acceptance_of(actor.department_id)
    if acceptance is None:
        message = _("Your sharing office head has to accept the terms of use first.")
        raise InvalidTransition(message, code="terms_not_accepted")
    department = Department.objects.select_related("group").get(pk=actor.department_id)
    named = list(selectors.systems_for(department.pk).filter(pk__in=list(systems)))
    _require_complete(dataset, purpose, until, named, systems, methods)
    moment, limits = clock.now(), service_limits_of(dataset)
    return grant_create(
        actor=actor,
        dataset=dataset,
        department=department,
        items=[str(one.item_id) for one in items],
        row_filter=[],
        masks=scope.default_masks(items, [str(one.item_id) for one in items]),
        methods=[one for one in ShareMethod.values if one in methods],
        valid_from=moment,
        valid_to=clock.midnight_after(until),
        purpose=purpose.strip(),
        systems=named,
        acceptance=acceptance,
        rows_per_day=limits["rows_per_day"],
        calls_per_minute=limits["calls_per_minute"],
    )


def _require_complete(
    dataset: Dataset, purpose: str, until: date, named: Sequence[object], systems: Sequence[int], methods: Sequence[str]
) -> None:
    errors = []
    longest = selectors.policy_for(dataset.entry.department.region.path).longest_days
    if not purpose.strip():
        errors.append(FieldError("purpose", "required", _("Say what the data are used for.")))
    if not clock.today() < until <= clock.today() + timedelta(days=longest):
        message = _("Give a last day of use that lies ahead, at most %(days)d days.") % {"days": longest}
        errors.append(FieldError("until", "period", message))
    if not named or len(named) != len(set(systems)):
        errors.append(FieldError("systems", "required", _("Choose systems in use of your own department.")))
    if not methods or any(one not in ShareMethod.values for one in methods):
        errors.append(FieldError("methods", "required", _("Choose how you want to get the data.")))
    if errors:
        raise RuleViolation(errors)
