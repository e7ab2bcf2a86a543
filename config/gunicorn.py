"""gunicorn: threads that keep their database connection, sized for two cores."""

import os
import shutil
import sys
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from gunicorn import glogging

from config import boot, env
from config.embedded import processes
from config.logs import logging_config
from config.worker import MOST_BYTES

# Each process keeps its figures in a file there; /metrics adds them up. Set before the first figure is made.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    processes.remove_folders_of_the_dead("catalog-metrics")
    folder = processes.own_folder("catalog-metrics")
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)

try:
    _environment = env.read()
except ImproperlyConfigured as error:
    sys.exit(str(error))

_host = f"[{_environment.host}]" if ":" in _environment.host else _environment.host
bind = f"{_host}:{_environment.port}"
worker_class = "config.worker.Worker"
workers = 2
threads = 8
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
timeout = 60
graceful_timeout = 25
keepalive = 75
# A filter of many values in Chinese is long: nine bytes a character. Longer ones come in several calls (docs/adr/0075).
limit_request_line = MOST_BYTES
# Proxies are judged by TRUSTED_PROXIES inside the product; gunicorn itself believes none.
forwarded_allow_ips = ""
proc_name = "catalog-web"
control_socket_disable = True


class Logger(glogging.Logger):
    """Notes no request: config.logs.RequestLogMiddleware does, with its id."""

    def access(self, *args: Any) -> None:
        """Spare the work of a line that nobody writes."""


logger_class = Logger

logconfig_dict = logging_config(json=os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".prod"))
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}


def on_starting(server: Any) -> None:
    """Refuse to serve what must not be served, before any process is forked."""
    try:
        django.setup()
        if settings.PRODUCTION:
            boot.require_production_database()
            connections.close_all()  # a connection does not survive the fork
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def child_exit(server: Any, worker: Any) -> None:
    """Drop the gauges of a process that is gone; its counters stay."""
    # Imported late: the library decides at import, once, whether there are several processes.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
