import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from collection import services
from collection.choices import LoadMode, RunPhase, RunState
from collection.evidence import pieces_of
from collection.models import Run
from collection.policies import COMMAND_JOB
from collection.reasons import doubt_words
from collection.selectors.run import Estimate, estimate_of, notes_of
from collection.selectors.source import sources_named
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from collection.services.work import live_key
from collection.sources import settings_kept
from collection.wording import sentence
from core import clock
from core.actors import system_actor
from core.exceptions import DomainError, RuleViolation
from workflow.live import Live, live_of
from workflow.services.job_slot import job_slot_run

WAITS = 3
"""The exit code where nothing failed, but a run waits for somebody to confirm how its file is read."""

ACTOR = system_actor(COMMAND_JOB)


class Command(BaseCommand):
    """Loads files and what sources give, here and now, with the log of each run; the exit code says if all came in."""

    help = (
        "Load data: manage.py ingest 12=cases.csv (dataset number = file), or the name or number of a source:"
        " manage.py ingest 住房接口 7. Exit code 0: all came in; 1: something did not; 3: a file waits to be confirmed,"
        " because it is not sure which of its lines are rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", nargs="+", metavar="SOURCE", help="a source's name or number, or DATASET=FILE")
        parser.add_argument(
            "--mode", choices=LoadMode.values, default="", help="of files; the dataset's usual one by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = waiting = 0
        for text in options["source"]:
            number, _equals, name = text.partition("=")
            if number.isdecimal() and name:
                run = self._send(int(number), Path(name), options["mode"])
            else:
                run = self._ask(text)
            state = self._carry_out(run, Path(name).name or text)
            waiting += state == RunState.WAITING
            failed += state not in (RunState.SUCCEEDED, RunState.UNCHANGED, RunState.WAITING)
        if failed:
            sys.exit(1)
        if waiting:
            sys.exit(WAITS)

    def _send(self, dataset_id: int, path: Path, mode: str) -> Run:
        try:
            with path.open("rb") as stream:
                return services.run_upload(
                    actor=ACTOR, dataset_id=dataset_id, pieces=pieces_of(stream), file_name=path.name, mode=mode,
                    is_confirmed=True,
                )  # fmt: skip
        except FileNotFoundError:
            raise CommandError(_("%(path)s: there is no such file.") % {"path": path}) from None
        except OSError as error:
            message = _("%(path)s cannot be read: %(why)s") % {"path": path, "why": error.strerror}
            raise CommandError(message) from None
        except RuleViolation as refused:
            raise CommandError("; ".join(str(one.message) for one in refused.errors)) from None
        except DomainError as refused:
            raise CommandError(f"{path}: {refused}") from None

    def _ask(self, text: str) -> Run:
        found = list(sources_named(ACTOR, text))
        if not found:
            raise CommandError(
                _(
                    "%(text)s: no source has this name or number. To load a file, write the dataset's number, an "
                    "equals sign and the file, e.g. 12=cases.csv"
                )
                % {"text": text}
            )
        if len(found) > 1:
            listed = ", ".join(f"{one.pk} ({one.dataset})" for one in found)
            message = _("%(text)s: several sources have this name; give the number: %(listed)s")
            raise CommandError(message % {"text": text, "listed": listed})
        try:
            return services.source_run(actor=ACTOR, source_id=found[0].pk, is_confirmed=True)
        except DomainError as refused:
            raise CommandError(f"{text}: {refused}") from None

    def _carry_out(self, run: Run, name: str) -> RunState:
        begun = time.monotonic()
        shown = _Progress(run, self.stdout)
        while (run := Run.objects.select_related("source").get(pk=run.pk)).is_open and run.state != RunState.WAITING:
            if run.slot <= clock.now():
                with job_slot_run(job_name(run.pk), run.slot, keep_alive=True) as held, shown:
                    if held is not None:  # else a worker was quicker
                        run_work(lease=held, run_id=run.pk)
            run.refresh_from_db()
            if run.is_open and run.state != RunState.WAITING:
                shown.wait_for(run)
                time.sleep(1)
        for one in notes_of(run):
            self.stdout.write(f"  {one.at.astimezone(clock.REGION_ZONE):%H:%M:%S} {sentence(one, names_source=True)}")
        state = RunState(run.state)
        self.stdout.write(
            _("%(name)s: %(state)s; %(read)s rows read, %(rejected)s rejected, %(seconds)s s")
            % {
                "name": name, "state": state.label, "read": f"{run.rows_read:,}", "rejected": f"{run.rows_rejected:,}",
                "seconds": f"{time.monotonic() - begun:.1f}",
            }
            + (f" – {run.message}" if run.message else "")
        )  # fmt: skip
        for problem in run.problems.all()[:10]:
            rows = ", ".join(map(str, problem.first_rows[:5]))
            told = {"item": problem.label or "-", "rule": problem.get_rule_display(), "count": f"{problem.count:,}"}
            self.stdout.write("  " + _("%(item)s: %(rule)s × %(count)s (rows %(rows)s)") % (told | {"rows": rows}))
        if state == RunState.WAITING:
            self._say_what_is_asked(run)
        return state

    def _say_what_is_asked(self, run: Run) -> None:
        for one in run.found.get("doubts", []):
            self.stdout.write(f"  {doubt_words(one)}")
        self.stdout.write(
            _(
                "Nothing is published until the provider's cataloguer has confirmed how the file is read, or cancelled "
                "the run, on the page %(page)s. Exit code %(code)d."
            )
            % {"page": reverse("collection:run_detail", args=[run.pk]), "code": WAITS}
        )


class _Progress:
    """Shows in one line of a terminal how far a run has come; silent where the output is no terminal."""

    EVERY_SECONDS = 0.5

    def __init__(self, run: Run, out: Any) -> None:
        self._run, self._out = run, out
        self._is_shown = out.isatty()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._estimates: dict[str, Estimate] = {}

    def __enter__(self) -> None:
        if self._is_shown:
            self._stopped.clear()
            self._thread = threading.Thread(target=self._follow, daemon=True)
            self._thread.start()

    def __exit__(self, *given: object) -> None:
        if self._thread is not None:
            self._stopped.set()
            self._thread.join()
            self._show("")

    def wait_for(self, run: Run) -> None:
        """Say until when a run was put off."""
        if self._is_shown and run.slot > clock.now():
            seconds = round((run.slot - clock.now()).total_seconds())
            self._show(f"  {RunState(run.state).label}: {seconds:,} s")

    def _follow(self) -> None:
        try:
            while not self._stopped.wait(self.EVERY_SECONDS):
                live = live_of(live_key(self._run.pk))
                if live is not None:
                    self._show(f"  {RunPhase(live.step).label}: {', '.join(self._parts(live))}")
        finally:
            connection.close()  # it is this thread's own

    def _parts(self, live: Live) -> Iterator[str]:
        """Yield how far, how fast, and how long it still takes; without a known end, how long it has taken."""
        done = self._amount(live.step, live.done)
        if live.total:
            yield f"{done} / {self._amount(live.step, live.total)} ({live.percent} %)"
            yield from self._speed(live)
            if live.seconds_left:
                yield f"{live.seconds_left:,} s"
            return
        if live.done:
            yield done
            yield from self._speed(live)
        elif (estimate := self._estimate(live.step)) is not None:
            yield _("%(rows)s rows") % {"rows": f"{estimate.rows:,}"}
            if estimate.seconds:
                yield _("about %(seconds)s s in all, judged by the last load") % {"seconds": f"{estimate.seconds:,}"}
        yield f"{live.seconds or 0:,} s"

    def _estimate(self, step: str) -> Estimate | None:
        """Ask once what can be said of a step that counts nothing as it goes."""
        if step not in self._estimates and (found := estimate_of(self._run, step)) is not None:
            self._estimates[step] = found
        return self._estimates.get(step)

    def _speed(self, live: Live) -> Iterator[str]:
        if live.rows:
            yield _("%(rows)s rows") % {"rows": f"{live.rows:,}"}
        if live.per_second and not live.is_still:
            yield _("%(speed)s a second") % {"speed": self._amount(live.step, round(live.per_second))}

    def _amount(self, step: str, count: int) -> str:
        source = self._run.source
        counts_records = source is not None and settings_kept(source.kind, source.settings).counts_records
        if step == RunPhase.STAGE or (step == RunPhase.FETCH and not counts_records):
            return filesizeformat(count).replace("\xa0", " ")
        return f"{count:,}"

    def _show(self, text: str) -> None:
        self._out.write(f"\r\x1b[K{text}", ending="")
        self._out.flush()
