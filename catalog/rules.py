"""What a submission must hold, field by field. Pure: works on a revision and its items, asks no table.

Errors stand in the way of submission; hints do not. Every finding names its field and says what to do.
Sources: Regulation on Government Data Sharing (809) Art. 13–15, the 2017 compilation
guide, and the import errors that platforms report.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import jsonschema
from django.utils.translation import gettext as _

from catalog.choices import STRUCTURED_FORMATS, FormatClass, ItemType, Mask, Opening, Secrecy, Sharing
from catalog.formats import FORMAT_TYPES, FREE_TEXT_CLASSES, METHODS_OF_CLASS
from catalog.models import CompilationStandard, Revision, RevisionItem
from core.exceptions import FieldError

STRICTNESS = {Sharing.UNCONDITIONAL: 0, Sharing.CONDITIONAL: 1, Sharing.WITHHELD: 2}
SUMMARY_LIMIT = 256
"""Characters of a summary that other platforms keep (2017 guide as implemented)."""

MOST_KEY_BYTES = 2000
"""What tells a row from others must fit into an entry of an index, which holds 2,704 bytes."""

_CHINESE_BYTES = 3
_TEXTS = (ItemType.C, ItemType.M, ItemType.G)

_ID_NUMBER = re.compile("身份证号|公民身份号码|居民身份证")


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found: ``errors`` block, ``hints`` advise."""

    errors: list[FieldError]
    hints: list[FieldError]

    @property
    def is_clean(self) -> bool:
        return not self.errors and not self.hints


def secrecy_errors(secrecy: str) -> list[FieldError]:
    """Refuse what holds state or work secrets (809 Art. 3). Asked at intake, before anything is stored."""
    if secrecy in ("", Secrecy.NONE):
        return []
    message = _(
        "State secrets and work secrets must not enter this platform "
        "(Regulation on Government Data Sharing, Art. 3). Nothing was saved; "
        "handle the material on a classified system."
    )
    return [FieldError("secrecy", "secret", message)]


def check(
    revision: Revision,
    items: Sequence[RevisionItem],
    *,
    standard: CompilationStandard | None = None,
    unfit_documents: Collection[str] = (),
) -> Findings:
    """Check a revision for submission.

    Args:
        standard: the compilation standard in force; adds its mandatory and extra fields.
        unfit_documents: names of registered documents that may not justify withholding (809 Art. 15).
    """
    errors = [
        *secrecy_errors(revision.secrecy),
        *_basic_errors(revision),
        *_format_errors(revision),
        *_sharing_errors(revision, unfit_documents),
        *_opening_errors(revision, items),
        *_assessment_errors(revision),
        *_item_errors(revision, items),
        *_standard_errors(revision, standard),
    ]
    return Findings(errors, [*_revision_hints(revision), *_item_hints(revision, items)])


def _missing(field: str, message: str) -> FieldError:
    return FieldError(field, "required", message)


def _basic_errors(revision: Revision) -> Iterable[FieldError]:
    if not revision.name.strip():
        yield _missing("name", _("Give the entry a name."))
    if not revision.summary.strip():
        yield _missing("summary", _("Say in a few sentences what the data is about."))
    if revision.category is None:
        yield _missing("category", _("Choose a category."))
    elif not revision.category.takes_entries:
        yield FieldError("category", "not_a_leaf", _("Choose an active category at the third level or below."))
    if not revision.cycle:
        yield _missing("cycle", _("Choose how often the data is updated."))
    if not revision.data_level:
        yield _missing("data_level", _("Choose the grade of the data."))


def _format_errors(revision: Revision) -> Iterable[FieldError]:
    chosen = revision.format_class
    if not chosen:
        yield _missing("format_class", _("Choose the format class."))
        return
    if chosen in FREE_TEXT_CLASSES:
        if not revision.format_note.strip():
            yield _missing("format_note", _("Describe the format, as it is one of its own."))
    elif chosen != FormatClass.PAPER and not revision.format_type:
        yield _missing("format_type", _("Choose the format type."))
    if revision.format_type and revision.format_type.lower() not in FORMAT_TYPES[chosen]:
        yield FieldError(
            "format_type",
            "class_mismatch",
            _("“%(type)s” is not a format of the class “%(class)s”. Choose one of: %(types)s.")
            % {
                "type": revision.format_type,
                "class": revision.get_format_class_display(),
                "types": "、".join(FORMAT_TYPES[chosen]),
            },
        )


