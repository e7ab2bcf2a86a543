"""Texts that many read from one row: kept in every language of the product, shown in the reader's."""

from collections.abc import Mapping

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise


def in_every_language(text: str | Promise, *, length: int) -> dict[str, str]:
    """Return a text worded in each language of the product.

    Args:
        text: lazily translated (``gettext_lazy``, ``format_lazy``) where it is to differ; names are the same in all.
        length: most characters that are kept of it.
    """
    worded = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            worded[language] = str(text)[:length]
    return worded


def in_readers_language(texts: Mapping[str, str]) -> str:
    """Return the wording in the active language, or in the platform's main one where it has none."""
    return texts.get(translation.get_language() or "") or texts.get(settings.LANGUAGE_CODE, "")
