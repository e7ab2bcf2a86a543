"""Whoever or whatever is killed, as by ``kill -9``: nothing is lost, nothing is double, and it goes on afterwards."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connections

from audit.models import AuditEvent
from collection.models import DatasetGroupObjectPermission
from core.actors import system_actor
from sharing import limits
from sharing.models import Grant, GrantStep, Pull, RequestStep, ShareRequest
from sharing.policies import CLOCK_JOB
from sharing.services import answer, right, step
from sharing.services.grant import grant_end
from tests.collection.conftest import HEADER
from tests.collection.worker import run_of
from tests.killed import killed_at
from tests.outside.postgresql import copied_to, killed, own_postgresql
from tests.outside.test_schema import session_of
from tests.outside.web import Web, serving
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make, grant_make
from workflow.models import Clock, OutboxMessage, Task

ROWS = 30_000
"""Rows of some 300 bytes: more than the sockets between hold, so that a stream waits for who does not read."""


_BY_HAND = pytest.mark.skipif("KILL_POSTGRESQL" not in os.environ, reason="takes a minute: set KILL_POSTGRESQL")


def state_of(request: ShareRequest) -> dict[str, Any]:
    """Return everything that an approval changes."""
    fresh = ShareRequest.objects.get(pk=request.pk)
    mine = {"subject_label": "sharing.sharerequest", "subject_pk": request.pk}
    return {
        "request": (fresh.status, fresh.edit_version, fresh.reply, fresh.decided_items, fresh.dataset_id),
        "grants": list(Grant.objects.order_by("pk").values_list("pk", "status")),
        "grant steps": list(GrantStep.objects.order_by("pk").values_list("action", flat=True)),
        "rights": list(DatasetGroupObjectPermission.objects.order_by("pk").values_list("content_object", "group")),
        "steps": list(RequestStep.objects.filter(request=request).order_by("pk").values_list("action", flat=True)),
        "clocks": list(Clock.objects.filter(**mine).order_by("pk").values_list("policy_key", "state")),
        "tasks": list(Task.objects.filter(**mine, closed_at=None).order_by("pk").values_list("kind", flat=True)),
        "trail": list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)),
        "outbox": list(OutboxMessage.objects.order_by("pk").values_list("event", flat=True)),
    }


def is_approved_once(before: dict[str, Any], after: dict[str, Any]) -> None:
    """See that an approval did everything it does, and did it once."""
    assert after["request"][0] == "agreed"
    assert len(after["grants"]) == len(before["grants"]) + 1
    assert len(after["grant steps"]) == len(before["grant steps"]) + 1
    assert len(after["rights"]) == 1
    assert after["steps"][len(before["steps"]) :] == ["approve", "deliver"]
    assert after["tasks"] == [step.TASK_CONFIRM]
    new = after["trail"][len(before["trail"]) :]
    for action in ("sharing.request.approve", "sharing.request.deliver", "sharing.right.give"):
        assert new.count(action) == 1
    assert not right.rights_check(actor=system_actor(CLOCK_JOB)).differences


@pytest.mark.django_db(transaction=True, databases=["default", "store"])
def test_an_approval_that_is_killed_leaves_nothing_behind_and_can_be_repeated(town: SharingTown) -> None:
    request = town.agreed()
    before = state_of(request)
    places = [
        "sharing.services.answer.step.waiting_end",
        "sharing.services.answer.agreement_carry_out",
        "sharing.services.delivery.grant_create",
        "sharing.services.grant.right_refresh",
        "sharing.services.right.assign_perm",
        "sharing.services.delivery.step.task_for",
        "audit.services.record",
        "workflow.outbox.put",
        "django.db.backends.base.base.BaseDatabaseWrapper.commit",
    ]
    for place in places:
        killed_at(place, lambda: answer.request_approve(actor=town.world.head, request_id=request.pk))
        assert state_of(request) == before, place
    answer.request_approve(actor=town.world.head, request_id=request.pk)
    is_approved_once(before, state_of(request))


class Scene:
    """A web server and what is killed under it."""

    def __init__(self, web: Web, kill: Callable[[], None]) -> None:
        self.web, self.kill = web, kill


@pytest.fixture(params=["the web workers", pytest.param("PostgreSQL", marks=_BY_HAND)])
def scene(request: pytest.FixtureRequest, transactional_db: None, town: SharingTown, tmp_path: Path) -> Iterator[Scene]:
    """A server that answers; PostgreSQL is one of the scene's own, which keeps what it committed."""
    name = "王" * 50
    rows = "".join(f"{number:06d},{name},990102{number:012d},{number}.50,2026-01-05\n" for number in range(ROWS))
    run = run_of(town.dataset, town.world.cataloguer, HEADER + rows)
    assert run.state == "succeeded", run.message
    town.dataset.refresh_from_db()
    if request.param == "the web workers":
        with serving(tmp_path / "web.log") as web:
            yield Scene(web, web.kill_workers)
        return
    with (
        own_postgresql() as server,
        copied_to(server) as addresses,
        serving(tmp_path / "web.log", **addresses) as web,
    ):
        yield Scene(web, lambda: killed(server))


