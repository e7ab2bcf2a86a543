"""What is sealed opens unchanged, in its place, under its key – or not at all."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collection.vault import (
    CHUNK_BYTES,
    KeyMissing,
    SealedReader,
    SealedWriter,
    Tampered,
    needs_renewal,
    open_text,
    seal_text,
)
from collection.vault.files import _HEADER_BYTES, _SEALED_CHUNK_BYTES

NEW, OLD = "new-key-" + "n" * 40, "old-key-" + "o" * 40
CONTEXT = "source:42:password"
LENGTHS = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]


def sealed(content: bytes, context: str = CONTEXT) -> bytes:
    file = io.BytesIO()
    with SealedWriter(file, context) as writer:
        writer.write(content)
    return file.getvalue()


def opened(stored: bytes, context: str = CONTEXT) -> bytes:
    return SealedReader(io.BytesIO(stored), context).read()


def pattern(length: int) -> bytes:
    return bytes(number % 251 for number in range(length))


# --- Texts ---


@given(text=st.text(), context=st.text(min_size=1))
def test_a_text_opens_as_it_was(text: str, context: str) -> None:
    assert open_text(seal_text(text, context=context), context=context) == text


def test_a_token_shows_nothing_of_the_text_and_is_never_the_same_twice() -> None:
    first, second = (seal_text("秘密-secret", context=CONTEXT) for _turn in range(2))

    assert first != second
    assert "secret" not in first
    assert first.isascii()


def test_a_token_does_not_open_in_another_place() -> None:
    token = seal_text("secret", context="source:42:password")

    with pytest.raises(Tampered, match="changed or damaged"):
        open_text(token, context="source:43:password")


def test_every_change_of_a_token_is_refused() -> None:
    token = seal_text("秘密", context=CONTEXT)

    for place in range(len(token)):
        for other in ("A", "b", "0", ".", "=", "\n"):
            changed = token[:place] + other + token[place + 1 :]
            if changed != token:
                with pytest.raises((Tampered, KeyMissing)):
                    open_text(changed, context=CONTEXT)


@pytest.mark.parametrize(
    "token", ["", ".", "v1", "v1..", "v1.00", "v1.zz.AAAA", "v2.000000000000.AAAA", "v1.秘.密", "v1.00.A"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Tampered):
        open_text(token, context=CONTEXT)
    with pytest.raises(Tampered):
        needs_renewal(token)


def test_a_context_must_be_named() -> None:
    with pytest.raises(ValueError, match="context"):
        seal_text("secret", context="")


# --- Keys ---


def test_an_older_key_still_opens_and_asks_for_renewal(settings) -> None:
    settings.FIELD_KEY = OLD
    token, file = seal_text("secret", context=CONTEXT), sealed(b"content")
    assert not needs_renewal(token)

    settings.FIELD_KEY = f"{NEW},{OLD}"

    assert open_text(token, context=CONTEXT) == "secret"
    assert needs_renewal(token)
    assert not needs_renewal(seal_text("secret", context=CONTEXT))
    reader = SealedReader(io.BytesIO(file), CONTEXT)
    assert reader.read() == b"content"
    assert reader.needs_renewal
    assert not SealedReader(io.BytesIO(sealed(b"")), CONTEXT).needs_renewal


def test_without_its_key_nothing_opens_and_the_sentence_says_what_to_do(settings) -> None:
    settings.FIELD_KEY = OLD
    token, file = seal_text("secret", context=CONTEXT), sealed(b"content")

    settings.FIELD_KEY = NEW

    with pytest.raises(KeyMissing, match="FIELD_KEY again"):
        open_text(token, context=CONTEXT)
    with pytest.raises(KeyMissing):
        opened(file)
    assert needs_renewal(token)


def test_without_any_key_nothing_is_sealed(settings) -> None:
    settings.FIELD_KEY = " , "

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEY is not set"):
        seal_text("secret", context=CONTEXT)


def test_a_key_id_does_not_tell_the_key(settings) -> None:
    settings.FIELD_KEY = OLD

    assert OLD.encode().hex()[:12] not in seal_text("", context=CONTEXT)


# --- Files ---


@pytest.mark.parametrize("length", LENGTHS)
def test_a_file_opens_as_it_was(length: int) -> None:
    content = pattern(length)
    stored = sealed(content)

    reader = SealedReader(io.BytesIO(stored), CONTEXT)

    assert reader.size_bytes == length
    assert reader.read() == content
    assert reader.read(10) == b""
    assert content[:20] not in stored or length < 4


@hypothesis_settings(max_examples=40)
@given(data=st.data())
def test_any_writes_and_reads_give_the_content(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.integers(0, 2 * CHUNK_BYTES + 3).map(pattern), max_size=5))
    file = io.BytesIO()
    with SealedWriter(file, CONTEXT) as writer:
        for piece in pieces:
            assert writer.write(piece) == len(piece)
    content = b"".join(pieces)
    plain, reader = io.BytesIO(content), SealedReader(file, CONTEXT)

    for _turn in range(5):
        place, count = data.draw(st.integers(0, len(content) + 5)), data.draw(st.integers(0, CHUNK_BYTES + 5))
        assert reader.seek(place) == plain.seek(place)
        assert reader.read(count) == plain.read(count)
        assert reader.tell() == plain.tell()


def test_a_file_reads_in_every_way_a_file_does(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    text = "".join(f"第{number}行,0164A\n" for number in range(20_000))
    with path.open("wb") as file, SealedWriter(file, CONTEXT) as writer:
        writer.writelines(text.encode().splitlines(keepends=True))

    with path.open("rb") as file:
        reader = SealedReader(file, CONTEXT)
        assert reader.seek(-6, os.SEEK_END) == len(text.encode()) - 6
        assert reader.read() == b"0164A\n"
        reader.seek(0)
        assert list(io.TextIOWrapper(reader, encoding="utf-8")) == text.splitlines(keepends=True)
        assert not file.closed


def test_writing_needs_no_seeking() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as pipe, SealedWriter(pipe, CONTEXT) as writer:
        writer.write(b"content")
    with os.fdopen(read_end, "rb") as pipe:
        assert opened(pipe.read()) == b"content"


def _flipped(stored: bytes, place: int) -> bytes:
    return stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :]


def _chunk(stored: bytes, number: int) -> bytes:
    return stored[_HEADER_BYTES + number * _SEALED_CHUNK_BYTES :][:_SEALED_CHUNK_BYTES]


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "nothing left": lambda stored: b"",
    "cut in the header": lambda stored: stored[:20],
    "only the header": lambda stored: stored[:_HEADER_BYTES],
    "cut by a byte": lambda stored: stored[:-1],
    "cut after a chunk": lambda stored: stored[: _HEADER_BYTES + 2 * _SEALED_CHUNK_BYTES],
    "cut within a chunk": lambda stored: stored[: _HEADER_BYTES + _SEALED_CHUNK_BYTES + 100],
    "cut to less than a tag": lambda stored: stored[: _HEADER_BYTES + 2 * _SEALED_CHUNK_BYTES + 5],
    "first chunk gone": lambda stored: stored[:_HEADER_BYTES] + stored[_HEADER_BYTES + _SEALED_CHUNK_BYTES :],
    "a byte more": lambda stored: stored + b"\0",
    "a chunk twice": lambda stored: stored[:_HEADER_BYTES] + _chunk(stored, 0) + stored[_HEADER_BYTES:],
    "two chunks exchanged": lambda stored: (
        stored[:_HEADER_BYTES] + _chunk(stored, 1) + _chunk(stored, 0) + _chunk(stored, 2)
    ),
    "a chunk of another file": lambda stored: (
        stored[:_HEADER_BYTES] + _chunk(sealed(pattern(len(stored))), 0) + stored[_HEADER_BYTES + _SEALED_CHUNK_BYTES :]
    ),
    "the header of another file": lambda stored: sealed(b"")[:_HEADER_BYTES] + stored[_HEADER_BYTES:],
    "a changed byte at the start": lambda stored: _flipped(stored, _HEADER_BYTES),
    "a changed byte in the middle": lambda stored: _flipped(stored, len(stored) // 2),
    "a changed tag": lambda stored: _flipped(stored, len(stored) - 1),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_with_a_file_is_refused(name: str) -> None:
    stored = sealed(pattern(2 * CHUNK_BYTES + 1000))

    with pytest.raises(Tampered):
        opened(TAMPERINGS[name](stored))


@pytest.mark.parametrize("place", range(_HEADER_BYTES))
def test_every_byte_of_the_header_is_bound(place: int) -> None:
    with pytest.raises((Tampered, KeyMissing)):
        opened(_flipped(sealed(b"content"), place))


def test_a_cut_file_is_refused_before_a_byte_is_read() -> None:
    stored = sealed(pattern(3 * CHUNK_BYTES))[:-_SEALED_CHUNK_BYTES]

    with pytest.raises(Tampered):
        SealedReader(io.BytesIO(stored), CONTEXT)


def test_a_file_does_not_open_in_another_place() -> None:
    with pytest.raises(Tampered):
        opened(sealed(b"content", "collection.run.1.original"), "collection.run.2.original")


def test_a_text_and_a_file_are_under_different_keys() -> None:
    token_body = seal_text("content", context=CONTEXT).encode()

    with pytest.raises(Tampered):
        opened(token_body * 3)


def test_a_file_that_ended_in_an_exception_is_refused() -> None:
    file = io.BytesIO()

    def write_until_the_disk_is_full() -> None:
        with SealedWriter(file, CONTEXT) as writer:
            writer.write(pattern(2 * CHUNK_BYTES))
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        write_until_the_disk_is_full()
    with pytest.raises(Tampered):
        opened(file.getvalue())


def test_a_file_that_was_never_closed_is_refused() -> None:
    file = io.BytesIO()
    writer = SealedWriter(file, CONTEXT)
    writer.write(b"content")
    del writer

    with pytest.raises(Tampered):
        opened(file.getvalue())


def test_a_closed_writer_takes_nothing_more() -> None:
    file = io.BytesIO()
    writer = SealedWriter(file, CONTEXT)
    writer.close()
    writer.close()

    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    assert opened(file.getvalue()) == b""


def test_memory_stays_flat(tmp_path: Path) -> None:
    piece = os.urandom(1 << 20)
    with (tmp_path / "sealed").open("wb+") as file:
        tracemalloc.start()
        with SealedWriter(file, CONTEXT) as writer:
            for _turn in range(24):
                writer.write(piece)
        reader, length = SealedReader(file, CONTEXT), 0
        while read := reader.read(100_000):
            length += len(read)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert length == 24 << 20
    assert peak < 3 << 20
