"""Files of a dataset: adding, replacing and removing makes a new version; whoever reads one is in the trail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID, uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.choices import EntryStatus
from collection import evidence, policies, selectors
from collection.duty_choices import OPEN_ERASURE_STATES
from collection.evidence import Kept
from collection.filetypes import EXTENSIONS, FileKind, NotTaken, kind_of
from collection.models import Dataset, DatasetFile, DatasetVersion, Erasure
from collection.selectors.file import file_get_for, files_of, files_open
from collection.services.freshness import dataset_confirm
from collection.services.retention import UNUSED_EVENT
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, FieldError, InvalidTransition, NotVisible, RuleViolation
from workflow import outbox
from workflow.services.attachment import LONGEST_NAME, safe_name

FOLDER = "datasets"
MOST_BYTES = 4 * 1024**3
MOST_AT_ONCE = 100
MOST_BYTES_AT_ONCE = 20 * 1024**3
"""Of all files that are sent together; what is in front of the product takes no more (``deploy/nginx.conf``)."""
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file that was sent and sealed, and has no row yet."""

    name: str
    token: UUID
    kind: FileKind
    kept: Kept


def _context(token: UUID) -> str:
    """Return what a file's content is bound to."""
    return f"collection.file.{token}"


def files_add(
    *, actor: Actor, dataset_id: int, files: Sequence["File[Any]"], beside: Callable[[], None] | None = None
) -> DatasetVersion | None:
    """Add files, replacing those of the same names, and publish the set; return the new version.

    The sealed files are written before the rows; if the rows never come, they are deleted. Files that are all there
    already make no version: they show that the data are current.

    Args:
        beside: what else happens in the transaction that adds the files; what it raises undoes both.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are a table; the entry was withdrawn.
        RuleViolation: nothing was sent, too many files, or one that is empty, too large or of a kind not taken.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id)
    policies.require_load_dataset(actor, dataset.entry)
    files_require(dataset)
    names, kinds = _require_acceptable(files)
    sent = _seal(files, names, kinds)
    try:
        version = _set_publish(actor, dataset_id, sent, beside)
    except DomainError:  # after any other error the rows may be there, and need their files
        _unused_drop(sent)
        raise
    _unused_drop(sent)
    return version


def _seal(files: Sequence["File[Any]"], names: Sequence[str], kinds: Sequence[FileKind]) -> list[_Sent]:
    folder = f"{FOLDER}/{clock.today():%Y/%m}"
    sent: list[_Sent] = []
    try:
        for file, name, kind in zip(files, names, kinds, strict=True):
            token = uuid4()
            sent.append(_Sent(name, token, kind, evidence.keep(file.chunks(), folder=folder, context=_context(token))))
    except BaseException:
        _unused_drop(sent)
        raise
    return sent


def _unused_drop(sent: Sequence[_Sent]) -> None:
    """Delete what was sealed and has no row, not even one that another set has ended since."""
    tokens = [one.token for one in sent]
    used = set(DatasetFile.objects.filter(token__in=tokens).values_list("token", flat=True))
    for one in sent:
        if one.token not in used:
            default_storage.delete(one.kept.name)


def files_require(dataset: Dataset) -> None:
    """Refuse a dataset that takes no files.

    Raises:
        InvalidTransition: it was unhooked, or is a table; its entry was withdrawn.
    """
    if dataset.is_table:
        raise InvalidTransition(_("This dataset is a table: load its rows from a file instead."))
    if dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry. Hook them anew to load them."))
    if dataset.entry.status == EntryStatus.WITHDRAWN:
        raise InvalidTransition(_("The entry was withdrawn: its data are not loaded any more."))


def _require_acceptable(files: Sequence["File[Any]"]) -> tuple[list[str], list[FileKind]]:
    """Return the names and kinds of files that may be kept.

    Raises:
        RuleViolation: see ``files_add``; every file that is not taken is named with its reason.
    """
    if not files:
        raise _refusal("required", _("Choose one or more files."))
    if len(files) > MOST_AT_ONCE:
        raise _refusal("too_many", _("Send at most %(count)d files at once.") % {"count": MOST_AT_ONCE})
    if sum(file.size or 0 for file in files) > MOST_BYTES_AT_ONCE:
        raise _refusal("too_large", _("Send at most %(limit)d GB at once.") % {"limit": MOST_BYTES_AT_ONCE // 1024**3})
    errors, names, kinds = [], [], []
    for file in files:
        name = safe_name(file.name or "")
        problem, kind = _problem(file, name)
        if name in names:
            problem = problem or ("twice", _("Two of the files have this name."))
        if problem:
            errors.append(FieldError("file", problem[0], f"{name}：{problem[1]}"))
        elif kind is not None:
            names.append(name)
            kinds.append(kind)
    if errors:
        raise RuleViolation(errors)
    return names, kinds


def file_require_ahead(name: str, size: int) -> None:
    """Refuse a file that could not be kept whatever it holds, before it is sent.

    Raises:
        RuleViolation: its name is too long; it is empty or too large.
    """
    problem = _problem_ahead(name, size)
    if problem:
        raise _refusal(problem[0], f"{safe_name(name)}：{problem[1]}")


def _problem_ahead(name: str, size: int) -> tuple[str, str] | None:
    if len(name.rpartition(".")[0]) > LONGEST_NAME:
        # It would be cut, and two names that begin alike would become one.
        return "name_too_long", _("Its name is longer than %(count)d characters. Shorten it.") % {"count": LONGEST_NAME}
    if size <= 0:
        return "empty", _("The file is empty.")
    if size > MOST_BYTES:
        return "too_large", _("Larger than %(limit)d GB.") % {"limit": MOST_BYTES // 1024**3}
    return None


def _problem(file: "File[Any]", name: str) -> tuple[tuple[str, str] | None, FileKind | None]:
    problem = _problem_ahead(file.name or "", file.size or 0)
    if problem:
        return problem, None
    try:
        kind = kind_of(file)
    except NotTaken as refused:
        taken = _("Taken are: %(kinds)s.") % {"kinds": ", ".join(EXTENSIONS)}
        says_all = refused.code != "file_type"
        return (refused.code, str(refused.message) if says_all else f"{refused.message} {taken}"), None
    if name.rpartition(".")[2].lower() not in kind.extensions:
        text = _("Its content is %(kind)s, its name says otherwise. Name it with one of: %(endings)s.")
        endings = ", ".join(f".{one}" for one in sorted(kind.extensions))
        return ("file_name", text % {"kind": kind.label, "endings": endings}), None
    return None, kind


def _refusal(code: str, message: str) -> RuleViolation:
    return RuleViolation([FieldError("file", code, message)])


@transaction.atomic
def _set_publish(
    actor: Actor, dataset_id: int, sent: Sequence[_Sent], beside: Callable[[], None] | None
) -> DatasetVersion | None:
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    files_require(dataset)
    if beside is not None:
        beside()
    present = {one.name: one for one in files_open(dataset)}
    fresh = [one for one in sent if one.name not in present or present[one.name].sha256 != one.kept.sha256]
    replaced = [present[one.name] for one in fresh if one.name in present]
    if not fresh:
        dataset_confirm(dataset, clock.now())
        audit.record(actor, "collection.files.settle", dataset, after={"files": len(sent)})
        return None
    count = len(present) + len(fresh) - len(replaced)
    if count > MOST_FILES:
        raise _refusal("too_many", _("A dataset holds at most %(count)d files.") % {"count": MOST_FILES})
    version = _version_add(dataset, count, added=len(fresh) - len(replaced), changed=len(replaced))
    _end(replaced, version)
    DatasetFile.objects.bulk_create(
        DatasetFile(
            dataset=dataset,
            token=one.token,
            name=one.name,
            content_type=one.kind.content_type,
            size_bytes=one.kept.size_bytes,
            sha256=one.kept.sha256,
            content=one.kept.name,
            since_version=version.number,
            added_at=version.published_at,
            added_by_id=actor.id if actor.is_person else None,
        )
        for one in fresh
    )
    size = sum(one.kept.size_bytes for one in fresh)
    _tell(
        actor, "collection.files.add", dataset, version, {"bytes": size, "sha256": [one.kept.sha256 for one in fresh]}
    )
    return version


@transaction.atomic
def files_remove(*, actor: Actor, dataset_id: int, file_ids: Sequence[int]) -> DatasetVersion:
    """Take files out of the set, and publish what is left; versions that held them keep them for their time.

    What is no longer hooked can be removed all the same: nothing else would ever end it.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department, or a file is not in the set.
        InvalidTransition: the data are a table; the entry was withdrawn. RuleViolation: no file is named.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_dataset(actor, dataset.entry)
    if dataset.is_table or not dataset.is_retired:
        files_require(dataset)
    wanted = set(file_ids)
    if not wanted:
        raise _refusal("required", _("Tick the files to remove."))
    gone = list(files_open(dataset).filter(pk__in=wanted))
    if len(gone) != len(wanted):
        raise NotVisible
    version = _version_add(dataset, files_open(dataset).count() - len(gone), removed=len(gone))
    _end(gone, version)
    _tell(actor, "collection.files.remove", dataset, version, {"sha256": [one.sha256 for one in gone]})
    return version


