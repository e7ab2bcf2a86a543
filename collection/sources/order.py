"""What is asked of a source, and what it gave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from collection.outgoing import Access, Validators

Progress = Callable[[int, int | None], None]
"""Gets how far reading has come and, where it is known, how much there is: bytes of a file, records otherwise."""


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """What is to be read, and with what.

    Attributes:
        settings: those of the kind.
        secret: "" where there is none.
        access: the list of destinations, and the limits.
        known: what the source said of what it gave last; None where that must be read again in any case.
    """

    settings: Any
    secret: str
    access: Access
    known: Validators | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What came.

    Attributes:
        extension: of a file of this kind, as far as it is known; ``collection.intake`` looks for itself.
        records: how many, where they were counted.
        is_end_proven: whether a cut would have been noticed.
    """

    extension: str
    validators: Validators = field(default_factory=Validators)
    records: int | None = None
    is_end_proven: bool = True
