"""Reads of the app."""

from accounts.selectors.actor import actor_for_user, user_for_sign_in, user_with_actor

__all__ = ["actor_for_user", "user_for_sign_in", "user_with_actor"]
