"""Make the first three administrators of an installation."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from accounts.choices import Role
from accounts.services import NewAdmin, admins_create
from core.exceptions import RuleViolation

ADMINS = ((Role.SYSADMIN, "系统管理员"), (Role.SECADMIN, "安全管理员"), (Role.AUDITOR, "审计员"))


class Command(BaseCommand):
    help = (
        "Create the system administrator, the security administrator and the auditor. Passwords are asked for, "
        "or read from SYSADMIN_PASSWORD, SECADMIN_PASSWORD and AUDITOR_PASSWORD, or, with --stdin, from three "
        "lines of standard input. Each must be changed at the first sign-in. Works once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stdin", action="store_true", help="read three passwords, one a line")
        for role, _name in ADMINS:
            parser.add_argument(f"--{role}", default=str(role), metavar="NAME", help=f"account name of the {role}")

    def handle(self, *args: Any, **options: Any) -> None:
        admins = [
            NewAdmin(role, options[str(role)], full_name, self._password(role, from_stdin=options["stdin"]))
            for role, full_name in ADMINS
        ]
        if len({admin.password for admin in admins}) < len(admins):
            raise CommandError("Give each of the three a password of his own.")
        try:
            with override("en"):
                users = admins_create(admins=admins)
        except RuleViolation as refusal:
            with override("en"):
                raise CommandError(" ".join(str(error.message) for error in refusal.errors)) from None
        for user, admin in zip(users, admins, strict=True):
            self.stdout.write(f"{admin.role}: {user.username}")
        self.stdout.write("The three must change their passwords when they first sign in.")

    @staticmethod
    def _password(role: Role, *, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        given = os.environ.get(f"{role.upper()}_PASSWORD", "")
        if given:
            return given
        if not sys.stdin.isatty():
            raise CommandError(f"Set {role.upper()}_PASSWORD, use --stdin, or run this in a terminal.")
        first = getpass.getpass(f"Password of {role}: ")
        if first != getpass.getpass("Again: "):
            raise CommandError("The two differ. Nothing was created.")
        return first
