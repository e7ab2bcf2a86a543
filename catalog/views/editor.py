"""The editor: one address per step, saved by hand or while typing."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import require_signed_in
from accounts.requests import PageRequest
from catalog import policies, selectors, services, transitions
from catalog.filing import merge as merging
from catalog.filing import steps, values
from catalog.forms import CreateForm, StepForm, form_for
from catalog.models import Entry, Revision
from catalog.selectors import filing
from catalog.views import editor_page
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible, RuleViolation, StaleEdit

ATTEMPTS = 3
"""How often a save is tried again when somebody else saves between reading and writing."""

DRAFT_KEYS_KEPT = 24 * 60 * 60


def _is_autosave(request: PageRequest) -> bool:
    return request.headers.get("X-Autosave") == "1"


@require_http_methods(["GET", "POST"])
def entry_create(request: PageRequest) -> HttpResponse:
    """Ask for the name and whether it may be filed at all; the first save makes the draft."""
    require_signed_in(request.actor)
    policies.require_create_entry(request.actor)
    if request.method == "GET":
        form = CreateForm(initial={"draft_key": uuid.uuid4()}, auto_id="id_%s")
        return render(request, "catalog/entry_create.html", editor_page.create_context(request, form))
    form = CreateForm(request.POST, auto_id="id_%s")
    existing = _drafted(request.actor, request.POST.get("draft_key", ""))
    if existing is not None:
        return entry_edit(request, existing.ref, steps.BASIC.key)
    if form.is_valid():
        try:
            entry = services.entry_create(actor=request.actor, fields=form.values)
        except RuleViolation as refused:
            for error in refused.errors:
                form.refuse(error.field, str(error.message))
        else:
            cache.set(_draft_key(request.actor, request.POST.get("draft_key", "")), entry.pk, DRAFT_KEYS_KEPT)
            return _created(request, entry)
    if _is_autosave(request):
        return JsonResponse({"fields": editor_page.field_errors(form)}, status=422)
    return render(request, "catalog/entry_create.html", editor_page.create_context(request, form), status=422)


def _draft_key(actor: Actor, key: str) -> str:
    return f"catalog:draft:{actor.id}:{key[:40]}"


def _drafted(actor: Actor, key: str) -> Entry | None:
    """Return the draft that this very page has made before, so that a repeated save makes no second one."""
    found = cache.get(_draft_key(actor, key)) if key else None
    try:
        return selectors.entry_get_for(actor, found) if found else None
    except NotVisible:
        return None


def _created(request: PageRequest, entry: Entry) -> HttpResponse:
    if not _is_autosave(request):
        step = steps.FORMAT if request.POST.get("go") == "next" else steps.BASIC
        return redirect("catalog:entry_edit_step", entry.ref, step.key)
    page = _page(request, entry, steps.BASIC)
    answer = editor_page.autosave_answer(request, page, None)
    return JsonResponse(answer | {"url": reverse("catalog:entry_edit_step", args=[entry.ref, steps.BASIC.key])})


@require_http_methods(["GET", "POST"])
def entry_edit(request: PageRequest, ref: str, step: str = "") -> HttpResponse:
    """Show and save one step of the working revision."""
    require_signed_in(request.actor)
    entry = selectors.entry_get_for(request.actor, ref)
    policies.require_file_entry(request.actor, entry)
    request.nav_current = "catalog.mine"  # type: ignore[attr-defined]
    if request.method == "GET" and entry.working_revision is None:
        return redirect("catalog:entry_revise", entry.ref)
    if request.method == "GET" and _waits(entry):
        messages.info(request, _("It lies with those who decide on it. Recall it before you change anything."))
        return redirect("catalog:entry_recall", entry.ref)
    if step not in steps.BY_KEY:
        if request.method == "POST" or step:
            raise NotVisible
        return redirect("catalog:entry_edit_step", entry.ref, editor_page.first_step(entry).key)
    if request.method == "POST" and steps.BY_KEY[step] is not steps.CHECK:
        return _post_step(request, entry, steps.BY_KEY[step])
    if request.method == "POST":
        return _go_on(request, entry, steps.CHECK)
    page = _page(request, entry, steps.BY_KEY[step])
    return render(request, "catalog/entry_edit.html", editor_page.context(request, page))


def _waits(entry: Entry) -> bool:
    """Say whether the open revision lies with somebody who has to decide on it."""
    revision = entry.working_revision
    return revision is not None and not transitions.REVISION.allows("edit", revision.status)


def _page(request: PageRequest, entry: Entry, step: steps.Step, form: StepForm | None = None) -> editor_page.Page:
    return editor_page.load(request.actor, entry, step, form, shows_all="check" in request.GET)


def _post_step(request: PageRequest, entry: Entry, step: steps.Step) -> HttpResponse:
    revision = _content_of(entry)
    form = form_for(step, entry, revision, data=request.POST)
    is_whole = form.is_whole
    if not is_whole and not _is_autosave(request):
        page = editor_page.load(request.actor, entry, step, form, posted=request.POST)
        return render(request, "catalog/entry_edit.html", editor_page.context(request, page), status=422)
    try:
        saved = _save(request.actor, entry, form, request.POST)
    except RuleViolation as refused:
        return _refused(request, entry, step, form, refused)
    if saved.merge.clashes:
        return _clashed(request, entry, step, saved)
    if _is_autosave(request):
        page = _page(request, saved.entry, step)
        return JsonResponse(editor_page.autosave_answer(request, page, form, saved.merge, saved.sent_items))
    if saved.merge.only_theirs:
        text = _("Someone else changed %(fields)s meanwhile. Both changes are kept.")
        messages.info(request, text % {"fields": "、".join(saved.merge.only_theirs)})
    return _go_on(request, saved.entry, step)


@dataclass(slots=True)
class Saved:
    """What a save came to. With clashes nothing was saved."""

    entry: Entry
    merge: merging.Merge
    sent_items: list[dict[str, Any]] | None = None


def _content_of(entry: Entry) -> Revision:
    """Return what the editor works on; a published entry's content where its open revision is gone."""
    revision = entry.working_revision or entry.published_revision
    if revision is None:
        raise NotVisible
    return selectors.revision_content(revision)


