"""Background work that belongs to no app."""

import time

from celery import shared_task
from django.core.cache import cache

WORKER_HEARTBEAT = "health:worker"
HEARTBEAT_SECONDS = 15


@shared_task(ignore_result=True, expires=4 * HEARTBEAT_SECONDS)
def heartbeat() -> None:
    """Note that beat, broker and worker all work: beat sends this, a worker carries it out."""
    cache.set(WORKER_HEARTBEAT, time.time(), timeout=20 * HEARTBEAT_SECONDS)
