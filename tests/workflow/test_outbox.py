"""Nothing that must follow a change is lost, whatever dies in between."""

import json
import os
import signal
import threading
import time as wall

import pytest
import structlog
from django.db import connection, transaction

from accounts.models import Department
from core.exceptions import RuleViolation
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, actor
from tests.workflow.race import in_threads
from workflow import outbox, outbox_delivery, selectors, services
from workflow.models import OutboxDelivery, OutboxMessage, Task
from workflow.nudging import Nudger
from workflow.outbox import OutboxEvent

pytestmark = pytest.mark.usefixtures("registries")


class Recorder:
    """A handler that remembers what it was given and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[OutboxEvent] = []
        self.failures = failures
        self.__module__ = "tests.recorder"
        self.__qualname__ = f"handler_{id(self)}"

    def __call__(self, event: OutboxEvent) -> None:
        self.events.append(event)
        if len(self.events) <= self.failures:
            raise ValueError("not yet")

    @property
    def payloads(self) -> list[dict[str, object]]:
        return [event.payload for event in self.events]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The nudges that reached the broker."""
    names: list[str] = []
    monkeypatch.setattr("workflow.outbox.nudge", lambda: names.append(outbox.DELIVER_TASK))
    return names


@transaction.atomic
def _put_and_fail() -> None:
    outbox.put("example.happened", number=9)
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_accepted() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.put("example.happened", number=1)
    assert not OutboxMessage.objects.exists()


def test_a_function_may_handle_several_events() -> None:
    recorder = Recorder()
    outbox.handler("example.happened")(outbox.handler("example.ended")(recorder))
    for event in ("example.happened", "example.ended"):
        assert [entry.function for entry in outbox.handlers_of(event)] == [recorder]
    assert outbox.handlers_of("example.began") == []


