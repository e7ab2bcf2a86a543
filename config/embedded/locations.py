"""Where the embedded servers of a data folder are, so that every command finds them without being told."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from config.embedded.secrets import KeyFolder

DATABASE = "catalog"
OWNER = "catalog_owner"
ROLE = "catalog"
# A socket's path is limited to 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder's.
_LONGEST_FOLDER = 80


def postgres_folder(data_dir: Path) -> Path:
    return data_dir / "postgres"


def socket_folder(data_dir: Path) -> Path:
    """Return the folder of both sockets: inside the data folder, or under /tmp where that path is too long."""
    inside = data_dir / "run" / "sockets"
    if len(os.fsencode(inside)) <= _LONGEST_FOLDER:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"catalog-{os.getuid()}-{digest}"


def keys(data_dir: Path) -> KeyFolder:
    return KeyFolder(data_dir / "secrets")


def database_url(data_dir: Path) -> str:
    """Return the address for everyday work."""
    return _url(data_dir, ROLE, "postgres_password")


def owner_url(data_dir: Path) -> str:
    """Return the address under which migrations run."""
    return _url(data_dir, OWNER, "postgres_owner_password")


def redis_url(data_dir: Path) -> str:
    return f"unix://{socket_folder(data_dir) / 'redis.sock'}"


def _url(data_dir: Path, role: str, key: str) -> str:
    password = keys(data_dir).get_or_create(key)
    return f"postgres://{role}:{password}@/{DATABASE}?host={quote(str(socket_folder(data_dir)), safe='/')}"
