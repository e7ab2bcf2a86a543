"""Production does not start on a database with accounts of the demo."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from config import boot, demo_accounts

pytestmark = pytest.mark.django_db


def make_user(username: str, password: str, **more: object) -> None:
    user = get_user_model()(username=username, full_name=username, **more)
    user.set_password(password)
    user.save()


def test_an_empty_database_is_fit() -> None:
    boot.require_production_database()


def test_a_demo_account_is_not() -> None:
    make_user("head", demo_accounts.PASSWORD)

    with pytest.raises(ImproperlyConfigured, match="The account head of the demo is in the database"):
        boot.require_production_database()


def test_a_real_person_may_be_called_like_a_demo_account() -> None:
    make_user("auditor", "a password of her own")

    boot.require_production_database()


def test_a_demo_account_that_was_deactivated_is_no_obstacle() -> None:
    make_user("head", demo_accounts.PASSWORD, is_active=False)

    boot.require_production_database()
