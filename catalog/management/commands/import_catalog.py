import json
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog import policies
from catalog.imports import report
from catalog.imports.finishing import problem_counts
from catalog.imports.mapping import ImportMapping
from catalog.imports.plan import PlanOptions
from catalog.imports.problems import Severity, TallyKind, rule_text
from catalog.imports.progress import ProgressBar
from catalog.models import ImportBatch
from catalog.services import imports as services
from catalog.services.imports_undo import import_undo
from core import clock
from core.actors import system_actor
from core.exceptions import DomainError

ALL_IN, SOME_REJECTED, NOTHING_DONE = 0, 1, 2

SHOWN_LINES = 12


class Command(BaseCommand):
    """Brings a catalog file in as drafts or, with --publish, as published entries (docs/adr/0040)."""

    # Checking every page and form is `manage.py check`'s work; loading them here would double the memory.
    requires_system_checks: list[str] = []

    help = (
        "Import catalog entries from JSON, CSV, XLSX or XLS. Exit code 0: everything is in; 1: some rows were "
        "rejected or could not be published, see the report; 2: nothing was done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the file; left out with --undo")
        parser.add_argument(
            "--department", default="", metavar="CODE", help="files rows without a provider; its region is used"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, change nothing, guess the mapping"
        )
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="how to read the file (JSON), see --dry-run")
        parser.add_argument(
            "--create-departments", action="store_true", help="create departments for unknown providers"
        )
        parser.add_argument(
            "--publish", action="store_true", help="submit, sign off and publish through the import jobs"
        )
        parser.add_argument("--update", action="store_true", help="revise entries that the catalog holds differently")
        parser.add_argument("--undo", type=int, metavar="BATCH", help="take back what a batch created")
        parser.add_argument("--report", type=Path, metavar="FILE", help="where the report goes (.xlsx or .csv)")
        parser.add_argument("--no-progress", action="store_true", help="show no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        self.bar = ProgressBar(sys.stderr, is_quiet=options["no_progress"] or options["verbosity"] == 0)
        try:
            code = self._undo(options) if options["undo"] else self._import(options)
        except DomainError as error:
            self.bar.close()
            self._say_why(error)
            code = NOTHING_DONE
        except OperationalError as error:
            self.bar.close()
            self.stderr.write(self.style.ERROR(_("The database was lost: %(why)s") % {"why": str(error).strip()}))
            self.stderr.write(_("Run the same command again: an import that had begun goes on where it stopped."))
            code = NOTHING_DONE
        if code:
            sys.exit(code)

    def _say_why(self, error: DomainError) -> None:
        self.stderr.write(self.style.ERROR(str(error.message)))
        for one in getattr(error, "errors", []):
            if str(one.message) != str(error.message):
                self.stderr.write(f"  {one.field}: {one.message}")

    # --- Import -------------------------------------------------------------------------------------------------

    def _import(self, options: dict[str, Any]) -> int:
        if options["file"] is None or not options["department"]:
            self.stderr.write(_("Name a file and --department, or --undo with the number of a batch."))
            return NOTHING_DONE
        path: Path = options["file"]
        target = self._report_path(path, options["report"])
        mapping = ImportMapping.load(options["mapping"]) if options["mapping"] else None
        asked = PlanOptions(
            publishes=options["publish"],
            updates=options["update"],
            creates_departments=options["create_departments"],
        )
        if options["dry_run"]:
            return self._preview(path, options["department"], mapping, asked, target)
        return self._run(path, options["department"], mapping, asked, target)

    def _report_path(self, path: Path, given: Path | None) -> Path:
        if given is not None:
            if given.suffix.lower() not in report.ENDINGS:
                report.open_report(given)
            return given
        stamp = clock.now().astimezone(clock.REGION_ZONE).strftime("%Y%m%d-%H%M%S")
        return Path(settings.DATA_DIR) / "reports" / f"{path.stem}-{stamp}.xlsx"

    def _preview(
        self, path: Path, department: str, mapping: ImportMapping | None, asked: PlanOptions, target: Path
    ) -> int:
        writer = report.open_report(target)
        preview = services.import_preview(
            actor=system_actor(policies.FILING_JOB),
            path=path,
            department_code=department,
            mapping=mapping,
            options=asked,
            on_problem=writer.problem,
            progress=self.bar,
        )
        self.bar.close()
        source = preview.source
        counts = preview.counts
        summary: list[tuple[str, Any]] = [
            (_("File"), path.name),
            (_("Read as"), self._read_as(source.kind, source.encoding, source.sheet, source.header_row)),
            (_("Rows read"), preview.rows_read),
            (_("Entries in the file"), preview.entries),
            (_("Would be created"), counts["create"]),
            *([(_("of these kept as drafts"), counts["kept_back"])] if asked.publishes else []),
            (_("Would be updated"), counts["update"] + counts["publish"]),
            (_("Unchanged"), counts["unchanged"]),
            (_("Would be rejected"), counts["reject"]),
            *([(_("Departments to be created"), len(preview.new_departments))] if preview.new_departments else []),
            *[(_("Remark"), text) for text in services.remarks_of(source)],
        ]
        columns = report.column_lines(preview.mapping.columns, preview.mapping.left_out)
        writer.close(summary, preview.tally, columns)
        mapping_path = target.with_suffix(".mapping.json")
        guessed = preview.mapping.as_dict(source, preview.unknown)
        mapping_path.write_text(json.dumps(guessed, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        self._say(_("Dry run: nothing was changed."), summary, preview.problems, preview.tally)
        self.stdout.write(_("Report: %(path)s") % {"path": target})
        self.stdout.write(_("Mapping: %(path)s") % {"path": mapping_path})
        return SOME_REJECTED if counts["reject"] or counts["kept_back"] else ALL_IN

    def _run(self, path: Path, department: str, mapping: ImportMapping | None, asked: PlanOptions, target: Path) -> int:
        actor = system_actor(policies.FILING_JOB)
        started = clock.now()
        batch, was_open = services.import_start(
            actor=actor, path=path, department_code=department, mapping=mapping, options=asked, progress=self.bar
        )
        if was_open:
            message = _(
                "Batch %(batch)d of this file was not finished; it goes on with the options it was started with."
            )
            self.stdout.write(message % {"batch": batch.pk})
        batch = services.import_resume(actor=actor, batch_id=batch.pk, progress=self.bar)
        self.bar.close()
        summary = self._summary(batch, 0 if was_open else (clock.now() - started).total_seconds())
        services.report_write(batch, target, summary)
        problems = problem_counts(batch)
        self._say(_("Import batch %(batch)d") % {"batch": batch.pk}, summary, problems, batch.tally)
        self.stdout.write(_("Report: %(path)s") % {"path": target})
        counts = batch.counts
        taken = counts["created"] + counts["updated"] + counts["unchanged"]
        if not taken:
            return NOTHING_DONE
        kept_back = any(severity == Severity.NOT_PUBLISHED for severity, _code in problems)
        return SOME_REJECTED if counts["rejected"] or kept_back else ALL_IN

    def _summary(self, batch: ImportBatch, seconds: float) -> list[tuple[str, Any]]:
        counts = batch.counts
        mapping = batch.mapping
        kept = counts["created"] + counts["updated"]
        return [
            (_("Batch"), batch.pk),
            (_("File"), batch.file_name),
            (
                _("Read as"),
                self._read_as("", mapping.get("encoding", ""), mapping.get("sheet", ""), mapping.get("header_row", 0)),
            ),
            (_("Entries in the file"), batch.rows_in),
            (_("Created"), counts["created"]),
            (pgettext("import", "Updated"), counts["updated"]),
            (_("of these published"), counts["published"]),
            (_("of these kept as drafts"), counts["drafts"]),
            (_("with assumed values, to be completed"), counts["assumed"]),
            (_("Unchanged"), counts["unchanged"]),
            (_("Rejected"), counts["rejected"]),
            (_("Departments concerned"), counts["departments"]),
            *([(_("Seconds"), round(seconds)), (_("Entries per second"), round(kept / seconds))] if seconds else []),
            *[(_("Remark"), text) for text in batch.remarks],
        ]

    def _read_as(self, kind: str, encoding: str, sheet: str, header_row: int) -> str:
        parts = [kind.upper(), encoding, sheet, _("header in row %(row)d") % {"row": header_row} if header_row else ""]
        return " · ".join(part for part in parts if part)

    def _say(self, title: str, summary: list[tuple[str, Any]], problems: Counter[tuple[str, str]], tally: Any) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(title))
        for name, value in summary:
            self.stdout.write(f"  {name}: {value}")
        for severity in Severity:
            found = Counter({code: count for (kind, code), count in problems.items() if kind == severity})
            if found:
                self.stdout.write(f"  {severity.label}:")
                for code, count in found.most_common():
                    self.stdout.write(f"    {count:>7}  {code}")
        for kind in TallyKind:
            rules: Counter[str] = Counter()
            for line in tally:
                if line["kind"] == kind:
                    rules[line["rule"]] += line["count"]
            if rules:
                self.stdout.write(f"  {kind.label}:")
                for rule, count in rules.most_common(SHOWN_LINES):
                    self.stdout.write(f"    {count:>7}  {rule_text(rule)}")

    # --- Undo ---------------------------------------------------------------------------------------------------

    def _undo(self, options: dict[str, Any]) -> int:
        result = import_undo(actor=system_actor(policies.FILING_JOB), batch_id=options["undo"], progress=self.bar)
        self.bar.close()
        self.stdout.write(
            self.style.MIGRATE_HEADING(_("Import batch %(batch)d was undone") % {"batch": result.batch.pk})
        )
        self.stdout.write("  " + _("Drafts discarded: %(count)d") % {"count": result.discarded})
        self.stdout.write("  " + _("Published entries withdrawn: %(count)d") % {"count": result.withdrawn})
        self.stdout.write("  " + _("Left alone: %(count)d") % {"count": len(result.kept)})
        for row, name, why in result.kept[:50]:
            self.stdout.write("    " + _("row %(row)d %(name)s: %(why)s") % {"row": row, "name": name, "why": why})
        return SOME_REJECTED if result.kept else ALL_IN
