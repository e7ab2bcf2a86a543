"""A file of an SFTP server as a source, against a real server with a host key of its own."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from collection import services
from collection.choices import RunState
from collection.models import Source
from core.exceptions import RuleViolation
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes
from tests.collection.sources import add, allow, run
from tests.unchanged import nothing_changes

PASSWORD = "sftp-5e2d"


class FileServer:
    """An SFTP server that shows one folder.

    Attributes:
        tried: user names and passwords that it was offered.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tried: list[tuple[str, str]] = []
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    @property
    def fingerprint(self) -> str:
        return str(self.host_key.get_fingerprint())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_forever()

    async def _serve(self) -> None:
        outer = self

        class Gate(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                outer.tried.append((username, password))
                return (username, password) == ("reader", PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: Any) -> bool:
                return username == "reader" and key == outer.client_key.convert_to_public()

        def files(channel: Any) -> asyncssh.SFTPServer:
            return asyncssh.SFTPServer(channel, chroot=str(outer.root).encode())

        server = await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Gate, server_host_keys=[self.host_key], sftp_factory=files
        )
        self.port = server.get_port()
        self._started.set()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(5)

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "path": "/上报/rows.csv",
            "username": "reader",
            "host_key": self.fingerprint,
            **more,
        }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    root = tmp_path / "sftp"
    (root / "上报").mkdir(parents=True)
    (root / "上报" / "rows.csv").write_text(HEADER + "".join(ROWS), encoding="utf-8")
    made = FileServer(root)
    try:
        yield made
    finally:
        made.close()


def source_of(town: Town, server: FileServer, *, secret: str = PASSWORD, **values: Any) -> Source:
    return add(town, server.settings(**values), kind="sftp", secret=secret)


def test_a_file_is_copied_and_the_same_again_publishes_nothing(town: Town, server: FileServer) -> None:
    allow(town.world.secadmin, server.port)
    source = source_of(town, server)
    assert services.source_try(actor=town.cataloguer, source_id=source.pk) is None
    done = run(town, source)
    assert (done.state, done.file_name) == (RunState.SUCCEEDED, "源.csv"), done.message
    assert codes(town) == ["0001", "0002", "0164A"]
    assert run(town, source).state == RunState.UNCHANGED


def test_a_large_file_comes_whole(town: Town, server: FileServer) -> None:
    allow(town.world.secadmin, server.port)
    body = HEADER + "".join(f"{number:06d},王小明,,1.10,2026-01-05\n" for number in range(5000))
    (server.root / "上报" / "rows.csv").write_text(body, encoding="utf-8")
    done = run(town, source_of(town, server))
    assert (done.state, done.rows_read, done.size_bytes) == (RunState.SUCCEEDED, 5000, len(body.encode()))


def test_a_private_key_signs_in(town: Town, server: FileServer) -> None:
    allow(town.world.secadmin, server.port)
    key = server.client_key.export_private_key().decode().replace("\n", "\r\n").strip()
    done = run(town, source_of(town, server, sign_in="key", secret=key))
    assert done.state == RunState.SUCCEEDED, done.message
    assert server.tried == []


def test_another_host_key_gets_no_credential(town: Town, server: FileServer) -> None:
    allow(town.world.secadmin, server.port)
    other = str(asyncssh.generate_private_key("ssh-ed25519").get_fingerprint())
    done = run(town, source_of(town, server, host_key=other))
    assert done.state == RunState.FAILED
    assert f"shows another host key ({server.fingerprint})" in done.message
    assert server.tried == []


@pytest.mark.parametrize(
    ("values", "secret", "said"),
    [
        ({}, "wrong-8", "does not accept user name and credential"),
        ({"path": "/missing.csv"}, PASSWORD, "has no file at this path"),
        ({"path": "/"}, PASSWORD, "is a folder"),
        ({"sign_in": "key"}, "no key at all", "private key cannot be read"),
    ],
)
def test_what_is_wrong_is_said(town: Town, server: FileServer, values: dict[str, Any], secret: str, said: str) -> None:
    allow(town.world.secadmin, server.port)
    done = run(town, source_of(town, server, secret=secret, **values))
    assert done.state == RunState.FAILED
    assert said in done.message
    assert done.attempts == 0
    assert secret not in done.message
    assert "missing" not in done.message


def test_a_server_that_is_not_listed_is_not_connected_to(town: Town, server: FileServer) -> None:
    done = run(town, source_of(town, server))
    assert f"127.0.0.1, port {server.port}" in done.message
    assert server.tried == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"host_key": "SHA256:short"}, "host_key"),
        ({"path": ""}, "path"),
        ({"port": 0}, "host"),
        ({"sign_in": "x"}, "sign_in"),
    ],
)
def test_what_is_no_file_server_is_refused(town: Town, values: dict[str, Any], field: str) -> None:
    good = {"host": "sftp.example", "path": "/a", "username": "u", "host_key": "SHA256:" + "A" * 43}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, good | values, kind="sftp", secret="x")
    assert field in [one.field for one in refused.value.errors]


def test_another_host_key_needs_the_credential_anew(town: Town) -> None:
    good = {"host": "sftp.example", "path": "/a", "username": "u", "host_key": "SHA256:" + "A" * 43}
    source = add(town, good, kind="sftp", secret=PASSWORD)
    changed = services.SourceFields(name="源", settings=good | {"host_key": "SHA256:" + "B" * 43})
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.source_update(actor=town.cataloguer, source_id=source.pk, fields=changed, edit_version=1)
    assert [one.field for one in refused.value.errors] == ["secret"]
