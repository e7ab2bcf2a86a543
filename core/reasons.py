"""Reasons that are kept: a code and plain values, put into words when they are read, in the reader's language.

What a worker finds is read by people of several languages, so no row holds a finished sentence. Each app names its
codes and their sentences once, in a table that it registers; what nobody names is shown as its code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import pgettext

from core.exceptions import DomainError

Wording = Callable[[Mapping[str, Any]], str]

_sentences: dict[str, Any] = {}

TEXT = "text"
"""Code of what was kept as a finished sentence: by earlier releases, or for an error that has no code of its own."""


def register(prefix: str, sentences: Mapping[str, str | Promise | Wording]) -> None:
    """Add an app's sentences.

    Args:
        prefix: stands before each code, with a dot.
        sentences: code → a lazily translated sentence with ``%(name)s`` for its values, or what words them.
    """
    _sentences.update({f"{prefix}.{code}": one for code, one in sentences.items()})


@dataclass(frozen=True, slots=True)
class Reason(Promise):
    """A sentence in the language of whoever reads it.

    Attributes:
        values: plain values, lists of them, or reasons that stand within this one.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.code == TEXT:
            return str(self.values[TEXT])
        sentence = _sentences.get(self.code)
        if sentence is None:
            return self.code
        if callable(sentence):
            return str(sentence(self.values))
        return (
            str(sentence) % {name: _shown(value) for name, value in self.values.items()}
            if self.values
            else str(sentence)
        )

    def __bool__(self) -> bool:
        return bool(self.code)

    def as_dict(self) -> dict[str, Any]:
        """Return the reason as JSON holds it; nothing for none."""
        values = {name: _plain(value) for name, value in self.values.items()}
        return {"code": self.code, "values": values} if self.code else {}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Read a reason that was kept; an empty one where there is none."""
        return cls(kept.get("code", ""), kept.get("values", {}))


def reason_of(error: DomainError) -> Reason:
    """Return why something failed, to be kept; an error without a reason keeps the words that it has now."""
    if isinstance(error.message, Reason):
        return error.message
    # That some rules are broken says little where nobody has the form before him.
    broken = " ".join(str(one.message) for one in getattr(error, "errors", ()))
    return Reason(TEXT, {TEXT: broken or str(error.message)})


def _plain(value: Any) -> Any:
    if isinstance(value, Reason):
        return value.as_dict()
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def listed(values: Sequence[Any]) -> str:
    """Return what was kept as a list, in words: names with commas between them, sentences one after the other."""
    are_sentences = all(isinstance(one, Reason | Mapping) for one in values)
    return (" " if are_sentences else pgettext("list", ", ")).join(str(_shown(one)) for one in values)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return str(Reason.from_dict(value))
    if isinstance(value, list | tuple):
        return listed(value)
    return str(value) if isinstance(value, Reason) else value
