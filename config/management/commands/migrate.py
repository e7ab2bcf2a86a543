from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS, connections

from config import env
from config.privileges import grant_everyday_rights


class Command(DjangoMigrate):
    """Migrates as the role that owns the tables, where ``MIGRATE_DATABASE_URL`` names one."""

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MIGRATE_DATABASE_URL or options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        connection = connections[DEFAULT_DB_ALIAS]
        everyday = dict(connection.settings_dict)
        connection.close()
        owner = env.database_config(settings.MIGRATE_DATABASE_URL)
        connection.settings_dict |= {key: owner[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
        connection.settings_dict["OPTIONS"] = owner.get("OPTIONS", {})
        try:
            super().handle(*args, **options)
            if everyday["USER"] != owner["USER"]:
                grant_everyday_rights(everyday["USER"])
        finally:
            connection.close()
            connection.settings_dict.update(everyday)
