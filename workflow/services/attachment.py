import hashlib
import re
import unicodedata
import uuid
from datetime import timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, Any, cast

import structlog
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import models, transaction
from django.utils.translation import gettext as _

from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, NotVisible, RuleViolation
from workflow.attachments import EXTENSIONS, MOST_BYTES, policy_of, sniff
from workflow.models import Attachment
from workflow.subjects import subject_ref

log = structlog.get_logger(__name__)

ORPHAN_AGE = timedelta(days=1)
LONGEST_NAME = 150


def attachment_add(
    *,
    actor: Actor,
    subject: models.Model,
    department_id: int,
    file: "File[Any]",
    purpose: str = "",
    field: str = "file",
    max_bytes: int = MOST_BYTES,
) -> Attachment:
    """Keep an uploaded file with an object. Whether the actor may add it is the owning app's decision.

    The file is written before the row; a file whose row never came is swept away a day later.

    Args:
        purpose: what the owning app keeps it as, e.g. ``secrecy_assessment``.
        field: name of the field that a refusal points at.

    Raises:
        RuleViolation: empty, too large, of a kind that is not taken, or not of the kind its name says.
        LookupError: no policy is registered for such objects, so nobody could ever read it.
    """
    reference = subject_ref(subject)
    if policy_of(reference.label) is None:
        raise LookupError(f"no attachment policy is registered for {reference.label}")
    name = safe_name(file.name or "")
    kind = _require_acceptable(file, name, field, max_bytes)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    attachment = Attachment(
        subject_label=reference.label,
        subject_pk=reference.pk,
        purpose=purpose,
        department_id=department_id,
        original_name=name,
        content_type=kind,
        size_bytes=file.size,
        sha256=digest.hexdigest(),
        uploaded_by=str(actor),
        uploaded_at=clock.now(),
    )
    attachment.file.save(uuid.uuid4().hex, file, save=False)
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
            after = {"subject": f"{reference.label} {reference.pk}", "purpose": purpose, "sha256": attachment.sha256}
            audit.record(actor, "workflow.attachment.add", attachment, after=after)
    except Exception:
        attachment.file.delete(save=False)
        raise
    return attachment


@transaction.atomic
def attachment_remove(*, actor: Actor, attachment_id: int) -> Attachment:
    """Take a file away from its object. The stored bytes stay for the trail; nobody can download them any more.

    Raises:
        NotVisible: there is no such file.
        InvalidTransition: it was removed before.
    """
    attachment = Attachment.objects.select_for_update().filter(pk=attachment_id).first()
    if attachment is None:
        raise NotVisible
    if attachment.removed_at is not None:
        raise InvalidTransition(_("This file was already removed."))
    attachment.removed_at = clock.now()
    attachment.save(update_fields=["removed_at"])
    audit.record(actor, "workflow.attachment.remove", attachment, after={"sha256": attachment.sha256})
    return attachment


def attachments_sweep() -> int:
    """Delete stored files that no row names, a day after they were written; return how many."""
    storage: Storage = Attachment._meta.get_field("file").storage
    before = clock.now() - ORPHAN_AGE
    deleted = 0
    for path in _stored_files(storage, "attachments"):
        if storage.get_modified_time(path) >= before or Attachment.objects.filter(file=path).exists():
            continue
        storage.delete(path)
        log.info("attachment_orphan_deleted", path=path)
        deleted += 1
    return deleted


def safe_name(name: str) -> str:
    """Return the file's own name without folders, control and formatting characters; its ending is kept."""
    base = PurePosixPath(PureWindowsPath(name).name).name
    base = unicodedata.normalize("NFC", base)
    base = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    base = re.sub(r'[<>:"/\\|?*]+', "_", base).strip()
    stem, _dot, extension = base.rpartition(".")
    stem = stem.strip(" .")[:LONGEST_NAME].strip()
    if not base.strip(" ."):
        return "file"
    if "." not in base or not extension:
        return base.strip(" .")[:LONGEST_NAME]
    return f"{stem or 'file'}.{extension[:10]}"


def _require_acceptable(file: "File[Any]", name: str, field: str, max_bytes: int) -> str:
    """Return the content type of a file that may be kept."""
    if not file.size:
        raise _refusal(field, "empty", _("The file is empty. Choose another one."))
    if file.size > max_bytes:
        limit = max_bytes // (1024 * 1024)
        raise _refusal(field, "too_large", _("The file is larger than %(limit)s MB.") % {"limit": limit})
    extension = name.rpartition(".")[2].lower()
    kind = sniff(cast("IO[bytes]", file), extension)
    if kind is None:
        allowed = ", ".join(EXTENSIONS)
        text = _("This kind of file is not accepted, or the content does not match the name. Accepted: %(allowed)s.")
        raise _refusal(field, "file_type", text % {"allowed": allowed})
    return kind.content_type


def _refusal(field: str, code: str, message: str) -> RuleViolation:
    return RuleViolation([FieldError(field, code, message)])


def _stored_files(storage: Storage, folder: str) -> list[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return []
    found = [f"{folder}/{name}" for name in files]
    for name in folders:
        found += _stored_files(storage, f"{folder}/{name}")
    return found
