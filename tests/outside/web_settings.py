"""The settings of the tests for the web server in processes of its own, with connections that live as in production."""

import os

from tests.collection.worker_settings import *  # noqa: F403
from tests.collection.worker_settings import DATABASES

SITE_URL = os.environ["WEB_URL"]
for one in DATABASES.values():
    one["CONN_MAX_AGE"] = None
    one["CONN_HEALTH_CHECKS"] = True
