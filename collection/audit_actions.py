"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _

from audit import actions
from collection import policies
from collection.choices import LoadMode, RuleKind, RunState, Severity

actions.register_app("collection", _("Data collection"))
actions.register_actor(policies.COMMAND_JOB, _("Loading by command"))
actions.register_actor(policies.DEMO_JOB, _("Loading of the demo"))
actions.register_actor(policies.FRESHNESS_JOB, _("Check of freshness"))
actions.register_actor(policies.SWEEP_JOB, _("Check of runs"))
actions.register_actor(policies.QUALITY_JOB, _("Check of quality"))
actions.register_object(
    "collection.dataset",
    _("Dataset"),
    fields={
        "name": _("Name"),
        "entry": _("Entry"),
        "default_mode": _("Usual way of loading"),
        "reject_limit_count": _("Most rejected rows"),
        "reject_limit_percent": _("Most rejected rows, percent"),
        "keep_version_hours": _("Hours for which versions are kept"),
        "version": _("Version"),
        "rows": _("Rows"),
        "added": _("Added"),
        "changed": _("Changed"),
        "removed": _("Removed"),
        "quality_limit": _("Quality limit"),
    },
    values={"default_mode": LoadMode.choices},
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
for _code, _label in {
    "collection.dataset.hook": _("Hook data to an entry"),
    "collection.dataset.edit": _("Change how data are loaded"),
    "collection.dataset.retire": _("Unhook data"),
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
    "collection.quality_rule.add": _("Add a quality rule"),
    "collection.quality_rule.replace": _("Change a quality rule"),
    "collection.quality_rule.remove": _("Remove a quality rule"),
    "collection.dataset.quality_limit": _("Change the quality limit"),
}.items():
    actions.register(_code, _label)
