"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import actions
from catalog.choices import Cycle
from collection import duty_policies, policies
from collection.choices import (
    CoordinateSystem,
    DatasetKind,
    DestinationPurpose,
    LoadMode,
    RuleKind,
    RunState,
    Severity,
    SourceKind,
)
from collection.duty_choices import (
    CollectionForm,
    ConsentChannel,
    ConsentDecision,
    DutyState,
    ErasureGround,
    ErasureState,
    Ground,
    Manner,
    ProofKind,
    Subject,
)

actions.register_app("collection", _("Data collection"))
actions.register_actor(policies.COMMAND_JOB, _("Loading by command"))
actions.register_actor(policies.DEMO_JOB, _("Loading of the demo"))
actions.register_actor(policies.FRESHNESS_JOB, _("Check of freshness"))
actions.register_actor(policies.SCHEDULE_JOB, _("Schedule of sources"))
actions.register_actor(policies.SWEEP_JOB, _("Check of runs"))
actions.register_actor(policies.QUALITY_JOB, _("Check of quality"))
actions.register_actor(policies.LIBRARY_JOB, _("Building of library datasets"))
actions.register_object(
    "collection.dataset",
    _("Dataset"),
    fields={
        "name": _("Name"),
        "kind": _("It consists of"),
        "files": _("Files"),
        "file": _("File"),
        "bytes": _("Bytes"),
        "sha256": _("Checksum"),
        "entry": _("Entry"),
        "default_mode": _("Usual way of loading"),
        "reject_limit_count": _("Most rejected rows"),
        "reject_limit_percent": _("Most rejected rows, percent"),
        "keep_version_hours": _("Hours for which versions are kept"),
        "keep_original_days": _("Days for which originals are kept"),
        "coordinates": _("Coordinate system"),
        "filter_items": _("Filter items"),
        "version": _("Version"),
        "rows": _("Rows"),
        "added": _("Added"),
        "changed": _("Changed"),
        "removed": _("Removed"),
        "quality_limit": _("Quality limit"),
    },
    values={"kind": DatasetKind.choices, "coordinates": CoordinateSystem.choices, "default_mode": LoadMode.choices},
)
actions.register_object(
    "collection.regionqualitylimit", _("Quality limit of a region"), fields={"quality_limit": _("Quality limit")}
)
actions.register_object(
    "collection.basemap",
    _("Base map"),
    fields={
        "approval_number": _("Approval number"),
        "file": _("File"),
        "sha256": _("Checksum"),
        "coordinates": _("Coordinate system"),
        "points": _("Points"),
    },
    values={"coordinates": CoordinateSystem.choices},
)
actions.register_object(
    "collection.run",
    _("Loading run"),
    fields={
        "file": _("File"),
        "bytes": _("Bytes"),
        "sha256": _("Checksum"),
        "mode": _("Way of loading"),
        "layout": _("Layout"),
        "state": _("State"),
        "rejected": _("Rejected rows"),
        "source": _("Source"),
        "reason": _("Reason"),
        "attempts": _("Attempts"),
    },
    values={"mode": LoadMode.choices, "state": RunState.choices},
)
actions.register_object(
    "collection.source",
    _("Source"),
    fields={
        "name": _("Name"),
        "dataset": _("Dataset"),
        "kind": _("Kind"),
        "endpoint": _("Host and port"),
        "mode": _("Way of loading"),
        "timetable": _("Timetable"),
        "attempts": _("Attempts"),
        "retry_minutes": _("First pause, minutes"),
        "deadline_minutes": _("Longest time for fetching, minutes"),
        "credential": _("Credential entered at"),
        "result": _("Result"),
        "slot": _("Due time"),
        "run": _("Loading run"),
    },
    values={"mode": LoadMode.choices, "kind": SourceKind.choices},
)
actions.register_object(
    "collection.destination",
    _("Destination"),
    fields={
        "host": _("Host"),
        "networks": _("Networks"),
        "ports": _("Ports"),
        "purpose": _("Purpose"),
        "reason": _("Reason"),
    },
    values={"purpose": DestinationPurpose.choices},
)
actions.register_object(
    "collection.qualityrule",
    _("Quality rule"),
    fields={
        "kind": _("Kind"),
        "severity": _("Severity"),
        "item": _("Item"),
        "other_item": _("Second item"),
        "target": _("Other dataset"),
        "parameters": _("What it asks for"),
    },
    values={"kind": RuleKind.choices, "severity": Severity.choices},
)
actions.register_object(
    "collection.collectionduty",
    _("Collection duty"),
    fields={
        "name": _("What is collected"),
        "purpose": _("What for"),
        "subject": _("From whom"),
        "ground": _("Ground"),
        "legal_basis": _("Legal basis"),
        "manner": _("Manner"),
        "form": _("Comes in by"),
        "frequency": _("How often"),
        "entry": _("Linked entry"),
        "items": _("Items"),
        "digitise_by": _("Digitised by"),
        "paper_records": _("Paper records"),
        "status": _("State"),
        "state": _("State"),
        "revision": _("Revision"),
        "authority": _("Authority"),
        "department": _("Department"),
        "comments": _("Comments"),
        "found": _("Found by the check"),
        "shared": _("Entries that share it"),
        "collected": _("Departments that collect it"),
        "compared": _("Values compared"),
        "datasets": _("Datasets compared"),
        "datasets_left": _("Datasets not compared"),
        "text": _("Version of the text"),
        "answers": _("Answers"),
        "refused": _("Refusals"),
        "on": _("By the day"),
        "done": _("Records digitised so far"),
    },
    values={
        "subject": Subject.choices,
        "ground": Ground.choices,
        "manner": Manner.choices,
        "form": CollectionForm.choices,
        "frequency": Cycle.choices,
        "status": DutyState.choices,
        "state": DutyState.choices,
    },
)
actions.register_object(
    "collection.consentrecord",
    _("Answer to a request for consent"),
    fields={
        "duty": _("Collection duty"),
        "decision": _("Answer"),
        "channel": _("Through"),
        "text": _("Version of the text"),
        "sha256": _("Checksum of the evidence"),
    },
    values={"decision": ConsentDecision.choices, "channel": ConsentChannel.choices},
)
actions.register_object(
    "collection.assignment",
    _("Work of contractor staff"),
    fields={"entry": _("Entry"), "user": _("Account"), "until": _("Last day")},
)
actions.register_object(
    "collection.leadsource",
    _("Lead source department"),
    fields={"lead": _("Lead source department"), "authority": _("Authority")},
)
actions.register_object(
    "collection.subjectrequest",
    _("A person's request"),
    fields={"duty": _("Collection duty"), "proof": _("On what proof"), "answers": _("Answers")},
    values={"proof": ProofKind.choices},
)
actions.register_actor(duty_policies.ERASURE_JOB, _("Erasure of rows"))
actions.register_object(
    "collection.erasure",
    _("Erasure"),
    fields={
        "dataset": _("Dataset"),
        "item": _("Item"),
        "value_hash": _("Keyed hash of the value"),
        "files": _("Files"),
        "ground": pgettext_lazy("erasure", "Ground"),
        "document": _("Document"),
        "document_sha256": _("Checksum of the document"),
        "sha256": _("Checksum of the document"),
        "rows": _("Rows"),
        "runs": _("Runs whose files changed"),
        "uploads": _("Unfinished files thrown away"),
        "version": _("Version"),
        "state": _("State"),
    },
    values={"ground": ErasureGround.choices, "state": ErasureState.choices},
)
for _code, _label in {
    "collection.dataset.hook": _("Hook data to an entry"),
    "collection.dataset.edit": _("Change how data are loaded"),
    "collection.dataset.retire": _("Unhook data"),
    "collection.files.add": _("Add files"),
    "collection.files.remove": _("Remove files"),
    "collection.files.return": _("Return to earlier files"),
    "collection.files.settle": _("Find files unchanged"),
    "collection.files.read": _("Read a file"),
    "collection.run.send": _("Send a file"),
    "collection.run.confirm": _("Confirm the layout of a file"),
    "collection.run.cancel": _("Cancel a run"),
    "collection.run.settle": _("Find data unchanged"),
    "collection.run.refuse": _("Refuse a file with too many rejected rows"),
    "collection.run.fail": _("Fail to load a file"),
    "collection.run.read_original": _("Look at an original file"),
    "collection.run.read_preview": _("Look at the first rows of a file"),
    "collection.run.read_rejects": _("Look at rejected rows"),
    "collection.run.ask": _("Ask for the layout of a file"),
    "collection.run.expire": _("Let go of an original whose time is over"),
    "collection.run.fetch": _("Fetch a file from a source"),
    "collection.run.postpone": _("Put a run off because its source failed"),
    "collection.source.add": _("Add a source"),
    "collection.source.edit": _("Change a source"),
    "collection.source.pause": _("Let a schedule rest"),
    "collection.source.resume": _("Let a schedule go on"),
    "collection.source.retire": _("Remove a source"),
    "collection.source.skip": _("Skip a due time of a source"),
    "collection.source.try": _("Try the connection to a source"),
    "collection.base_map.load": _("Load a base map"),
    "collection.base_map.remove": _("Remove the base map"),
    "collection.destination.add": _("Allow a destination"),
    "collection.destination.remove": _("Remove a destination"),
    "collection.duty.create": _("Draft a collection duty"),
    "collection.duty.edit": _("Change a collection duty"),
    "collection.duty.check": _("Check for repeated collection"),
    "collection.duty.submit": _("Submit a collection duty"),
    "collection.duty.recall": _("Recall a collection duty"),
    "collection.duty.sign_off": _("Sign off a collection duty"),
    "collection.duty.register": _("Register a collection duty"),
    "collection.duty.return": _("Return a collection duty"),
    "collection.duty.revise": _("Open a change of a collection duty"),
    "collection.duty.discard": _("Discard a draft of a collection duty"),
    "collection.duty.end": _("End a collection duty"),
    "collection.duty.hand_over": _("Hand a collection duty over to a successor"),
    "collection.duty.refile": _("Lay a collection duty before another authority"),
    "collection.lead.hand_over": _("Hand a lead over to another authority"),
    "collection.duty.digitise": _("Report digitisation"),
    "collection.assignment.add": _("Name contractor staff for an entry's data"),
    "collection.assignment.end": _("End the work of contractor staff on an entry's data"),
    "collection.lead.appoint": _("Name a lead source department"),
    "collection.consent.text": _("Write the text of a consent"),
    "collection.consent.record": _("Record an answer to a request for consent"),
    "collection.consent.import": _("Record many answers to a request for consent"),
    "collection.consent.withdraw": _("Note the withdrawal of a consent"),
    "collection.consent.find": _("Look a person's answers up"),
    "collection.consent.export": _("Give out a person's answers"),
    "collection.consent.read_evidence": _("Look at the evidence of an answer"),
    "collection.erasure.ask": _("Ask for an erasure"),
    "collection.erasure.approve": _("Approve an erasure"),
    "collection.erasure.refuse": _("Refuse an erasure"),
    "collection.erasure.withdraw": _("Take back an erasure"),
    "collection.erasure.finish": _("Erase rows of a person"),
    "collection.erasure.read_document": _("Look at the demand for an erasure"),
    "collection.version.publish": _("Publish a version of data"),
    "collection.version.export": _("Download data"),
    "collection.version.preview": _("Look at data rows"),
    "collection.quality_rule.add": _("Add a quality rule"),
    "collection.quality_rule.replace": _("Change a quality rule"),
    "collection.quality_rule.remove": _("Remove a quality rule"),
    "collection.dataset.quality_limit": _("Change the quality limit"),
    "collection.region.quality_limit": _("Change the quality limit of a region"),
}.items():
    actions.register(_code, _label)
