"""Files in the storage that nobody sealed: told as lost before the first byte of an answer goes out."""

from typing import IO

import structlog
from django.db.models.fields.files import FieldFile

from workflow.exceptions import FileLost

log = structlog.get_logger(__name__)


def stored_file(kept: FieldFile) -> IO[bytes]:
    """Return a file, open for reading.

    Raises:
        FileLost: the storage does not give it.
    """
    try:
        opened: IO[bytes] = kept.open("rb")
    except OSError as error:
        log.error("stored_file_lost", name=kept.name, error=type(error).__name__)
        raise FileLost from error
    return opened
