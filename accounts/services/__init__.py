"""Writes of the app: every function checks, changes and records in one transaction."""

from accounts.services.session import session_expire, session_open, session_touch

__all__ = ["session_expire", "session_open", "session_touch"]
