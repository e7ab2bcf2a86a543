"""Production: every key from the environment, and only tighter than base."""

from config import boot
from config.logs import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import ENVIRONMENT, STORAGES

boot.require_production_environment(ENVIRONMENT)

DEBUG = False
PRODUCTION = True
ALLOWED_HOSTS = [*ENVIRONMENT.allowed_hosts, "localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ENVIRONMENT.allowed_hosts]

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
LANGUAGE_COOKIE_SECURE = True

LOGGING = logging_config(json=True)

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "config.frontend.CompressedHashedStorage"}}
