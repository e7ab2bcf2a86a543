"""All writes of the catalog."""

from catalog.services.classification import (
    category_create,
    category_edit,
    library_create,
    library_edit,
    library_lead_set,
)
from catalog.services.duty_change import duty_change_extend, duty_change_record
from catalog.services.entry import entry_create, entry_discard, entry_revise, entry_update
from catalog.services.review import (
    comment_add,
    comment_take_back,
    entry_approve,
    entry_recall,
    entry_return,
    entry_submit,
    findings_for,
)
from catalog.services.review_many import ManyApproved, Refused, review_approve_many
from catalog.services.withdrawal import entry_withdraw

__all__ = [
    "ManyApproved",
    "Refused",
    "category_create",
    "category_edit",
    "comment_add",
    "comment_take_back",
    "duty_change_extend",
    "duty_change_record",
    "entry_approve",
    "entry_create",
    "entry_discard",
    "entry_recall",
    "entry_return",
    "entry_revise",
    "entry_submit",
    "entry_update",
    "entry_withdraw",
    "findings_for",
    "library_create",
    "library_edit",
    "library_lead_set",
    "review_approve_many",
]
