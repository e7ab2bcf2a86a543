"""Settings of `make run` and of every command on a developer's machine.

What the environment leaves out comes from ``DATA_DIR``: the keys made on the first start and the
servers that `make run` keeps there.
"""

from config import env
from config.embedded import locations, secrets
from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, CACHES, DATA_DIR, ENVIRONMENT

DEBUG = bool(ENVIRONMENT.debug)

_keys = secrets.KeyFolder(DATA_DIR / "secrets")
SECRET_KEY = ENVIRONMENT.secret_key or _keys.get_or_create("secret_key")
FIELD_KEY = ENVIRONMENT.field_key or _keys.get_or_create("field_key")
AUDIT_KEY = ENVIRONMENT.audit_key or _keys.get_or_create("audit_key")

ALLOWED_HOSTS = [*ALLOWED_HOSTS, ENVIRONMENT.host]

DATABASES = env.databases(ENVIRONMENT.database_url or locations.database_url(DATA_DIR), ENVIRONMENT.store_database_url)
if not ENVIRONMENT.database_url:
    MIGRATE_DATABASE_URL = locations.owner_url(DATA_DIR)
REDIS_URL = ENVIRONMENT.redis_url or locations.redis_url(DATA_DIR)
CACHES["default"]["LOCATION"] = REDIS_URL
CELERY_BROKER_URL = env.celery_broker_url(REDIS_URL)
