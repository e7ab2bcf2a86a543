"""gunicorn: threads that keep their database connection, sized for two cores."""

import os

from config import env
from config.logs import logging_config

_environment = env.read()

bind = (
    f"[{_environment.host}]:{_environment.port}"
    if ":" in _environment.host
    else (f"{_environment.host}:{_environment.port}")
)
worker_class = "gthread"
workers = 2
threads = 8
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
timeout = 60
graceful_timeout = 25
keepalive = 75
# Proxies are judged by TRUSTED_PROXIES inside the product; gunicorn itself believes none.
forwarded_allow_ips = ""
proc_name = "catalog-web"
control_socket_disable = True

logconfig_dict = logging_config(json=os.environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".prod"))
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