def test_what_stands_above_a_task_counts_whole() -> None:
    """A run that is refused is told of, and filters that were declared get their indexes."""
    for event in ("collection.run.failed", "collection.run.refused"):
        assert "collection.tasks.announce_failure" in {entry.name for entry in outbox.handlers_of(event)}
    assert outbox.handlers_of("collection.dataset.filters")


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_sends_nothing(sent: list[str]) -> None:
    outbox.handler("example.happened")(Recorder())
    with pytest.raises(ZeroDivisionError):
        _put_and_fail()
    assert not OutboxMessage.objects.exists()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_one_transaction_gives_one_nudge(sent: list[str]) -> None:
    outbox.handler("example.happened")(Recorder())
    with transaction.atomic():
        for number in range(3):
            outbox.put("example.happened", number=number)
        with pytest.raises(ZeroDivisionError):
            _put_and_fail()
        assert sent == []
    assert sent == [outbox.DELIVER_TASK]


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_neither_fails_nor_delays_the_committed_change(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    outbox.handler("example.happened")(recorder)
    asked = threading.Event()
    answered = threading.Event()

    def hang(name: str, **options: object) -> None:
        asked.set()
        answered.wait(timeout=60)
        raise ConnectionError("no broker")

    monkeypatch.setattr("workflow.nudging.current_app.send_task", hang)
    monkeypatch.setattr("workflow.outbox._nudger", Nudger(outbox.DELIVER_TASK))
    with transaction.atomic():
        outbox.put("example.happened", number=1)
    assert asked.wait(timeout=60)  # the broker is being waited for, elsewhere
    assert OutboxDelivery.objects.get().state == "pending"
    outbox_delivery.deliver()
    assert recorder.payloads == [{"number": 1}]
    answered.set()


def test_many_rings_make_few_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("workflow.nudging.current_app.send_task", lambda name, **options: sent.append(name))
    nudger = Nudger("example.task")
    for _number in range(1000):
        nudger.ring()
    for _wait in range(200):
        if sent:
            break
        wall.sleep(0.01)
    wall.sleep(0.05)
    assert 1 <= len(sent) < 1000
    assert set(sent) == {"example.task"}


def test_a_broker_that_refuses_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **options: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("workflow.nudging.current_app.send_task", refuse)
    assert not Nudger("example.task").send()


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_but_never_nudged_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the commit and before the nudge: only the rows are left."""
    recorder = Recorder()
    outbox.handler("example.happened")(recorder)
    monkeypatch.setattr("workflow.outbox.transaction.on_commit", lambda function: None)
    with transaction.atomic():
        outbox.put("example.happened", number=7)
    assert recorder.events == []
    assert outbox_delivery.deliver() == 1
    assert recorder.payloads == [{"number": 7}]
    assert OutboxDelivery.objects.get().state == "delivered"
    assert outbox_delivery.deliver() == 0


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_commit_and_nudge_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    outbox.handler("example.happened")(recorder)
    monkeypatch.setattr("workflow.outbox.nudge", lambda: os.kill(os.getpid(), signal.SIGKILL))
    child = os.fork()
    if child == 0:
        inherited = connection.connection  # kept, so that the parent's connection is not closed over its head
        connection.connection = None
        with transaction.atomic():
            outbox.put("example.happened", number=7, inherited=bool(inherited))
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert outbox_delivery.deliver() == 1
    assert [payload["number"] for payload in recorder.payloads] == [7]


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_within_a_handler_leaves_no_half_work() -> None:
    department = DepartmentFactory()

    def write_and_die(event: OutboxEvent) -> None:
        Department.objects.filter(pk=department.pk).update(name=f"第{event.attempt}次")
        if event.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    outbox.handler("example.happened", lease_seconds=1)(write_and_die)
    with transaction.atomic():
        outbox.put("example.happened")
    child = os.fork()
    if child == 0:
        inherited = connection.connection
        connection.connection = None
        outbox_delivery.deliver()
        os._exit(0 if inherited else 1)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert Department.objects.get(pk=department.pk).name == department.name
    wall.sleep(1.1)
    outbox_delivery.deliver()
    assert Department.objects.get(pk=department.pk).name == "第2次"
    assert OutboxDelivery.objects.get().state == "delivered"


def test_every_handler_gets_its_own_copy(db: None) -> None:
    good, bad = Recorder(), Recorder(failures=99)
    outbox.handler("example.happened")(bad)
    outbox.handler("example.happened")(good)
    outbox.put("example.happened", number=1)
    outbox.put("example.other", number=2)
    outbox_delivery.deliver()
    assert good.payloads == [{"number": 1}]
    assert sorted(OutboxDelivery.objects.values_list("state", flat=True)) == ["delivered", "pending"]


def test_a_handler_learns_what_happened_and_under_which_request(db: None) -> None:
    recorder = Recorder(failures=1)
    outbox.handler("example.happened")(recorder)
    seen: list[object] = []
    outbox.handler("example.happened")(lambda event: seen.append(structlog.contextvars.get_contextvars()))
    with clock_at("2026-11-24 09:00") as now:
        with structlog.contextvars.bound_contextvars(request_id="abc-1"):
            message = outbox.put("example.happened", entry_id=5)
        now.advance(minutes=1)
        outbox_delivery.deliver()
        now.advance(minutes=1)
        outbox_delivery.deliver()
    first, second = recorder.events
    assert (first.event, first.payload, first.message_id) == ("example.happened", {"entry_id": 5}, message.pk)
    assert (first.request_id, first.attempt, second.attempt) == ("abc-1", 1, 2)
    assert first.key == second.key
    assert first.occurred_at == message.created_at
    assert seen[0]["request_id"] == "abc-1"  # type: ignore[index]


def test_what_a_handler_wrote_is_undone_when_it_fails(department: Department) -> None:
    def write_and_fail(event: OutboxEvent) -> None:
        Department.objects.filter(pk=department.pk).update(name="半途")
        raise ValueError

    outbox.handler("example.happened")(write_and_fail)
    outbox.put("example.happened")
    outbox_delivery.deliver()
    assert Department.objects.get(pk=department.pk).name == department.name
    delivery = OutboxDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("pending", 1, "ValueError: ")


def test_what_the_database_says_of_rows_stands_neither_in_the_queue_nor_in_the_log(
    department: Department, caplog: pytest.LogCaptureFixture
) -> None:
    def twice(event: OutboxEvent) -> None:
        other = DepartmentFactory(code="990102199001011234")
        Department.objects.filter(pk=department.pk).update(code=other.code)

    outbox.handler("example.happened")(twice)
    outbox.put("example.happened")
    outbox_delivery.deliver()
    assert OutboxDelivery.objects.get().last_error == "IntegrityError 23505"
    assert "outbox_attempt_failed" in caplog.text
    assert "9901021990" not in caplog.text


def test_a_failure_is_tried_again_after_growing_pauses(db: None) -> None:
    recorder = Recorder(failures=2)
    outbox.handler("example.happened")(recorder)
    with clock_at("2026-11-24 09:00") as now:
        outbox.put("example.happened")
        outbox_delivery.deliver()
        outbox_delivery.deliver()
        assert len(recorder.events) == 1
        now.advance(seconds=7)
        outbox_delivery.deliver()
        assert len(recorder.events) == 2
        now.advance(seconds=7)
        outbox_delivery.deliver()
        assert len(recorder.events) == 2
        now.advance(seconds=7)
        outbox_delivery.deliver()
        assert len(recorder.events) == 3
    assert OutboxDelivery.objects.get().state == "delivered"


@pytest.mark.parametrize(("error", "is_placed"), [(RuleViolation([], code="tls"), False), (ValueError("?"), True)])
def test_what_is_refused_is_logged_in_a_line_and_what_nobody_expected_with_its_place(
    db: None, error: Exception, is_placed: bool
) -> None:
    def fail(event: OutboxEvent) -> None:
        raise error

    outbox.handler("example.happened")(fail)
    outbox.put("example.happened")
    with structlog.testing.capture_logs() as logged:
        outbox_delivery.deliver()
    [line] = [one for one in logged if one["event"] == "outbox_attempt_failed"]
    assert ("exc_info" in line) is is_placed
    assert line.get("error") == (None if is_placed else "tls")


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [outbox_delivery.backoff_seconds(attempts) for attempts in range(1, 20)]
    assert 4 <= pauses[0] <= 6
    assert 64 <= pauses[4] <= 96
    assert max(pauses) <= 3600 * 1.2


def test_a_poison_message_gives_out_and_raises_one_alarm(department: Department) -> None:
    poison = Recorder(failures=99)
    outbox.handler("example.happened", max_attempts=3)(poison)
    with clock_at("2026-11-24 09:00") as now:
        outbox.put("example.happened", number=1)
        outbox.put("example.happened", number=2)
        for _round in range(8):
            outbox_delivery.deliver()
            now.advance(minutes=5)
    assert len(poison.events) == 6
    assert set(OutboxDelivery.objects.values_list("state", "attempts")) == {("dead", 3)}
    alarm = Task.objects.get()
    assert (alarm.kind, alarm.role, alarm.department_id) == ("workflow.outbox_dead", "sysadmin", None)
    assert "not yet" in alarm.detail
    admin = actor("sysadmin", department=DepartmentFactory())
    assert selectors.inbox_counts_for(admin)["all"] == 1


def test_given_up_messages_can_be_sent_again(department: Department) -> None:
    handler = Recorder(failures=1)
    outbox.handler("example.happened", max_attempts=1)(handler)
    outbox.put("example.happened")
    outbox_delivery.deliver()
    name = OutboxDelivery.objects.get().handler
    admin = actor("sysadmin", department=department)
    assert services.outbox_retry(actor=admin, handler=name) == 1
    outbox_delivery.deliver()
    assert OutboxDelivery.objects.get().state == "delivered"
    assert not Task.objects.filter(closed_at__isnull=True).exists()


def test_given_up_messages_can_be_let_rest(department: Department) -> None:
    outbox.handler("example.happened", max_attempts=1)(Recorder(failures=9))
    outbox.put("example.happened")
    outbox_delivery.deliver()
    name = OutboxDelivery.objects.get().handler
    assert services.outbox_dismiss(actor=actor("sysadmin", department=department), handler=name) == 1
    assert OutboxDelivery.objects.get().state == "dismissed"
    assert not Task.objects.filter(closed_at__isnull=True).exists()
    assert services.outbox_dismiss(actor=actor("sysadmin", department=department), handler=name) == 0


def test_a_message_that_kills_its_worker_gives_out_too(db: None) -> None:
    """The worker dies in the handler: nothing is caught, only the lease runs out, every time."""

    def die(event: OutboxEvent) -> None:
        raise SystemExit

    outbox.handler("example.happened", max_attempts=3, lease_seconds=60)(die)
    with clock_at("2026-11-24 09:00") as now:
        outbox.put("example.happened")
        for _attempt in range(3):
            with pytest.raises(SystemExit):
                outbox_delivery.deliver()
            assert outbox_delivery.deliver() == 0
            now.advance(seconds=61)
        outbox_delivery.deliver()
    delivery = OutboxDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("dead", 3)


def test_a_message_without_its_handler_waits_and_gives_out(db: None) -> None:
    recorder = Recorder()
    outbox.handler("example.happened")(recorder)
    outbox.put("example.happened")
    outbox.unregister(OutboxDelivery.objects.get().handler)
    outbox_delivery.deliver()
    assert OutboxDelivery.objects.get().last_error.startswith("LookupError")


def test_messages_of_one_key_keep_their_order_and_hold_up_nobody_else(db: None) -> None:
    ordered, other = Recorder(failures=1), Recorder()
    outbox.handler("example.step")(ordered)
    outbox.handler("example.step")(other)
    with clock_at("2026-11-24 09:00") as now:
        for number in range(3):
            outbox.put("example.step", order_key="entry:1", number=number)
        outbox.put("example.step", order_key="entry:2", number=99)
        outbox.put("example.step", number=100)
        outbox_delivery.deliver()
        assert [payload["number"] for payload in ordered.payloads] == [0, 99, 100]
        now.advance(seconds=10)
        outbox_delivery.deliver()
    assert [payload["number"] for payload in ordered.payloads] == [0, 99, 100, 0, 1, 2]
    assert [payload["number"] for payload in other.payloads] == [0, 1, 2, 99, 100]


def test_payloads_carry_dates_as_text(db: None) -> None:
    with clock_at("2026-11-24 09:00") as now:
        message = outbox.put("example.happened", at=now(), on=now().date())
    message.refresh_from_db()
    assert json.dumps(message.payload)
    assert message.payload["on"] == "2026-11-24"


def test_delivered_messages_are_deleted_after_a_month_and_dead_ones_stay(db: None) -> None:
    outbox.handler("example.good")(Recorder())
    outbox.handler("example.bad", max_attempts=1)(Recorder(failures=9))
    with clock_at("2026-10-01 09:00") as now:
        outbox.put("example.good")
        outbox.put("example.bad")
        outbox.put("example.nobody")
        outbox_delivery.deliver()
        now.advance(days=29)
        assert outbox_delivery.purge() == 0
        now.advance(days=2)
        outbox_delivery.purge()
    assert list(OutboxMessage.objects.values_list("event", flat=True)) == ["example.bad"]


@pytest.fixture
def committed(transactional_db: None, sent: list[str]) -> None:
    """Real commits, and no broker."""


def test_two_deliverers_at_once_deliver_each_message_once(committed: None) -> None:
    counts: dict[int, int] = {}
    lock = threading.Lock()

    def count(event: OutboxEvent) -> None:
        with lock:
            counts[event.payload["number"]] = counts.get(event.payload["number"], 0) + 1
        wall.sleep(0.002)

    outbox.handler("example.happened")(count)
    with transaction.atomic():
        for number in range(40):
            outbox.put("example.happened", number=number)
    tried = in_threads(outbox_delivery.deliver, 3)
    assert counts == dict.fromkeys(range(40), 1)
    assert sum(number for number in tried if isinstance(number, int)) == 40
    assert set(OutboxDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_worker_that_overran_its_lease_finishes_nothing(committed: None) -> None:
    department = DepartmentFactory()
    runs: list[int] = []

    def slow(event: OutboxEvent) -> None:
        runs.append(event.attempt)
        if event.attempt == 1:
            in_threads(outbox_delivery.deliver, 1)  # the lease is over: another worker takes it, and succeeds
        Department.objects.filter(pk=department.pk).update(name=f"第{event.attempt}次")

    outbox.handler("example.happened", lease_seconds=0)(slow)
    with transaction.atomic():
        outbox.put("example.happened")
    outbox_delivery.deliver()
    assert runs == [1, 2]
    assert OutboxDelivery.objects.get().state == "delivered"
    assert Department.objects.get(pk=department.pk).name == "第2次"


def test_two_deliverers_keep_the_order_of_a_key(committed: None) -> None:
    seen: list[int] = []
    outbox.handler("example.step")(lambda event: (wall.sleep(0.002), seen.append(event.payload["number"])))
    with transaction.atomic():
        for number in range(20):
            outbox.put("example.step", order_key="entry:1", number=number)
    for _round in range(5):
        in_threads(outbox_delivery.deliver, 3)
    assert seen == list(range(20))


def test_a_connection_cut_within_a_handler_leaves_the_message_to_the_next_attempt(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away under the worker: the transaction is gone, the row is still there and is tried again."""
    monkeypatch.setattr(outbox_delivery, "FIRST_BACKOFF_SECONDS", 0)
    runs: list[int] = []

    def cut(event: OutboxEvent) -> None:
        runs.append(event.attempt)
        if event.attempt == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            in_threads(lambda: _terminate(pid), 1)
            Department.objects.exists()

    outbox.handler("example.happened")(cut)
    with transaction.atomic():
        outbox.put("example.happened")
    in_threads(outbox_delivery.deliver, 1)
    outbox_delivery.deliver()
    assert runs == [1, 2]
    assert OutboxDelivery.objects.get().state == "delivered"


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
