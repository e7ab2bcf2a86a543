"""What sealing costs beside plain copying of the same bytes between the same files (docs/adr/0050)."""

import os
import tempfile
from typing import IO

from bench.registry import Figures, benchmark, compare
from collection.vault import SealedReader, SealedWriter

MEBIBYTES = 64
_PIECE = os.urandom(1 << 20)


def _copy(source: IO[bytes]) -> None:
    while source.read(1 << 20):
        pass


@benchmark("vault: seal a file", baseline="write it plain")
def seal() -> Figures:
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as sealed:

        def write_plain() -> None:
            plain.seek(0)
            for _turn in range(MEBIBYTES):
                plain.write(_PIECE)
            plain.flush()

        def write_sealed() -> None:
            sealed.seek(0)
            with SealedWriter(sealed, "bench") as writer:
                for _turn in range(MEBIBYTES):
                    writer.write(_PIECE)
            sealed.flush()

        return compare(write_sealed, write_plain, rounds=10, work=MEBIBYTES, unit="MiB")


@benchmark("vault: open a file", baseline="read it plain")
def unseal() -> Figures:
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as sealed:
        with SealedWriter(sealed, "bench") as writer:
            for _turn in range(MEBIBYTES):
                plain.write(_PIECE)
                writer.write(_PIECE)

        def read_plain() -> None:
            plain.seek(0)
            _copy(plain)

        def read_sealed() -> None:
            _copy(SealedReader(sealed, "bench"))

        return compare(read_sealed, read_plain, rounds=10, work=MEBIBYTES, unit="MiB")
