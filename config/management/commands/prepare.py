import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.services.index_repair import index_complete
from collection.selectors.source import sources_refused
from config import boot, demo_accounts
from config.embedded.secrets import KeyFolder
from core.actors import system_actor


class Command(BaseCommand):
    """Brings database, texts and static files up to this release; what is up to date is left alone."""

    help = "Set the product up: migrate, compile texts, collect static files, load reference data and the demo."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.state_file: Path = settings.DATA_DIR / "run" / "prepared.json"
        self.state: dict[str, Any] = self._read_state()
        self.first_keys()
        call_command("messages", compile=True, stdout=self.stdout)
        migrated = self.migrate()
        self.collect_static()
        if settings.PRODUCTION:
            boot.require_production_database()
        self.load_reference(migrated)
        if migrated:
            self.complete_search()
            self.name_sources_refused()
        self.load_demo()

    def first_keys(self) -> None:
        """Settings made the keys when they were first asked for; here only their names are told."""
        folder = KeyFolder(settings.DATA_DIR / "secrets").folder
        if not self.state and folder.is_dir():
            self.stdout.write(f"Keys are in {folder}")

    def migrate(self) -> bool:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return False
        self.stdout.write(f"Applying {len(plan)} migrations")
        call_command("migrate", interactive=False, verbosity=0)
        return True

    def collect_static(self) -> None:
        fingerprint = _fingerprint(
            Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list([])
        )
        fingerprint += settings.STORAGES["staticfiles"]["BACKEND"]
        if self.state.get("static") == fingerprint and (settings.STATIC_ROOT / "staticfiles.json").is_file():
            return
        self.stdout.write("Collecting static files")
        call_command("collectstatic", interactive=False, clear=True, ignore_patterns=_NOT_SERVED, verbosity=0)
        self._remember(static=fingerprint)

    def load_reference(self, migrated: bool) -> None:
        fingerprint = (
            _fingerprint(path for app in settings.OUR_APPS for path in (settings.BASE_DIR / app).rglob("*.py"))
            + _database_identity()
        )
        if not migrated and self.state.get("reference") == fingerprint:
            return
        self.stdout.write("Loading reference data")
        call_command("load_reference", stdout=self.stdout)
        self._remember(reference=fingerprint)

    def complete_search(self) -> None:
        """A release may index more of an entry than the one before."""
        if count := index_complete(actor=system_actor("prepare")):
            self.stdout.write(f"Indexed {count} entries anew")

    def name_sources_refused(self) -> None:
        """A release may refuse what the one before took: whoever upgrades can tell their departments."""
        for source, why in sources_refused():
            self.stdout.write(f"Source {source.pk}, {source} of {source.dataset}, is not read any more. {why}")

    def load_demo(self) -> None:
        people = get_user_model().objects
        if not settings.PRODUCTION and not people.exists():
            self.stdout.write("The database is empty: loading the demo (a fictional city)")
            call_command("demo", stdout=self.stdout)
        self._remember(demo=people.filter(username__in=demo_accounts.USERNAMES).exists())

    def _read_state(self) -> dict[str, Any]:
        try:
            state = json.loads(self.state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _remember(self, **facts: Any) -> None:
        self.state |= facts
        self.state_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.state_file.write_text(json.dumps(self.state), encoding="utf-8")


_NOT_SERVED = ["*.map", "redoc"]


def _fingerprint(paths: Iterable[Path]) -> str:
    """Return a mark that changes when a file is added, removed or touched."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def _database_identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text"
            " FROM pg_database WHERE datname = current_database()"
        )
        return str(cursor.fetchone()[0])
