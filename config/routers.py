"""Which database keeps which tables."""

from typing import Any


class StoreRouter:
    """Every model lives in the main database; the row store makes its tables itself (``collection.store``)."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == "store" else None
