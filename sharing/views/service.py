"""Who gets a dataset, for its provider: limits of use for all, and the announcement that it ends for all."""

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from collection.face import marks_by_dataset
from collection.models import Dataset
from collection.selectors.dataset import dataset_get_for
from core import clock
from core.actors import Actor
from sharing import grant_forms as own
from sharing import service_policies
from sharing.forms import LimitsForm
from sharing.models import Grant, GrantNotice
from sharing.selectors.grant import grants_on, notices_open, stop_first_day, stops_announced, unannounced_on
from sharing.selectors.terms import is_given_by_itself, service_limits_of
from sharing.services import service as services
from sharing.services.stopping import hindrances
from sharing.views.acting import ActingPage, carry_out
from workflow.once import once

SHOWN = 200


class ServicePage(ActingPage):
    """A dataset with whoever gets it, and what its provider does for all of them."""

    places: ClassVar[dict[str, str]] = {
        "limits_form": "can_limit",
        "announce_form": "can_announce",
        "stop_all_form": "stop_day",
    }

    def __init__(self, actor: Actor, dataset: Dataset, **forms: Any) -> None:
        super().__init__(actor, **forms)
        self.dataset = dataset

    @property
    def crumbs(self) -> list[dict[str, str]]:
        entry = self.dataset.entry
        return [
            {"label": str(entry), "url": reverse("catalog:entry_detail", args=[entry.ref])},
            {"label": self.dataset.name, "url": reverse("collection:dataset_detail", args=[self.dataset.pk])},
        ]

    @cached_property
    def marks(self) -> dict[int, Any]:
        return marks_by_dataset(self.actor, [self.dataset.pk])

    @cached_property
    def count(self) -> int:
        return grants_on(self.dataset).count()

    @cached_property
    def rows(self) -> list[tuple[Grant, GrantNotice | None]]:
        """The grants under which it is given, with what is announced of each."""
        grants = list(grants_on(self.dataset)[:SHOWN])
        announced = notices_open(grants)
        return [(one, announced.get(one.pk)) for one in grants]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)

    @cached_property
    def serves(self) -> bool:
        return service_policies.serves(self.actor, self.dataset) and not self.dataset.is_retired

    @cached_property
    def limits(self) -> dict[str, int | None]:
        return service_limits_of(self.dataset)

    @property
    def can_limit(self) -> bool:
        """Whether limits for all are the actor's to set, and mean something: somebody gets the data by himself."""
        return self.serves and (any(self.limits.values()) or is_given_by_itself(self.dataset))

    @property
    def can_announce(self) -> bool:
        return self.serves and unannounced_on(self.dataset).exists()

    @property
    def first_day(self) -> Any:
        """The first day from which what is announced now may hold."""
        return stop_first_day(self.rows[0][0], clock.now())

    @cached_property
    def _due(self) -> list[date]:
        """The days of announced stops that have come, each as often as there are such."""
        if not self.serves:
            return []
        return [one.stops_on for one, too_early in hindrances(stops_announced(self.dataset)) if too_early is None]

    @property
    def stop_day(self) -> date | None:
        """The first day that has come of which a stop is to be carried out."""
        return self._due[0] if self._due else None

    @property
    def stop_count(self) -> int:
        """Of how many grants it is."""
        return self._due.count(self._due[0]) if self._due else 0

    @cached_property
    def stop_all_form(self) -> Any:
        return self._form("stop_all_form", own.StopAllForm, {"stops_on": self.stop_day})

    @cached_property
    def limits_form(self) -> Any:
        return self._form("limits_form", LimitsForm, self.limits, is_table=self.dataset.is_table)

    @cached_property
    def announce_form(self) -> Any:
        return self._form("announce_form", own.AnnounceForm)


def _dataset(request: PageRequest, pk: int) -> Dataset:
    require_signed_in(request.actor)
    dataset = dataset_get_for(request.actor, pk)
    service_policies.require_see_service(request.actor, dataset)
    return dataset


def _shown(request: PageRequest, dataset: Dataset, status: int = 200, **forms: Any) -> HttpResponse:
    page = ServicePage(request.actor, dataset, **forms)
    request.nav_current = "sharing.grants"  # type: ignore[attr-defined]
    return render(request, "sharing/service.html", {"page": page, "crumbs": page.crumbs}, status=status)


@require_GET
def service(request: PageRequest, pk: int) -> HttpResponse:
    """Who gets a dataset."""
    return _shown(request, _dataset(request, pk))


def _act(request: PageRequest, dataset: Dataset, name: str, form: forms.Form, act: Any, done: str) -> HttpResponse:
    return carry_out(
        request,
        form,
        act,
        show=lambda status: _shown(request, dataset, status, **{name: form}),
        done=done,
        back=lambda: reverse("sharing:service", args=[dataset.pk]),
    )


@require_POST
@once
def service_limits(request: PageRequest, pk: int) -> HttpResponse:
    """Set the limits of use under which departments get it by themselves."""
    dataset = _dataset(request, pk)
    service_policies.require_serve(request.actor, dataset)
    form = LimitsForm(request.POST, is_table=dataset.is_table)

    def save(given: dict[str, Any]) -> object:
        return services.service_limits_set(actor=request.actor, dataset_id=pk, **given)

    return _act(request, dataset, "limits_form", form, save, _("Set: whoever gets the data by himself has these."))


@require_POST
@once
def service_stop(request: PageRequest, pk: int) -> HttpResponse:
    """Announce to all departments that it ends."""
    dataset = _dataset(request, pk)
    service_policies.require_serve(request.actor, dataset)
    form = own.AnnounceForm(request.POST, label_suffix="")

    def announce(given: dict[str, Any]) -> None:
        done = services.service_stop_announce(actor=request.actor, dataset_id=pk, **given)
        _tell_left(request, len(done.left))

    told = _("Announced: each holder is asked, and the data authority takes it to its files.")
    return _act(request, dataset, "announce_form", form, announce, told)


@require_POST
@once
def service_stop_carry_out(request: PageRequest, pk: int) -> HttpResponse:
    """Stop what was announced to all for a day that has come."""
    dataset = _dataset(request, pk)
    service_policies.require_serve(request.actor, dataset)
    form = own.StopAllForm(request.POST, label_suffix="")

    def stop(given: dict[str, Any]) -> None:
        done = services.service_stop_carry_out(actor=request.actor, dataset_id=pk, **given)
        _tell_left(request, len(done.left))

    return _act(request, dataset, "stop_all_form", form, stop, _("Done as announced."))


def _tell_left(request: PageRequest, count: int) -> None:
    if count:
        words = ngettext(
            "%(count)d grant is left as it is: see the list.",
            "%(count)d grants are left as they are: see the list.",
            count,
        )
        messages.warning(request, words % {"count": count})
