"""Sort keys for Chinese names: the embedded database has no Chinese collation."""

from pypinyin import lazy_pinyin


def sort_key(name: str, length: int = 240) -> str:
    """Return a name's pinyin, syllables parted by blanks, by which lists are sorted.

    Args:
        length: size of the column that keeps the key.
    """
    return " ".join(part.strip() for part in lazy_pinyin(name) if part.strip()).lower()[:length]
