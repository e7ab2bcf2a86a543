"""Answers to signals of others."""

from typing import Any

from django.dispatch import receiver

from catalog.models import Entry
from catalog.signals import entry_published
from core.exceptions import RuleViolation
from libraries.selectors import looser_than_sources


@receiver(entry_published, dispatch_uid="libraries.entry_published")
def refuse_looser(sender: Any, entry: Entry, **kwargs: Any) -> None:
    """A library's entry does not come to give more than the sources its data are built from."""
    errors = looser_than_sources(entry)
    if errors:
        raise RuleViolation(errors)
