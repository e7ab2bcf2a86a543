"""The kinds of news a person can switch on and off. Apps register theirs when they load."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class NotificationKind:
    """A kind of news with the label shown in the preferences."""

    kind: str
    label: str | Promise
    default_in_app: bool = True
    default_email: bool = False


_kinds: dict[str, NotificationKind] = {}


def register(
    kind: str, label: str | Promise, default_in_app: bool = True, default_email: bool = False
) -> NotificationKind:
    """Make a kind known; call it from ``AppConfig.ready`` or a module that is imported there.

    Args:
        kind: dotted name ``app.event``.
        label: lazily translated text for the preferences page.
    """
    entry = NotificationKind(kind, label, default_in_app, default_email)
    _kinds[kind] = entry
    return entry


def find(kind: str) -> NotificationKind:
    """Return a kind; one that nobody registered is shown in the product and not mailed."""
    return _kinds.get(kind) or NotificationKind(kind, kind)


def registered() -> list[NotificationKind]:
    """Return all kinds in the order of their names."""
    return [_kinds[kind] for kind in sorted(_kinds)]
