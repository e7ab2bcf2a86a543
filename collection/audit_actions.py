"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _

from audit import actions
from collection import policies
from collection.choices import CoordinateSystem, DatasetKind, LoadMode, RunState

actions.register_app("collection", _("Data collection"))
actions.register_actor(policies.COMMAND_JOB, _("Loading by command"))
actions.register_actor(policies.DEMO_JOB, _("Loading of the demo"))
actions.register_actor(policies.FRESHNESS_JOB, _("Check of freshness"))
actions.register_actor(policies.SWEEP_JOB, _("Check of runs"))
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
        "coordinates": _("Coordinate system"),
        "filter_items": _("Filter items"),
        "version": _("Version"),
        "rows": _("Rows"),
        "added": _("Added"),
        "changed": _("Changed"),
        "removed": _("Removed"),
    },
    values={"kind": DatasetKind.choices, "coordinates": CoordinateSystem.choices, "default_mode": LoadMode.choices},
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
    },
    values={"mode": LoadMode.choices, "state": RunState.choices},
)
for _code, _label in {
    "collection.dataset.hook": _("Hook data to an entry"),
    "collection.dataset.edit": _("Change how data are loaded"),
    "collection.dataset.retire": _("Unhook data"),
    "collection.files.add": _("Add files"),
    "collection.files.remove": _("Remove files"),
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
    "collection.version.publish": _("Publish a version of data"),
    "collection.version.export": _("Download data"),
}.items():
    actions.register(_code, _label)
