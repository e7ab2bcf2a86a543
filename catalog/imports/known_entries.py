"""What the catalog already holds: found by code or name, department by department, as an import needs it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from accounts.models import InformationSystem
from catalog.choices import EntryStatus
from catalog.imports.draft import Draft
from catalog.imports.text import name_key
from catalog.models import Entry, EntryAlias, ImportRow, Library, Revision, RevisionItem
from catalog.models.imports import RowState

_TAKEN = (RowState.CREATED, RowState.UPDATED, RowState.UNCHANGED)
_ITEM_TEXTS = ("field_name", "sharing", "sharing_condition", "opening", "description")


def alias_source(department_code: str) -> str:
    """Return the name under which an import keeps the codes that a department's files use."""
    return f"import:{department_code}"


@dataclass(slots=True)
class Known:
    """An entry of the catalog as an import sees it.

    Attributes:
        digest: content of the row that last brought or confirmed it, "" where none did.
        version: its ``edit_version`` right after that row.
    """

    pk: int
    code: str
    name: str
    status: str
    edit_version: int
    origin: str
    is_pending: bool
    digest: str = ""
    version: int | None = None

    @property
    def label(self) -> str:
        return self.code or f"#{self.pk}"


class _Department:
    def __init__(self, department_id: int, department_code: str) -> None:
        rows = (
            Entry.objects.filter(department_id=department_id)
            .exclude(status=EntryStatus.WITHDRAWN)
            .values_list(
                "pk", "code", "current_revision__name", "status", "edit_version", "origin", "working_revision__status"
            )
        )
        self.by_pk: dict[int, Known] = {}
        self.by_name: dict[str, list[Known]] = {}
        self.by_code: dict[str, Known] = {}
        for pk, code, name, status, version, origin, working in rows.iterator(chunk_size=5000):
            is_pending = working in ("awaiting_head", "awaiting_authority") or status == EntryStatus.WITHDRAWAL_PENDING
            known = Known(pk, code or "", name or "", status, version, origin, is_pending)
            self.by_pk[pk] = known
            self.by_name.setdefault(name_key(known.name), []).append(known)
            if code:
                self.by_code[code] = known
        aliases = EntryAlias.objects.filter(source=alias_source(department_code), entry__department_id=department_id)
        for code, pk in aliases.values_list("code", "entry_id"):
            if pk in self.by_pk:
                self.by_code.setdefault(code, self.by_pk[pk])
        past = ImportRow.objects.filter(entry__department_id=department_id, state__in=_TAKEN).order_by("pk")
        rows_past = past.values_list("entry_id", "digest", "entry_version")
        for entry_id, digest, row_version in rows_past.iterator(chunk_size=5000):
            if entry_id in self.by_pk:
                self.by_pk[entry_id].digest, self.by_pk[entry_id].version = digest, row_version
        self.systems = set(
            InformationSystem.objects.filter(department_id=department_id, retired_on__isnull=True).values_list(
                "name", flat=True
            )
        )


class KnownEntries:
    """The catalog in memory, as far as a file touches it."""

    def __init__(self) -> None:
        self._departments: dict[int, _Department] = {}
        self._libraries = {text: one.code for one in Library.objects.all() for text in (one.code, one.name)}

    def _of(self, department_id: int, department_code: str) -> _Department:
        if department_id not in self._departments:
            self._departments[department_id] = _Department(department_id, department_code)
        return self._departments[department_id]

    def find(self, department_id: int, department_code: str, code: str, name: str) -> list[Known]:
        """Return the entry with this code, else those that bear the name; of several the exact name wins."""
        department = self._of(department_id, department_code)
        plain = code.replace("-", "/", 1) if "/" not in code else code
        known = department.by_code.get(code) or department.by_code.get(plain) if code else None
        if known is not None:
            return [known]
        found = department.by_name.get(name_key(name), [])
        exact = [one for one in found if one.name == name]
        return exact if len(exact) == 1 else found

    def has_system(self, department_id: int, department_code: str, name: str) -> bool:
        return name in self._of(department_id, department_code).systems

    def library_code(self, text: str) -> str:
        """Return the code of the library called so, or ""."""
        return self._libraries.get(text, "")


def existing_refs(refs: Iterable[str]) -> set[str]:
    """Return those of the resource codes that entries bear."""
    wanted = {ref: ref.replace("/", "-") for ref in refs}
    slugs = set(Entry.objects.filter(slug__in=list(wanted.values())).values_list("slug", flat=True))
    return {ref for ref, slug in wanted.items() if slug in slugs}


def contents_of(entry_ids: Sequence[int]) -> dict[int, Revision]:
    """Return the content in force of entries: the working revision, else the published one."""
    entries = Entry.objects.filter(pk__in=entry_ids).values_list("pk", "working_revision_id", "published_revision_id")
    wanted = {working or published: pk for pk, working, published in entries}
    revisions = (
        Revision.objects.filter(pk__in=wanted)
        .select_related("category", "library", "source_system")
        .prefetch_related(Prefetch("items", RevisionItem.objects.order_by("position")), "related")
    )
    return {wanted[one.pk]: one for one in revisions}


def differences(draft: Draft, revision: Revision) -> list[str]:
    """Return the fields in which what a file states differs from a revision. What it leaves open never differs."""
    found = []
    if draft.name != revision.name:
        found.append("name")
    for name in sorted(draft.given):
        said, stored = draft.fields.get(name), _stored(revision, name)
        if name == "keywords":
            said, stored = _words(said), _words(stored)
        if _plain(said) != _plain(stored):
            found.append(name)
    states_items = draft.items and not any(one["field"] == "items" for one in draft.assumptions)
    if states_items and not _same_items(draft.items, list(revision.items.all())):
        found.append("items")
    if draft.related and {ref.replace("/", "-") for ref in draft.related} != {
        one.ref for one in revision.related.all()
    }:
        found.append("related")
    return found


def _stored(revision: Revision, name: str) -> Any:
    if name in ("category", "library"):
        one = getattr(revision, name)
        return one.code if one else ""
    if name == "source_system":
        return revision.source_system.name if revision.source_system else ""
    return getattr(revision, name)


def _plain(value: Any) -> Any:
    """Return a value for comparing: blanks, line ends and the marks around a document's name do not count."""
    if isinstance(value, str):
        return " ".join(value.strip().strip("《》").split())
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one not in ("", None)}
    return value


def _words(text: Any) -> list[str]:
    return sorted(one for one in re.split(r"[\s,，、;；|]+", str(text or "")) if one)


def _same_items(given: Sequence[Mapping[str, Any]], stored: Sequence[RevisionItem]) -> bool:
    if len(given) != len(stored):
        return False
    for item, row in zip(given, stored, strict=True):
        if any(_plain(value) != _plain(getattr(row, name)) for name, value in item.items()):
            return False
    return True