@transaction.atomic
def files_return(*, actor: Actor, dataset_id: int, number: int) -> DatasetVersion:
    """Publish the files of an earlier version again, as a new version; their content is shared, not copied.

    As with rows, a return does not show that the data are current.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are a table; the entry was withdrawn; the version is the published
            one, holds the same files, or is no longer kept.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_dataset(actor, dataset.entry)
    files_require(dataset)
    try:
        earlier = selectors.version_get(dataset, number)
    except NotVisible:
        raise InvalidTransition(_("The files of this version are no longer kept.")) from None
    if earlier.pk == dataset.published_version_id:
        raise InvalidTransition(_("This version is the published one."))
    wanted = {one.name: one for one in files_of(earlier)}
    present = {one.name: one for one in files_open(dataset)}
    gone = [one for name, one in present.items() if name not in wanted or wanted[name].sha256 != one.sha256]
    back = [one for name, one in wanted.items() if name not in present or present[name].sha256 != one.sha256]
    if not gone and not back:
        raise InvalidTransition(_("The published version holds the same files."))
    changed = sum(one.name in wanted for one in gone)
    version = _version_add(
        dataset, len(wanted), added=len(back) - changed, changed=changed, removed=len(gone) - changed, is_proof=False
    )
    _end(gone, version)
    for one in back:
        one.pk, one.since_version, one.until_version = None, version.number, None
    DatasetFile.objects.bulk_create(back)
    _tell(actor, "collection.files.return", dataset, version, {"of_version": earlier.number})
    return version


def _version_add(
    dataset: Dataset, count: int, *, added: int = 0, changed: int = 0, removed: int = 0, is_proof: bool = True
) -> DatasetVersion:
    """Add a version and move the pointer: the moment at which readers see the new set.

    Args:
        is_proof: the change shows that the data are current.
    """
    before, now = dataset.published_version, clock.now()
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=before.number + 1 if before else 1,
        generation=1,
        columns=[],
        row_count=count,
        added=added,
        changed=changed,
        removed=removed,
        published_at=now,
    )
    if before is not None:
        before.superseded_at = now
        before.save(update_fields=["superseded_at"])
    dataset.published_version, dataset.changed_at = version, now
    dataset.save(update_fields=["published_version", "changed_at"])
    if is_proof:
        dataset_confirm(dataset, now)
    return version


def _end(files: Sequence[DatasetFile], version: DatasetVersion) -> None:
    DatasetFile.objects.filter(pk__in=[one.pk for one in files]).update(until_version=version.number)


def _tell(actor: Actor, action: str, dataset: Dataset, version: DatasetVersion, more: dict[str, Any]) -> None:
    """Note the change in the trail, without names of files: they may be somebody's."""
    figures = {"added": version.added, "changed": version.changed, "removed": version.removed}
    audit.record(
        actor, action, dataset, after={"version": version.number, "files": version.row_count, **figures, **more}
    )
    outbox.put("collection.files.published", dataset_id=dataset.pk, version=version.number)


