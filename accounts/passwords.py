"""Passwords that the system administrator hands out for a first sign-in."""

import secrets

_LETTERS = "abcdefghijkmnpqrstuvwxyz"
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"


def temporary_password() -> str:
    """Return a random password that meets any policy and can be read out over the telephone.

    Twelve letters and digits in groups of four, about 66 bits, without signs that look alike.
    """
    alphabet = _LETTERS + _CAPITALS + _DIGITS
    chars = [secrets.choice(alphabet) for _place in range(9)]
    for kind in (_LETTERS, _CAPITALS, _DIGITS):
        chars.insert(secrets.randbelow(len(chars) + 1), secrets.choice(kind))
    return "-".join("".join(chars[start : start + 4]) for start in (0, 4, 8))
