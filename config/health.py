"""Whether the product is alive and ready, and its figures."""

import time
from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.metrics import exposition
from config.proxies import client_address, is_loopback, is_trusted_proxy, was_forwarded
from config.tasks import HEARTBEAT_SECONDS, WORKER_HEARTBEAT
from core.exceptions import NotVisible

logger = structlog.get_logger(__name__)

MINIMUM_POSTGRES = 180000


class NotReady(Exception):
    """One sentence on what is missing."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer while the process can answer at all; asks no other service."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when everything the product needs is there, else 503 with what is missing."""
    results = {}
    for name, check in CHECKS.items():
        try:
            check()
            results[name] = "ok"
        except NotReady as error:
            results[name] = str(error)
        except Exception as error:
            logger.warning("not_ready", check=name, error=type(error).__name__)
            results[name] = "cannot be reached"
    ready = all(result == "ok" for result in results.values())
    return JsonResponse({"ready": ready, "checks": results}, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the Prometheus figures, to this machine and the addresses in ``TRUSTED_PROXIES`` only."""
    if not _may_read_metrics(request):
        raise NotVisible()
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def check_database() -> None:
    """Check that the database answers, is new enough and sorts text into words as the search needs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, datctype, pg_encoding_to_char(encoding)"
            " FROM pg_database WHERE datname = current_database()"
        )
        version, ctype, encoding = cursor.fetchone()
    if version < MINIMUM_POSTGRES:
        raise NotReady("PostgreSQL 18 or later is needed")
    if encoding != "UTF8":
        raise NotReady("the database is not in UTF-8")
    if ctype in {"C", "POSIX"}:
        raise NotReady("the database has ctype C, with which Chinese text is not searchable; create it with C.UTF-8")


def check_migrations() -> None:
    """Check that every migration of this release has been applied."""
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("migrations are pending; run `manage.py migrate`")
    _migrated = True


_migrated = False


def check_redis() -> None:
    """Check that Redis takes a value and gives it back."""
    cache.set("health:probe", "1", timeout=5)
    if cache.get("health:probe") != "1":
        raise NotReady("does not keep values")


def check_worker() -> None:
    """Check that beat sends and a worker carries out: the heartbeat is recent."""
    beat_at = cache.get(WORKER_HEARTBEAT)
    if beat_at is None:
        raise NotReady("no worker has reported yet")
    age_seconds = time.time() - float(beat_at)
    if age_seconds > 4 * HEARTBEAT_SECONDS:
        raise NotReady(f"no worker has reported for {age_seconds:.0f} seconds")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "worker": check_worker,
}


def _may_read_metrics(request: HttpRequest) -> bool:
    """Say whether the request comes from this machine or a listed address itself, not through a proxy there."""
    address = client_address(request)
    return not was_forwarded(request) and (is_loopback(address) or is_trusted_proxy(address))
