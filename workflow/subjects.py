"""How the app points at objects of other apps: label and key, never a foreign key."""

from typing import NamedTuple

from django.db import models


class SubjectRef(NamedTuple):
    """A model instance as (label, pk) with its display text, e.g. ("catalog.entry", 42, "…")."""

    label: str
    pk: int
    name: str


def subject_ref(subject: models.Model) -> SubjectRef:
    """Return the reference of a saved model instance.

    Raises:
        ValueError: the instance is not saved yet.
    """
    if subject.pk is None:
        raise ValueError("the subject has to be saved first")
    return SubjectRef(subject._meta.label_lower, int(subject.pk), str(subject)[:500])
