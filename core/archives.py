"""ZIP archives from outside: what they list, without believing what they say of themselves."""

import struct
import zipfile
from collections.abc import Collection
from typing import IO, cast

MOST_ENTRIES = 50_000
MOST_DIRECTORY_BYTES = 16 * 1024**2
MOST_UNPACKED_BYTES = 4 * 1024**3
MOST_RATIO = 200
"""How often its packed size an archive may have when unpacked; tables rarely reach a tenth of it."""
SMALL_UNPACKED_BYTES = 256 * 1024**2
"""Up to which the ratio does not matter."""

_ENTRY = b"PK\x01\x02"


class _Guarded:
    """As much of a file as ``zipfile`` uses; refuses a directory that is too large before it becomes objects."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile
        content = self._file.read(size)
        if content.count(_ENTRY) > MOST_ENTRIES:
            raise zipfile.BadZipFile
        return content


def members_of(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """Return what an archive lists; nothing is unpacked, and the file stands at its beginning again.

    Raises:
        zipfile.BadZipFile: it is none, is damaged, or lists more than a directory may hold.
    """
    try:
        with zipfile.ZipFile(cast("IO[bytes]", _Guarded(file))) as archive:
            return archive.infolist()
    except (OSError, ValueError, NotImplementedError, struct.error) as error:
        raise zipfile.BadZipFile from error
    finally:
        file.seek(0)


def is_bomb(members: Collection[zipfile.ZipInfo]) -> bool:
    """Say whether an archive unpacks to a size that its own has nothing to do with."""
    packed, unpacked = sum(one.compress_size for one in members), _unpacked(members)
    return unpacked > SMALL_UNPACKED_BYTES and unpacked > packed * MOST_RATIO


def unpacks_absurdly(members: Collection[zipfile.ZipInfo]) -> bool:
    """Say whether an archive would unpack to more than anybody means. Members give no more than they announce."""
    return _unpacked(members) > MOST_UNPACKED_BYTES or is_bomb(members)


def _unpacked(members: Collection[zipfile.ZipInfo]) -> int:
    return sum(one.file_size for one in members)
