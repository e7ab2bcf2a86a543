"""The data of a grant on a page, for people of its holder: rows and profile, as the grant shows them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.doubts import items_doubted
from collection.face import marks_by_dataset
from collection.models import DatasetVersion
from collection.preview import Preview
from collection.profiles import DatasetProfile, ItemProfile
from core.actors import Actor
from core.components.marks import Mark
from core.exceptions import NotVisible
from sharing import after_policies
from sharing.api.cursors import Place, open_cursor, seal
from sharing.models import Grant
from sharing.selectors.grant import grant_get_for
from sharing.selectors.reading import grant_for_reading, unreadable, version_for_reading
from sharing.services import look
from sharing.views.objected_row import objection_url

ROWS, PROFILE = "rows", "profile"


@require_GET
def grant_data(request: PageRequest, pk: int) -> HttpResponse:
    """The rows that a grant shows, or what its values look like; every look is asked for and logged like a pull."""
    require_signed_in(request.actor)
    seen = grant_get_for(request.actor, pk)
    grant = grant_for_reading(request.actor, seen.dataset_id, pk)
    if not grant.dataset.is_table:
        raise NotVisible
    page = GrantDataPage(request.actor, grant, version_for_reading(grant))
    looks: dict[str, Any] = {
        "actor": request.actor,
        "grant": grant,
        "version": page.version,
        "address": str(request.META.get("REMOTE_ADDR", "")),
    }
    template = "sharing/grant_data.html"
    if request.GET.get("tab") == PROFILE and not unreadable(grant):  # else the rows say why none is shown
        page.tab, page.profile = PROFILE, look.profile_look(**looks)
        page.drawn = page.profile.drawn(request.GET.get("page"))
    else:
        page.preview = _rows(request, page, looks)
        if request.htmx and not request.htmx.boosted:
            template = "collection/partials/_rows.html"
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    response = render(request, template, {"page": page, "crumbs": page.crumbs})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _rows(request: PageRequest, page: "GrantDataPage", looks: dict[str, Any]) -> Preview:
    """Look at the rows that the address asks for.

    The place of the next page is sealed like a cursor of the data API: a row's number would tell how many rows the
    grant does not show, and one that was made up where such a row stands in an order.

    Raises:
        BadCursor: the place is another person's, grant's or question's.
    """
    edition, number = page.grant.edition, page.version.number
    query = request.GET.copy()
    sealed = str(query.pop("after", [""])[-1])
    if sealed:
        place = open_cursor(sealed, _context(request, page.grant, query.items()))
        if (place.edition, place.version) == (edition, number):  # else it begins anew
            query["after"] = str(int.from_bytes(place.after, "big"))
    found = look.rows_look(**looks, query=query, objection_url=_objections(request, page))
    following = dict(parse_qsl(found.next_query))
    if not following:
        return found
    after = int(following.pop("after")).to_bytes(8, "big")
    context = _context(request, page.grant, following.items())
    return replace(found, next_query=urlencode(following | {"after": seal(Place(edition, number, after), context)}))


def _objections(request: PageRequest, page: "GrantDataPage") -> Callable[[int], str] | None:
    """Return what says where a row, by its number, is objected to; None for those who object to nothing."""
    if not after_policies.can_object(request.actor, page.grant.dataset.entry):
        return None
    return partial(objection_url, request.actor, page.grant, page.version)


def _context(request: PageRequest, grant: Grant, asked: Iterable[tuple[str, Any]]) -> str:
    """Return what a sealed place belongs to: person, grant, filter and order."""
    question = urlencode(sorted((name, value) for name, value in asked if name in ("item", "op", "v", "sort")))
    return f"look|{request.actor.id}|{request.actor.department_id}|{grant.token}|{question}"


@dataclass
class GrantDataPage:
    """What stands for the page of a dataset in the parts that show rows and profile, under a grant."""

    actor: Actor
    grant: Grant
    version: DatasetVersion
    tab: str = ROWS
    preview: Preview | None = None
    profile: DatasetProfile | None = None
    drawn: Page[ItemProfile] | None = None
    unhooked: str = ""
    is_unnamed: bool = False
    is_earlier: bool = False
    version_query: str = ""

    @property
    def rows_url(self) -> str:
        return reverse("sharing:grant_data", args=[self.grant.pk])

    @property
    def rows_part_url(self) -> str:
        return self.rows_url

    @property
    def crumbs(self) -> list[dict[str, str]]:
        name = _("Grant %(number)d") % {"number": self.grant.pk}
        return [
            {"label": _("Grants"), "url": reverse("sharing:grant_list")},
            {"label": name, "url": reverse("sharing:grant_detail", args=[self.grant.pk])},
        ]

    @property
    def tabs(self) -> list[dict[str, Any]]:
        labels = {ROWS: _("Data rows"), PROFILE: _("Column profile")}
        return [
            {"url": f"{self.rows_url}?tab={one}", "label": label, "count": None, "is_current": one == self.tab}
            for one, label in labels.items()
        ]

    @property
    def marks(self) -> dict[int, list[Mark]]:
        """How current and how good the data are."""
        return marks_by_dataset(self.actor, [self.grant.dataset_id])

    @cached_property
    def doubted(self) -> set[str]:
        """Identities of the items that are being verified: the page asks for each of them."""
        return items_doubted(self.grant.dataset.entry_id)

    @property
    def sees_figures(self) -> bool:
        """Whether the number of all rows is told: not where the grant shows a part of them."""
        return not self.grant.row_filter
