"""Words of another language on a page."""

import re

ALLOWED = frozenset(["English", "Excel", "Ctrl", "Enter", "Shift", "year", "days", "name", "date", "isOffDay"])
"""Words that a Chinese page may carry: names of keys and programs, members of a JSON file."""

_NO_TEXT = re.compile(r"\S+@\S+|https?://\S+|\b[a-z]+(?:[-.][a-z]+)+\b")
"""Addresses, short names as they are written in them, keys of a file as they are written in it."""

_WORD = re.compile(r"[A-Za-z][a-z]{3,}")

TEXTS = """() => {
    const apart = "script, style, template, noscript, code, kbd, .code, .raw, .field-name, [lang=en], input, textarea";
    const seen = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim();
        if (text && !node.parentElement.closest(apart)) seen.push(text);
    }
    for (const one of document.querySelectorAll("[aria-label], [placeholder], [title], img[alt]")) {
        if (one.closest("template, .code")) continue;
        for (const name of ["aria-label", "placeholder", "title", "alt"]) {
            if (one.getAttribute(name)) seen.push(one.getAttribute(name));
        }
    }
    return [document.title, ...seen];
}"""


def foreign_words(texts: list[str], allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return the texts that hold an English word, each once."""
    found = {}
    for text in texts:
        words = [word for word in _WORD.findall(_NO_TEXT.sub("", text)) if word not in ALLOWED and word not in allowed]
        if words:
            found[text[:80]] = words
    return list(found)
