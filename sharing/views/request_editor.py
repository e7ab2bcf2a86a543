"""The form of a request: what it shows, and how a save keeps everything that can be kept."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.choices import ItemType, Sharing
from catalog.models import RevisionItem
from collection.face import marks_by_dataset
from collection.models import Dataset
from collection.selectors.dataset import datasets_of
from core import clock
from core.actors import Actor
from core.components.marks import Mark
from core.exceptions import FieldError, RuleViolation, StaleEdit
from sharing import policies, renewal, rules, scope
from sharing.forms import FIELD_LABELS, FileForm, RequestForm
from sharing.models import Grant, ShareRequest
from sharing.selectors import request as reading
from sharing.selectors.terms import service_limits_of
from sharing.services import drafting
from sharing.services.count import RowCount
from sharing.wording import (
    COMPARISONS,
    ConditionRow,
    ConditionWords,
    condition_rows,
    conditions_in_words,
    conditions_of,
    conditions_refuse,
    limits_in_words,
    posted_conditions,
)
from workflow.choices import LegalPurpose
from workflow.citations import citation_text
from workflow.models import Attachment
from workflow.selectors.legal_basis import legal_bases_for
from workflow.selectors.of_subject import attachments_of

FIELDS = (
    "legal_basis", "scenario", "methods", "frequency", "valid_from", "valid_until", "contact_name", "contact_phone",
)  # fmt: skip


class RequestEditor:
    """A request being drafted.

    Args:
        data: what was sent; None where the form is only shown.
    """

    @property
    def marks(self) -> dict[int, list[Mark]]:
        """How current and how good the data are that are asked for."""
        return marks_by_dataset(self.actor, [self.request.dataset_id] if self.request.dataset_id else [])

    def __init__(self, actor: Actor, request: ShareRequest, data: QueryDict | None = None) -> None:
        self.actor = actor
        self.request = request
        self.items: list[RevisionItem] = reading.items_offered(request)
        self.errors: list[FieldError] = []
        self.item_errors: list[str] = []
        self.row_errors: list[str] = []
        self.is_unsaved = False
        self.count: RowCount | None = None
        self.count_problem = ""
        self.form = self._form(data)
        if data is not None:
            known = {str(one.item_id) for one in self.items}
            self.chosen = [item for item in data.getlist("items") if item in known]
            self.gone = reading.items_gone(request, data.getlist("items"))
            if self.gone:
                self.item_errors.append(self.gone_words)
            self.rows = posted_conditions(data)
            self._data: QueryDict | None = data
        else:
            self.chosen = list(request.items)
            self.gone = reading.items_gone(request, request.items)
            self.rows = condition_rows(request.row_filter)
            self._data = None

    def _form(self, data: QueryDict | None) -> RequestForm:
        request = self.request
        initial: dict[str, Any] = {name: getattr(request, name) for name in FIELDS}
        initial |= {
            "edit_version": request.edit_version,
            "dataset": request.dataset_id or "",
            "legal_basis": [_key_of(one) for one in request.legal_basis],
            "systems": [str(pk) for pk in request.systems.values_list("pk", flat=True)],
        }
        return RequestForm(
            data,
            datasets=[(str(one.pk), one.name) for one in self.datasets],
            bases=self._bases(),
            systems=[(str(one.pk), one.name) for one in reading.systems_for(request.department_id)],
            longest_days=reading.policy_for(request.entry.department.region.path).longest_days,
            initial=initial,
        )

    def _bases(self) -> list[tuple[str, str]]:
        """Return the articles that may be cited; one that was cited before stays, though it may be no more."""
        cited = {_key_of(one): citation_text(one["document"], one["article"]) for one in self.request.legal_basis}
        offered = {
            f"{one.document}|{one.article}": citation_text(one.document, one.article)
            for one in legal_bases_for(LegalPurpose.REQUEST)
        }
        return list((offered | cited).items())

    # What is shown

    @cached_property
    def datasets(self) -> list[Dataset]:
        return list(datasets_of(self.request.entry))

    @property
    def has_choice_of_data(self) -> bool:
        return len(self.datasets) > 1

    @property
    def dataset(self) -> Dataset | None:
        return self.request.dataset

    @cached_property
    def filterable(self) -> list[RevisionItem]:
        return scope.filterable(self.items, self.dataset.filter_items if self.dataset else [])

    @property
    def can_count(self) -> bool:
        dataset = self.dataset
        has_rows = dataset is not None and dataset.is_table and dataset.published_version is not None
        return has_rows and policies.can_file(self.actor, self.request)

    @property
    def item_rows(self) -> list[dict[str, Any]]:
        """The entry's items with what is to be known before one asks for them."""
        revision = self.request.entry.published_revision
        attribute = revision.sharing if revision else ""
        masks = renewal.standing_masks(self.request, self.items, [str(one.item_id) for one in self.items])
        by_mask = dict(type(self.items[0])._meta.get_field("mask").choices) if self.items else {}  # type: ignore[arg-type]
        return [
            {
                "item": one,
                "key": str(one.item_id),
                "is_chosen": str(one.item_id) in self.chosen,
                "sharing": one.sharing or attribute,
                "type": ItemType(one.type).label if one.type else "",
                "mask": by_mask.get(masks.get(str(one.item_id), ""), ""),
            }
            for one in self.items
        ]

    @property
    def gone_words(self) -> str:
        """Which items that were ticked the entry does not have any more: they are asked for no longer."""
        if not self.gone:
            return ""
        message = _("The entry does not have these items any more; they are not asked for: %(items)s.")
        return message % {"items": "、".join(self.gone)}

    @property
    def renewed(self) -> Grant | None:
        """The grant whose narrowing is taken over."""
        return renewal.renewed(self.request)

    @property
    def rows_taken_over(self) -> list[ConditionWords]:
        """Conditions of the renewed grant that hold unless the provider decides otherwise."""
        return conditions_in_words(renewal.standing_filter(self.request), self.items)

    @property
    def limits_taken_over(self) -> list[str]:
        """Limits of use of the grant in whose place the new one comes: this has them unless decided otherwise."""
        return limits_in_words(renewal.standing_limits(self.request))

    @property
    def limits_for_all(self) -> list[str]:
        """Limits of use that the provider set for all who get the data without a decision, as this one would."""
        dataset = self.request.dataset
        if dataset is None or self.attribute != Sharing.UNCONDITIONAL:
            return []
        return limits_in_words(service_limits_of(dataset))

    @property
    def attribute(self) -> str:
        """The strictest attribute among the items that are ticked: it decides the way of the request."""
        revision = self.request.entry.published_revision
        chosen = [one for one in self.items if str(one.item_id) in self.chosen]
        return reading.attribute_of(chosen, revision.sharing if revision else Sharing.CONDITIONAL)

    @property
    def comparisons(self) -> list[tuple[str, Any]]:
        return list(COMPARISONS.items())

    @property
    def shown_rows(self) -> list[dict[str, Any]]:
        """The conditions, and an empty one to begin with."""
        is_empty_wanted = not self.rows or (self._data is not None and "add" in self._data)
        rows = [*self.rows, *([ConditionRow()] if is_empty_wanted else [])]
        offered = [(str(one.item_id), one.name) for one in self.filterable]
        known = dict(offered)
        by_item = {str(one.item_id): one.name for one in self.items}
        return [
            {
                "row": row,
                "at": at,
                "items": offered
                if not row.item or row.item in known
                else [*offered, (row.item, by_item.get(row.item, _("an item that is gone")))],
            }
            for at, row in enumerate(rows)
        ]

    @property
    def blank_row(self) -> dict[str, Any]:
        return {
            "row": ConditionRow(),
            "at": "__at__",
            "items": [(str(one.item_id), one.name) for one in self.filterable],
        }

    @cached_property
    def files(self) -> list[Attachment]:
        return list(attachments_of(self.request).order_by("pk"))

    @cached_property
    def file_form(self) -> FileForm:
        return FileForm(label_suffix="")

    @property
    def missing(self) -> list[dict[str, str]]:
        """What the request as it is saved still lacks."""
        return [
            {"field": error.field, "label": str(FIELD_LABELS.get(error.field, "")), "message": str(error.message)}
            for error in rules.submission_errors(self.request)
        ]

    @cached_property
    def comments(self) -> list[dict[str, Any]]:
        """What the last return asked to be changed."""
        return return_comments(self.request)

    # Saving

    def keep(self, *, is_auto: bool = False) -> bool:
        """Save what can be saved; what cannot is named at its place and stands in the form as it was typed.

        Returns:
            Whether everything was saved.

        Raises:
            StaleEdit: somebody saved since; nothing was.
        """
        self.form.is_valid()
        fields = self.form.values()
        if "legal_basis" in fields:
            fields["legal_basis"] = [_citation_of(key) for key in fields["legal_basis"]]
        fields |= {"items": self.chosen, "row_filter": conditions_of(self.rows)}
        if not is_auto:
            for row in self.rows:
                if not row.is_whole:
                    row.errors.append(_("Choose an item and give a value, or take the row away."))
        version = self.form.cleaned_data.get("edit_version")
        try:
            saved = self._edit(fields, version)
        except RuleViolation as refused:
            self.refuse(refused.errors)
            wrong = {error.field.partition("[")[0] for error in refused.errors}
            saved = self._edit({name: value for name, value in fields.items() if name not in wrong}, version)
        self.request = saved
        self.is_unsaved = self.has_errors
        return not self.is_unsaved

    def _edit(self, fields: dict[str, Any], version: int | None) -> ShareRequest:
        return drafting.request_edit(actor=self.actor, request_id=self.request.pk, fields=fields, edit_version=version)

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Show broken rules at their places."""
        for error in conditions_refuse(self.rows, errors):
            if error.field.startswith("row_filter"):
                self.row_errors.append(str(error.message))
            elif error.field.startswith("items"):
                self.item_errors.append(str(error.message))
            elif error.field in self.form.fields:
                self.form.add_error(error.field, error.message)
            else:
                self.errors.append(error)

    def take_stale(self, refused: StaleEdit) -> None:
        """Keep what was typed; sent once more it takes the place of what somebody else saved."""
        data = QueryDict(mutable=True)
        data.update(self.form.data)
        data["edit_version"] = str(refused.extra.get("edit_version", ""))
        self.form.data = data
        self.form.add_error(None, str(refused.message))
        self.is_unsaved = True

    @property
    def has_errors(self) -> bool:
        return bool(
            self.form.errors
            or self.errors
            or self.item_errors
            or self.row_errors
            or any(row.errors for row in self.rows)
        )

    @property
    def summary(self) -> list[FieldError]:
        """What is wrong beside the fields, for the list above the form."""
        found = list(self.errors)
        found += [FieldError("items", "items", _labelled("items", text)) for text in self.item_errors]
        texts = [*self.row_errors, *(text for row in self.rows for text in row.errors)]
        found += [FieldError("row_filter", "row_filter", _labelled("row_filter", text)) for text in texts]
        return found

    def autosave_answer(self) -> dict[str, Any]:
        """Return what the script of the page needs after a save."""
        fields = {name: [str(text) for text in texts] for name, texts in self.form.errors.items()}
        rows = [text for row in self.rows for text in row.errors]
        return {
            "edit_version": self.request.edit_version,
            "saved_at": f"{timezone.localtime(clock.now()):%H:%M:%S}",
            "is_whole": not self.has_errors,
            "fields": fields | {"items": self.item_errors, "row_filter": [*self.row_errors, *rows]},
        }


def _key_of(citation: dict[str, str]) -> str:
    return f"{citation['document']}|{citation['article']}"


def _citation_of(key: str) -> dict[str, str]:
    document, _bar, article = key.partition("|")
    return {"document": document, "article": article}


def return_comments(request: ShareRequest) -> list[dict[str, Any]]:
    """Return the comments of the last return, each with the field it is about."""
    last = reading.steps_of(request).filter(action="return").last()
    comments = last.detail.get("comments", []) if last else []
    return [{"label": FIELD_LABELS.get(one["field"], one["field"]), **one} for one in comments]


def _labelled(field: str, text: object) -> str:
    return _("%(label)s: %(text)s") % {"label": FIELD_LABELS[field], "text": text}
