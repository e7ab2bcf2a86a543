"""Settings for workers and beats in processes of their own: the databases of the test, and a real broker."""

import os

from config import env
from config.embedded import throwaway
from config.settings.test import *  # noqa: F403
from config.settings.test import CELERY_BEAT_SCHEDULE, DATABASES, ENVIRONMENT, LOGGING, STORAGES

DATABASES["default"]["NAME"] = os.environ["WORKER_DATABASE"]
DATABASES["store"]["NAME"] = os.environ["WORKER_STORE"]
STORAGES["default"]["OPTIONS"]["location"] = os.environ["WORKER_FILES"]
CELERY_BROKER_URL = env.celery_broker_url(ENVIRONMENT.redis_url or throwaway.redis_url())
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{os.environ['WORKER_DATABASE']}:"}

# A test does not wait for a minute; what a tick does is the same.
CELERY_BEAT_SCHEDULE["collection-sources"]["schedule"] = 1.0
LOGGING["loggers"]["celery.beat"]["level"] = "INFO"
