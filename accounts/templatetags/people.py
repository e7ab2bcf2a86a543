"""Marks of accounts and roles."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import User
from core import clock
from core.components.icons import icon

register = template.Library()


@register.simple_tag
def account_state(user: User) -> SafeString:
    """Say in a mark whether an account can be used, and if not, why."""
    if not user.is_active:
        css, drawing, text = "st-withdrawn", "circle-minus", _("Switched off")
    elif user.expires_at is not None and user.expires_at <= clock.now():
        css, drawing, text = "st-withdrawn", "calendar-off", _("Past the end")
    elif user.is_held:
        css, drawing, text = "st-wait", "hourglass", _("Held")
    elif user.must_change_password:
        css, drawing, text = "st-draft", "key", _("First sign-in due")
    else:
        css, drawing, text = "st-published", "circle-check", _("Usable")
    return format_html('<span class="stamp st {}">{}{}</span>', css, icon(drawing), text)


@register.simple_tag
def role_stamps(codes: Any) -> SafeString:
    """Draw the roles of a person, in the order of the list."""
    held = set(codes)
    labels = [(Role(code).label,) for code in Role.values if code in held]
    return format_html_join(" ", '<span class="stamp soft plain">{}</span>', labels)


@register.filter
def role_label(code: str) -> Any:
    return Role(code).label if code in Role.values else code


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_PLATFORMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser_name(user_agent: str) -> str:
    """Name browser and system in two words, for the list of sessions."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    platform = next((name for sign, name in _PLATFORMS if sign in user_agent), "")
    return " · ".join(part for part in (browser, platform) if part) or user_agent[:40] or "—"
