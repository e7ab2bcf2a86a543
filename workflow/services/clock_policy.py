from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit import services as audit
from core import clock
from core.actors import Actor
from core.basis import INTERNAL_RULE, Citation
from core.exceptions import FieldError, NotVisible, RuleViolation
from workflow import policies
from workflow.models import ClockPolicy


@transaction.atomic
def clock_policy_add_version(
    *,
    actor: Actor,
    policy_id: int,
    working_days: int,
    extension_working_days: int,
    valid_from: date,
    region_id: int | None = None,
    document: str = "",
    article: str = "",
    note: str = "",
) -> ClockPolicy:
    """Put a new version of a time limit in force from a day on; clocks that run keep the version they started under.

    Args:
        policy_id: the version that is replaced, or, with another region, the one that is narrowed for that region.
        region_id: whose limit it becomes; None keeps it national.
        document, article: the rule it rests on; those of the replaced version where left out.

    Raises:
        NotVisible: there is no such policy.
        NotAllowed: the actor is not the authority of that region, or not the leading one for a national limit.
        RuleViolation: a statutory limit would be longer than the wider one it stands under, or the day does not
            follow the present version's.
    Basis: 政务数据共享条例 第二十三条: a local rule may shorten a statutory limit, never lengthen it.
    """
    template = ClockPolicy.objects.select_for_update(of=("self",)).filter(pk=policy_id).first()
    if template is None:
        raise NotVisible
    policy = ClockPolicy(
        key=template.key,
        region_id=region_id,
        event=template.event,
        role=template.role,
        working_days=working_days,
        extension_working_days=extension_working_days,
        document=document.strip() or template.document,
        article=article.strip() or template.article,
        is_statutory=template.is_statutory,
        valid_from=valid_from,
        note=note.strip(),
        created_at=clock.now(),
    )
    path = policy.region.path if policy.region else None
    policies.require_manage_clock_policy(actor, path)
    of_region = Q(region__isnull=True) if region_id is None else Q(region_id=region_id)
    siblings = ClockPolicy.objects.select_for_update(of=("self",)).filter(of_region, key=policy.key, is_active=True)
    latest = siblings.order_by("-valid_from").first()
    errors = _date_errors(valid_from, latest) + _length_errors(policy, path)
    if errors:
        raise RuleViolation(errors)
    if latest is not None and (latest.valid_to is None or latest.valid_to >= valid_from):
        latest.valid_to = valid_from - timedelta(days=1)
        latest.save(update_fields=["valid_to"])
    policy.save(force_insert=True)
    audit.record(
        actor,
        "workflow.clock_policy.add_version",
        policy,
        before=_snapshot(latest) if latest else None,
        after=_snapshot(policy),
        basis=Citation(policy.document, policy.article) if policy.document else INTERNAL_RULE,
        note=note,
    )
    return policy


def _date_errors(valid_from: date, latest: ClockPolicy | None) -> list[FieldError]:
    errors = []
    if valid_from < clock.today():
        errors.append(FieldError("valid_from", "past", _("A new version begins today or later.")))
    if latest is not None and valid_from <= latest.valid_from:
        message = _("The present version begins on %(day)s; the new one has to begin after it.")
        errors.append(FieldError("valid_from", "order", message % {"day": latest.valid_from.isoformat()}))
    return errors


def _length_errors(policy: ClockPolicy, region_path: str | None) -> list[FieldError]:
    """Hold a local statutory limit against every wider one that is in force then or will be."""
    if region_path is None or not policy.is_statutory:
        return []
    above = region_path.split("/")[:-1]
    wider = ClockPolicy.objects.filter(
        Q(region__isnull=True) | Q(region__code__in=above), key=policy.key, is_active=True, is_statutory=True
    ).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=policy.valid_from))
    errors = []
    shortest = min((row.working_days for row in wider), default=None)
    if shortest is not None and policy.working_days > shortest:
        message = _("A local rule may shorten this limit, never lengthen it: at most %(days)s working days.")
        errors.append(FieldError("working_days", "longer_than_law", message % {"days": shortest}))
    least = min((row.extension_working_days for row in wider), default=None)
    if least is not None and policy.extension_working_days > least:
        message = _("The extension may be at most %(days)s working days.")
        errors.append(FieldError("extension_working_days", "longer_than_law", message % {"days": least}))
    return errors


def _snapshot(policy: ClockPolicy) -> dict[str, object]:
    return {
        "working_days": policy.working_days,
        "extension_working_days": policy.extension_working_days,
        "region": policy.region_id,
        "valid_from": policy.valid_from,
    }