def _sharing_errors(revision: Revision, unfit_documents: Collection[str]) -> Iterable[FieldError]:
    if not revision.sharing:
        yield _missing("sharing", _("Choose the sharing attribute."))
        return
    if revision.sharing == Sharing.CONDITIONAL:
        if not revision.sharing_scope.strip():
            message = _(
                "State the scope: which departments may use the data. Conditional sharing must state it "
                "(Regulation on Government Data Sharing, Art. 15)."
            )
            yield _missing("sharing_scope", message)
        if not revision.sharing_purpose.strip():
            message = _(
                "State the purpose: for which tasks it may be used. Conditional sharing must state it "
                "(Regulation on Government Data Sharing, Art. 15)."
            )
            yield _missing("sharing_purpose", message)
    if revision.sharing == Sharing.WITHHELD:
        if not revision.sharing_reason.strip():
            yield _missing(
                "sharing_reason",
                _("Give the reason for withholding (Regulation on Government Data Sharing, Art. 15)."),
            )
        yield from _citation_errors(revision.legal_basis, unfit_documents)
    elif not revision.sharing_method:
        yield _missing("sharing_method", _("Choose how the data is shared."))
    fitting = METHODS_OF_CLASS.get(revision.format_class)
    if revision.sharing_method and fitting and revision.sharing_method not in fitting:
        yield FieldError(
            "sharing_method",
            "class_mismatch",
            _("File formats are shared as files, databases as a table or an interface. Choose a fitting method."),
        )


def _citation_errors(citations: list[dict[str, str]], unfit_documents: Collection[str]) -> Iterable[FieldError]:
    complete = [one for one in citations if one.get("document", "").strip() and one.get("article", "").strip()]
    if not complete:
        yield _missing(
            "legal_basis",
            _(
                "Cite the law, administrative regulation or State Council decision with its article "
                "(Regulation on Government Data Sharing, Art. 15)."
            ),
        )
    for index, one in enumerate(citations):
        if one.get("document", "").strip().strip("《》") in unfit_documents:
            yield FieldError(
                f"legal_basis[{index}].document",
                "unfit_basis",
                _(
                    "“%(document)s” cannot justify withholding: only a law, an administrative regulation or a "
                    "State Council decision can."
                )
                % {"document": one["document"]},
            )


def _opening_errors(revision: Revision, items: Sequence[RevisionItem]) -> Iterable[FieldError]:
    if not revision.opening:
        yield _missing("opening", _("Say whether the data is open to the public."))
        return
    if revision.opening == Opening.CONDITIONAL and not revision.opening_condition.strip():
        yield _missing("opening_condition", _("State the condition under which the public may have the data."))
    if revision.sharing == Sharing.WITHHELD and revision.opening != Opening.CLOSED:
        yield FieldError(
            "opening", "withheld_not_open", _("Data withheld from departments cannot be open to the public.")
        )
    for index, item in enumerate(items):
        effective = item.opening or revision.opening
        if item.is_sensitive and effective == Opening.OPEN and item.mask == Mask.NONE:
            yield FieldError(
                f"items[{index}].opening",
                "sensitive_open",
                _("“%(item)s” is sensitive: set it to not open, or choose a mask.") % {"item": item.name},
            )


def _assessment_errors(revision: Revision) -> Iterable[FieldError]:
    law = _("It is due before filing (Regulation on Government Data Sharing, Art. 13).")
    if not revision.secrecy_assessment.strip():
        yield _missing("assessments.secrecy", _("Enter the finding of the secrecy assessment.") + law)
    if not revision.personal_information_assessment.strip():
        yield _missing(
            "assessments.personal_information",
            _("Enter the finding of the personal-information impact assessment.") + law,
        )


