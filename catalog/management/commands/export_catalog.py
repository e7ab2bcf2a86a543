import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from catalog import exports
from catalog.imports.progress import ProgressBar
from core.actors import system_actor


class Command(BaseCommand):
    """Writes the published entries in the guide's layout (XLSX, CSV) or as DCAT (JSON-LD)."""

    # Checking every page and form is `manage.py check`'s work; loading them here would double the memory.
    requires_system_checks: list[str] = []

    help = "Export published entries. Without -o the file goes to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=exports.FORMATS, required=True, dest="form")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE")
        parser.add_argument("--department", default="", metavar="CODE", help="only entries of this department")
        parser.add_argument("--open-only", action="store_true", help="only what is open to the public")
        parser.add_argument(
            "--base-url", default=settings.SITE_URL, metavar="URL", help="address before DCAT identifiers: %(default)s"
        )
        parser.add_argument("--no-progress", action="store_true", help="show no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        form: str = options["form"]
        output: Path | None = options["output"]
        if output is None and form == "xlsx" and sys.stdout.isatty():
            raise CommandError(_("A workbook is no text: name a file with -o."))
        actor = system_actor("catalog-export")
        entries = exports.published_entries(
            actor, department_code=options["department"], open_only=options["open_only"]
        )
        total = entries.order_by().count()
        bar = ProgressBar(sys.stderr, is_quiet=options["no_progress"] or options["verbosity"] == 0)

        def progress(done: int) -> None:
            bar("export", done, total)

        if output is None:
            count = exports.write_entries(
                entries, form, sys.stdout.buffer, progress=progress, base_url=options["base_url"]
            )
        else:
            count = self._write_file(output, entries, form, progress, options["base_url"])
        bar.close()
        self.stderr.write(_("%(count)d entries exported") % {"count": count})
        if form == "csv":
            self.stderr.write(
                _("Texts beginning with = + - @ have an apostrophe before them; the last column names where.")
            )

    def _write_file(self, output: Path, entries: Any, form: str, progress: exports.Progress, base_url: str) -> int:
        """Write beside the target and move it there at the end, so that a broken export leaves the old file."""
        part = output.with_name(output.name + ".part")
        try:
            with part.open("wb") as stream:
                count = exports.write_entries(entries, form, stream, progress=progress, base_url=base_url)
            part.replace(output)
        except OSError as error:
            raise CommandError(
                _("“%(name)s” cannot be written: %(why)s") % {"name": output, "why": error.strerror}
            ) from error
        finally:
            part.unlink(missing_ok=True)
        return count