def _save(actor: Actor, entry: Entry, form: StepForm, post: Any) -> Saved:
    """Save what was touched, merged with what others saved since the page was read."""
    decided = {key.removeprefix("take-"): value for key, value in post.items() if key.startswith("take-")}
    is_current = post.get("edit_version", "") in ("", str(entry.edit_version))
    for attempt in range(ATTEMPTS):
        revision = _content_of(entry)
        items = list(revision.items.all())
        now = values.field_values(revision, form.step.fields)
        rows = values.item_values(items)
        fresh = values.base_of(now, rows) if is_current and attempt == 0 else {}
        merge = merging.merge(
            mine=form.values,
            my_items=form.rows,
            theirs=now,
            their_items=rows,
            base={**fresh, **values.base_read(post.get("base", ""))},
            decided=decided,
            known=filing.item_ids_of(entry),
            shown=form.text_of,
        )
        if merge.clashes or not (merge.fields or merge.items is not None):
            return Saved(entry, merge, merge.items)
        changed = [*merge.fields, *(["items"] if merge.items is not None else [])]
        rest = _assumptions_without(revision, changed)
        try:
            entry = services.entry_update(
                actor=actor,
                ref=entry.pk,
                # What a person has typed is no longer an assumption.
                fields=merge.fields if rest == revision.assumptions else merge.fields | {"assumptions": rest},
                items=merge.items,
                edit_version=entry.edit_version,
            )
        except StaleEdit:
            if attempt + 1 == ATTEMPTS:
                raise
            entry = selectors.entry_get_for(actor, entry.pk)
        else:
            return Saved(entry, merge, merge.items)
    raise AssertionError("the loop returns or raises")


def _refused(
    request: PageRequest, entry: Entry, step: steps.Step, form: StepForm, refused: RuleViolation
) -> HttpResponse:
    for error in refused.errors:
        form.refuse(error.field, str(error.message))
    if _is_autosave(request):
        return JsonResponse({"fields": editor_page.field_errors(form)}, status=422)
    page = editor_page.load(request.actor, entry, step, form, posted=request.POST)
    return render(request, "catalog/entry_edit.html", editor_page.context(request, page), status=422)


def _clashed(request: PageRequest, entry: Entry, step: steps.Step, saved: Saved) -> HttpResponse:
    """Show both versions field by field; the sender's text stands in the form, unsaved."""
    entry = selectors.entry_get_for(request.actor, entry.pk)
    if _is_autosave(request):
        notice = editor_page.clash_notice(request, entry, saved.merge)
        return JsonResponse({"notice": notice, "edit_version": entry.edit_version}, status=409)
    now = values.field_values(_content_of(entry), step.fields)
    form = form_for(step, entry, _content_of(entry), initial=now | saved.merge.fields)
    page = editor_page.load(request.actor, entry, step, form, merge=saved.merge)
    return render(request, "catalog/entry_edit.html", editor_page.context(request, page), status=409)


def _assumptions_without(revision: Revision, fields: Collection[str]) -> list[dict[str, str]]:
    """Return what an import assumed, without these fields; all of them for "all"."""
    return [] if "all" in fields else [one for one in revision.assumptions if one.get("field") not in fields]


def _go_on(request: PageRequest, entry: Entry, step: steps.Step) -> HttpResponse:
    before, after = steps.neighbours(step)
    go = request.POST.get("go", "")
    if confirmed := request.POST.get("confirm"):
        rest = _assumptions_without(_content_of(entry), [confirmed])
        services.entry_update(actor=request.actor, ref=entry.pk, fields={"assumptions": rest})
        messages.success(request, _("Confirmed."))
    if go == "submit":
        return redirect("catalog:entry_edit_step", entry.ref, steps.CHECK.key)
    if go.startswith("step-") and go.removeprefix("step-") in steps.BY_KEY:
        step = steps.BY_KEY[go.removeprefix("step-")]
    elif go == "next" and after is not None:
        step = after
    elif go == "previous" and before is not None:
        step = before
    elif not confirmed:
        saved_at = timezone.localtime(clock.now())
        messages.success(request, _("Saved at %(time)s.") % {"time": f"{saved_at:%H:%M:%S}"})
    return redirect("catalog:entry_edit_step", entry.ref, step.key)


@require_GET
def entry_find(request: PageRequest) -> JsonResponse:
    """Search entries as somebody types: a few live ones by name or code."""
    require_signed_in(request.actor)
    policies.require_create_entry(request.actor)
    besides = request.GET.get("besides", "")
    found = filing.entries_found(
        request.actor, request.GET.get("q", ""), besides=int(besides) if besides.isdecimal() else None
    )
    rows = [{"value": one.ref, "text": str(one), "note": f"{one.code or ''} · {one.department.name}"} for one in found]
    return JsonResponse({"results": rows})
