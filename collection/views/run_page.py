"""What the page of a run shows."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from collection import policies, selectors, services, wording
from collection.built_data import reason_of
from collection.choices import LoadMode, RunOrigin, RunPhase, RunState
from collection.face import freshness_face, marks_of, quality_face
from collection.forms import LayoutForm, ResubmitForm
from collection.models import QualityRule, Run, RunNote, RunProblem
from collection.quality.wording import reason_words, refusal_without_figures
from collection.reasons import doubt_words
from collection.rejected import RejectedWords
from collection.selectors.quality import rules_ever
from collection.selectors.run import (
    Estimate,
    corrections_of,
    estimate_of,
    notes_of,
    question_of,
    refused_by,
    rows_corrected,
)
from collection.services.sweep import job_name
from collection.services.work import live_key
from collection.sources import settings_kept
from collection.store.columns import Column
from core import clock
from core.actors import Actor
from core.components.figures import number
from core.components.marks import Mark
from core.reasons import Reason, listed
from workflow.live import Live, live_of
from workflow.models import JobSlot
from workflow.selectors.job_slot import silent_until, slot_running

FIRST_REJECTS = 50


def layout_form(run: Run, data: QueryDict | None = None) -> LayoutForm:
    """Return the form that says how a run's file is read."""
    return LayoutForm(
        data,
        layout=run.layout,
        labels=run.found.get("columns", []),
        columns=selectors.columns_wanted(run.dataset.entry),
        mapping=run.mapping,
        mode=run.mode,
        question=question_of(run),
    )


def layout_form_anew(run: Run, chosen: QueryDict, why: str) -> LayoutForm:
    """Return the form for the question as it stands now, with what was chosen at an earlier one."""
    data = chosen.copy()
    now = layout_form(run)
    data["question"] = now.initial["question"]
    for field in now.column_fields:
        data.setdefault(field.name, field.initial)
    form = layout_form(run, data)
    form.add_error(None, why)
    return form