def _item_errors(revision: Revision, items: Sequence[RevisionItem]) -> Iterable[FieldError]:
    if revision.format_class in STRUCTURED_FORMATS and not items:
        yield _missing("items", _("List the items: databases and spreadsheets must describe their columns."))
    names = Counter(item.name.strip() for item in items)
    field_names = Counter(item.field_name.strip().lower() for item in items if item.field_name.strip())
    stricter = []
    for index, item in enumerate(items):
        where = f"items[{index}]"
        if not item.name.strip():
            yield _missing(f"{where}.name", _("Item %(row)d has no name.") % {"row": index + 1})
            continue
        if names[item.name.strip()] > 1:
            yield FieldError(f"{where}.name", "duplicate", _("The name “%(item)s” occurs twice.") % {"item": item.name})
        if item.field_name.strip() and field_names[item.field_name.strip().lower()] > 1:
            yield FieldError(
                f"{where}.field_name",
                "duplicate",
                _("The field name “%(field)s” occurs twice.") % {"field": item.field_name},
            )
        if _ID_NUMBER.search(item.name) and item.type == ItemType.C and item.length and item.length < 18:
            yield FieldError(
                f"{where}.length",
                "id_number_length",
                _("ID numbers have 18 characters (GB 11643); a length of %(length)d would cut them.")
                % {"length": item.length},
            )
        if item.sharing == Sharing.WITHHELD and not item.sharing_condition.strip():
            yield _missing(
                f"{where}.sharing_condition",
                _("“%(item)s” is withheld: cite the law and article it rests on.") % {"item": item.name},
            )
        if (
            item.sharing
            and revision.sharing
            and STRICTNESS[Sharing(item.sharing)] > STRICTNESS[Sharing(revision.sharing)]
        ):
            stricter.append(item.name)
    if stricter and not revision.sharing_note.strip():
        yield FieldError(
            "sharing",
            "looser_than_items",
            _("The entry is looser than its items %(items)s. Make it as strict, or explain why in the note.")
            % {"items": "、".join(f"「{name}」" for name in stricter[:5])},
        )


def _standard_errors(revision: Revision, standard: CompilationStandard | None) -> Iterable[FieldError]:
    if standard is None:
        return
    for field in standard.required_fields:
        if not getattr(revision, field, None):
            yield _missing(
                field, _("The compilation standard “%(standard)s” asks for this field.") % {"standard": standard.name}
            )
    if standard.extra_schema:
        for problem in jsonschema.Draft202012Validator(standard.extra_schema).iter_errors(revision.extra):
            path = ".".join(str(part) for part in problem.absolute_path)
            yield FieldError(f"extra.{path}" if path else "extra", "extra_field", problem.message)


def _revision_hints(revision: Revision) -> Iterable[FieldError]:
    name = revision.name.strip()
    if re.search("(系统|平台|数据库)$", name):
        yield FieldError(
            "name", "system_name", _("The name looks like that of a system. Name the information, not the system.")
        )
    if len(revision.summary) > SUMMARY_LIMIT:
        yield FieldError(
            "summary",
            "long_summary",
            _("The summary has more than %(limit)d characters; other platforms cut it there.")
            % {"limit": SUMMARY_LIMIT},
        )
    if revision.assumptions:
        yield FieldError(
            "assumptions",
            "assumed",
            _("%(count)d values were assumed on import. Check and confirm them.")
            % {"count": len(revision.assumptions)},
        )


def _item_hints(revision: Revision, items: Sequence[RevisionItem]) -> Iterable[FieldError]:
    if revision.format_class == FormatClass.DATABASE and items and not any(item.is_key for item in items):
        yield FieldError("items", "no_key", _("No item is marked as key; changes can then not be followed row by row."))
    yield from _key_hints(items)
    for index, item in enumerate(items):
        where = f"items[{index}]"
        effective = item.sharing or revision.sharing
        if item.is_sensitive and item.mask == Mask.NONE and effective != Sharing.WITHHELD:
            yield FieldError(
                f"{where}.mask",
                "sensitive_unmasked",
                _("“%(item)s” is sensitive: choose a mask.") % {"item": item.name},
            )
        if item.type == ItemType.C and not item.length:
            yield FieldError(
                f"{where}.length", "no_length", _("Give the length of “%(item)s” in bytes.") % {"item": item.name}
            )


def _key_hints(items: Sequence[RevisionItem]) -> Iterable[FieldError]:
    """Warn of a key that may get longer than any row may have, at the item that may make it longest.

    Of a text without a length it is asked that it be given.
    """
    texts = [
        (_CHINESE_BYTES * (item.length or 0), index)
        for index, item in enumerate(items)
        if item.is_key and item.type in _TEXTS
    ]
    if sum(most for most, _index in texts) <= MOST_KEY_BYTES:
        return
    names = [items[index].name for _most, index in sorted(texts, key=lambda one: (-one[0], one[1]))]
    longest = max(texts, key=lambda one: (one[0], -one[1]))[1]
    yield FieldError(
        f"items[{longest}].is_key",
        "long_key",
        _(
            "The key, %(items)s, may get longer than %(most)s bytes, of which a Chinese character takes three; rows"
            " whose key does are rejected. Give it a smaller length, or make a code the key."
        )
        % {"items": "、".join(f"「{name}」" for name in names), "most": f"{MOST_KEY_BYTES:,}"},
    )
