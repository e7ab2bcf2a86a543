from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock
from core.exceptions import FieldError, NotAllowed, RuleViolation
from workflow import policies, selectors, services
from workflow.calendar_view import weekday_names, year_view
from workflow.forms import CalendarYearForm, add_rule_errors
from workflow.services.calendar import FIRST_YEAR, LAST_YEAR, NoticeDay, days_from_text, notice_from_json
from workflow.views.requests import person


@require_GET
def calendar_now(request: HttpRequest) -> HttpResponse:
    return calendar_year(request, clock.today().year)


@require_GET
def calendar_year(request: HttpRequest, year: int) -> HttpResponse:
    """A year of working days."""
    actor = person(request)
    _require_year(year)
    state = selectors.calendar_year_state(year)
    months = year_view(year, state.calendar, state.names, clock.today())
    context = {
        "state": state,
        "months": months,
        "working_days": sum(month.working_days for month in months),
        "weekdays": weekday_names(),
        "years": range(year - 2, year + 3),
        "can_manage": policies.can_manage_installation_rules(actor),
    }
    return render(request, "workflow/calendar_year.html", context)


@require_http_methods(["GET", "POST"])
def calendar_import(request: HttpRequest, year: int) -> HttpResponse:
    """Enter the holiday notice of a year."""
    actor = person(request)
    _require_year(year)
    if not policies.can_manage_installation_rules(actor):
        raise NotAllowed
    form = CalendarYearForm(request.POST or None, request.FILES or None, initial=_initial(year))
    if request.method == "POST" and form.is_valid():
        try:
            days, url = _days(year, form.cleaned_data)
            services.calendar_year_import(
                actor=actor,
                year=year,
                days=days,
                notice=form.cleaned_data["notice"],
                notice_url=form.cleaned_data["notice_url"] or url,
            )
        except RuleViolation as violation:
            add_rule_errors(form, violation)
        else:
            messages.success(request, _("The notice holds. Open time limits that cross the year are computed again."))
            return redirect("workflow:calendar_year", year=year)
    crumbs = [
        {"label": _("Working-day calendar"), "url": reverse("workflow:calendar_year", args=[year])},
        {"label": _("Holiday notice of %(year)s") % {"year": year}, "url": ""},
    ]
    context = {"form": form, "year": year, "crumbs": crumbs}
    return render(request, "workflow/calendar_import.html", context, status=422 if form.errors else 200)


def _days(year: int, data: dict[str, Any]) -> tuple[list[NoticeDay], str]:
    """Return the days of a notice as typed or from its file, and the address the file names."""
    if not data["file"]:
        days = days_from_text(year, data["days_off"], is_working_day=False, field="days_off")
        return days + days_from_text(year, data["make_up_days"], is_working_day=True, field="make_up_days"), ""
    found_year, days, url = notice_from_json(data["file"].read().decode("utf-8-sig", errors="replace"))
    if found_year != year:
        message = _("The file is for %(year)s.") % {"year": found_year}
        raise RuleViolation([FieldError("file", "other_year", message)])
    return days, url


def _initial(year: int) -> dict[str, str]:
    """Return the notice as it stands, so that a correction starts from it."""
    state = selectors.calendar_year_state(year)
    lines: dict[bool, list[str]] = {True: [], False: []}
    for row in selectors.calendar_days_of(year):
        lines[row.is_working_day].append(f"{row.date:%m-%d} {row.name}".strip())
    return {
        "notice": state.entry.notice if state.entry else "",
        "notice_url": state.entry.notice_url if state.entry else "",
        "days_off": "\n".join(lines[False]),
        "make_up_days": "\n".join(lines[True]),
    }


def _require_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