def _joined(cells: list[str | None]) -> str:
    """Return a line as one text; where a cell is empty a dash stands, but for those after the last one."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return " │ ".join(cell or "–" for cell in cells)


class RunPage:
    """A run as the actor sees it.

    Args:
        forms: forms that were refused: ``layout_form``, ``resubmit_form``.
    """

    def __init__(self, actor: Actor, run: Run, **forms: Any) -> None:
        self.actor = actor
        self.run = run
        self.dataset = run.dataset
        self._forms = forms

    @cached_property
    def can_steer(self) -> bool:
        return policies.can_steer_run(self.actor, self.run)

    @cached_property
    def sees_changes(self) -> bool:
        return policies.can_see_changes(self.actor)

    @property
    def state(self) -> str:
        """The state as the actor is told it."""
        return wording.state_told(self.run.state, tells_changes=self.sees_changes)

    @cached_property
    def sees_original(self) -> bool:
        return policies.can_see_original(self.actor, self.dataset.entry)

    @cached_property
    def marks(self) -> list[Mark]:
        """How current and how good the dataset is now."""
        return marks_of(freshness_face(self.dataset), quality_face(self.actor, self.dataset))

    @cached_property
    def refused_by(self) -> dict[str, int]:
        return refused_by(self.run)

    @property
    def moves(self) -> bool:
        return self.run.state in (RunState.QUEUED, RunState.RUNNING)

    @property
    def is_renewed(self) -> bool:
        """Whether the page asks for itself again; not while somebody's choices stand on it that were not taken."""
        return self.moves and self.layout_form is None

    @cached_property
    def _slot(self) -> JobSlot | None:
        run = self.run
        return slot_running(job_name(run.pk), run.slot) if run.state == RunState.RUNNING else None

    @property
    def silent_until(self) -> datetime | None:
        """When another worker takes over from one that does not answer."""
        return silent_until(self._slot) if self._slot is not None else None

    @property
    def seconds_silent(self) -> int | None:
        """How long ago the worker last gave a sign of life."""
        return max(0, int((clock.now() - self._slot.heartbeat_at).total_seconds())) if self._slot is not None else None

    @cached_property
    def live(self) -> Live | None:
        return live_of(live_key(self.run.pk)) if self.moves else None

    @property
    def live_is_bytes(self) -> bool:
        if self.live is None:
            return False
        if self.live.step == RunPhase.FETCH and self.run.source is not None:
            return not settings_kept(self.run.source.kind, self.run.source.settings).counts_records
        return self.live.step == RunPhase.STAGE

    @property
    def live_speed(self) -> str:
        """How much goes through a second; "" where nothing is counted or nothing is heard any more."""
        if self.live is None or not self.live.per_second or self.live.is_still:
            return ""
        speed = round(self.live.per_second)
        return filesizeformat(speed) if self.live_is_bytes else number(speed)

    @cached_property
    def estimate(self) -> Estimate | None:
        """What can be said of a step that counts nothing as it goes."""
        if self.live is None or self.live.done or self.live.total:
            return None
        return estimate_of(self.run, self.live.step)

    @property
    def estimated_percent(self) -> int | None:
        """How much of a step is done by then if it goes as the last time: never all, since nobody knows."""
        if self.estimate is None or not self.estimate.seconds or self.live is None or self.live.seconds is None:
            return None
        return min(99, self.live.seconds * 100 // self.estimate.seconds)

    @property
    def estimated_seconds_left(self) -> int | None:
        """How long a step still takes if it goes as the last time; None once it has taken longer."""
        if self.estimated_percent is None or self.live is None or self.estimate is None:
            return None
        return ((self.estimate.seconds or 0) - (self.live.seconds or 0)) if self.estimated_percent < 99 else None

    @property
    def next_attempt(self) -> datetime | None:
        """When a run that was put off begins again."""
        run = self.run
        return run.slot if run.state == RunState.QUEUED and run.attempts and run.slot > clock.now() else None

    @property
    def phases(self) -> list[dict[str, Any]]:
        """The steps of the run, each past, present or to come."""
        shown = [one for one in RunPhase if one != RunPhase.FETCH or self.run.source_id]
        if self.run.origin == RunOrigin.ROLLBACK:
            shown = [RunPhase.STAGE, RunPhase.COMPARE, RunPhase.PUBLISH]
        order = [one.value for one in shown]
        at = order.index(self.run.phase) if self.run.phase in order else 0
        is_done = self.run.state in (RunState.SUCCEEDED, RunState.UNCHANGED)
        return [
            {
                "label": one.label,
                "state": "past" if is_done or index < at else "now" if index == at else "todo",
                "is_failed": index == at and self.run.state in (RunState.FAILED, RunState.REFUSED, RunState.CANCELLED),
                "note": self._phase_note(one),
                "is_code": one == RunPhase.KEEP,
            }
            for index, one in enumerate(shown)
        ]

    def _phase_note(self, phase: RunPhase) -> str:
        run = self.run
        match phase:
            case RunPhase.FETCH:
                return run.source.name if run.source else ""
            case RunPhase.KEEP:
                return f"SHA-256 {run.sha256[:8]}" if run.sha256 else ""
            case RunPhase.DETECT:
                return " · ".join(
                    part for part in (run.layout.get("format", "").upper(), run.layout.get("encoding", "")) if part
                )
            case RunPhase.PUBLISH:
                told = run.version if self.sees_changes else None
                return _("version %(number)s") % {"number": told.number} if told else ""
        return ""

    @cached_property
    def rules(self) -> dict[int, QualityRule]:
        """The rules that the dataset ever had: rejected rows name them."""
        return rules_ever(self.run.dataset_id)

    @cached_property
    def problems(self) -> list[tuple[RunProblem, str]]:
        """What rejected rows, with its words."""
        return [(one, reason_words(one.rule, self.rules)) for one in self.run.problems.all()[:100]]

    @cached_property
    def rejects(self) -> list[dict[str, Any]]:
        """The first rejected rows with their bad cells, for those who may see originals."""
        if not self.sees_original or not self.run.rejects:
            return []
        words = RejectedWords(self._wanted, self.run.mapping, self.rules)
        found = []
        _run, lines = services.rejects_read(actor=self.actor, run_id=self.run.pk, most=FIRST_REJECTS)
        for line in lines:
            for item, rule in line["problems"]:
                found.append(
                    {
                        "row": line["row"],
                        "item": words.name(item),
                        "value": words.value(item, line["cells"]),
                        "rule": words.reason(rule, line["cells"]),
                        "advice": wording.advice(rule, self.run.layout.get("format", "")),
                    }
                )
        return found

    @cached_property
    def _preview(self) -> tuple[list[list[str | None]], list[tuple[int, str, list[str | None]]]]:
        return services.preview_read(actor=self.actor, run_id=self.run.pk) if self.sees_original else ([], [])

    @property
    def first_rows(self) -> list[list[str | None]]:
        """The first rows of the file, for those who may see originals."""
        return self._preview[0]

    @property
    def lines_apart(self) -> list[dict[str, Any]]:
        """The lines of the file that are no rows, each with what it is taken for, for those who may see originals."""
        return [
            {"number": at, "is_header": why == "header", "what": wording.LINES_APART[why], "text": _joined(cells)}
            for at, why, cells in self._preview[1]
        ]

    @property
    def labels(self) -> list[str]:
        """The names of the file's columns."""
        return [wording.column_words(label) for label in self.run.found.get("columns", [])]

    @cached_property
    def _notes(self) -> list[RunNote]:
        return list(notes_of(self.run))

    @cached_property
    def log(self) -> list[tuple[Any, str]]:
        return [(one.at, said) for one in self._notes if (said := self._sentence(one))]

    def _sentence(self, line: RunNote) -> str:
        """Say a line; why the run failed stands with the run, whence an erasure can take it."""
        said = wording.sentence(line, names_source=self.sees_source, tells_changes=self.sees_changes)
        return f"{said} {self.message}" if line.code == "ended_failed" and self.message else said

    @cached_property
    def rows_returned(self) -> int:
        """How many rows are of people whose rows were erased on demand."""
        told = [one.values["rows"] for one in self._notes if one.code == "returned" and self.sees_changes]
        return told[-1] if told else 0

    @cached_property
    def sees_source(self) -> bool:
        return policies.can_see_sources(self.actor, self.dataset.entry)

    @property
    def doubts(self) -> list[str]:
        """What was doubtful about the file."""
        return [doubt_words(one, tells_changes=self.sees_changes) for one in self.run.found.get("doubts", [])]

    @property
    def missing(self) -> str:
        """The items that must not be empty and that no column fills."""
        return listed(self.run.found.get("missing", []))

    @cached_property
    def unfilled(self) -> str:
        """The items that stay empty because no column fills them."""
        if not self.run.found.get("columns") or self.run.mode in (LoadMode.CHANGES, LoadMode.UPSERT):
            return ""
        filled = set(self.run.mapping.values())
        return listed([one.name for one in self._wanted if one.nullable and one.item not in filled])

    @cached_property
    def _wanted(self) -> list[Column]:
        return selectors.columns_wanted(self.dataset.entry)

    @property
    def message(self) -> str:
        """Why the run failed; where the source is may be part of it, and what was measured of the data."""
        is_of_source = self.run.source_id is not None and not self.run.original
        if self.run.message and is_of_source and not self.sees_source:
            return _("The source could not be read. The providing department sees why.")
        why = Reason.from_dict(self.run.failure)
        return str(why if self.sees_changes else refusal_without_figures(why))

    @property
    def last_sentence(self) -> str:
        return self.log[-1][1] if self.log else ""

    @cached_property
    def layout_form(self) -> LayoutForm | None:
        if not self.can_steer:
            return None
        asks = self.run.state == RunState.WAITING
        return self._forms.get("layout_form") or (layout_form(self.run) if asks else None)

    @cached_property
    def corrections(self) -> list[Run]:
        """The runs that brought rejected rows in."""
        is_told = self.can_steer or self.sees_changes
        return corrections_of(self.run) if self.run.rows_rejected and is_told else []

    @cached_property
    def rows_corrected(self) -> int:
        return rows_corrected(self.run)

    @cached_property
    def resubmit_form(self) -> ResubmitForm | None:
        takes = self.run.state in (RunState.SUCCEEDED, RunState.UNCHANGED)
        may_correct = self.can_steer and not reason_of(self.dataset)
        if not (takes and may_correct and self.rows_corrected < self.run.rows_rejected):
            return None
        return self._forms.get("resubmit_form") or ResubmitForm()

    @property
    def resent_from(self) -> int | None:
        """The run that takes corrected rows again, where those of this one were not taken."""
        ended = (RunState.REFUSED, RunState.FAILED, RunState.CANCELLED)
        return self.run.corrects_id if self.run.state in ended and self.can_steer else None

    @property
    def reject_share(self) -> float | None:
        return self.run.rows_rejected / self.run.rows_read if self.run.rows_read else None
