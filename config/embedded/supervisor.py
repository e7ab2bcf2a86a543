"""`make run`: starts the servers and the product's own processes, and stops them in order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from config import demo_accounts, env
from config import processes as product
from config.embedded import data_folder, external, locations, processes
from config.embedded.output import Console
from config.embedded.postgres import PostgresServer
from config.embedded.problems import StartError
from config.embedded.redis import RedisServer


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Child:
    """One process of the product."""

    name: str
    process: subprocess.Popen[str]
    stop_seconds: float

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait for the end, and make it after a while; nothing of the group may stay behind."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.stop_seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Owns every process of one `make run`."""

    def __init__(self, environment: env.Environment, console: Console | None = None) -> None:
        self.environment = environment
        self.data_dir = environment.data_dir
        self.console = console or Console()
        self.children: list[Child] = []
        self.postgres: PostgresServer | None = None
        self.redis: RedisServer | None = None

    def run(self) -> int:
        """Start everything, wait, stop everything; return the exit code."""
        begun = time.monotonic()
        with self._signals():
            try:
                data_folder.open_data_folder(self.data_dir)
                with data_folder.lock_data_folder(self.data_dir, self.say) as lock:
                    try:
                        self._end_leftovers()
                        self._check_address()
                        self._check_named_servers()
                        self._start_own_servers()
                        self._prepare()
                        self._start_product()
                        self._announce(time.monotonic() - begun)
                        return self._watch()
                    finally:
                        data_folder.mark_stopping(lock)
                        self._stop()
            except StopRequested:
                self.say("Stopped")
                return 0
            except StartError as error:
                self.console.drain()
                print(f"{error}", file=sys.stderr, flush=True)  # noqa: T201
                return 1

    @contextlib.contextmanager
    def servers(self) -> Iterator[None]:
        """Run only the servers, for work that is done in this process.

        Raises:
            StartError: they cannot be started; the sentence says why.
        """
        data_folder.open_data_folder(self.data_dir)
        with data_folder.lock_data_folder(self.data_dir):
            try:
                self._check_named_servers()
                self._start_own_servers()
                yield
            finally:
                self._stop()

    def say(self, sentence: str) -> None:
        self.console.line("run", sentence)

    # --- Start --------------------------------------------------------------------------------------------------

    def _check_address(self) -> None:
        host, port = self.environment.host, self.environment.port
        try:
            family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except PermissionError:
            raise StartError(f"Port {port} is reserved for the system; set PORT to one from 1024 up.") from None
        except socket.gaierror:
            raise StartError(f"HOST {host} is not an address of this machine.") from None
        except OSError as error:
            reason = "is already in use" if error.errno == 98 else f"cannot be used ({error.strerror})"
            raise StartError(f"Port {port} on {host} {reason}; stop the other program or set PORT.") from None

    def _check_named_servers(self) -> None:
        if self.environment.database_url:
            external.check_postgres(self.environment.database_url)
        if self.environment.migrate_database_url:
            external.check_postgres(self.environment.migrate_database_url, "MIGRATE_DATABASE_URL")
        if self.environment.store_database_url:
            external.check_postgres(self.environment.store_database_url, "STORE_DATABASE_URL")
        if self.environment.redis_url:
            external.check_redis(self.environment.redis_url)

    def _start_own_servers(self) -> None:
        sockets = locations.socket_folder(self.data_dir)
        if not self.environment.redis_url:
            self.redis = RedisServer(sockets, on_output=lambda source: self.console.follow("redis", source))
            self.redis.start()
        if not self.environment.database_url:
            keys = locations.keys(self.data_dir)
            self.postgres = PostgresServer(
                folder=locations.postgres_folder(self.data_dir),
                sockets=sockets,
                admin_password=keys.get_or_create("postgres_admin_password"),
                on_output=lambda source: self.console.follow("postgres", source),
                say=self.say,
            )
            self.postgres.start()
            self.postgres.ensure_database(
                locations.DATABASE,
                owner=locations.OWNER,
                owner_password=keys.get_or_create("postgres_owner_password"),
                role=locations.ROLE,
                role_password=keys.get_or_create("postgres_password"),
            )

    def _prepare(self) -> None:
        child = self._spawn("setup", product.SETUP, stop_seconds=20)
        code = child.process.wait()
        self.children.remove(child)
        self.console.drain()
        if code:
            raise StartError("The product could not be set up; the reason stands above.")

    def _start_product(self) -> None:
        self._spawn("web", product.WEB, stop_seconds=30)
        self._spawn("worker", product.WORKER, stop_seconds=30)
        self._spawn("beat", product.BEAT, stop_seconds=10)
        self._wait_for_web()

    def _spawn(self, name: str, command: tuple[str, ...], *, stop_seconds: float) -> Child:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        if os.geteuid() == 0:  # Celery warns against root at length on every start; the README does it once
            environment["PYTHONWARNINGS"] = "ignore:You're running the worker"
        environment.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *command],
            cwd=env.BASE_DIR,
            env=environment,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone: we decide the order
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )
        child = Child(name, process, stop_seconds)
        self.children.append(child)
        self._note_children()
        if process.stdout:
            self.console.follow(name, process.stdout)
        return child

    def _wait_for_web(self) -> None:
        host = self.environment.host
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        while True:
            if ended := self._ended():
                raise StartError(f"{ended.name} ended while starting (exit code {ended.process.returncode}).")
            with (
                contextlib.suppress(OSError),
                socket.create_connection((host, self.environment.port), timeout=5) as web,
            ):
                web.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if b" 200 " in web.recv(64):
                    return
            time.sleep(0.1)

    def _announce(self, seconds: float) -> None:
        self.say(f"Ready after {seconds:.0f} seconds: {env.local_url(self.environment)}/  (Ctrl-C stops it)")
        with contextlib.suppress(OSError, ValueError):
            state = json.loads((self.data_dir / "run" / "prepared.json").read_text(encoding="utf-8"))
            if state.get("demo"):
                self.say(f"Demo accounts, password {demo_accounts.PASSWORD} for each:")
                for username, does in demo_accounts.ACCOUNTS:
                    self.say(f"  {username:<15} {does}")

    # --- While it runs --------------------------------------------------------------------------------------------

    def _watch(self) -> int:
        while True:
            if ended := self._ended():
                self.say(f"{ended.name} ended by itself (exit code {ended.process.returncode}); stopping the rest")
                return 1
            for name, server in (("postgres", self.postgres), ("redis", self.redis)):
                if server and server.process and server.process.poll() is not None:
                    self.say(f"{name} ended by itself (exit code {server.process.returncode}); stopping the rest")
                    return 1
            time.sleep(0.5)

    def _ended(self) -> Child | None:
        return next((child for child in self.children if child.process.poll() is not None), None)

    # --- Stop -----------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Stop in order: no new requests, then no new ticks and tasks, then the servers they used."""
        if self.children or self.postgres or self.redis:
            self.say("Stopping")
        for names in (("setup", "web"), ("beat", "worker")):
            group = [child for child in self.children if child.name in names]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait()
        self.children.clear()
        if self.redis:
            self.redis.stop()
        if self.postgres:
            self.postgres.stop()
        self._children_file.unlink(missing_ok=True)
        self.console.drain()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn INT and TERM into one orderly stop, also where a background shell left INT ignored."""
        asked = 0

        def handle(number: int, frame: FrameType | None) -> None:
            nonlocal asked
            asked += 1
            if asked == 1:
                raise StopRequested
            if asked > 2:  # said three times: now
                for child in self.children:
                    child.process.kill()

        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # ignored means nohup: stay
            numbers.append(signal.SIGHUP)
        previous = {number: signal.signal(number, handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    # --- After a kill -9 --------------------------------------------------------------------------------------------

    @property
    def _children_file(self) -> Path:
        return self.data_dir / "run" / "children.json"

    def _note_children(self) -> None:
        noted = [[child.process.pid, processes.started_at(child.process.pid)] for child in self.children]
        self._children_file.write_text(json.dumps(noted), encoding="ascii")

    def _end_leftovers(self) -> None:
        """End what an earlier run, itself killed, may have left: mostly it is already on its way out."""
        try:
            noted = json.loads(self._children_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return
        for pid, mark in noted:
            if mark and processes.started_at(pid) == mark:
                processes.end(pid)
        self._children_file.unlink(missing_ok=True)


def stop_with_parent() -> None:
    """End like on SIGTERM when the process that started us (make) vanishes."""
    processes.ask_for_signal_when_parent_dies(signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Run the supervisor; problems end in one sentence."""
    if "--stop-with-parent" in arguments:
        stop_with_parent()
    try:
        environment = env.read()
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return Supervisor(environment).run()
