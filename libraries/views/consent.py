"""The page on which a provider says whether its data go into a library."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from accounts.views.answers import form_answer, posted
from catalog.choices import Mask
from catalog.selectors import items_of
from collection.models import Dataset
from libraries import policies, services
from libraries.attributes import Attributes, attributes_of
from libraries.digests import asked_of
from libraries.forms import AnswerForm
from libraries.models import Part
from libraries.selectors import part_asked_get_for
from sharing.models import Grant
from sharing.wording import ConditionWords, conditions_in_words


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
        "items": _items_taken(part, part.grant),
        "conditions": _rows_given(part, part.grant),
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


@dataclass(frozen=True, slots=True)
class ItemTaken:
    """An item that goes into a library: how the grant shows it, and how widely the library's item gives it.

    Attributes:
        mask: in words; "" where it is shown as it is.
        source, target: how it is shared and opened in the provider's data, and in the library.
    """

    mask: Any
    source: Attributes
    target: Attributes | None


def _items_taken(part: Part, grant: Grant) -> list[ItemTaken]:
    """Return the items that are taken, in the order of the provider's."""
    theirs, own = _attributes(part.dataset), _attributes(part.composition.dataset)
    filled: dict[str, list[str]] = {}
    for item, taken in part.mapping.items():
        filled.setdefault(taken, []).append(item)
    return [
        ItemTaken(_mask_label(grant.masks.get(taken, "")), source, own.get(item))
        for taken, source in theirs.items()
        for item in filled.get(taken, ())
    ]


def _mask_label(mask: str) -> Any:
    return Mask(mask).label if mask in Mask.values and mask != Mask.NONE else ""


def _attributes(dataset: Dataset) -> dict[str, Attributes]:
    revision = dataset.entry.published_revision or dataset.entry.working_revision
    return attributes_of(revision) if revision is not None else {}


def _rows_given(part: Part, grant: Grant) -> list[ConditionWords]:
    """Return in words which rows the grant gives; none of them where it gives all."""
    revision = part.dataset.entry.published_revision
    return conditions_in_words(grant.row_filter, items_of(revision) if revision is not None else [])
