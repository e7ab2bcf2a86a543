"""What an edit changes on a row, as plain values for the trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from core.exceptions import StaleEdit


@dataclass(frozen=True, slots=True)
class Changes:
    """Changed fields with their values before and after."""

    before: dict[str, Any]
    after: dict[str, Any]

    def __bool__(self) -> bool:
        return bool(self.after)

    @property
    def fields(self) -> list[str]:
        return list(self.after)


def apply_changes(row: models.Model, values: Mapping[str, Any]) -> Changes:
    """Set the values on the row, without saving, and return those that differ."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(row, name)
        if old != value:
            before[name], after[name] = _plain(old), _plain(value)
            setattr(row, name, value)
    return Changes(before, after)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, models.Model) else value


def require_version(row: Any, edit_version: int | None) -> None:
    """Raise where somebody saved the row after the caller read it; None skips the question (no form was open).

    Raises:
        StaleEdit: the versions differ.
    """
    if edit_version is not None and row.edit_version != edit_version:
        raise StaleEdit(extra={"edit_version": row.edit_version})
