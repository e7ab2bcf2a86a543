"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _

from audit import actions
from catalog import policies
from catalog.choices import (
    Cycle,
    DataLevel,
    EntryStatus,
    FormatClass,
    Opening,
    RevisionStatus,
    Secrecy,
    Severity,
    Sharing,
    SharingMethod,
    WithdrawalStatus,
)
from catalog.diff import FIELD_LABELS

actions.register_app("catalog", _("Data catalog"))
actions.register_actor(policies.FILING_JOB, _("Import, filing"))
actions.register_actor(policies.APPROVING_JOB, _("Import, publication"))
actions.register_actor("catalog-check", _("Check of the catalog"))
actions.register_actor("catalog-export", _("Export of the catalog"))
actions.register_object(
    "catalog.entry",
    _("Entry"),
    fields={
        **FIELD_LABELS,
        "status": _("State"),
        "code": _("Resource code"),
        "revision": _("Revision"),
        "items": _("Items"),
        "added": _("Added"),
        "removed": _("Removed"),
        "secrecy": _("Secrecy"),
        "census": _("Census figures"),
        "extra": _("Fields of the region"),
        "duty_change": _("Change of law or duties"),
        "authority": _("Authority"),
        "withdrawal": _("Withdrawal"),
        "comments": _("Comments"),
        "field": _("Field"),
        "severity": _("Weight"),
        "text": _("Text"),
        "document": _("Document"),
        "article": _("Article"),
        "days": _("Working days"),
        "batch": _("Import"),
        "department": _("Department"),
    },
    values={
        "status": dict(RevisionStatus.choices + EntryStatus.choices).items(),
        "withdrawal": WithdrawalStatus.choices,
        "sharing": Sharing.choices,
        "sharing_method": SharingMethod.choices,
        "opening": Opening.choices,
        "cycle": Cycle.choices,
        "format_class": FormatClass.choices,
        "data_level": DataLevel.choices,
        "secrecy": Secrecy.choices,
        "severity": Severity.choices,
        "field": [(name, label) for name, label in FIELD_LABELS.items()],
    },
)
actions.register_object(
    "catalog.category",
    _("Category"),
    fields={"code": _("Code"), "name": _("Name"), "is_active": _("In use")},
)
actions.register_object(
    "catalog.library",
    _("Library"),
    fields={"name": _("Name"), "description": _("Description"), "lead": _("Lead department")},
)
actions.register_object(
    "catalog.dutychange",
    _("Change of law or duties"),
    fields={"changed_on": _("In force from"), "entries": _("Entries concerned"), "days": _("Working days")},
)
actions.register_object(
    "catalog.entrysearch",
    _("Search index"),
    fields={"count": _("Number"), "entries": _("Entries concerned")},
)
actions.register_object(
    "catalog.importbatch",
    _("Import"),
    fields={
        "file": _("File"),
        "sha256": _("Checksum"),
        "rows": _("Rows"),
        "publishes": _("Publishes at once"),
    },
)

for _code, _label in {
    "catalog.entry.create": _("Create an entry"),
    "catalog.entry.edit": _("Edit an entry"),
    "catalog.entry.submit": _("Submit an entry"),
    "catalog.entry.recall": _("Recall an entry"),
    "catalog.entry.sign_off": _("Sign an entry off"),
    "catalog.entry.publish": _("Approve and publish an entry"),
    "catalog.entry.return": _("Return an entry"),
    "catalog.entry.revise": _("Open a revision"),
    "catalog.entry.discard": _("Discard a draft"),
    "catalog.entry.withdraw": _("Ask to withdraw an entry"),
    "catalog.entry.withdraw_sign_off": _("Sign a withdrawal off"),
    "catalog.entry.withdraw_return": _("Return a withdrawal"),
    "catalog.entry.withdrawn": _("Withdraw an entry"),
    "catalog.entry.hand_over": _("Give an entry to another department"),
    "catalog.entry.refile": _("Lay a filing before another authority"),
    "catalog.comment.add": _("Comment on an entry"),
    "catalog.comment.take_back": _("Take a comment back"),
    "catalog.duty_change.record": _("Record a change of law or duties"),
    "catalog.duty_change.extend": _("Extend the time for an update"),
    "catalog.category.create": _("Create a category"),
    "catalog.category.edit": _("Edit a category"),
    "catalog.library.create": _("Create a library"),
    "catalog.library.edit": _("Edit a library"),
    "catalog.library.set_lead": _("Name the lead department of a library"),
    "catalog.search.repair": _("Repair the search index"),
    "catalog.import.upload": _("Upload a file to import"),
    "catalog.import.discard": _("Discard an uploaded file"),
    "catalog.import.checking": _("Ask to check an uploaded file"),
    "catalog.import.applying": _("Ask to import an uploaded file"),
    "catalog.import.undoing": _("Ask to undo an import"),
    "catalog.import.start": _("Start an import"),
    "catalog.import.finish": _("Finish an import"),
    "catalog.import.undo": _("Undo an import"),
}.items():
    actions.register(_code, _label)
