"""Words for what stands in the trail as codes.

Each app names its own actions, objects and fields in a module ``audit_actions``, which is loaded when the trail's
app is ready. What nobody named is shown as its code: the trail outlives the code that wrote it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from core.reasons import Reason

Label = Any
"""A translatable string (``gettext_lazy``)."""


@dataclass(frozen=True, slots=True)
class ObjectWords:
    """How people call a kind of object, its fields, and the values of those with a closed list.

    ``naming`` puts the name under which an object entered the trail into words, where it carries a code.
    """

    name: Label
    fields: Mapping[str, Label] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Label]] = field(default_factory=dict)
    naming: Callable[[str], str] = str


_apps: dict[str, Label] = {}
_actions: dict[str, Label] = {}
_objects: dict[str, ObjectWords] = {}
_roles: dict[str, Label] = {}
_nobody: dict[str, Label] = {}


def register_app(app: str, label: Label) -> None:
    """Name the group under which an app's actions stand."""
    _apps[app] = label


def register(action: str, label: Label) -> None:
    """Name an action, e.g. ``register("catalog.entry.submit", _("Submit an entry"))``."""
    _actions[action] = label


def register_object(
    label: str,
    name: Label,
    *,
    fields: Mapping[str, Label] | None = None,
    values: Mapping[str, Iterable[tuple[Any, Label]]] | None = None,
    naming: Callable[[str], str] = str,
) -> None:
    """Name a kind of object, its fields and their values.

    Args:
        label: as the trail keeps it, ``app.model``.
        values: field → choices; fields of the same name share them wherever they stand in the snapshot.
        naming: from the name in the trail to the one people read.
    """
    _objects[label] = ObjectWords(
        name,
        dict(fields or {}),
        {key: {str(value): word for value, word in choices} for key, choices in (values or {}).items()},
        naming,
    )


def register_model(
    model: type[models.Model],
    name: Label = None,
    *,
    fields: Mapping[str, Label] | None = None,
    values: Mapping[str, Iterable[tuple[Any, Label]]] | None = None,
) -> None:
    """Name a kind of object after its model; what is given wins over what the model says."""
    own = [one for one in model._meta.concrete_fields if not one.primary_key]
    register_object(
        model._meta.label_lower,
        name or model._meta.verbose_name,
        fields={one.name: one.verbose_name for one in own} | dict(fields or {}),
        values={one.name: one.choices for one in own if one.choices} | dict(values or {}),
    )


def register_roles(choices: Iterable[tuple[str, Label]]) -> None:
    """Name the roles that actors hold."""
    _roles.update({str(value): word for value, word in choices})


def register_actor(name: str, label: Label) -> None:
    """Name an actor that is no person, e.g. ``register_actor("clocks", _("Watch over time limits"))``."""
    _nobody[name] = label


def is_no_person(name: str) -> bool:
    """Say whether a name is that of an actor that is no person."""
    return name in _nobody


def registered() -> dict[str, Label]:
    """Return every named action."""
    return dict(_actions)


def action_label(action: str) -> str:
    return str(_actions.get(action, action))


def app_label(app: str) -> str:
    return str(_apps.get(app, app))


def object_label(label: str) -> str:
    return str(_objects[label].name) if label in _objects else label


def object_name(label: str, name: str) -> str:
    return _objects[label].naming(name) if label in _objects else name


def actor_name(kind: str, name: str) -> str:
    return name if kind in ("user", "client") else str(_nobody.get(name, name))


def role_label(role: str) -> str:
    return str(_roles.get(role, role))


def field_label(label: str, name: str) -> str:
    words = _objects.get(label)
    return str(words.fields.get(name, name)) if words else name


def value_label(label: str, name: str, value: str) -> str:
    words = _objects.get(label)
    known = words.values.get(name, {}) if words else {}
    if value not in known and name == "why":
        return str(Reason(value))  # why something came by itself, which an app above the object's may have named
    return str(known.get(value, value))
