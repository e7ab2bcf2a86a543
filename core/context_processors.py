"""Values of the shell that every page shows."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core import navigation
from core.actors import PUBLIC, Actor
from core.platform_name import platform_name


class Shell:
    """What ``templates/base*.html`` show around a page. Each value is worked out when first used,
    so that partials and error pages cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def actor(self) -> Actor:
        return getattr(self._request, "actor", PUBLIC)

    @cached_property
    def platform_name(self) -> str:
        return platform_name()

    @cached_property
    def places(self) -> list[navigation.Place]:
        return navigation.build(self._request, self.actor)

    @cached_property
    def phone_places(self) -> list[navigation.Place]:
        return [place for place in self.places if place.item.on_phone][:4]

    @cached_property
    def links(self) -> dict[str, str]:
        return navigation.links()

    @cached_property
    def identity(self) -> navigation.Identity:
        return navigation.identity(self.actor)

    @cached_property
    def unread(self) -> int:
        return navigation.unread(self.actor)

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """Code, name in itself, one-letter sign."""
        signs = {"zh-hans": ("简体", "简"), "zh-hant": ("繁體", "繁"), "en": ("English", "EN")}
        return [(code, *signs.get(code, (str(name), code))) for code, name in settings.LANGUAGES]

    @property
    def base(self) -> str:
        """The frame an error page is put in: the full shell for people, the bare one for everybody else."""
        return "base.html" if self.actor.is_person else "base_plain.html"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``shell``."""
    return {"shell": Shell(request)}
