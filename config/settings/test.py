"""Settings of the test suite: the same product, with a quick password hash and nothing on disk."""

from config import env
from config.embedded import throwaway
from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, ENVIRONMENT, STORAGES

DEBUG = False
SECRET_KEY = "test-secret-key-that-protects-nothing"
FIELD_KEY = "dGVzdC1maWVsZC1rZXktdGhhdC1wcm90ZWN0cy1ub3Q="
AUDIT_KEY = "test-audit-key-that-protects-nothing"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# Two databases, always: whatever joins or commits across them fails here first.
DATABASES = env.databases(ENVIRONMENT.database_url or throwaway.database_url(), ENVIRONMENT.store_database_url)
DATABASES["store"]["TEST"] = {"NAME": "test_store", "MIGRATE": False}
for one in DATABASES.values():
    one["CONN_MAX_AGE"] = 0
MIGRATE_DATABASE_URL = None
REDIS_URL = ENVIRONMENT.redis_url or throwaway.redis_url()

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {**CACHES, "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES["default"]["OPTIONS"]["location"] = throwaway.folder() / "files"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SITE_URL = "https://catalog.example.test"
DEFAULT_FROM_EMAIL = "catalog@catalog.example.test"

# The servers that sources of the tests read are on this machine.
MAY_REACH_ITSELF = True

# Nothing is sent to a broker: the outbox is delivered explicitly by the tests that look at it.
CELERY_BROKER_URL = "memory://"
