"""What the pages of the editor show: gathered once, drawn as a page or sent as the answer to a save."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.requests import PageRequest
from catalog import policies, selectors, services
from catalog.choices import RevisionStatus
from catalog.diff import FIELD_GROUPS, FIELD_LABELS, text_of, value_of
from catalog.filing import merge as merging
from catalog.filing import presence, sheet, steps, values
from catalog.forms import StepForm, form_for
from catalog.forms.parts import CENSUS
from catalog.imports.problems import rule_text
from catalog.models import Decision, Entry, ReviewComment, Revision, RevisionItem
from catalog.panels import filing_panels
from catalog.rules import Findings
from catalog.selectors import filing
from core import clock
from core.actors import Actor
from core.exceptions import FieldError
from core.panels import Panel


@dataclass(slots=True)
class Page:
    """One step of one entry, as one person sees it now."""

    entry: Entry
    revision: Revision
    items: list[RevisionItem]
    step: steps.Step
    form: StepForm | None
    findings: Findings
    progress: dict[str, steps.Progress]
    comments: list[ReviewComment]
    returned: Decision | None
    edit: filing.Edit | None
    others: list[presence.Editor]
    merge: merging.Merge | None = None
    posted: Mapping[str, Any] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)

    @property
    def is_submittable(self) -> bool:
        return not self.findings.errors

    def address(self, step: steps.Step) -> str:
        return reverse("catalog:entry_edit_step", args=[self.entry.ref, step.key])


def first_step(entry: Entry) -> steps.Step:
    """Return where somebody who opens the editor goes on: at the comments, else at the first unfinished step."""
    assert entry.working_revision is not None  # noqa: S101  the caller has looked
    revision = selectors.revision_content(entry.working_revision)
    items = list(revision.items.all())
    places = [steps.place_of_comment(one.field, one.item_id, items) for one in filing.comments_open(revision)]
    if places and revision.status == RevisionStatus.RETURNED:
        return min((place.step for place in places), key=steps.STEPS.index)
    progress = steps.progress_of(revision, items, services.findings_for(revision, items))
    return next((one.step for one in progress.values() if one.state != "done"), steps.CHECK)


def load(
    actor: Actor,
    entry: Entry,
    step: steps.Step,
    form: StepForm | None = None,
    *,
    posted: Mapping[str, Any] | None = None,
    merge: merging.Merge | None = None,
    shows_all: bool = False,
) -> Page:
    """Gather what a step shows.

    Args:
        form: with what was sent; the revision's content where left out.
        posted: what was sent and could not be taken.
        merge: two versions that somebody has to choose between.
        shows_all: also say what is missing in a step that nobody has begun.
    """
    revision = selectors.revision_content(entry.working_revision or entry.published_revision)  # type: ignore[arg-type]
    items = list(revision.items.all())
    findings = services.findings_for(revision, items)
    progress = steps.progress_of(revision, items, findings)
    if form is None and step is not steps.CHECK:
        form = form_for(step, entry, revision)
    if form is not None and not form.is_bound and (shows_all or progress[step.key].is_started):
        form.show(steps.by_field(findings.errors, step), steps.by_field(findings.hints, step))
    is_returned = revision.status == RevisionStatus.RETURNED
    edit = filing.edit_by_others(actor, filing.edits_of(entry), is_latest=merge is None)
    page = Page(
        entry=entry,
        revision=revision,
        items=items,
        step=step,
        form=form,
        findings=findings,
        progress=progress,
        comments=filing.comments_open(revision) if is_returned else [],
        returned=filing.return_of(revision) if is_returned else None,
        edit=edit,
        others=[one for one in presence.arrive(actor, entry.pk) if edit is None or one.name != edit.actor_name],
        merge=merge,
        posted=posted,
        panels=filing_panels(actor, entry),
    )
    if step is steps.ITEMS:
        page.rows = _sheet_rows(page)
    return page


def _sheet_rows(page: Page) -> list[dict[str, Any]]:
    """Return the rows of the sheet with what is said below them."""
    assert page.form is not None  # noqa: S101  the step of the items has a form
    if page.posted is not None:
        rows = page.form["items"].value() or []
        remarks = sheet.remarks_of([], rows, page.form.problems)
    elif page.merge is not None and page.merge.items is not None:
        rows, remarks = page.merge.items, []
    else:
        rows = values.item_values(page.items)
        remarks = [*_rule_remarks(page, rows), *sheet.comment_remarks(page.comments, page.items)]
    return [
        {
            "id": row.get("id") or "",
            "values": sheet.cells_of(row),
            "remarks": [one for one in remarks if one["row"] == index],
        }
        for index, row in enumerate(rows)
    ]


def _rule_remarks(page: Page, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = [("error", one) for one in page.findings.errors] + [("hint", one) for one in page.findings.hints]
    return sheet.remarks_of(found, rows)


# The page


def _crumb(page: Page) -> str:
    if page.entry.published_revision_id:
        return _("Revision %(number)d") % {"number": page.revision.number}
    return _("Correct an entry") if page.entry.code else _("New entry")


def context(request: PageRequest, page: Page) -> dict[str, Any]:
    """Return what the template of the editor takes."""
    before, after = steps.neighbours(page.step)
    return {
        **side_context(page),
        "crumbs": [
            {"label": _("My department's entries"), "url": reverse("catalog:entry_own_list")},
            {"label": _crumb(page)},
        ],
        "form": page.form,
        "form_template": f"catalog/partials/_edit_{page.step.key}.html",
        "before": before,
        "after": after,
        "before_url": page.address(before) if before else "",
        "base": _base(page),
        "edit_version": page.posted.get("edit_version", "") if page.posted is not None else page.entry.edit_version,
        "merge": page.merge,
        "saved_at": timezone.localtime(page.entry.updated_at),
        "columns": sheet.columns() if page.step in (steps.ITEMS, steps.CHECK) else [],
        "page_items": [sheet.texts_of(row) for row in values.item_values(page.items)]
        if page.step is steps.CHECK
        else [],
        "rows": page.rows,
        "census": _census_cells(page) if page.step is steps.FORMAT else [],
        "citations": _citation_rows(page) if page.step is steps.SHARING else [],
        "overview": _overview(page) if page.step is steps.CHECK else [],
        "comments_by_field": _comments_by_field(page),
        "owner": request.actor.id,
        "is_discardable": "discard" in policies.allowed_actions(request.actor, page.entry),
    }


def side_context(page: Page) -> dict[str, Any]:
    """Return what the steps and the side column take, which a save renews."""
    return {
        "entry": page.entry,
        "revision": page.revision,
        "published": page.entry.published_revision,
        "step": page.step,
        "steps": _step_rows(page),
        "checks": _check_rows(page),
        "error_count": len(page.findings.errors),
        "hint_count": len(page.findings.hints),
        "is_submittable": page.is_submittable,
        "remarks": [
            {"comment": one, "place": place, "url": _link(page, place)}
            for one in page.comments
            for place in [steps.place_of_comment(one.field, one.item_id, page.items)]
        ],
        "returned": page.returned,
        "edit": page.edit,
        "edit_fields": _edit_fields(page.edit),
        "others": page.others,
        "assumptions": _assumption_rows(page),
        "panels": page.panels,
    }


def _assumption_rows(page: Page) -> list[dict[str, Any]]:
    """Return what an import took by rule and nobody has confirmed yet."""
    rows = []
    for one in page.revision.assumptions:
        name = str(one.get("field", ""))
        place = steps.place_of(name)
        held = str(value_of(page.revision, name)) if name in FIELD_LABELS else ""
        shown = text_of(page.revision, name) if held == one.get("value") else one.get("value", "")
        rows.append(
            {
                "field": name,
                "label": place.label or name,
                "url": _link(page, place),
                "value": shown,
                "rule": rule_text(str(one.get("rule", ""))),
            }
        )
    return rows


def _edit_fields(edit: filing.Edit | None) -> list[str]:
    return [str(steps.LABELS[name]) for name in edit.fields if name in steps.LABELS] if edit else []


def _base(page: Page) -> str:
    if page.posted is not None:
        return str(page.posted.get("base", ""))
    rows = values.item_values(page.items) if page.step is steps.ITEMS else None
    return json.dumps(values.base_of(values.field_values(page.revision, page.step.fields), rows))


def _step_rows(page: Page) -> list[dict[str, Any]]:
    rows = []
    places = [steps.place_of_comment(one.field, one.item_id, page.items).step for one in page.comments]
    for step in steps.STEPS:
        progress = page.progress.get(step.key)
        note = progress.note if progress else ""
        if said := places.count(step):
            words = ngettext("%(count)d comment", "%(count)d comments", said) % {"count": said}
            note = words if progress and not (progress.errors or progress.hints) else f"{note} · {words}"
        rows.append(
            {
                "url": page.address(step),
                "label": step.title,
                "note": note,
                "state": progress.state if progress else "",
                "is_current": step is page.step,
            }
        )
    return rows


def _link(page: Page, place: steps.Place) -> str:
    return f"{page.address(place.step)}?check=1#{place.anchor}"


def _check_rows(page: Page) -> list[dict[str, Any]]:
    """Return errors, then what nobody has begun, then hints, then what is in order."""
    rows: list[dict[str, Any]] = []
    for progress in page.progress.values():
        if progress.is_started:
            rows += [_check(page, "error", one) for one in progress.errors]
    for progress in page.progress.values():
        if not progress.is_started and progress.errors:
            text = _("not started")
            rows.append(
                {"level": "todo", "label": progress.step.title, "url": page.address(progress.step), "text": text}
            )
    rows += [_check(page, "hint", one) for one in page.findings.hints]
    codes = {one.code for one in page.findings.hints}
    if page.revision.name and "same_name" not in codes:
        rows.append({"level": "ok", "label": _("The name is unique in your department")})
    if page.items and all(place.row is None for place in _places(page)):
        rows.append({"level": "ok", "label": _("Every item is in order")})
    return rows


def _places(page: Page) -> list[steps.Place]:
    return [steps.place_of(one.field) for one in (*page.findings.errors, *page.findings.hints)]


def _check(page: Page, level: str, finding: FieldError) -> dict[str, Any]:
    place = steps.place_of(finding.field, page.items)
    return {"level": level, "label": place.label, "url": _link(page, place), "text": finding.message}


def _comments_by_field(page: Page) -> dict[str, list[ReviewComment]]:
    found: dict[str, list[ReviewComment]] = {}
    for one in page.comments:
        if one.item_id is None:
            place = steps.place_of(one.field)
            found.setdefault(place.field, []).append(one)
    return found


def _census_cells(page: Page) -> list[dict[str, Any]]:
    assert page.form is not None  # noqa: S101
    shown = page.form["census"].value() or {}
    return [{"name": f"census-{key}", "label": label, "value": shown.get(key, "")} for key, label in CENSUS.items()]


def _citation_rows(page: Page) -> list[dict[str, Any]]:
    """Return the citations with an empty row below, into which people without scripts can write."""
    assert page.form is not None  # noqa: S101
    shown = list(page.form["legal_basis"].value() or [])
    return [*shown, {"document": "", "article": ""}]


def _overview(page: Page) -> list[dict[str, Any]]:
    """Return the whole entry as label and text, by step, for the last look before submission."""
    step_of_group = {"basic": steps.BASIC, "format": steps.FORMAT, "sharing": steps.SHARING, "grading": steps.GRADING}
    sections: dict[str, list[tuple[str, str]]] = {step.key: [] for step in steps.STEPS}
    for group, (_title, fields) in FIELD_GROUPS.items():
        for name, label in fields.items():
            step = steps.STEP_OF.get(name, step_of_group[group])
            text = text_of(page.revision, name)
            if text or name not in _ONLY_IF_FILLED:
                sections[step.key].append((str(label), text))
    return [
        {"step": step, "url": page.address(step), "facts": sections[step.key], "progress": page.progress[step.key]}
        for step in steps.STEPS
        if step is not steps.CHECK
    ]


_ONLY_IF_FILLED = {
    "department_unit", "keywords", "related", "library", "format_note", "sharing_scope", "sharing_purpose",
    "sharing_reason", "sharing_note", "legal_basis", "use_conditions", "opening_condition",
}  # fmt: skip


# A new entry


def create_context(request: PageRequest, form: StepForm) -> dict[str, Any]:
    """Return what the page of a new entry takes: the same frame with its first step only."""
    rows = [
        {"url": "", "label": step.title, "note": "", "state": "", "is_current": step is steps.BASIC}
        for step in steps.STEPS
    ]
    return {
        "crumbs": [
            {"label": _("My department's entries"), "url": reverse("catalog:entry_own_list")},
            {"label": _("New entry")},
        ],
        "form": form,
        "form_template": "catalog/partials/_edit_basic.html",
        "step": steps.BASIC,
        "steps": rows,
        "after": steps.FORMAT,
        "standard": selectors.standard_in_force(),
        "owner": request.actor.id,
        "is_new": True,
        "comments_by_field": {},
        "can_import": policies.can_create_entry(request.actor),
    }


# Answers to a save


def field_errors(form: StepForm) -> list[dict[str, Any]]:
    """Return the errors of a form as the script takes them."""
    return [
        {"name": name, "level": "error", "code": "invalid", "message": " ".join(str(one) for one in texts)}
        for name, texts in form.errors.items()
    ]


def autosave_answer(
    request: PageRequest,
    page: Page,
    form: StepForm | None,
    merge: merging.Merge | None = None,
    sent: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return what a page that saved by itself learns: versions, remarks, the parts around the form.

    Args:
        form: what was sent.
        merge: what was saved of it.
        sent: the items that were saved, in the order of ``page.items``.
    """
    side = side_context(page) | {"only_theirs": merge.only_theirs if merge else []}
    answer: dict[str, Any] = {
        "edit_version": page.entry.edit_version,
        "saved_at": f"{timezone.localtime(clock.now()):%H:%M:%S}",
        "name": page.revision.name,
        "is_submittable": page.is_submittable,
        "is_whole": form is None or form.is_whole,
        "base": {name: values.stamp(value) for name, value in merge.fields.items()} if merge else _fresh_base(page),
        "fields": _rule_fields(page) + (field_errors(form) if form is not None else []),
        "html": {
            "edit-steps": render_to_string("catalog/partials/_edit_steps.html", side, request=request),
            "edit-side": render_to_string("catalog/partials/_edit_side.html", side, request=request),
        },
    }
    if page.step is steps.ITEMS and form is not None:
        answer |= _sheet_answer(page, form, sent)
    return answer


