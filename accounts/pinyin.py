"""Sort keys for Chinese names: the embedded database has no Chinese collation."""

from pypinyin import Style, lazy_pinyin


def sort_key(name: str, length: int = 240) -> str:
    """Return a name's pinyin, syllables parted by blanks, by which lists are sorted.

    Args:
        length: size of the column that keeps the key.
    """
    return " ".join(part.strip() for part in lazy_pinyin(name) if part.strip()).lower()[:length]


def initials(name: str) -> str:
    """Return the first letters of a name's syllables, e.g. "smzj" for 市民政局; only letters and digits."""
    letters = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return "".join(char for char in "".join(letters).lower() if char.isascii() and char.isalnum())
