from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import ADMIN_ROLES, Language, Role


class UserManager(BaseUserManager["User"]):
    """Reads only: accounts are written by ``accounts.services``."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person's account. It carries no right by itself: roles are assigned, and nobody is a superuser."""

    username = models.CharField(
        _("Account"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$", _("Use lower-case letters, digits, dot, dash."))],
    )
    full_name = models.CharField(pgettext_lazy("person", "Name"), max_length=60)
    full_name_pinyin = models.CharField(max_length=240, default="", editable=False)
    email = models.EmailField(_("E-mail"), default="", blank=True)
    phone = models.CharField(_("Telephone"), max_length=40, default="", blank=True)
    post = models.CharField(_("Post"), max_length=60, default="", blank=True)
    department = models.ForeignKey(
        "accounts.Department",
        verbose_name=_("Department"),
        on_delete=models.PROTECT,
        related_name="users",
        null=True,
        blank=True,
    )
    is_active = models.BooleanField(_("Active"), default=True)
    is_held = models.BooleanField(_("Held"), default=False)
    """The password of somebody with roles was reset: the security administrator must release the account, so
    that whoever resets passwords cannot take over another's rights."""
    is_contractor = models.BooleanField(_("Contractor"), default=False)
    expires_at = models.DateTimeField(_("Ends at"), null=True, blank=True)
    must_change_password = models.BooleanField(_("Must change the password"), default=False)
    password_changed_at = models.DateTimeField(_("Password changed at"), null=True, blank=True)
    language = models.CharField(_("Language"), max_length=10, choices=Language, default="", blank=True)
    shortcuts_enabled = models.BooleanField(_("Keyboard shortcuts"), default=True)
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("Account")
        ordering = ["full_name_pinyin", "username"]
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="user_never_superuser"),
            models.CheckConstraint(condition=Q(username=Lower("username")), name="user_username_lower"),
            models.CheckConstraint(
                condition=Q(is_contractor=False) | Q(expires_at__isnull=False), name="user_contractor_has_end"
            ),
        ]
        indexes = [models.Index("department", "full_name_pinyin", name="user_department_name")]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    def can_sign_in(self, at: datetime) -> bool:
        """Say whether the account is usable at a moment: active, not held, not past its end."""
        return self.is_active and not self.is_held and (self.expires_at is None or at < self.expires_at)


class RoleAssignment(models.Model):
    """A role a person holds, or held, with who granted and who ended it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(_("Role"), max_length=12, choices=Role)
    is_administrative = models.GeneratedField(
        expression=ExpressionWrapper(Q(role__in=sorted(ADMIN_ROLES)), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    granted_at = models.DateTimeField(_("Granted at"))
    grant_reason = models.CharField(_("Reason"), max_length=200, default="", blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    revoked_at = models.DateTimeField(_("Ended at"), null=True)
    revoke_reason = models.CharField(_("Reason for ending"), max_length=200, default="", blank=True)

    class Meta:
        verbose_name = _("Role assignment")
        ordering = ["-granted_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=sorted(Role.values)), name="role_known"),
            models.UniqueConstraint("user", "role", condition=Q(revoked_at__isnull=True), name="role_held_once"),
            models.UniqueConstraint(
                "user",
                condition=Q(revoked_at__isnull=True, role__in=sorted(ADMIN_ROLES)),
                name="role_one_administrator",
            ),
            ExclusionConstraint(
                name="role_administrator_holds_nothing_else",
                expressions=[("user", RangeOperators.EQUAL), ("is_administrative", RangeOperators.NOT_EQUAL)],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=models.F("user")), name="role_not_to_oneself"
            ),
        ]
        indexes = [models.Index("role", condition=Q(revoked_at__isnull=True), name="role_in_force")]

    def __str__(self) -> str:
        return f"{self.get_role_display()}"
