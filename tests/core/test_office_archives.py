"""What a document says of its parts is read up to a bound, however much a small file makes of it."""

import io
import zipfile

import pytest

from core import office_archives
from core.archives import members_of
from core.office_archives import has_macros


def document(parts: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    buffer.seek(0)
    return buffer


def judged(file: io.BytesIO) -> bool:
    return has_macros(file, members_of(file))


def test_a_small_file_inflates_to_no_more_than_a_document_says(monkeypatch: pytest.MonkeyPatch) -> None:
    file = document({f"word/_rels/{n}.rels": b" " * 2**20 for n in range(100)})
    assert len(file.getvalue()) < 200_000
    inflated = []
    read = zipfile.ZipExtFile.read

    def counted(part: zipfile.ZipExtFile, n: int | None = -1) -> bytes:
        content = read(part, n)
        inflated.append(len(content))
        return content

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    with pytest.raises(zipfile.BadZipFile):
        judged(file)
    assert sum(inflated) <= office_archives.MOST_DECLARED_BYTES + 1


def test_more_parts_than_a_document_has_are_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_archives, "MOST_DECLARED", 2)
    assert not judged(document({f"word/_rels/{n}.rels": b"x" for n in range(2)}))
    file = document({f"word/_rels/{n}.rels": b"x" for n in range(3)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *given: pytest.fail("opened"))
    with pytest.raises(zipfile.BadZipFile):
        judged(file)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_documents_do_not_use_is_not_unpacked(packing: int) -> None:
    with pytest.raises(zipfile.BadZipFile):
        judged(document({"[Content_Types].xml": b"x"}, packing))


def test_macros_are_found_in_the_last_part_that_is_read() -> None:
    parts = {f"word/_rels/{n}.rels": b"x" for n in range(9)}
    assert not judged(document(parts))
    assert judged(document(parts | {"[Content_Types].xml": b"application/x.macro&#69;nabled"}))
