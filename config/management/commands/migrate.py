from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config import env
from config.privileges import grant_everyday_rights


class Command(DjangoMigrate):
    """Migrates as the role that owns the tables, where ``MIGRATE_DATABASE_URL`` names one."""

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MIGRATE_DATABASE_URL or options["database"] != DEFAULT_DB_ALIAS:
            _require_end_of_history(options["database"])
            super().handle(*args, **options)
            return
        connection = connections[DEFAULT_DB_ALIAS]
        everyday = dict(connection.settings_dict)
        connection.close()
        owner = env.database_config(settings.MIGRATE_DATABASE_URL)
        connection.settings_dict |= {key: owner[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
        connection.settings_dict["OPTIONS"] = owner.get("OPTIONS", {})
        try:
            _require_end_of_history(DEFAULT_DB_ALIAS)
            super().handle(*args, **options)
            if everyday["USER"] != owner["USER"]:
                grant_everyday_rights(everyday["USER"])
        finally:
            connection.close()
            connection.settings_dict.update(everyday)


def _require_end_of_history(database: str) -> None:
    """Refuse a database that stands at the start or in the middle of a history that was folded since (docs/adr/0008).

    Raises:
        CommandError: names the app, and what to do; nothing was changed.
    """
    recorder = MigrationRecorder(connections[database])
    if not recorder.has_table():
        return
    applied = recorder.applied_migrations()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), folded in loader.replacements.items():
        gone = [one for one in folded.replaces if one not in loader.disk_migrations]
        missing = [one for one in gone if one not in applied]
        if missing and ((app, name) in applied or len(missing) < len(gone)):
            raise CommandError(
                f"The tables of {app} are those of an older release, before {missing[0][1]}. Nothing was changed."
                " Run migrate with the release that came before this one, then with this one."
            )
