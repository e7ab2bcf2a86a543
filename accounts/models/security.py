from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.choices import Role, SessionEnd


class UserSession(models.Model):
    """One sign-in of one person, with its limits; ending it signs that browser out."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=64, default="", editable=False)
    """Key of the browser's session in the session store; emptied when the session has ended."""
    started_at = models.DateTimeField(_("Signed in at"))
    last_seen_at = models.DateTimeField(_("Last seen at"))
    idle_ends_at = models.DateTimeField()
    absolute_ends_at = models.DateTimeField()
    second_factor_at = models.DateTimeField(_("Second factor given at"), null=True)
    must_enrol = models.BooleanField(default=False)
    """A role of the person demands one-time codes and none is set up yet: nothing else is open until then."""
    address = models.GenericIPAddressField(pgettext_lazy("network", "Address"), null=True)
    user_agent = models.CharField(_("Browser"), max_length=200, default="")
    ended_at = models.DateTimeField(_("Ended at"), null=True)
    end_reason = models.CharField(_("Why it ended"), max_length=16, choices=SessionEnd, default="", blank=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, related_name="+", null=True)

    class Meta:
        verbose_name = _("Session")
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint("session_key", condition=~Q(session_key=""), name="session_key_unique"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(end_reason=""), name="session_end_has_reason"
            ),
        ]
        indexes = [models.Index("user", F("last_seen_at").desc(), name="session_user_seen")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class SecurityPolicy(models.Model):
    """The one row of security settings that the security administrator keeps."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    idle_minutes = models.PositiveSmallIntegerField(
        _("Sign out after minutes without activity"),
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(240)],
    )
    absolute_hours = models.PositiveSmallIntegerField(
        _("Sign out after hours in any case"), default=12, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    totp_roles = ArrayField(
        models.CharField(max_length=12, choices=Role),
        verbose_name=_("Roles that must use one-time codes"),
        default=list,
        blank=True,
    )
    password_min_length = models.PositiveSmallIntegerField(
        _("Shortest password"), default=10, validators=[MinValueValidator(8), MaxValueValidator(64)]
    )
    password_min_classes = models.PositiveSmallIntegerField(
        _("Kinds of characters in a password"), default=3, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    password_max_age_days = models.PositiveSmallIntegerField(
        _("Change the password after days"), default=0, validators=[MaxValueValidator(730)]
    )
    """0 means: never by age."""
    password_history = models.PositiveSmallIntegerField(
        _("Former passwords that may not return"), default=3, validators=[MaxValueValidator(10)]
    )
    lockout_failures = models.PositiveSmallIntegerField(
        _("Lock after failed attempts"), default=5, validators=[MinValueValidator(3), MaxValueValidator(20)]
    )
    lockout_minutes = models.PositiveSmallIntegerField(
        _("Minutes locked"), default=15, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    edit_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("Security policy")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="security_policy_single"),
            models.CheckConstraint(
                condition=Q(idle_minutes__lte=F("absolute_hours") * 60), name="security_policy_idle_within_absolute"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Security policy"))


class PreviousPassword(models.Model):
    """Hash of a password once used, so that it does not come back too soon."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="previous_passwords")
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Former password")
        ordering = ["-replaced_at", "-id"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.replaced_at:%Y-%m-%d}"
