"""What the page of an entry shows; each part is read when the template asks for it, once."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import diff, policies, selectors, services
from catalog.choices import EDITABLE_STATUSES, DecisionAction, Sharing, WithdrawalStatus
from catalog.entry_actions import Action, actions_for
from catalog.entry_steps import Step, steps_of, withdrawal_steps
from catalog.forms.parts import CENSUS
from catalog.imports.problems import rule_text
from catalog.models import Category, Decision, DutyChangeEntry, Entry, EntryAlias, ReviewComment, Revision, RevisionItem
from catalog.panels import ENTRY_PANELS, filing_panels
from catalog.rules import Findings
from catalog.selectors import reading
from core import clock
from core.actors import Actor
from core.panels import Panel
from workflow.clock_view import ClockView, clock_view
from workflow.models import Clock
from workflow.selectors import calendar

TABS = ("metadata", "items", "versions", "decisions")
ALL = "all"
"""The address of everything on one page, for printing."""


@dataclass(frozen=True, slots=True)
class Version:
    """A revision with what it changed against the one before it, where that is known."""

    revision: Revision
    difference: diff.RevisionDiff | None
    previous: Revision | None


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value that an import took by rule."""

    label: str
    value: str
    source: str
    rule: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock with its name and the face it is drawn with."""

    clock: Clock
    face: ClockView
    title: str


class EntryPage:
    """An entry as the actor sees it, in one of its revisions.

    Args:
        which: ``working``, ``published``, a number, or empty for the one in force.
    """

    def __init__(self, actor: Actor, ref: str, which: str, tab: str) -> None:
        self.actor = actor
        self.entry: Entry = selectors.entry_get_for(actor, ref)
        self.revision: Revision = selectors.shown_revision(actor, self.entry, which)
        self.tab = tab if tab in (*TABS, ALL) else TABS[0]
        if self.tab == "decisions" and not self.sees_process:
            self.tab = TABS[0]

    # What is shown ------------------------------------------------------------------------------------------

    @property
    def is_working(self) -> bool:
        return self.revision.pk == self.entry.working_revision_id

    @property
    def is_past(self) -> bool:
        """Whether it is neither in force nor in work."""
        return self.revision.pk not in (self.entry.working_revision_id, self.entry.published_revision_id)

    @cached_property
    def sees_process(self) -> bool:
        return reading.sees_process(self.actor, self.entry)

    @cached_property
    def working(self) -> Revision | None:
        """The revision in work, for those who may see it."""
        if not selectors.can_see_working(self.actor, self.entry):
            return None
        return reading.working_with_people(self.entry)

    @cached_property
    def items(self) -> list[RevisionItem]:
        return selectors.items_of(self.revision)

    @cached_property
    def panels(self) -> list[Panel]:
        """What apps above the catalog show beside an entry."""
        return ENTRY_PANELS.of(self.actor, self.entry)

    @property
    def _is_withdrawal_waiting(self) -> bool:
        return self.entry.withdrawal in (WithdrawalStatus.AWAITING_HEAD, WithdrawalStatus.AWAITING_AUTHORITY)

    @cached_property
    def filing_panels(self) -> list[Panel]:
        """What the open revision shown, or the withdrawal that is being decided, would bring about."""
        if self.is_working:
            return filing_panels(self.actor, self.entry)
        if self.sees_process and not self.is_past and self._is_withdrawal_waiting:
            return filing_panels(self.actor, self.entry, is_withdrawal=True)
        return []

    @property
    def items_line(self) -> str:
        """How many items have which attribute, and how many are sensitive."""
        counts = Counter(item.sharing or self.revision.sharing for item in self.items)
        parts = [f"{label} {counts[value]}" for value, label in Sharing.choices if counts[value]]
        sensitive = sum(item.is_sensitive for item in self.items)
        if sensitive:
            parts.append(ngettext("%(count)s sensitive", "%(count)s sensitive", sensitive) % {"count": sensitive})
        return " · ".join(parts)

    @property
    def crumbs(self) -> list[dict[str, str]]:
        top = reverse("catalog:entry_list")
        path = [category for category in self.category_path if category.level != "group"]
        return [{"label": _("Search the catalog"), "url": top}] + [
            {"label": category.name, "url": f"{top}?{urlencode({'category': category.code})}"} for category in path
        ]

    @cached_property
    def category_path(self) -> list[Category]:
        """The category with those above it, from the class down."""
        path: list[Category] = []
        category = self.revision.category
        while category is not None:
            path.insert(0, category)
            category = category.parent
        return path

    @property
    def tabs(self) -> list[dict[str, Any]]:
        labels = {
            "metadata": (_("Metadata"), None),
            "items": (_("Items"), len(self.items)),
            "versions": (_("Versions"), self.version_count),
        }
        if self.sees_process:
            labels["decisions"] = (_("Decisions"), len(self.decisions))
        return [
            {"url": self.address(tab=key), "label": label, "count": count, "is_current": key == self.tab}
            for key, (label, count) in labels.items()
        ]

    def shows(self, tab: str) -> bool:
        return self.tab in (tab, ALL) and (tab != "decisions" or self.sees_process)

    @property
    def which(self) -> str:
        """How the address names the revision shown; empty for the one shown by default."""
        if self.is_past:
            return str(self.revision.number)
        return "working" if self.is_working and self.entry.published_revision_id else ""

    def address(self, **query: str) -> str:
        """Return the page's address with these parameters; the revision stays."""
        wanted = {"revision": self.which} | query
        if wanted.get("tab") == TABS[0]:
            del wanted["tab"]
        encoded = urlencode({name: value for name, value in wanted.items() if value})
        path = reverse("catalog:entry_detail", args=[self.entry.ref])
        return f"{path}?{encoded}" if encoded else path

    @property
    def print_url(self) -> str:
        return self.address(tab=ALL)

    @property
    def published_url(self) -> str:
        return reverse("catalog:entry_detail", args=[self.entry.ref])

    def _diff_url(self, before: Revision, after: Revision) -> str:
        return reverse("catalog:revision_diff", args=[self.entry.ref, before.number, after.number])

    @property
    def diff_url(self) -> str:
        """What the shown revision and the one in force differ in."""
        published = self.entry.published_revision
        if published is None or published.pk == self.revision.pk:
            return ""
        pair = sorted((published, self.revision), key=lambda one: one.number)
        return self._diff_url(*pair)

    @property
    def working_url(self) -> str:
        return f"{self.published_url}?revision=working"

    # Metadata -----------------------------------------------------------------------------------------------

    @cached_property
    def aliases(self) -> list[EntryAlias]:
        return list(reading.aliases_of(self.entry))

    @cached_property
    def related(self) -> list[Entry]:
        return reading.related_for(self.actor, self.revision)

    @property
    def assumptions(self) -> list[Assumption]:
        """What an import took by rule, and nobody has confirmed yet."""
        labels = diff.FIELD_LABELS | {"items": _("Items"), "census": _("Volume"), "department": _("Provider")}
        return [
            Assumption(
                str(labels.get(one.get("field", ""), one.get("field", ""))),
                self._assumed_text(one),
                str(one.get("source", "")),
                rule_text(str(one.get("rule", ""))),
            )
            for one in self.revision.assumptions
            if isinstance(one, dict)
        ]

    def _assumed_text(self, one: dict[str, Any]) -> str:
        """Write an assumed value for people where the revision still holds it."""
        name, value = str(one.get("field", "")), str(one.get("value", ""))
        if name in diff.FIELD_LABELS and str(diff.value_of(self.revision, name)) == value:
            return diff.text_of(self.revision, name)
        return value

    @property
    def census(self) -> list[tuple[Any, Any]]:
        return [(label, self.revision.census[key]) for key, label in CENSUS.items() if self.revision.census.get(key)]

    @property
    def extra(self) -> list[tuple[str, str]]:
        """Fields of the region, as its standard names them."""
        schema = self.revision.standard.extra_schema if self.revision.standard else {}
        titles = schema.get("properties", {}) if isinstance(schema, dict) else {}
        return [
            (str(titles.get(key, {}).get("title", key)), str(value))
            for key, value in self.revision.extra.items()
            if key != "source" and value not in ("", None)
        ]

    @property
    def source_url(self) -> str:
        """Where an imported record stands on the portal it came from, if that is a web address."""
        source = self.revision.extra.get("source") or {}
        url = str(source.get("url", "")) if isinstance(source, dict) else ""
        return url if url.startswith(("https://", "http://")) else ""

    # Versions, decisions ------------------------------------------------------------------------------------

    @cached_property
    def version_count(self) -> int:
        return selectors.revision_list_for(self.actor, self.entry).count()

    @cached_property
    def versions(self) -> list[Version]:
        revisions = reading.revisions_with_content(self.actor, self.entry)
        before = [*revisions[1:], None]
        return [
            Version(revision, diff.compare(previous, revision) if previous else None, previous)
            for revision, previous in zip(revisions, before, strict=True)
        ]

    @cached_property
    def decisions(self) -> list[Decision]:
        return list(reading.decisions_for(self.actor, self.entry))

    @property
    def decision_steps(self) -> list[Step]:
        """The decisions as a timeline, latest first."""
        bad = (DecisionAction.RETURN, DecisionAction.WITHDRAW_RETURN)
        icons = {
            DecisionAction.RECALL: "arrow-back",
            DecisionAction.SUBMIT: "send",
            DecisionAction.SIGN_OFF: "signature",
        }
        steps = []
        for one in self.decisions:
            number = one.revision.number if one.revision else None
            who = f"{one.actor_name}（{one.department_name}）" if one.department_name else one.actor_name
            steps.append(
                {
                    "state": "past",
                    "tone": "bad" if one.action in bad else "",
                    "icon": "arrow-back-up" if one.action in bad else icons.get(DecisionAction(one.action), ""),
                    "title": one.get_action_display(),
                    "reference": _("Revision %(number)s") % {"number": number} if number else "",
                    "url": f"{self.published_url}?revision={number}" if number else "",
                    "at": one.at,
                    "who": who,
                    "opinion": one.opinion,
                    "basis": one.basis,
                }
            )
        return steps

    # Process ------------------------------------------------------------------------------------------------

    @cached_property
    def actions(self) -> list[Action]:
        return actions_for(self.actor, self.entry)

    @cached_property
    def duty_changes(self) -> list[DutyChangeEntry]:
        return reading.duty_changes_of(self.actor, self.entry)

    @cached_property
    def _clocks(self) -> list[ClockLine]:
        if not self.sees_process:
            return []
        days, moment = calendar(), clock.now()
        changes = {row.pk: row.change for row in self.duty_changes}
        lines = []
        for one in reading.clocks_for(self.actor, self.entry, self.duty_changes):
            change = changes.get(one.subject_pk) if one.subject_label == reading.CONCERNED else None
            lines.append(ClockLine(one, clock_view(one, days, moment), str(change) if change else one.name))
        return lines

    @property
    def clocks_open(self) -> list[ClockLine]:
        return [line for line in self._clocks if line.clock.is_open]

    @property
    def clocks_done(self) -> list[ClockLine]:
        """The last ones that ended, for the record."""
        return [line for line in self._clocks if not line.clock.is_open and line.face.state != "none"][:3]

    @property
    def clock_of_change(self) -> dict[int, ClockView]:
        return {
            line.clock.subject_pk: line.face for line in self._clocks if line.clock.subject_label == reading.CONCERNED
        }

    @cached_property
    def steps(self) -> list[Step]:
        """How far the revision in work, or the withdrawal, has come."""
        faces = {line.clock.policy_key: line.face for line in self.clocks_open}
        if self.working is not None:
            return steps_of(self.entry, self.working, faces)
        if self.sees_process and self._is_withdrawal_waiting:
            return withdrawal_steps(self.entry, faces)
        return []

    @cached_property
    def comments(self) -> list[ReviewComment]:
        """What the reviewers ask for, required first."""
        found = reading.comments_open_for(self.actor, self.entry)
        return sorted(found, key=lambda one: (one.severity != "required", one.at))

    @cached_property
    def comment_lines(self) -> list[dict[str, Any]]:
        names = {item.item_id: item.name for item in self.items}
        lines = []
        for one in self.comments:
            if one.item_id:
                inner = str(diff.ITEM_LABELS.get(one.field, "")) if one.field else ""
                where = " · ".join(part for part in (names.get(one.item_id, ""), inner) if part)
            else:
                where = str(diff.FIELD_LABELS.get(one.field, "")) if one.field else ""
            lines.append({"comment": one, "where": where or _("Whole entry")})
        return lines

    @cached_property
    def findings(self) -> Findings | None:
        """What the cataloguer still has to do before submission; only on the revision in work."""
        working = self.working
        if working is None or working.status not in EDITABLE_STATUSES:
            return None
        if not policies.can_file_entry(self.actor, self.entry):
            return None
        shown = self.revision if self.is_working else selectors.revision_content(working)
        return services.findings_for(shown)


