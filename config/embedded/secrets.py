"""Keys kept in ``DATA_DIR/secrets``: made once at random, readable by the owner only."""

import os
import secrets
from pathlib import Path


class KeyFolder:
    """A folder of key files, 0700, each file 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_or_create(self, name: str) -> str:
        """Return the key; make it if there is none. Two processes asking at once get the same one."""
        path = self.folder / name
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            pass
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, this never replaces a key that another process just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text(encoding="ascii").strip()
