"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _

from audit import actions
from workflow.choices import ClockKey, ClockState, LegalKind, LegalPurpose


def _with_the_limit_named(name: str) -> str:
    """Name the kind of limit whose key begins the name of a clock or of a rule."""
    key, _blank, rest = name.partition(" ")
    return f"{ClockKey(key).label} · {rest}" if key in ClockKey.values else name


actions.register_app("workflow", _("Time limits and tasks"))
actions.register_actor("clocks", _("Watch over time limits"))
actions.register_actor("calendar", _("Working-day calendar"))
actions.register_object(
    "workflow.clock",
    _("Time limit of a matter"),
    fields={
        "state": _("State"),
        "policy": _("Rule"),
        "working_days": _("Working days"),
        "extension_working_days": _("Extension, working days"),
        "started_on": _("Started on"),
        "due_on": _("Due on"),
        "is_provisional": _("Provisional"),
        "finished_at": _("Ended at"),
        "overdue_at": _("Overdue since"),
        "is_late": _("Late"),
        "why": _("Why"),
    },
    values={"state": ClockState.choices},
    naming=_with_the_limit_named,
)
actions.register_object(
    "workflow.clockpolicy",
    _("Rule of a time limit"),
    fields={
        "working_days": _("Working days"),
        "extension_working_days": _("Extension, working days"),
        "region": _("Region"),
        "valid_from": _("In force from"),
    },
    naming=_with_the_limit_named,
)
actions.register_object(
    "workflow.legalbasis",
    _("Legal basis"),
    fields={
        "document": _("Document"),
        "article": _("Article"),
        "kind": _("Rank"),
        "may_justify": _("May be cited for"),
        "valid_from": _("In force from"),
        "valid_to": _("Last day in force"),
    },
    values={"kind": LegalKind.choices, "may_justify": LegalPurpose.choices},
)
actions.register_object(
    "workflow.calendaryear",
    _("Working days of a year"),
    fields={
        "notice": _("Notice"),
        "revision": _("Version"),
        "days_off": _("Days off"),
        "make_up_days": _("Weekends worked"),
    },
)
actions.register_object(
    "workflow.attachment",
    _("File"),
    fields={"subject": _("Belongs to"), "purpose": _("Purpose"), "sha256": _("Checksum")},
)
actions.register_object("workflow.outboxdelivery", _("Messages"), fields={"count": _("Number")})

for _code, _label in {
    "workflow.clock.start": _("Start a time limit"),
    "workflow.clock.stop": _("Meet a time limit"),
    "workflow.clock.cancel": _("Cancel a time limit"),
    "workflow.clock.reopen": _("Let a time limit run on"),
    "workflow.clock.extend": _("Extend a time limit"),
    "workflow.clock.pause": _("Pause a time limit"),
    "workflow.clock.resume": _("Resume a time limit"),
    "workflow.clock.recompute": _("Work a due day out again"),
    "workflow.clock.overdue": _("Time limit became overdue"),
    "workflow.clock_policy.create": _("Create the rule of a time limit"),
    "workflow.clock_policy.add_version": _("Change the rule of a time limit"),
    "workflow.legal_basis.create": _("Add a legal basis"),
    "workflow.legal_basis.retire": _("Retire a legal basis"),
    "workflow.calendar.import": _("Enter the working days of a year"),
    "workflow.attachment.add": _("Add a file"),
    "workflow.attachment.remove": _("Remove a file"),
    "workflow.outbox.retry": _("Send messages again"),
    "workflow.outbox.dismiss": _("Dismiss messages"),
}.items():
    actions.register(_code, _label)
