"""Every environment variable the product knows, read once and typed."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
PREPARE_THRESHOLD = 5
"""From which call on a connection keeps the plan of a statement that binds its values on the server."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Environment:
    """What the operator set. None means: not set."""

    debug: bool | None
    host: str
    port: int
    quality_limit: int
    distribute_rows: int
    data_dir: Path
    allowed_hosts: list[str]
    trusted_proxies: list[Network]
    database_url: str | None
    migrate_database_url: str | None
    store_database_url: str | None
    redis_url: str | None
    files_url: str | None
    email_url: str | None
    site_url: str | None
    secret_key: str | None
    field_key: str | None
    audit_key: str | None


def read(source: Mapping[str, str] | None = None) -> Environment:
    """Read the environment.

    Raises:
        ImproperlyConfigured: a value cannot be read as what it should be; the sentence names it.
    """
    env = environ.Env()
    env.ENVIRON = dict(os.environ if source is None else source)

    def text(name: str) -> str | None:
        return env.str(name, default="").strip() or None

    port = _whole_number(text("PORT"), "PORT", 8000)
    if not 1 <= port <= 65535:
        raise ImproperlyConfigured(f"PORT must be between 1 and 65535, not {port}.")
    quality_limit = _whole_number(text("QUALITY_LIMIT"), "QUALITY_LIMIT", 80)
    if not 0 <= quality_limit <= 100:
        raise ImproperlyConfigured(f"QUALITY_LIMIT must be between 0 and 100, not {quality_limit}.")
    distribute_rows = _whole_number(text("DISTRIBUTE_ROWS"), "DISTRIBUTE_ROWS", 20_000_000)
    if distribute_rows < 0:
        raise ImproperlyConfigured(f"DISTRIBUTE_ROWS must not be negative, as {distribute_rows} is.")
    data_dir = Path(text("DATA_DIR") or "var").expanduser()
    return Environment(
        debug=_yes_or_no(text("DEBUG"), "DEBUG"),
        host=text("HOST") or "127.0.0.1",
        port=port,
        quality_limit=quality_limit,
        distribute_rows=distribute_rows,
        data_dir=data_dir if data_dir.is_absolute() else BASE_DIR / data_dir,
        allowed_hosts=[part.strip() for part in (text("ALLOWED_HOSTS") or "").split(",") if part.strip()],
        trusted_proxies=_networks(text("TRUSTED_PROXIES")),
        database_url=_url(text("DATABASE_URL"), "DATABASE_URL", ("postgres", "postgresql")),
        migrate_database_url=_url(text("MIGRATE_DATABASE_URL"), "MIGRATE_DATABASE_URL", ("postgres", "postgresql")),
        store_database_url=_url(text("STORE_DATABASE_URL"), "STORE_DATABASE_URL", ("postgres", "postgresql")),
        redis_url=_url(text("REDIS_URL"), "REDIS_URL", ("redis", "rediss", "unix")),
        files_url=text("FILES_URL"),
        email_url=text("EMAIL_URL"),
        site_url=_site_url(text("SITE_URL")),
        secret_key=text("SECRET_KEY"),
        field_key=text("FIELD_KEY"),
        audit_key=text("AUDIT_KEY"),
    )


def database_config(url: str) -> dict[str, Any]:
    """Turn a database URL into Django's form.

    Connections stay open between requests and are tested before reuse: see docs/adr/0002. ``?prepare_threshold=off``
    keeps no plans, for a pool between that cannot (docs/adr/0079).
    """
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    config["ENGINE"] = "config.postgresql"
    config["CONN_MAX_AGE"] = 600
    config["CONN_HEALTH_CHECKS"] = True
    options = config.setdefault("OPTIONS", {})
    if options.get("prepare_threshold") == "off":
        options["prepare_threshold"] = None
    options.setdefault("prepare_threshold", PREPARE_THRESHOLD)
    return config


def databases(url: str, store_url: str | None) -> dict[str, Any]:
    """Return the two databases: the main one, and the row store, which is the same unless it is set apart."""
    return {"default": database_config(url), "store": database_config(store_url or url)}


def incoming_folder(environment: Environment) -> Path:
    """Return the folder of files on their way in, made for us alone: until they are sealed they are in the clear.

    One that cannot be made is told of by Django's checks.
    """
    folder = environment.data_dir / "incoming"
    with suppress(OSError):
        environment.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    return folder


def files_folder(environment: Environment) -> Path:
    """Return the folder of uploaded files.

    Raises:
        ImproperlyConfigured: ``FILES_URL`` names something other than a folder.
    """
    if environment.files_url is None:
        return environment.data_dir / "files"
    parts = urlsplit(environment.files_url)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise ImproperlyConfigured("FILES_URL must begin with file:/// and name a folder.")
    return Path(unquote(parts.path))


def email_config(url: str | None) -> dict[str, Any]:
    """Turn a mail URL (``smtp+tls://user:password@host:587``) into Django's settings; none notes mail in the log."""
    if url is None:
        return {"EMAIL_BACKEND": "config.mail.LogBackend"}
    return dict(environ.Env.email_url_config(url))


def local_url(environment: Environment) -> str:
    """Return the address at which the product answers on this machine, without a slash at the end."""
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(environment.host, environment.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{environment.port}"


def site_url(environment: Environment) -> str:
    """Return the address that people type, for links in mail: ``SITE_URL``, else this machine's own."""
    return environment.site_url or local_url(environment)


def sender_address(environment: Environment) -> str:
    """Return the address mail comes from: the mail server's account where that is one, else one at the site."""
    account = unquote(urlsplit(environment.email_url or "").username or "")
    if "@" in account:
        return account
    host = urlsplit(site_url(environment)).hostname or ""
    return f"catalog@{'localhost' if is_loopback(host) else host}"


def is_loopback(host: str) -> bool:
    """Say whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def celery_broker_url(redis_url: str) -> str:
    """Return the broker URL for a Redis URL; a socket has another spelling there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    password = f":{quote(parts.password)}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}"


def _yes_or_no(value: str | None, name: str) -> bool | None:
    if value is None:
        return None
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def _whole_number(value: str | None, name: str, default: int) -> int:
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def _networks(value: str | None) -> list[Network]:
    try:
        return [ipaddress.ip_network(part.strip()) for part in (value or "").split(",") if part.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES must list addresses or networks: {error}.") from None


def _site_url(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_URL is not a valid address: {error}.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured("SITE_URL must begin with https:// or http:// and name a host.")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured("SITE_URL must end after the host and its port: the product answers at the root.")
    return f"{parts.scheme}://{parts.netloc}"


def _url(value: str | None, name: str, schemes: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a valid address: {error}.") from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with {schemes[0]}://, not {parts.scheme or 'nothing'}.")
    if name != "REDIS_URL" and not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} does not name a database: add /<name> after the host.")
    return value
