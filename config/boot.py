"""What production refuses to start with."""

from urllib.parse import urlsplit

import structlog
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import demo_accounts
from config.env import Environment, is_loopback
from core.keys import key_list

logger = structlog.get_logger(__name__)

_PLACEHOLDERS = ("change", "secret", "example", "insecure", "django-insecure", "password", "test")


def require_production_environment(environment: Environment) -> None:
    """Check what the environment must hold before production starts.

    Raises:
        ImproperlyConfigured: one sentence per thing missing or too weak; no value is repeated.
    """
    problems = []
    if environment.debug:
        problems.append("DEBUG must not be on in production.")
    for name, value in (
        ("DATABASE_URL", environment.database_url),
        ("REDIS_URL", environment.redis_url),
        ("FIELD_KEY", ",".join(key_list(environment.field_key))),
        ("AUDIT_KEY", environment.audit_key),
        ("SECRET_KEY", environment.secret_key),
    ):
        if not value:
            problems.append(f"{name} is not set.")
    field_keys = key_list(environment.field_key)
    for name, values in (
        ("SECRET_KEY", [environment.secret_key]),
        ("FIELD_KEY", field_keys),
        ("AUDIT_KEY", [environment.audit_key]),
    ):
        if any(value and is_weak(value) for value in values):
            problems.append(f"{name} is weak: use at least 40 random characters (`openssl rand -base64 48`).")
    keys = [key for key in (environment.secret_key, *field_keys, environment.audit_key) if key]
    if len(set(keys)) < len(keys):
        problems.append("SECRET_KEY, AUDIT_KEY and every key that FIELD_KEY lists must differ from each other.")
    if not environment.allowed_hosts:
        problems.append("ALLOWED_HOSTS is not set.")
    if "*" in environment.allowed_hosts:
        problems.append("ALLOWED_HOSTS must name the hosts; * lets anyone choose.")
    if not environment.site_url:
        problems.append("SITE_URL is not set.")
    elif not _is_safe_site(environment.site_url):
        problems.append("SITE_URL must begin with https://: it stands in mail, and people sign in behind it.")
    if problems:
        raise ImproperlyConfigured("Production cannot start. " + " ".join(problems))


def _is_safe_site(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def is_weak(key: str) -> bool:
    """Say whether a key is short, repetitive or a placeholder."""
    lowered = key.lower()
    return len(key) < 40 or len(set(key)) < 12 or lowered.startswith(_PLACEHOLDERS)


def require_production_database() -> None:
    """Check that the database is fit for production.

    Raises:
        ImproperlyConfigured: it holds accounts of the demo.
    """
    demo = (
        get_user_model()
        .objects.filter(username__in=demo_accounts.USERNAMES, is_active=True)
        .select_related("department__region")
    )
    for user in demo:
        region = getattr(getattr(user, "department", None), "region", None)
        fictional = region is not None and region.code.startswith(demo_accounts.FICTIONAL_REGION_PREFIX)
        if fictional or user.check_password(demo_accounts.PASSWORD):
            raise ImproperlyConfigured(
                f"Production cannot start. The account {user.username} of the demo is in the database;"
                " use a database without the demo, or deactivate its accounts."
            )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolsuper OR EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('audit_event')"
            " AND pg_has_role(c.relowner, 'USAGE')) FROM pg_roles r WHERE r.rolname = current_user"
        )
        if cursor.fetchone()[0]:
            logger.warning(
                "database_role_owns_the_trail",
                hint="connect as a role that does not own the tables; name the owner in MIGRATE_DATABASE_URL",
            )
