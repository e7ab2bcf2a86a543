"""Who may sign in, checked by account and password. Rights are never answered here: roles and policies do that."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors.actor import user_for_sign_in, user_with_actor
from core import clock


class AccountBackend(BaseBackend):
    """Compares the password of an account that may sign in.

    It inherits no permission method on purpose: Django's model backend would count global permissions.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        user = user_for_sign_in(username)
        if user is None:
            make_password(password)  # the same work as for a known account: the time tells nothing
            return None
        return user if user.check_password(password) and user.can_sign_in(clock.now()) else None

    def get_user(self, user_id: int) -> User | None:
        user = user_with_actor(user_id)
        return user if user is not None and user.can_sign_in(clock.now()) else None