@dataclass(frozen=True, slots=True)
class Section:
    """One group of fields of a comparison."""

    key: str
    title: Any
    changed: list[diff.FieldChange]
    same: list[tuple[Any, str]]


class ComparisonPage:
    """Two revisions of an entry side by side, the older one first."""

    def __init__(self, actor: Actor, ref: str, before: str, after: str) -> None:
        self.actor = actor
        self.entry = selectors.entry_get_for(actor, ref)
        pair = [selectors.shown_revision(actor, self.entry, which) for which in (before, after)]
        self.before, self.after = sorted(pair, key=lambda one: one.number)
        self.difference = diff.compare(self.before, self.after)

    @property
    def sections(self) -> list[Section]:
        result = []
        for key, (title, fields) in diff.FIELD_GROUPS.items():
            changed = self.difference.changed_in(key)
            touched = {change.field for change in changed}
            same = [
                (label, text)
                for name, label in fields.items()
                if name not in touched and (text := diff.text_of(self.after, name))
            ]
            result.append(Section(key, title, changed, same))
        return result

    @property
    def items(self) -> list[diff.ItemChange]:
        """The items that differ: those still there in their order, then those that are gone."""
        return self.difference.items

    @property
    def same_items(self) -> list[RevisionItem]:
        touched = {change.id for change in self.difference.items}
        return [item for item in self.after.items.all() if item.item_id not in touched]

    @property
    def item_counts(self) -> list[tuple[str, int]]:
        kinds = Counter(change.kind for change in self.difference.items)
        return [(kind, kinds[kind]) for kind in ("added", "changed", "removed", "moved") if kinds[kind]]

    @cached_property
    def choices(self) -> list[Revision]:
        return list(selectors.revision_list_for(self.actor, self.entry).order_by("-number"))
