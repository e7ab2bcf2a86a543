"""From rows to planned entries: what would happen to each, and everything that speaks against it.

A plan is made row by row and kept nowhere here: a preview writes it into a report, an import into its batch.
What has to be remembered of 100,000 rows is a few bytes for each.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Department
from catalog import rules
from catalog.choices import EntryStatus, Origin
from catalog.diff import FIELD_LABELS
from catalog.imports import columns
from catalog.imports.completing import Classification, complete, complete_for_publication
from catalog.imports.draft import Draft
from catalog.imports.interpret import Interpreter
from catalog.imports.known_entries import Known, KnownEntries, contents_of, differences, existing_refs
from catalog.imports.mapping import ImportMapping
from catalog.imports.problems import Tally, TallyKind
from catalog.imports.providers import Provider, ProviderDirectory, Unmatched
from catalog.imports.reading import Source, SourceRow
from catalog.imports.text import as_text, name_key, one_line
from catalog.models import CompilationStandard, Revision, RevisionItem
from catalog.selectors import entry as selectors
from catalog.services.content import DEFAULTS, ITEM_FIELDS, TEXT_FIELDS
from workflow.selectors.citation import documents_unfit_to_withhold

CHUNK = 200
"""Entries looked up in the catalog at once."""

_CONTENT = (1 << 64) - 1
"""Of what is remembered of a row: the part that stands for its content; above it is the row's number."""

