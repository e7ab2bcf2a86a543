"""Icons, drawn into the page."""

import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class UnknownIcon(LookupError):
    """A template asks for an icon that Tabler does not have."""


_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BACKGROUND = re.compile(r'<path stroke="none"[^>]*/>\s*')
_NAME = re.compile(r"[a-z0-9-]+")


@lru_cache(maxsize=1024)
def _drawing(name: str) -> str:
    """Return the paths of a Tabler outline icon, without its invisible background."""
    folder = Path(settings.NODE_MODULES_DIR) / "@tabler" / "icons" / "icons" / "outline"
    path = folder / f"{name}.svg"
    if not _NAME.fullmatch(name) or (folder.is_dir() and not path.is_file()):
        raise UnknownIcon(name)
    if not folder.is_dir():
        return ""
    found = _DRAWING.search(path.read_text(encoding="utf-8"))
    return " ".join(_BACKGROUND.sub("", found.group(1)).split()) if found else ""


@register.simple_tag
def icon(name: str, cls: str = "", label: str = "") -> SafeString:
    """Inline a Tabler icon. It is decoration unless ``label`` says what it means."""
    role: SafeString = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i{}" viewBox="0 0 24 24" {} focusable="false">{}</svg>',
        f" {cls}" if cls else "",
        role,
        mark_safe(_drawing(name)),
    )
