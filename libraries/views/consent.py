"""The page on which a provider says whether its data go into a library."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import form_answer, posted
from catalog.selectors import items_of
from collection.models import Dataset
from libraries import policies, services
from libraries.forms import AnswerForm
from libraries.models import Part
from libraries.selectors import asked_of, part_asked_get_for


@require_http_methods(["GET", "POST"])
def part_answer(request: PageRequest, pk: int) -> HttpResponse:
    """Agree that what a grant gives goes into a library, or refuse."""
    require_signed_in(request.actor)
    part = part_asked_get_for(request.actor, pk)
    assert part.grant is not None  # noqa: S101  those of the lead's own are asked of nobody
    policies.require_answer_part(request.actor, part.grant)
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    form = AnswerForm(posted(request), initial={"edit_version": asked_of(part)}, label_suffix="")
    entry = part.composition.dataset.entry
    grant_page = reverse("sharing:grant_detail", args=[part.grant.pk])

    def save(values: dict[str, Any]) -> Part:
        return services.part_answer(
            actor=request.actor,
            part_id=pk,
            is_agreed=form.is_yes,
            edit_version=values["edit_version"],
            reason=values["reason"],
        )

    context = {
        "part": part,
        "revision": entry.published_revision or entry.working_revision,
        "items": _items_taken(part),
        "crumbs": [{"label": _("Grant %(number)d") % {"number": part.grant.pk}, "url": grant_page}],
    }
    return form_answer(
        request,
        form,
        save,
        template="libraries/part_answer.html",
        context=context,
        done=lambda part: grant_page,
        message=_("Answered."),
    )


def _items_taken(part: Part) -> list[tuple[str, str]]:
    """Return the names of the items that are taken, each with that of the library's item which it fills."""
    theirs, own = _names(part.dataset), _names(part.composition.dataset)
    return [(name, own.get(item, "—")) for item, taken in part.mapping.items() if (name := theirs.get(taken))]


def _names(dataset: Dataset) -> dict[str, str]:
    revision = dataset.entry.published_revision or dataset.entry.working_revision
    return {str(one.item_id): one.name for one in items_of(revision)} if revision is not None else {}