def _fresh_base(page: Page) -> dict[str, Any]:
    return values.base_of(values.field_values(page.revision, page.step.fields), None)


def _rule_fields(page: Page) -> list[dict[str, Any]]:
    rows = []
    for level, findings in (("error", page.findings.errors), ("hint", page.findings.hints)):
        for one in findings:
            place = steps.place_of(one.field)
            if place.step is page.step and place.row is None:
                rows.append({"name": place.field, "level": level, "code": one.code, "message": str(one.message)})
    return rows


def _sheet_answer(page: Page, form: StepForm, sent: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return, by the keys that the script gave its rows: identities, fingerprints and remarks."""
    mine = form.rows or []
    ids: dict[str, str] = {str(row["key"]): str(row["id"]) for row in mine if row.get("key") and row.get("id")}
    if sent is not None:
        ids |= {
            str(row["key"]): str(item.item_id) for row, item in zip(sent, page.items, strict=False) if row.get("key")
        }
    stamps = [
        [key, values.item_stamp(row)]
        for row in mine
        if (key := ids.get(str(row.get("key", "")), str(row.get("id") or "")))
    ]
    key_of = {value: key for key, value in ids.items()}
    rows = values.item_values(page.items)
    remarks = _rule_remarks(page, rows) + sheet.comment_remarks(page.comments, page.items)
    shown = [{**one, "key": key_of.get(str(rows[one["row"]]["id"]), "")} for one in remarks]
    unread = [{**one, "key": str(mine[one["row"]].get("key", ""))} for one in sheet.remarks_of([], mine, form.problems)]
    return {"ids": ids, "items_base": stamps, "rows": [one for one in (*unread, *shown) if one["key"]]}


def clash_notice(request: PageRequest, entry: Entry, merge: merging.Merge) -> str:
    """Return the remark that somebody else changed the same thing."""
    edit = filing.edit_by_others(request.actor, filing.edits_of(entry), is_latest=False)
    labels = [clash.label for clash in merge.clashes]
    return render_to_string("catalog/partials/_edit_clash_notice.html", {"edit": edit, "labels": labels}, request)
