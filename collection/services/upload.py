"""Large files that come part by part, so that a lost connection or a closed window costs a part, not the file."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collection import evidence, policies, selectors
from collection.blind_loading import require_blind_load
from collection.built_data import require_loaded_by_people
from collection.models import Dataset, DatasetVersion, PartialUpload, Run, UploadPart
from collection.services.file import file_require_ahead, files_add, files_require
from collection.services.retention import UNUSED_EVENT
from collection.services.run import MOST_BYTES, run_upload, upload_require
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, Malformed, NotVisible, RuleViolation
from workflow import outbox
from workflow.services.attachment import safe_name

GIVEN_UP_EVENT = "collection.uploads.given_up"
PART_BYTES = 8 * 1024 * 1024
"""Bytes of every part but the last; below what a request may hold in memory."""
KEPT = timedelta(days=3)
MOST_UPLOADS = 5
"""Files that one person may have on their way at a time."""
LIVE = timedelta(minutes=5)
"""After the last part so long somebody may still be sending: a part takes its time on a slow line."""
DEPARTMENT_BYTES = 100 * 1024**3
"""Of all files that are on their way to the data of one department. Two that begin at once may pass it by a file."""


class WrongPlace(InvalidTransition):
    """The part does not follow what has come; ``extra["offset"]`` says where to go on.

    Attributes:
        upload: what has come, which another window may have sent, of another file.
    """

    code = "wrong_offset"

    def __init__(self, upload: PartialUpload) -> None:
        super().__init__(extra={"offset": upload.received_bytes})
        self.upload = upload


class UploadBegun(InvalidTransition):
    """The actor has begun another file of this name, which another window may be sending; nothing gives it up unasked.

    Attributes:
        upload: that file.
    """

    code = "upload_begun"
    default_message: Any = gettext_lazy("Another file of this name is on its way. Finish it or give it up first.")

    def __init__(self, upload: PartialUpload) -> None:
        super().__init__(extra={"begun": str(upload.token)})
        self.upload = upload


def is_live(upload: PartialUpload) -> bool:
    """Say whether a part of a file came so lately that it may be sent still."""
    return upload.touched_at > clock.now() - LIVE


@transaction.atomic
def upload_begin(
    *, actor: Actor, dataset_id: int, file_name: str, size_bytes: int, instead_of: UUID | None = None
) -> PartialUpload:
    """Begin to take a file in, or return the one of this name and size that the actor began before.

    Args:
        instead_of: the unfinished file of this name that the actor gives up for this one.

    Raises:
        UploadBegun: he has begun a file of this name and another size, and does not give that one up.
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are built; the entry of files was withdrawn. RunOpen: a run is
            under way.
        RuleViolation: the file is empty or too large, or its name too long; too many of the person's or department's
            are on their way.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_load_dataset(actor, dataset.entry)
    require_blind_load(actor, dataset)
    require_loaded_by_people(dataset)
    if dataset.is_table:
        upload_require(dataset)
    else:
        files_require(dataset)
        file_require_ahead(file_name, size_bytes)
    if actor.id is None:
        raise NotVisible
    if not 0 < size_bytes <= MOST_BYTES:
        text = _("A file holds between one byte and %(limit)d GB.") % {"limit": MOST_BYTES // 1024**3}
        raise RuleViolation([FieldError("file", "size", text)])
    mine = PartialUpload.objects.filter(user=actor.id)
    name = safe_name(file_name)
    begun = mine.filter(dataset=dataset, file_name=name).first()
    if begun is not None and begun.token == instead_of:
        _drop(begun.pk)
    elif begun is not None and begun.size_bytes == size_bytes:
        return begun
    elif begun is not None:
        raise UploadBegun(begun)
    if mine.count() >= MOST_UPLOADS:
        text = _(
            "Finish or discard the files that are on their way first: the page of the data lists them. "
            "What stops is forgotten after three days."
        )
        raise RuleViolation([FieldError("file", "too_many", text)])
    of_department = PartialUpload.objects.filter(dataset__entry__department=dataset.entry.department_id)
    begun_bytes = of_department.aggregate(size=Sum("size_bytes"))["size"] or 0
    if begun_bytes + size_bytes > DEPARTMENT_BYTES:
        text = _("Your department has %(limit)d GB on their way already. Finish those files first, or try tomorrow.")
        raise RuleViolation([FieldError("file", "too_many", text % {"limit": begun_bytes // 1024**3})])
    return PartialUpload.objects.create(
        dataset=dataset, user_id=actor.id, file_name=name, size_bytes=size_bytes, touched_at=clock.now()
    )


def upload_take(*, actor: Actor, token: UUID, offset: int, content: bytes) -> PartialUpload:
    """Take the next part.

    The sealed part is written before its row; if the row never comes, it is deleted.

    Raises:
        NotVisible: the actor has no such upload, or lost the right to it.
        WrongPlace: the part does not follow what has come. RuleViolation: it is empty or too large.
    """
    upload = _own(actor, token)
    if not content or len(content) > PART_BYTES or offset + len(content) > upload.size_bytes:
        raise RuleViolation([FieldError("file", "part", _("This part does not belong to the file."))])
    kept = evidence.keep([content], folder="uploads", context=_context(upload, offset))
    is_taken = False
    try:
        with transaction.atomic():
            upload = _own(actor, token, for_update=True)
            if upload.received_bytes != offset:
                raise WrongPlace(upload)
            UploadPart.objects.create(
                upload=upload, offset=offset, size_bytes=len(content), sha256=kept.sha256, content=kept.name
            )
            upload.received_bytes = offset + len(content)
            upload.touched_at = clock.now()
            upload.save(update_fields=["received_bytes", "touched_at"])
        is_taken = True
    finally:
        if not is_taken:
            default_storage.delete(kept.name)
    return upload


def upload_sums(upload: PartialUpload) -> list[str]:
    """Return the SHA-256 of each part that has come, in their order: they tell whether a file is the one begun."""
    return list(upload.parts.values_list("sha256", flat=True))


def upload_discard(*, actor: Actor, token: UUID) -> str:
    """Throw away what has come of a file; return its name. Whoever lost the right to load may still do so.

    Raises:
        NotVisible: the actor has no such upload, or none any more.
    """
    found = PartialUpload.objects.filter(token=token, user=actor.id) if actor.is_person else None
    upload = found.first() if found is not None else None
    if upload is None or not _drop(upload.pk):
        raise NotVisible
    return upload.file_name


def upload_finish(*, actor: Actor, token: UUID, checksum: str, mode: str = "") -> Run:
    """Put the parts together, compare the checksum and ask for a run, as ``run_upload`` does.

    The upload ends in the transaction that adds the run, so that no file is loaded twice, whoever is killed when.

    Args:
        checksum: SHA-256 over the checksums of the parts in their order, in hexadecimal.

    Raises:
        NotVisible: the actor has no such upload, or none any more. WrongPlace: parts are missing.
        Malformed: there is no checksum, which alone tells that all parts are of one file.
        RuleViolation: the checksum differs; the parts are thrown away. And what ``run_upload`` raises.
    """
    upload, parts = _arrived(actor, token, checksum)

    def pieces() -> Iterator[bytes]:
        for part in parts:
            with evidence.opened(str(part.content.name), _context(upload, part.offset)) as source:
                yield from evidence.pieces_of(source)

    return run_upload(
        actor=actor,
        dataset_id=upload.dataset_id,
        pieces=pieces(),
        file_name=upload.file_name,
        mode=mode,
        beside=lambda run: _end(upload, run),
    )


def upload_publish(*, actor: Actor, token: UUID, checksum: str) -> tuple[int, DatasetVersion | None]:
    """Put the parts together, compare the checksum and add the file to its set; return the dataset and its version.

    The version is what ``files_add`` returns.

    The upload ends in the transaction that adds the file. What it is is told from its whole content; where it is not
    taken, its parts are thrown away.

    Args:
        checksum: as for ``upload_finish``.

    Raises:
        NotVisible, WrongPlace, Malformed, RuleViolation: as for ``upload_finish``. And what ``files_add`` raises.
    """
    upload, parts = _arrived(actor, token, checksum)
    with io.BufferedReader(_Whole(upload, parts)) as whole:
        try:
            version = files_add(
                actor=actor,
                dataset_id=upload.dataset_id,
                files=[File(whole, name=upload.file_name)],
                beside=lambda: _end(upload),
            )
        except RuleViolation as refused:
            if all(one.code != "too_many" for one in refused.errors):  # else there may be room for it later
                _drop(upload.pk)
            raise
    return upload.dataset_id, version


def _arrived(actor: Actor, token: UUID, checksum: str) -> tuple[PartialUpload, list[UploadPart]]:
    """Return an upload of which every part has come, unchanged.

    Raises:
        NotVisible, WrongPlace, Malformed, RuleViolation: see ``upload_finish``.
    """
    upload = _own(actor, token)
    if upload.received_bytes != upload.size_bytes:
        raise WrongPlace(upload)
    if not checksum:
        raise Malformed
    parts = list(upload.parts.all())
    if checksum != hashlib.sha256("".join(one.sha256 for one in parts).encode()).hexdigest():
        _drop(upload.pk)
        raise RuleViolation([FieldError("file", "checksum", _("The file was changed on its way. Send it again."))])
    return upload, parts


class _Whole(io.RawIOBase):
    """The parts of a file as one that is read at any place: of one of them at a time, what is asked for is unsealed."""

    def __init__(self, upload: PartialUpload, parts: Sequence[UploadPart]) -> None:
        self._upload, self._parts = upload, parts
        self._at = 0
        self._held: tuple[UploadPart, IO[bytes]] | None = None
        self._opened = ExitStack()

    def close(self) -> None:
        self._opened.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._upload.size_bytes}[whence]
        if begin + offset < 0:
            raise ValueError(offset)
        self._at = begin + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        if self._held is None or not self._is_in(self._held[0]):
            part = next(filter(self._is_in, self._parts), None)
            if part is None:
                return 0
            self._opened.close()
            sealed = evidence.opened(str(part.content.name), _context(self._upload, part.offset))
            self._held = part, self._opened.enter_context(sealed)
        part, source = self._held
        source.seek(self._at - part.offset)
        given = source.read(len(buffer))
        buffer[: len(given)] = given
        self._at += len(given)
        return len(given)

    def _is_in(self, part: UploadPart) -> bool:
        return bool(part.offset <= self._at < part.offset + part.size_bytes)


def _end(upload: PartialUpload, run: Run | None = None) -> None:
    """Forget an upload in the transaction that makes something of it.

    Raises:
        NotVisible: somebody else has made it meanwhile.
    """
    if not _drop(upload.pk):
        raise _gone(upload.user_id, upload.token)
    if run is not None:
        run.upload_token = upload.token
        run.save(update_fields=["upload_token"])


def _gone(user_id: int | None, token: UUID) -> NotVisible:
    """Say to a window that goes on with a file what became of it in another of the same person's."""
    run = Run.objects.filter(upload_token=token, asked_by=user_id).first() if user_id is not None else None
    if run is not None:
        text = _("Another window has sent this file to its end: it is loaded once. Nothing has to be sent again.")
        return NotVisible(text, extra={"run": run.pk})
    return NotVisible(
        _(
            "Another window has discarded this file, or sent it to its end. If it has not arrived, choose it again: it "
            "can be sent anew."
        )
    )


@transaction.atomic
def _drop(upload_id: int, **still: Any) -> bool:
    """Forget an upload; its parts are deleted after the commit.

    Args:
        still: what must hold of it once it is locked.

    Returns:
        Whether it was there.
    """
    upload = PartialUpload.objects.select_for_update(of=("self",)).filter(pk=upload_id, **still).first()
    if upload is None:
        return False
    names = [str(part.content.name) for part in upload.parts.all()]
    upload.delete()
    if names:
        outbox.put(UNUSED_EVENT, names=names)
    return True


def uploads_give_up(dataset: Dataset) -> list[str]:
    """Forget the unfinished files of a dataset; return the names of their sealed parts, for the caller to delete.

    Called in a transaction that holds the dataset's row, so that none of them becomes a run meanwhile. The people who
    sent them are told.
    """
    uploads = PartialUpload.objects.select_for_update(of=("self",)).filter(dataset=dataset).order_by("pk")
    people = sorted({upload.user_id for upload in uploads})
    if not people:
        return []
    parts = UploadPart.objects.filter(upload__in=uploads).order_by("pk")
    names = [str(name) for name in parts.values_list("content", flat=True)]
    PartialUpload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    outbox.put(GIVEN_UP_EVENT, dataset_id=dataset.pk, user_ids=people)
    return names


def uploads_purge() -> int:
    """Forget uploads of which nothing has come for days; return how many."""
    stale = {"touched_at__lt": clock.now() - KEPT}
    ids = list(PartialUpload.objects.filter(**stale).values_list("pk", flat=True))
    return sum(_drop(upload_id, **stale) for upload_id in ids)


def _own(actor: Actor, token: UUID, *, for_update: bool = False) -> PartialUpload:
    """Return an upload of the actor's own; anybody else's does not exist.

    Raises:
        NotVisible: he has no such upload. NotAllowed: he may load data here no longer.
    """
    found = PartialUpload.objects.filter(token=token, user=actor.id)
    upload = (found.select_for_update(of=("self",)) if for_update else found).first() if actor.is_person else None
    if upload is None:
        raise _gone(actor.id, token)
    dataset = selectors.dataset_get_for(actor, upload.dataset_id)
    policies.require_load_dataset(actor, dataset.entry)
    return upload


def _context(upload: PartialUpload, offset: int) -> str:
    return f"collection.upload.{upload.token}.{offset}"
