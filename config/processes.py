"""The commands the product consists of, the same under `make run` and in docker-compose.yml."""

SETUP = ("manage.py", "prepare")
WEB = ("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi")
WORKER = (
    *("-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "2"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)
BEAT = ("-m", "celery", "--quiet", "-A", "config", "beat", "--pidfile", "")
READY = ("-m", "config.probe", "/readyz")
HEARTBEAT = ("manage.py", "check_heartbeat")
