"""Secrets of the installation that may hold more than one key."""


def key_list(value: str | None) -> list[str]:
    """Return the keys of a setting that lists them separated by commas; the first is the one in use."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]
