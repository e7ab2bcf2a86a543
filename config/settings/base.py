"""All settings. ``dev``, ``test`` and ``prod`` only add what differs."""

import logging
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from catalog import schedules as catalog_schedules
from collection import schedules as collection_schedules
from config import env
from config.logs import logging_config
from core.platform_name import platform_name
from libraries import schedules as library_schedules
from sharing import schedules as sharing_schedules
from workflow import schedules as workflow_schedules

ENVIRONMENT = env.read()
BASE_DIR = env.BASE_DIR
DATA_DIR = ENVIRONMENT.data_dir
NODE_MODULES_DIR = BASE_DIR / "node_modules"

DEBUG = False
PRODUCTION = False
SECRET_KEY = ENVIRONMENT.secret_key or ""
FIELD_KEY = ENVIRONMENT.field_key or ""
AUDIT_KEY = ENVIRONMENT.audit_key or ""
ALLOWED_HOSTS = [*ENVIRONMENT.allowed_hosts, "localhost", "127.0.0.1", "[::1]"]
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies

OUR_APPS = ["config", "core", "audit", "accounts", "workflow", "catalog", "collection", "sharing", "libraries"]
INSTALLED_APPS = [
    *OUR_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "oauth2_provider",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_htmx",
    "csp",
    "django_prometheus",
    "django_structlog",
]

MIDDLEWARE = [
    "config.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.logs.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.bodies.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "config.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.nul.NulMiddleware",
    "config.idempotency.IdempotencyMiddleware",
    "config.errors.ErrorMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.shell",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {}
if ENVIRONMENT.database_url:
    DATABASES = env.databases(ENVIRONMENT.database_url, ENVIRONMENT.store_database_url)
DATABASE_ROUTERS = ["config.routers.StoreRouter"]
# Role that owns the tables, used by `migrate` only; without it the everyday role owns them.
MIGRATE_DATABASE_URL = ENVIRONMENT.migrate_database_url

REDIS_URL = ENVIRONMENT.redis_url or ""
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "catalog",
    },
    # Of each process alone: what every page needs and may be a minute old.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# --- People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.AccountBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.validators.PolicyPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

ANONYMOUS_USER_NAME = None  # guardian would add such a user on every migrate
AXES_FAILURE_LIMIT = "accounts.lockout.failure_limit"
AXES_COOLOFF_TIME = "accounts.lockout.lock_time"
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
# The sign-in view answers a lock itself, and an account is locked whatever address the attempts come from.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W006"]
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # the trail keeps every sign-in
AXES_CLIENT_IP_CALLABLE = "config.proxies.client_address"
OTP_TOTP_ISSUER = lambda device: platform_name()  # noqa: E731 - asked when a code is set up

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 24 * 60 * 60  # the longest the security policy may allow; it ends sessions earlier
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

# --- Machine clients ----------------------------------------------------------------------------------------------
# Of the library we use the tables; what is mounted, and how callers are checked, is in sharing/oauth.py.
OAUTH2_PROVIDER_APPLICATION_MODEL = "sharing.Client"
OAUTH2_PROVIDER = {
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,  # a token is kept as its checksum alone
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# --- Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- Static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.frontend.NpmFinder",
]
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.files_folder(ENVIRONMENT),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "config.frontend.HashedStorage"},
}

# --- Uploads ----------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the items grid sends one field per cell
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_TEMP_DIR = env.incoming_folder(ENVIRONMENT)

# --- Headers (look: strict policy, no inline script or style, no other host) ------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sharing.authentication.ClientTokenAuthentication",
        "accounts.authentication.ActorSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["sharing.authentication.TokenScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.api_exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is ours: it filters entries and picks the export format
    "COERCE_DECIMAL_TO_STRING": True,
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Government Data Catalog API",
    "DESCRIPTION": "Entries of the catalog: filing, review, search. Errors are RFC 9457 problem details.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "EntryStatus": "catalog.choices.EntryStatus",
        "RevisionStatus": "catalog.choices.RevisionStatus",
        "ShareRequestStatus": "sharing.choices.RequestStatus",
        "ShareRequestKind": "sharing.choices.RequestKind",
        "MediationState": "sharing.choices.MediationState",
        "ObjectionState": "sharing.choices.ObjectionState",
        "SideEnum": "sharing.choices.Side",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.refusals_add",
    ],
}

# --- Background work ----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 60 * 60, "global_keyprefix": "catalog:"}
CELERY_TIMEZONE = TIME_ZONE
# Beat only ticks and keeps no state of its own: what is due is decided by rows in the database.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "worker-heartbeat": {"task": "config.tasks.heartbeat", "schedule": 15.0, "options": {"expires": 60}},
    "audit-partitions": {"task": "audit.tasks.partitions_ensure", "schedule": 6 * 60 * 60.0},
    **workflow_schedules.BEAT_SCHEDULE,
    **catalog_schedules.BEAT_SCHEDULE,
    **collection_schedules.BEAT_SCHEDULE,
    **sharing_schedules.BEAT_SCHEDULE,
    **library_schedules.BEAT_SCHEDULE,
}

# --- Mail ---------------------------------------------------------------------------------------------------------
vars().update(env.email_config(ENVIRONMENT.email_url))
DEFAULT_FROM_EMAIL = env.sender_address(ENVIRONMENT)
# No destination may lead back to this machine, where pages answer that nobody else is shown.
MAY_REACH_ITSELF = False

SITE_URL = env.site_url(ENVIRONMENT)

# --- Data ---------------------------------------------------------------------------------------------------------
QUALITY_LIMIT = ENVIRONMENT.quality_limit
"""Quality score below which a dataset is to be put right."""
DISTRIBUTE_ROWS = ENVIRONMENT.distribute_rows
"""Rows above which a table is spread over the nodes of a Citus cluster, where the store is one."""

# --- Logs and metrics -----------------------------------------------------------------------------------------------
LOGGING = logging_config(json=False)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG
PROMETHEUS_EXPORT_MIGRATIONS = False