@transaction.atomic
def file_read(*, actor: Actor, file_id: int, is_noted: bool = False) -> DatasetFile:
    """Return a file for reading; the look is in the trail before its first byte.

    Args:
        is_noted: this is a further part of a look that is in the trail already.

    Raises:
        NotVisible, NotAllowed: as ``selectors.file.file_get_for``.
    """
    file = file_get_for(actor, file_id)
    if not is_noted:
        after = {"file": file.pk, "sha256": file.sha256, "bytes": file.size_bytes}
        audit.record(actor, "collection.files.read", file.dataset, after=after)
    return file


def file_opened(file: DatasetFile) -> AbstractContextManager[IO[bytes]]:
    """Open the content of a file that may be read; any part of it can be read on its own.

    Raises:
        evidence.Lost: the storage does not give it. collection.vault.Tampered: it is not what was sealed.
    """
    return evidence.opened(str(file.content.name), _context(file.token))


def file_pieces(file: DatasetFile, first: int, last: int) -> Iterator[bytes]:
    """Return the bytes from one place to another, both included; the first of them are read at once.

    Raises:
        evidence.Lost, collection.vault.Tampered: as ``file_opened``.
    """
    return evidence.content_of(str(file.content.name), _context(file.token), first, last)


@transaction.atomic
def files_purge(*, dataset_id: int) -> int:
    """Forget the files that no kept version holds; their content goes after the commit. Return how many.

    One that an open erasure names stays until that is decided: by its row the erasure knows what replaced it since.
    """
    dataset = Dataset.objects.select_for_update(of=("self",)).get(pk=dataset_id)
    kept = DatasetVersion.objects.filter(dataset=dataset, purged_at__isnull=True).order_by("number")
    oldest = kept.values_list("number", flat=True).first()
    erasures = Erasure.objects.filter(dataset=dataset, state__in=OPEN_ERASURE_STATES).values_list("files", flat=True)
    gone = DatasetFile.objects.filter(dataset=dataset, until_version__lte=oldest or 0)
    gone = gone.exclude(pk__in=[file_id for named in erasures for file_id in named])
    names = set(gone.values_list("content", flat=True))
    count = gone.delete()[0]
    unused = names - set(DatasetFile.objects.filter(content__in=names).values_list("content", flat=True))
    if unused:
        outbox.put(UNUSED_EVENT, names=sorted(unused))
    return count
