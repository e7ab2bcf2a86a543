"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

application = get_wsgi_application()
# Every view is imported now: the first visitor does not wait for it, and a release that cannot work does not start.
get_resolver().url_patterns  # noqa: B018
