"""Archives are looked at by what they hold: one that says little of itself is not believed."""

import io
import zipfile

import pytest

from core import archives
from core.archives import members_of, unpacks_absurdly


def archive(*names: str, content: bytes = b"x", packing: int = zipfile.ZIP_STORED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as target:
        for name in names:
            target.writestr(name, content)
    return out


def test_what_an_archive_lists_is_told_and_the_file_stands_at_its_beginning() -> None:
    file = archive("a.txt", "名称.txt")
    assert [one.filename for one in members_of(file)] == ["a.txt", "名称.txt"]
    assert file.tell() == 0


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        members_of(io.BytesIO(content))


def test_a_directory_too_long_is_refused_before_it_is_read_whatever_number_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = archive("a", "b", "c").getvalue()
    end = content.rindex(b"PK\x05\x06")
    lying = content[: end + 8] + b"\1\0\1\0" + content[end + 12 :]
    assert len(members_of(io.BytesIO(lying))) == 3
    made: list[object] = []
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *given: made.append(given))
    monkeypatch.setattr(archives, "MOST_ENTRIES", 2)
    for file in (content, lying):
        with pytest.raises(zipfile.BadZipFile):
            members_of(io.BytesIO(file))
    monkeypatch.setattr(archives, "MOST_ENTRIES", 9)
    monkeypatch.setattr(archives, "MOST_DIRECTORY_BYTES", 100)
    with pytest.raises(zipfile.BadZipFile):
        members_of(io.BytesIO(content))
    assert made == []


def test_what_unpacks_to_hundreds_of_times_its_size_is_absurd(monkeypatch: pytest.MonkeyPatch) -> None:
    members = members_of(archive("a", content=b"0" * 10**6, packing=zipfile.ZIP_DEFLATED))
    assert not unpacks_absurdly(members)
    monkeypatch.setattr(archives, "SMALL_UNPACKED_BYTES", 10**5)
    assert unpacks_absurdly(members)
    monkeypatch.setattr(archives, "MOST_RATIO", 2000)
    assert not unpacks_absurdly(members)
    monkeypatch.setattr(archives, "MOST_UNPACKED_BYTES", 10**5)
    assert unpacks_absurdly(members)