def test_a_kill_in_the_middle_of_a_stream_and_of_an_approval(scene: Scene, town: SharingTown) -> None:
    a_stream_that_is_killed_is_aborted_and_counted(scene, town)
    an_approval_that_is_killed_is_made_once(scene, town)


def a_stream_that_is_killed_is_aborted_and_counted(scene: Scene, town: SharingTown) -> None:
    quota = ROWS + 12_345
    grant = grant_make(town.dataset, town.world.other, rows_per_day=quota)
    machine = client_make(town.world.other, grants=[grant], system=town.system, calls_per_minute=10**6)
    address, headers = f"/api/v1/datasets/{town.dataset.pk}", bearer(machine, seconds=86_400)
    narrow = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)])
    with httpx.Client(base_url=scene.web.url, headers=headers, timeout=120, transport=narrow) as client:
        received: list[bytes] = []

        def export() -> None:
            query = {"format": "ndjson"}
            with client.stream(
                "GET", f"{address}/export/", params=query, headers={"Accept-Encoding": "identity"}
            ) as stream:
                wait_for(lambda: Pull.objects.get(grant=grant).rows > 2_200)
                scene.kill()
                for piece in stream.iter_raw():
                    received.append(piece)

        with pytest.raises(httpx.TransportError):
            export()
    scene.web.wait()
    pull = Pull.objects.get(grant=grant)
    assert pull.outcome in ("started", "failed")
    assert 0 < b"".join(received).count(b"\n") <= pull.rows < ROWS

    for key in limits._connection().scan_iter(f"sharing:rows:{grant.token}:*"):
        limits._connection().delete(key)
    given, cursor = pull.rows, None
    with httpx.Client(base_url=scene.web.url, headers=headers, timeout=120) as client:
        while True:
            page = client.get(f"{address}/rows/", params={"limit": 5000} | ({"cursor": cursor} if cursor else {}))
            if page.status_code == 429:
                break
            assert page.status_code == 200, page.text
            given += len(page.json()["rows"])
            cursor = page.json()["next_cursor"]
    assert given == quota
    assert sum(Pull.objects.filter(grant=grant).values_list("rows", flat=True)) == quota
    grant_end(actor=town.asker_head, grant_id=grant.pk, reason="not_needed")


def an_approval_that_is_killed_is_made_once(scene: Scene, town: SharingTown) -> None:
    request = town.agreed()
    head = session_of(town.world.head)
    before = state_of(request)
    answers: list[int] = []

    def approve() -> int:
        """Approve as a client does that repeats what it got no answer to."""
        with httpx.Client(base_url=scene.web.url, timeout=60, **head) as client:
            sent = client.post(
                f"/api/v1/share-requests/{request.pk}/approve/",
                json={"opinion": "同意共享", "edit_version": request.edit_version},
                headers={"Idempotency-Key": f"approve-{request.pk}"},
            )
            return sent.status_code

    def approve_in_vain() -> None:
        try:
            answers.append(approve())
        except httpx.TransportError:
            answers.append(0)

    caller = threading.Thread(target=approve_in_vain)
    values = connections["default"].get_connection_params()
    values.pop("cursor_factory", None)
    values.pop("context", None)
    with psycopg.connect(**values) as holding:
        # The approval gets as far as the first message that it writes, and waits there.
        holding.execute("LOCK TABLE workflow_outboxmessage IN SHARE MODE")
        caller.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'workflow_outboxmessage'::regclass"
        wait_for(lambda: holding.execute(waiting).fetchone() == (1,))
        scene.kill()
        try:
            holding.rollback()
        except psycopg.OperationalError:
            pass  # it went with the server
    caller.join(60)
    scene.web.wait()
    assert answers[0] == 0 or answers[0] >= 500
    wait_for(lambda: state_of(request) == before, seconds=20)

    assert [approve() for _turn in range(3)] == [200, 200, 200]
    is_approved_once(before, state_of(request))


def wait_for(what: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)
