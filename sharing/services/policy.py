"""How a region goes about requests, where the Regulation leaves it open."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Region
from audit import services as audit
from catalog.choices import Sharing
from core.actors import Actor
from core.exceptions import FieldError, NotVisible, RuleViolation, StaleEdit
from sharing import policies
from sharing.choices import SupplementClock
from sharing.models import SharingPolicy

LONGEST_DAYS = 3650


@transaction.atomic
def sharing_policy_set(
    *,
    actor: Actor,
    region_id: int,
    checked: Collection[str],
    supplement_clock: str,
    longest_days: int,
    usage_record_days: int = 180,
    edit_version: int | None = None,
) -> SharingPolicy:
    """Set a region's policy; it binds the region and those below it that have none of their own.

    Args:
        checked: sharing attributes whose requests the authority checks for form first.
        longest_days: longest time for which a grant may run.
        usage_record_days: after so many days without a record of use the holder is reminded.

    Raises:
        NotVisible: no such region. NotAllowed: no reviewer of its authority or of one above.
        StaleEdit: somebody saved since. RuleViolation: a value is none of its domain.
    """
    region = Region.objects.filter(pk=region_id).first()
    if region is None:
        raise NotVisible
    policies.require_keep_policy(actor, region.path)
    errors = []
    if any(one not in Sharing.values for one in checked):
        errors.append(FieldError("checked", "unknown", _("Choose among the sharing attributes.")))
    if supplement_clock not in SupplementClock.values:
        errors.append(FieldError("supplement_clock", "unknown", _("Choose one of the values.")))
    if not 1 <= longest_days <= LONGEST_DAYS:
        message = _("Give 1 to %(count)d days.") % {"count": LONGEST_DAYS}
        errors.append(FieldError("longest_days", "range", message))
    if not 1 <= usage_record_days <= LONGEST_DAYS:
        message = _("Give 1 to %(count)d days.") % {"count": LONGEST_DAYS}
        errors.append(FieldError("usage_record_days", "range", message))
    if errors:
        raise RuleViolation(errors)
    policy = SharingPolicy.objects.select_for_update().filter(region=region).first() or SharingPolicy(
        region=region, edit_version=0
    )
    if edit_version is not None and edit_version != policy.edit_version:
        raise StaleEdit(extra={"edit_version": policy.edit_version})
    before = _snapshot(policy)
    policy.checked = [one for one in Sharing.values if one in checked]
    policy.supplement_clock = supplement_clock
    policy.longest_days = longest_days
    policy.usage_record_days = usage_record_days
    policy.edit_version += 1
    policy.save()
    audit.record(actor, "sharing.policy.set", policy, before=before, after=_snapshot(policy))
    return policy


def _snapshot(policy: SharingPolicy) -> dict[str, object]:
    return {
        "checked": list(policy.checked),
        "supplement_clock": str(policy.supplement_clock),
        "longest_days": policy.longest_days,
        "usage_record_days": policy.usage_record_days,
    }
