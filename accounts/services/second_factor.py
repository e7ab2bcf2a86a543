"""One-time codes of an authenticator (TOTP), and backup codes for the day it is lost."""

import re

from django.db import transaction
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import policies
from accounts.exceptions import broken
from accounts.models import User, UserSession
from accounts.selectors.actor import roles_of
from accounts.selectors.security import security_policy
from accounts.selectors.user import user_get_for
from accounts.services.session import sessions_end_of
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import LimitExceeded

BACKUP_CODES = 10


@transaction.atomic
def totp_begin(*, actor: Actor) -> TOTPDevice:
    """Return the authenticator that a person is setting up, with a fresh secret when there is none yet.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: one is in use already.
    """
    user = user_get_for(actor, actor.id or 0, for_update=True)
    if TOTPDevice.objects.filter(user=user, confirmed=True).exists():
        raise broken("code", "in_use", _("An authenticator is in use. Remove it first."))
    device, _is_new = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "authenticator"})
    return device


@transaction.atomic
def totp_confirm(*, actor: Actor, code: str, session: UserSession) -> list[str]:
    """Take an authenticator into use once it has shown a right code; return the backup codes, shown this once.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: the code is wrong, or one is in use already.
    """
    device = totp_begin(actor=actor)
    if not device.verify_token(_digits(code)):
        raise broken("code", "wrong", _("The code is wrong. Check that the telephone's clock is right and try again."))
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    UserSession.objects.filter(pk=session.pk).update(second_factor_at=clock.now(), must_enrol=False)
    audit.record(actor, "accounts.second_factor.enrol", device.user)
    return _backup_codes_make(device.user)


@transaction.atomic
def backup_codes_renew(*, actor: Actor, password: str) -> list[str]:
    """Replace the backup codes; the former ones no longer work.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: the password is wrong, or no authenticator is in use.
    """
    user = _owner_with_password(actor, password)
    if not TOTPDevice.objects.filter(user=user, confirmed=True).exists():
        raise broken("password", "no_device", _("Set up an authenticator first."))
    audit.record(actor, "accounts.second_factor.renew_codes", user)
    return _backup_codes_make(user)


@transaction.atomic
def totp_remove(*, actor: Actor, password: str) -> None:
    """Give up one-time codes.

    Raises:
        NotVisible: the actor is no person.
        RuleViolation: the password is wrong, or the policy demands codes of one of the person's roles.
    """
    user = _owner_with_password(actor, password)
    if not roles_of(user).isdisjoint(security_policy().totp_roles):
        raise broken("password", "required", _("The security policy demands one-time codes of your role."))
    _remove(user)
    audit.record(actor, "accounts.second_factor.remove", user)


@transaction.atomic
def totp_reset(*, actor: Actor, user_id: int, reason: str = "") -> None:
    """Remove the lost authenticator of another person; his sessions end.

    Raises:
        NotVisible: the actor sees no such account.
        NotAllowed: the actor is not the security administrator, or means himself.
        RuleViolation: the account has none.
    """
    user = user_get_for(actor, user_id, for_update=True)
    policies.require(policies.refusal_release(actor, user))
    if not TOTPDevice.objects.filter(user=user).exists():
        raise broken("user", "no_device", _("The account has no authenticator."))
    _remove(user)
    sessions_end_of(actor, user)
    audit.record(actor, "accounts.second_factor.reset", user, note=reason)


@transaction.atomic
def second_factor_check(*, user: User, code: str) -> bool:
    """Say whether a one-time or backup code is right, and use it up.

    Raises:
        LimitExceeded: wrong codes came too fast; the wait doubles with each.
    """
    code = code.strip()
    if re.fullmatch(r"\d{3}\s?\d{3}", code):
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        token = _digits(code)
    else:
        device = StaticDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        token = code.lower().replace("-", "").replace(" ", "")
    if device is None:
        return False
    is_allowed, wait = device.verify_is_allowed()
    if not is_allowed:
        seconds = int(device.get_throttle_factor() * 2 ** (wait["failure_count"] - 1))
        raise LimitExceeded(retry_after=max(seconds, 1))
    return bool(device.verify_token(token))


def _owner_with_password(actor: Actor, password: str) -> User:
    user = user_get_for(actor, actor.id or 0, for_update=True)
    if not user.check_password(password):
        raise broken("password", "wrong", _("This is not your present password."))
    return user


def _backup_codes_make(user: User) -> list[str]:
    device, _is_new = StaticDevice.objects.get_or_create(user=user, defaults={"name": "backup", "confirmed": True})
    device.token_set.all().delete()
    codes = [StaticToken.random_token().lower() for _number in range(BACKUP_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def _remove(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _digits(code: str) -> str:
    return re.sub(r"\D", "", code)
