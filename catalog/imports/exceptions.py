"""What an import may fail with as a whole. Single rows fail with problems instead."""

from core.exceptions import DomainError


class Unreadable(DomainError):
    """The file cannot be read as a catalog; the message says what to do."""

    code = "unreadable"


class BadMapping(DomainError):
    """The mapping names something that does not exist."""

    code = "bad_mapping"