CREATE, UPDATE, PUBLISH, UNCHANGED, REJECT = "create", "update", "publish", "unchanged", "reject"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What was asked for.

    Attributes:
        publishes: entries are to be submitted, signed off and published by the two import jobs (ADR 0040).
        updates: entries whose content differs are revised; otherwise they are rejected.
        only_department_id: file for this department only (an import by a person).
    """

    publishes: bool = False
    updates: bool = False
    creates_departments: bool = False
    only_department_id: int | None = None


@dataclass(slots=True)
class Planned:
    """One entry of the file and what is to be done with it."""

    draft: Draft
    action: str
    provider: Provider | None = None
    known: Known | None = None
    digest: str = ""
    publishes: bool = False

    def payload(self) -> dict[str, Any]:
        """Return what has to be kept to carry this out later."""
        draft = self.draft
        return {
            "provider": self.provider.key if self.provider else "",
            "code": draft.source_code,
            "fields": {**draft.fields, "name": draft.name},
            "given": sorted({*draft.given, "name"}),
            "items": draft.items,
            "related": draft.related,
            "assumptions": draft.assumptions,
            "publishes": self.publishes,
            "entry_id": self.known.pk if self.known else None,
            "edit_version": self.known.edit_version if self.known else None,
        }


class Planner:
    """Plans a file.

    Args:
        home: the department the import is filed under.
    """

    def __init__(self, source: Source, mapping: ImportMapping, home: Department, options: PlanOptions) -> None:
        self.source = source
        self.mapping = mapping
        self.options = options
        self.tally = Tally()
        self.directory = ProviderDirectory(home, given=mapping.providers, creates=options.creates_departments)
        self.interpreter = Interpreter(source, mapping, self.tally)
        self.rows_read = 0
        self._classification = Classification.load()
        self._known = KnownEntries()
        self._standard = selectors.standard_in_force()
        self._unfit = documents_unfit_to_withhold()
        self._seen: dict[bytes, int] = {}
        self._taken: dict[int, int] = {}
        self._names: dict[bytes, int] = {}
        self._numbers: dict[str, int] = {}
        self._has_items = "item.name" in mapping.columns

    @property
    def unknown(self) -> dict[str, list[str]]:
        """Return the values that were not understood, by meaning, for the mapping's file."""
        return {meaning: list(found) for meaning, found in self.interpreter.unknown.items()}

    def entries(self) -> Iterator[Planned]:
        """Yield the entries in the order of the file. Texts that go into entries are in the main language."""
        chunk: list[Planned] = []
        rows = self._groups()
        while True:
            with translation.override(settings.LANGUAGE_CODE):
                for group in rows:
                    chunk.append(self._plan(group))
                    if len(chunk) >= CHUNK:
                        break
                if not chunk:
                    return
                self._against_catalog(chunk)
            yield from chunk
            chunk = []

    # --- Rows of one entry --------------------------------------------------------------------------------------

    def _groups(self) -> Iterator[list[SourceRow]]:
        if not self._has_items:
            for row in self.source.rows():
                self.rows_read += 1
                yield [row]
            return
        group: list[SourceRow] = []
        for row in self.source.rows():
            self.rows_read += 1
            if group and self._continues(group[0], row):
                group.append(row)
                continue
            if group:
                yield self._merged(group)
            group = [row]
        if group:
            yield self._merged(group)

    def _continues(self, first: SourceRow, row: SourceRow) -> bool:
        """Say whether a row describes a further item of the entry: its own cells are empty or repeat the entry's."""
        name = self._cell(row, "name")
        if not self._cell(row, "item.name") and (name or not self._cell(first, "item.name")):
            return False
        return all(
            not self._cell(row, meaning) or self._cell(row, meaning) == self._cell(first, meaning)
            for meaning in ("name", "code", "provider")
        )

    def _cell(self, row: SourceRow, meaning: str) -> str:
        for label in self.mapping.columns.get(meaning, ()):
            if text := one_line(row.values.get(label)):
                return text
        return ""

    def _merged(self, group: list[SourceRow]) -> list[SourceRow]:
        """Give the first row what only a later one says of the entry; every row describes its own item."""
        if len(group) == 1:
            return group
        first = dict(group[0].values)
        for meaning, labels in self.mapping.columns.items():
            if meaning.startswith(columns.ITEM) or meaning in columns.SHARED_BY_ITEMS:
                continue
            for label in labels:
                if first.get(label) in (None, ""):
                    value = next((row.values[label] for row in group if row.values.get(label) not in (None, "")), None)
                    if value is not None:
                        first[label] = value
        return [SourceRow(group[0].number, first), *group[1:]]

    def _disagreements(self, draft: Draft, group: Sequence[SourceRow]) -> None:
        for meaning, labels in self.mapping.columns.items():
            if meaning.startswith(columns.ITEM) or meaning in columns.SHARED_BY_ITEMS:
                continue
            for label in labels:
                said = as_text(group[0].values.get(label)).strip()
                other = next(
                    (row for row in group[1:] if as_text(row.values.get(label)).strip() not in ("", said)), None
                )
                if other is not None:
                    draft.check(
                        "rows_differ",
                        label,
                        one_line(other.values.get(label)),
                        _("The rows of one entry differ here; the first one (row %(row)d) counts.")
                        % {"row": draft.row},
                        _("Write the same in all rows of an entry, or leave the further ones empty."),
                        row=other.number,
                    )

    # --- One entry ----------------------------------------------------------------------------------------------

    def _plan(self, group: list[SourceRow]) -> Planned:
        draft = self.interpreter.read(group)
        if len(group) > 1:
            self._disagreements(draft, group)
        if draft.is_rejected:
            return Planned(draft, REJECT)
        provider = self._provider(draft)
        if provider is None:
            return Planned(draft, REJECT)
        complete(draft, provider.name, self._classification, self.mapping.defaults)
        planned = Planned(draft, CREATE, provider, digest=_digest(draft))
        self._repeated(planned)
        return planned

    def _provider(self, draft: Draft) -> Provider | None:
        found = self.directory.find(draft.provider, draft.provider_code)
        if isinstance(found, Unmatched):
            if found.code != "provider_mapping":
                self.interpreter.remember_unknown("provider", draft.provider)
            draft.reject(found.code, draft.provider_label, draft.provider, found.message, found.advice)
            return None
        only = self.options.only_department_id
        if only is not None and found.department_id != only:
            draft.reject(
                "other_department",
                draft.provider_label,
                draft.provider,
                _("You can file entries only for your own department."),
                _("Ask that department to import its own rows."),
            )
            return None
        if not draft.provider and not draft.provider_code:
            draft.note("department", found.code, "", "provider_missing")
        elif found.rule:
            draft.note("department", found.code, draft.provider, found.rule)
        return found

    def _repeated(self, planned: Planned) -> None:
        """Reject an entry that the file holds already: the same provider with the same name or code."""
        draft, provider = planned.draft, planned.provider
        assert provider is not None  # noqa: S101
        content = int(planned.digest[:16], 16)
        keys = [(_key(provider.key, name_key(draft.name)), self._label("name"), draft.name)]
        if draft.source_code:
            keys.append((_key(provider.key, "#", draft.source_code), self._label("code"), draft.source_code))
        for key, label, value in keys:
            first = self._seen.get(key)
            if first is not None:
                self._reject_repeated(planned, label, value, first >> 64, first & _CONTENT == content)
                return
        for key, _label, _value in keys:
            self._seen[key] = draft.row << 64 | content
        number = self._numbers.setdefault(provider.key, len(self._numbers))
        if self._names.setdefault(_key(name_key(draft.name)), number) != number:
            self.tally.add(TallyKind.REPEATED.value, "same_name_elsewhere", field=self._label("name"), row=draft.row)

    def _reject_repeated(self, planned: Planned, label: str, value: str, first: int, is_same: bool) -> None:
        planned.action = REJECT
        if is_same:
            message = _("The same provider has this entry in row %(row)d already, with the same content.")
            advice = _("Nothing to do: the first row was taken.")
            code = "repeated_same"
        else:
            message = _("The same provider has an entry of this name in row %(row)d already, with other content.")
            advice = _("Tell the two apart by name, or keep only the right one.")
            code = "repeated_other"
        planned.draft.reject(code, label, value, message % {"row": first}, advice)

    def _label(self, meaning: str) -> str:
        return next(iter(self.mapping.columns.get(meaning, ())), "")

    # --- Against the catalog ------------------------------------------------------------------------------------

    def _against_catalog(self, chunk: Sequence[Planned]) -> None:
        for planned in chunk:
            if planned.action != REJECT:
                self._references(planned)
                self._match(planned)
        compared = [one for one in chunk if one.known is not None and one.action == UPDATE]
        contents = contents_of([one.known.pk for one in compared if one.known]) if compared else {}
        for planned in compared:
            assert planned.known is not None  # noqa: S101
            self._compare(planned, contents.get(planned.known.pk))
        if self.options.publishes:
            for planned in chunk:
                if planned.action in (CREATE, UPDATE, PUBLISH):
                    self._check_publication(planned)

    def _match(self, planned: Planned) -> None:
        draft, provider = planned.draft, planned.provider
        if provider is None or provider.department_id is None:
            return
        found = self._known.find(provider.department_id, provider.code, draft.source_code, draft.name)
        if not found:
            return
        if len(found) > 1:
            codes = "、".join(one.label for one in found[:5])
            planned.action = REJECT
            draft.reject(
                "exists_several",
                self._label("name"),
                draft.name,
                _("The department has several entries of this name (%(codes)s).") % {"codes": codes},
                _("Put the resource code of the one that is meant into the file."),
            )
            return
        known = found[0]
        if known.pk in self._taken:
            planned.action = REJECT
            draft.reject(
                "repeated_other",
                self._label("name"),
                draft.name,
                _("Row %(row)d stands for the same entry %(code)s already.")
                % {"row": self._taken[known.pk], "code": known.label},
                _("Keep only one of the two rows."),
            )
            return
        self._taken[known.pk] = draft.row
        planned.known = known
        planned.action = self._unchanged(known) if known.digest == planned.digest else UPDATE

    def _unchanged(self, known: Known) -> str:
        """Return what is to be done with an entry that the file does not change: perhaps publish its draft."""
        is_own_draft = known.status == EntryStatus.DRAFT and known.origin == Origin.IMPORTED
        if self.options.publishes and is_own_draft and known.edit_version == known.version:
            return PUBLISH
        return UNCHANGED

    def _compare(self, planned: Planned, revision: Revision | None) -> None:
        draft, known = planned.draft, planned.known
        assert known is not None  # noqa: S101
        changed = differences(draft, revision) if revision is not None else []
        if not changed:
            planned.action = self._unchanged(known)
            return
        names = "、".join(str(FIELD_LABELS.get(name, name)) for name in changed)
        if known.is_pending:
            planned.action = REJECT
            draft.reject(
                "under_review",
                self._label("name"),
                draft.name,
                _("The entry %(code)s differs (%(fields)s) but is under review.")
                % {"code": known.label, "fields": names},
                _("Wait for the decision, or have it recalled, and import again."),
            )
        elif not self.options.updates:
            planned.action = REJECT
            draft.reject(
                "exists_other",
                self._label("name"),
                draft.name,
                _("The catalog holds this entry as %(code)s with other content (%(fields)s).")
                % {"code": known.label, "fields": names},
                _("Edit the entry, or choose on import that entries held differently are revised (--update)."),
            )

    def _references(self, planned: Planned) -> None:
        """Leave out references to what is not registered, so that the rest of the entry can be taken."""
        draft, provider = planned.draft, planned.provider
        if system := draft.get("source_system"):
            known = provider is not None and provider.department_id is not None
            if not known or not self._known.has_system(provider.department_id, provider.code, system):  # type: ignore[union-attr, arg-type]
                self._leave_out(draft, "source_system", system)
        if library := draft.get("library"):
            code = self._known.library_code(library)
            if code:
                draft.fields["library"] = code
            else:
                self._leave_out(draft, "library", library)
        if draft.related:
            known_refs = existing_refs(draft.related)
            for ref in [one for one in draft.related if one not in known_refs]:
                self._leave_out(draft, "related", ref)
            draft.related = [one for one in draft.related if one in known_refs]

    def _leave_out(self, draft: Draft, meaning: str, value: str) -> None:
        draft.fields.pop(meaning, None)
        draft.given.discard(meaning)
        draft.check(
            "not_registered",
            self._label(meaning),
            value,
            _("“%(value)s” is not registered; it was left out.") % {"value": value},
            _("Register it, then add it to the entry."),
        )

    # --- Publication --------------------------------------------------------------------------------------------

    def _check_publication(self, planned: Planned) -> None:
        """Say beforehand why an entry could not be submitted; it is then kept as a draft, or left as the one it is.

        What an update makes of an entry shows only when it is made.
        """
        draft = planned.draft
        if planned.action != UPDATE:
            found = rules.check(*self._unsaved(draft), standard=self._standard, unfit_documents=self._unfit).errors
            errors = [one for one in found if not one.field.startswith("assessments.")]
            for error in errors:
                draft.keep_back(error.code, self._label(error.field) or error.field, "", error.message)
            if errors:
                planned.action = UNCHANGED if planned.action == PUBLISH else planned.action
                return
        complete_for_publication(draft)
        planned.publishes = True

    def _unsaved(self, draft: Draft) -> tuple[Revision, list[RevisionItem]]:
        return unsaved_revision(draft, self._classification, self._standard)


def unsaved_revision(
    draft: Draft, classification: Classification, standard: CompilationStandard | None
) -> tuple[Revision, list[RevisionItem]]:
    """Build what a draft would become, without saving, for the rules to look at."""
    revision = Revision(name=draft.name, standard=standard)
    for name, value in {**DEFAULTS, **draft.fields}.items():
        if name in TEXT_FIELDS or name in ("legal_basis", "census", "extra"):
            setattr(revision, name, value)
    revision.category = classification.by_code.get(str(draft.get("category")))
    items = [
        RevisionItem(position=at, **{name: value for name, value in item.items() if name in ITEM_FIELDS})
        for at, item in enumerate(draft.items, start=1)
    ]
    return revision, items


def _key(*parts: str) -> bytes:
    return hashlib.blake2b("|".join(parts).encode(), digest_size=12).digest()


def _digest(draft: Draft) -> str:
    """Return a fingerprint of an entry's content; where and when the source published it does not count."""
    fields = {key: value for key, value in draft.fields.items() if key != "extra"}
    fields["extra"] = {key: value for key, value in dict(draft.get("extra") or {}).items() if key != "source"}
    content = [draft.name, fields, draft.items, draft.related, draft.source_code]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
