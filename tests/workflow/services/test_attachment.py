import hashlib
import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import Department
from core import clock
from core.actors import PUBLIC, system_actor
from core.exceptions import InvalidTransition, NotVisible, RuleViolation
from tests.factories.accounts import DepartmentFactory
from tests.factories.workflow import TESTER
from workflow import attachments, selectors, services
from workflow.models import Attachment
from workflow.services.attachment import attachments_sweep, safe_name

pytestmark = [pytest.mark.usefixtures("registries", "file_folder")]

PDF = b"%PDF-1.7\n1 0 obj"


@pytest.fixture(autouse=True)
def _policy(registries: None) -> None:
    attachments.register_policy("accounts.Department", lambda actor, attachment: actor.name == "tester")


def archive(*names: str, content: str = "x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, content)
    return buffer.getvalue()


RENAMED_MACROS = archive(
    "word/document.xml", "[Content_Types].xml", content='<a ContentType="x.macroEnabled.main+xml"/>'
)


def add(department: Department, name: str = "报告.pdf", content: bytes = PDF, **options: object) -> Attachment:
    values = {"actor": TESTER, "subject": department, "department_id": department.pk, **options}
    return services.attachment_add(file=SimpleUploadedFile(name, content), **values)  # type: ignore[arg-type]


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_a_name_that_says_nothing(department: Department, file_folder: Path) -> None:
    attachment = add(department, purpose="secrecy_assessment")
    assert attachment.original_name == "报告.pdf"
    assert (attachment.content_type, attachment.size_bytes) == ("application/pdf", len(PDF))
    assert attachment.sha256 == hashlib.sha256(PDF).hexdigest()
    (path,) = stored(file_folder)
    assert "报告" not in str(path)
    assert path.read_bytes() == PDF
    assert oct(path.stat().st_mode & 0o777) == "0o600"


OLD_WITH_MACROS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + (
    "_VBA_PROJECT\0".encode("utf-16-le").ljust(64, b"\0") + b"\x1a\0"
).ljust(128, b"\0")
"""The header of a compound file, and an entry of its directory that names a project of macros."""


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.PDF", PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0....", "image/jpeg"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "application/octet-stream"),
        ("a.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "application/octet-stream"),
        ("a.xlsx", archive("[Content_Types].xml", "xl/workbook.xml"), attachments.XLSX.content_type),
        ("a.docx", archive("[Content_Types].xml", "word/document.xml"), attachments.DOCX.content_type),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.csv", "名称,类型\n婚姻,C\n".encode("gb18030"), "text/csv"),
        ("a.txt", "说明".encode("utf-16"), "text/plain"),
    ],
)
def test_known_kinds_are_taken(department: Department, name: str, content: bytes, content_type: str) -> None:
    assert add(department, name, content).content_type == content_type


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"<html><script>", "file_type"),
        ("a.html", b"<html>", "file_type"),
        ("a.svg", b"<svg/>", "file_type"),
        ("a.exe", b"MZ\x90\x00", "file_type"),
        ("a.png", PDF, "file_type"),
        ("a.pdf.exe", PDF, "file_type"),
        ("a", PDF, "file_type"),
        ("a.txt", b"MZ\x90\x00\x03\x00", "file_type"),
        ("a.zip", archive("a.txt"), "file_type"),
        ("a.xlsx", archive("xl/workbook.xml"), "file_type"),
        ("a.docx", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "file_type"),
        ("a.docx", RENAMED_MACROS, "file_type"),
        ("a.xlsx", b"PK\x03\x04 broken", "file_type"),
        ("a.doc", OLD_WITH_MACROS, "file_type"),
        ("a.pdf", PDF + b"." * 2000, "too_large"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    department: Department, file_folder: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        add(department, name, content, max_bytes=2000, field="assessment")
    (error,) = caught.value.errors
    assert (error.field, error.code) == ("assessment", code)
    assert not Attachment.objects.exists()
    assert stored(file_folder) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\fakepath\\报告.pdf", "报告.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("报告\u202efdp.exe", "报告fdp.exe"),
        ("...", "file"),
        ("", "file"),
        (".pdf", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 150 + ".pdf"),
    ],
)
def test_a_name_is_kept_safely(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_without_a_policy_nothing_can_be_added(department: Department, file_folder: Path) -> None:
    attachments.unregister_policy("accounts.department")
    with pytest.raises(LookupError):
        add(department)
    assert stored(file_folder) == []


def test_a_row_that_fails_takes_its_file_with_it(
    department: Department, file_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("workflow.services.attachment.audit.record", fail)
    with pytest.raises(RuntimeError):
        add(department)
    assert not Attachment.objects.exists()
    assert stored(file_folder) == []


def test_who_may_read_is_decided_by_the_owning_app(department: Department) -> None:
    attachment = add(department)
    assert selectors.attachment_get_for(TESTER, attachment.pk) == attachment
    for nobody in (PUBLIC, system_actor("someone")):
        with pytest.raises(NotVisible):
            selectors.attachment_get_for(nobody, attachment.pk)
    attachments.unregister_policy("accounts.department")
    with pytest.raises(NotVisible):
        selectors.attachment_get_for(TESTER, attachment.pk)


def test_a_removed_file_is_gone_for_everybody_and_kept_for_the_trail(department: Department, file_folder: Path) -> None:
    attachment = add(department)
    services.attachment_remove(actor=TESTER, attachment_id=attachment.pk)
    with pytest.raises(NotVisible):
        selectors.attachment_get_for(TESTER, attachment.pk)
    assert not selectors.attachments_of(department).exists()
    assert len(stored(file_folder)) == 1
    with pytest.raises(InvalidTransition):
        services.attachment_remove(actor=TESTER, attachment_id=attachment.pk)
    with pytest.raises(NotVisible):
        services.attachment_remove(actor=TESTER, attachment_id=0)


def test_files_without_a_row_are_swept_after_a_day(department: Department, file_folder: Path) -> None:
    kept = add(department)
    storage = kept.file.storage
    fresh = storage.save("attachments/2026/11/fresh", ContentFile(b"x"))
    old = storage.save("attachments/2026/11/old", ContentFile(b"x"))
    ago = (clock.now() - timedelta(days=2)).timestamp()
    for name in (old, kept.file.name):
        os.utime(storage.path(name), (ago, ago))
    assert attachments_sweep() == 1
    assert not storage.exists(old)
    assert storage.exists(fresh)
    assert storage.exists(kept.file.name)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_caller_leaves_a_file_for_the_sweep(file_folder: Path) -> None:
    department = DepartmentFactory()
    with pytest.raises(ZeroDivisionError):
        _add_and_fail(department)
    assert not Attachment.objects.exists()
    (path,) = stored(file_folder)
    ago = (clock.now() - timedelta(days=2)).timestamp()
    os.utime(path, (ago, ago))
    assert attachments_sweep() == 1


@transaction.atomic
def _add_and_fail(department: Department) -> None:
    add(department)
    raise ZeroDivisionError
