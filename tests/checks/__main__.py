"""Runs every check, tells the time of each, and fails at the end if one did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from config.env import BASE_DIR
from config.locks import LOCKS, is_current
from tests.checks import compose

Check = Callable[[], str]
_BIN = Path(sys.executable).parent

# Keys of no worth, long enough to pass for real ones: the deployment check looks at settings, not at data.
_PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "DATABASE_URL": "postgres://nobody@127.0.0.1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1",
    "ALLOWED_HOSTS": "catalog.invalid",
    "SITE_URL": "https://catalog.invalid",
    "SECRET_KEY": "check-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABC",
    "FIELD_KEY": "check-only-1234567890-bcdefghijklmnopqrstuvwxyza-BCD",
    "AUDIT_KEY": "check-only-2345678901-cdefghijklmnopqrstuvwxyzab-CDE",
}
_TEST = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}


def run(*command: str, env: dict[str, str] | None = None) -> Check:
    """Return a check that is a command; what it prints is shown only when it fails."""

    def check() -> str:
        words = [str(_BIN / command[0]), *command[1:]]
        done = subprocess.run(
            words, cwd=BASE_DIR, env=os.environ | (env or {}), capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"

    return check


def manage(*arguments: str, env: dict[str, str]) -> Check:
    return run("python", "-W", "ignore", "manage.py", *arguments, env=env)


def templates() -> str:
    files = sorted(str(path) for path in (BASE_DIR / "templates").rglob("*.html"))
    return run("djade", "--check", "--target-version", "5.2", *files)()


def lock_files() -> str:
    stale = [lock for source, lock in LOCKS.items() if not is_current(BASE_DIR / source, BASE_DIR / lock)]
    problems = [f"{lock} was not made from the list as it is now; run `make lock`." for lock in stale]
    for name in (*LOCKS.values(), "package-lock.json"):
        text = (BASE_DIR / name).read_text(encoding="utf-8")
        if any(
            word in text
            for word in ("--index-url", "--find-links", "--extra-index", '"resolved"', " @ http", " @ file")
        ):
            problems.append(f"{name} names the place its packages came from.")
    return "\n".join(problems)


CHECKS: dict[str, Check] = {
    "format": run("ruff", "format", "--check", "."),
    "lint": run("ruff", "check", "."),
    "templates": templates,
    "layers": run("lint-imports"),
    "types": run("mypy"),
    "deployment": manage("check", "--deploy", "--fail-level", "WARNING", env=_PRODUCTION),
    "migrations": manage("makemigrations", "--check", "--dry-run", env=_TEST),
    "translations": manage("messages", "--check", env=_TEST),
    "lock files": lock_files,
    "compose": lambda: "\n".join(compose.problems(BASE_DIR / "docker-compose.yml")),
}


def main(names: list[str]) -> int:
    failed = []
    for name in names or CHECKS:
        begun = time.monotonic()
        problem = CHECKS[name]()
        print(f"{'failed' if problem else 'ok':<7} {name:<13} {time.monotonic() - begun:5.1f} s", flush=True)
        if problem:
            failed.append(name)
            print(problem, flush=True)
    print(
        f"{len(failed)} of {len(names or CHECKS)} checks failed: {', '.join(failed)}" if failed else "All checks passed"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
