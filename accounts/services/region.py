"""Writes of regions."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.choices import RegionLevel
from accounts.exceptions import broken
from accounts.models import Region
from accounts.pinyin import sort_key
from audit import services as audit
from core.actors import Actor


@transaction.atomic
def region_create(
    *, actor: Actor, code: str, name: str, level: str, parent: Region | None = None, valid_from: date | None = None
) -> Region:
    """Add a region below another; its path is worked out.

    Raises:
        NotAllowed: the actor does not manage regions.
        RuleViolation: the code is taken or malformed, or the level does not fit the region above.
    """
    policies.require(policies.refusal_manage_regions(actor))
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        raise broken("code", "invalid", _("A region code has six digits."))
    if Region.objects.filter(code=code).exists():
        raise broken("code", "taken", _("There is a region with this code already."))
    if (parent is None) != (level == RegionLevel.PROVINCE):
        raise broken("parent", "level", _("A province stands at the top; cities and counties lie within a region."))
    region = Region.objects.create(
        code=code,
        name=name,
        level=level,
        parent=parent,
        path=f"{parent.path}/{code}" if parent else code,
        name_pinyin=sort_key(name),
        valid_from=valid_from,
    )
    audit.record(actor, "accounts.region.create", region, after={"code": code, "name": name, "path": region.path})
    return region
