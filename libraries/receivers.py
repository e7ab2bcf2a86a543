"""Answers to signals of others."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from catalog.models import Entry
from catalog.signals import entry_published
from core.actors import Actor
from core.exceptions import InvalidTransition, RuleViolation
from libraries.selectors import datasets_holding, looser_than_sources
from libraries.services.leaving import grant_leave
from sharing.models import Grant
from sharing.signals import grant_disposing, grant_stopped


@receiver(entry_published, dispatch_uid="libraries.entry_published")
def refuse_looser(sender: Any, entry: Entry, **kwargs: Any) -> None:
    """A library's entry does not come to give more than the sources its data are built from."""
    errors = looser_than_sources(entry)
    if errors:
        raise RuleViolation(errors)


@receiver(grant_stopped, dispatch_uid="libraries.grant_stopped")
def ask_to_leave(sender: Any, grant: Grant, actor: Actor, **kwargs: Any) -> None:
    """What a library was built from under the grant is to leave it."""
    grant_leave(actor=actor, grant=grant)


@receiver(grant_disposing, dispatch_uid="libraries.grant_disposing")
def refuse_while_held(sender: Any, grant: Grant, **kwargs: Any) -> None:
    """Nothing is disposed of while a library keeps it."""
    names = "、".join(one.name for one in datasets_holding(grant))
    if names:
        message = _(
            "Library datasets still keep versions with rows of this grant: %(names)s. Remove the source, build again, "
            "and confirm once those versions are gone."
        )
        raise InvalidTransition(message % {"names": names}, code="still_held")
