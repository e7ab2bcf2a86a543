import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from collection import services
from collection.choices import LoadMode, RunState
from collection.evidence import pieces_of
from collection.models import Run
from collection.policies import COMMAND_JOB
from collection.services.ingest import run_work
from collection.services.sweep import job_name
from collection.wording import sentence
from core.actors import system_actor
from core.exceptions import DomainError, RuleViolation
from workflow.services.job_slot import job_slot_run


class Command(BaseCommand):
    """Loads files into datasets here and now, with the log of each run; the exit code says whether all came in."""

    help = "Load files: manage.py ingest 12=cases.csv 15=prices.xlsx (dataset number = file)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", nargs="+", metavar="DATASET=FILE")
        parser.add_argument("--mode", choices=LoadMode.values, default="", help="the dataset's usual one by default")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for source in options["source"]:
            number, _equals, name = source.partition("=")
            if not number.isdecimal() or not name:
                raise CommandError(
                    f"{source}: write the dataset's number, an equals sign and a file, e.g. 12=cases.csv"
                )
            failed += not self._load(int(number), Path(name), options["mode"])
        if failed:
            sys.exit(1)

    def _load(self, dataset_id: int, path: Path, mode: str) -> bool:
        actor = system_actor(COMMAND_JOB)
        begun = time.monotonic()
        try:
            with path.open("rb") as stream:
                run = services.run_upload(
                    actor=actor, dataset_id=dataset_id, pieces=pieces_of(stream), file_name=path.name, mode=mode,
                    is_confirmed=True,
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except RuleViolation as refused:
            raise CommandError("; ".join(str(one.message) for one in refused.errors)) from None
        except DomainError as refused:
            raise CommandError(f"{path}: {refused}") from None
        with job_slot_run(job_name(run.pk), run.slot, keep_alive=True) as held:
            if held is not None:  # else a worker was quicker
                run_work(lease=held, run_id=run.pk)
        while (run := Run.objects.get(pk=run.pk)).is_open:
            time.sleep(1)
        for one in run.notes.all():
            self.stdout.write(f"  {one.at:%H:%M:%S} {sentence(one)}")
        state = RunState(run.state)
        self.stdout.write(
            f"{path.name}: {state.label}; {run.rows_read:,} rows read, {run.rows_rejected:,} rejected,"
            f" {time.monotonic() - begun:.1f} s" + (f" – {run.message}" if run.message else "")
        )
        for problem in run.problems.all()[:10]:
            rows = ", ".join(map(str, problem.first_rows[:5]))
            self.stdout.write(
                f"  {problem.label or '-'}: {problem.get_rule_display()} × {problem.count:,} (rows {rows})"
            )
        return state in (RunState.SUCCEEDED, RunState.UNCHANGED)
