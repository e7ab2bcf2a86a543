"""Errors of building library datasets. ``config.errors`` maps the classes they derive from."""

from core.exceptions import DomainError


class BuildFailed(DomainError):
    """A build cannot go on, for a reason that its people can mend; the message says how, and names the source."""

    code = "build_failed"
