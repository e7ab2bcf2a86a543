"""Password rules of the security policy, in the form of Django's password validators."""

import re

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.selectors.security import previous_passwords, security_policy

CHARACTER_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


class PolicyPasswordValidator:
    """Length, kinds of characters and no return of a former password, as the policy in force says."""

    def validate(self, password: str, user: User | None = None) -> None:
        policy = security_policy()
        errors = []
        if len(password) < policy.password_min_length:
            message = ngettext(
                "Use at least %(count)d character.", "Use at least %(count)d characters.", policy.password_min_length
            )
            errors.append(ValidationError(message % {"count": policy.password_min_length}, code="password_too_short"))
        if sum(bool(re.search(kind, password)) for kind in CHARACTER_KINDS) < policy.password_min_classes:
            errors.append(ValidationError(self._kinds(policy.password_min_classes), code="password_too_plain"))
        if user is not None and user.pk and self._was_used(password, user, policy.password_history):
            errors.append(ValidationError(_("This password was used before. Choose another."), code="password_reused"))
        if errors:
            raise ValidationError(errors)

    def get_help_text(self) -> str:
        policy = security_policy()
        length = _("At least %(count)d characters.") % {"count": policy.password_min_length}
        return f"{length} {self._kinds(policy.password_min_classes)}"

    @staticmethod
    def _kinds(count: int) -> str:
        return _("Mix at least %(count)d of: small letters, capitals, digits, other signs.") % {"count": count}

    @staticmethod
    def _was_used(password: str, user: User, count: int) -> bool:
        hashes = [user.password, *previous_passwords(user, count)] if user.has_usable_password() else []
        return any(check_password(password, encoded) for encoded in hashes)
