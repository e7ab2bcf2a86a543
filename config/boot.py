"""What production refuses to start with."""

from django.core.exceptions import ImproperlyConfigured

from config.env import Environment

_PLACEHOLDERS = ("change", "secret", "example", "insecure", "password", "test")


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
        ("FIELD_KEY", environment.field_key),
        ("AUDIT_KEY", environment.audit_key),
        ("SECRET_KEY", environment.secret_key),
    ):
        if not value:
            problems.append(f"{name} is not set.")
    for name, value in (
        ("SECRET_KEY", environment.secret_key),
        ("FIELD_KEY", environment.field_key),
        ("AUDIT_KEY", environment.audit_key),
    ):
        if value and is_weak(value):
            problems.append(f"{name} is weak: use at least 40 random characters (`openssl rand -base64 48`).")
    keys = [key for key in (environment.secret_key, environment.field_key, environment.audit_key) if key]
    if len(set(keys)) < len(keys):
        problems.append("SECRET_KEY, FIELD_KEY and AUDIT_KEY must differ from each other.")
    if not environment.allowed_hosts:
        problems.append("ALLOWED_HOSTS is not set.")
    if "*" in environment.allowed_hosts:
        problems.append("ALLOWED_HOSTS must name the hosts; * lets anyone choose.")
    if problems:
        raise ImproperlyConfigured("Production cannot start. " + " ".join(problems))


def is_weak(key: str) -> bool:
    """Say whether a key is short, repetitive or a placeholder."""
    lowered = key.lower()
    return len(key) < 40 or len(set(key)) < 12 or lowered.startswith(_PLACEHOLDERS)
