"""The settings of the tests for a worker in a process of its own: the databases of the test, and a real broker."""

import os

from config import env
from config.embedded import throwaway
from config.settings.test import *  # noqa: F403
from config.settings.test import DATABASES, ENVIRONMENT, STORAGES

DATABASES["default"]["NAME"] = os.environ["WORKER_DATABASE"]
DATABASES["store"]["NAME"] = os.environ["WORKER_STORE"]
STORAGES["default"]["OPTIONS"]["location"] = os.environ["WORKER_FILES"]
CELERY_BROKER_URL = env.celery_broker_url(ENVIRONMENT.redis_url or throwaway.redis_url())
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{os.environ['WORKER_DATABASE']}:"}
