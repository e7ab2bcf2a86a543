"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import actions
from catalog.choices import Sharing
from sharing import policies
from sharing.choices import (
    EndReason,
    GrantStatus,
    InspectionResult,
    ObjectionState,
    RequestKind,
    RequestStatus,
    Side,
    SupplementClock,
)
from sharing.client_choices import ClientStatus
from sharing.reasons import SENTENCES

actions.register_app("sharing", _("Data sharing"))
actions.register_actor(policies.CLOCK_JOB, _("Watch over grants"))
actions.register_actor(policies.DEMO_JOB, _("Loading of the demo"))
actions.register_actor("sharing-merger", _("Merger of departments"))
actions.register_actor("sharing-pull", _("First pull of data"))
_WHY = [
    (f"share.{code}", EndReason.REPLACED.label if code == "replaced" else words) for code, words in SENTENCES.items()
]
actions.register_object(
    "sharing.sharerequest",
    _("Request for data"),
    fields={
        "status": _("State"),
        "entry": _("Entry"),
        "kind": _("Kind"),
        "items": _("Items"),
        "items_asked": _("Items asked for"),
        "filter": _("Conditions on rows"),
        "masks": _("Masks"),
        "methods": _("Ways"),
        "until": _("Last day of use"),
        "days": _("Working days"),
        "comments": _("Comments"),
        "granted": pgettext_lazy("sharing", "Granted"),
        "mediated": _("Mediated before"),
        "held_on": _("Day of the mediation"),
        "agreed": _("Both sides agreed"),
        "settled": _("Settled by agreement"),
        "rows_per_day": _("Rows a day"),
        "calls_per_minute": _("Calls a minute"),
        "unheard": _("Decided without the provider's opinion"),
        "silent": _("For want of an answer in time"),
        "grant": pgettext_lazy("sharing", "Grant"),
        "by": pgettext_lazy("sharing", "Through"),
        "exact": _("Told exactly"),
        "rows": _("Rows found"),
        "why": _("Why"),
    },
    values={"why": _WHY, "status": RequestStatus.choices, "kind": RequestKind.choices},
)
actions.register_object(
    "sharing.grant",
    pgettext_lazy("sharing", "Grant"),
    fields={
        "status": _("State"),
        "department": _("Department"),
        "items": _("Items"),
        "filter": _("Conditions on rows"),
        "masks": _("Masks"),
        "methods": _("Ways"),
        "valid_from": pgettext_lazy("sharing", "From"),
        "valid_to": _("Until"),
        "reason": _("Reason"),
        "rows_per_day": _("Rows a day"),
        "calls_per_minute": _("Calls a minute"),
        "stops_on": _("Stops on"),
        "agreed": pgettext_lazy("sharing", "Agreed"),
        "accepted": _("Taken to the files"),
        "taken_back": _("Taken back"),
        "unfiled": _("Not taken to the files before"),
        "first_day": _("First day"),
        "last_day": pgettext_lazy("sharing", "Last day"),
        "result": _("Result"),
        "rectify_by": _("To be rectified by"),
        "side": _("Misuse found by"),
        "by_side": _("Suspension of"),
        "stays_suspended": _("Stays suspended"),
        "why": _("Why"),
    },
    values={
        "why": _WHY,
        "side": Side.choices,
        "by_side": Side.choices,
        "status": GrantStatus.choices,
        "reason": EndReason.choices,
        "result": InspectionResult.choices,
    },
)
actions.register_object(
    "sharing.sharingpolicy",
    _("Policy for requests"),
    fields={
        "checked": _("Checked for form"),
        "supplement_clock": _("Time while material is missing"),
        "longest_days": _("Longest grant, days"),
        "usage_record_days": _("Days until a record of use"),
    },
    values={"supplement_clock": SupplementClock.choices, "checked": Sharing.choices},
)
actions.register_object(
    "sharing.servicelimits",
    _("Limits of use for all"),
    fields={"rows_per_day": _("Rows a day"), "calls_per_minute": _("Calls a minute")},
)
actions.register_object("sharing.terms", _("Terms of use"), fields={"number": _("Version")})
actions.register_object("sharing.termsacceptance", _("Acceptance of the terms"), fields={"terms": _("Version")})
actions.register_object("sharing.rightscheck", _("Check of rights"), fields={"differences": _("Differences")})
actions.register_object(
    "sharing.objection",
    _("Correction request"),
    fields={
        "state": _("State"),
        "entry": _("Entry"),
        "item": _("Item"),
        "row": _("About one row"),
        "version": _("Version"),
    },
    values={"state": ObjectionState.choices},
)
actions.register_object("sharing.webhookendpoint", _("Address to be told of new data"), fields={"host": _("Host")})
actions.register_object("sharing.webhookmessage", _("Message of new data"), fields={"version": _("Version")})
actions.register_object(
    "sharing.client",
    _("Machine client"),
    fields={
        "name": _("Name"),
        "status": _("State"),
        "department": _("Department"),
        "system": _("System"),
        "purpose": _("Purpose"),
        "networks": _("Calls from"),
        "calls_per_minute": _("Calls a minute"),
        "scopes": _("May be used to"),
        "scope": _("May be used to"),
        "grant": pgettext_lazy("sharing", "Grant"),
        "wanted_networks": _("Calls from, asked for"),
        "wanted_calls_per_minute": _("Calls a minute, asked for"),
        "wanted_scopes": _("May be used to, asked for"),
        "overlap_hours": _("Hours for which the old secret is taken"),
    },
    values={"status": ClientStatus.choices},
)
for _code, _label in {
    "sharing.objection.raise": _("Ask for data to be verified"),
    "sharing.objection.confirm": _("Confirm that data are wrong"),
    "sharing.objection.reject": _("Find that data are right"),
    "sharing.objection.correct": _("Correct data objected to"),
    "sharing.objection.withdraw": _("Take back a correction request"),
    "sharing.objection.hand_over": _("Hand a correction request over"),
    "sharing.webhook.hand_over": _("Hand an address to be told of new data over"),
    "sharing.webhook.add": _("Name an address to be told of new data"),
    "sharing.webhook.remove": _("Remove an address to be told of new data"),
    "sharing.webhook.replay": _("Send a message of new data again"),
    "sharing.usage.record": _("Record the use of data"),
    "sharing.usage.inspect": _("Inspect the use of data"),
    "sharing.usage.rectify": _("Report that the use of data was rectified"),
    "sharing.request.create": _("Draft a request"),
    "sharing.request.discard": _("Discard a draft of a request"),
    "sharing.request.submit": _("Submit a request"),
    "sharing.request.recall": _("Recall a request"),
    "sharing.request.agree": _("Agree to a request of the own department"),
    "sharing.request.respond": _("Say what there is to say to a dispute"),
    "sharing.request.mediate": _("Mediate in a dispute"),
    "sharing.request.concur": _("Confirm a mediated agreement"),
    "sharing.request.decline": _("Decline a mediated agreement"),
    "sharing.request.return": _("Return a request"),
    "sharing.request.pass": _("Pass the form check of a request"),
    "sharing.request.approve": _("Agree to a request"),
    "sharing.request.approve_part": _("Agree to a part of a request"),
    "sharing.request.refuse": _("Refuse a request"),
    "sharing.request.ask_material": _("Ask for missing material"),
    "sharing.request.supplement": _("Supplement a request"),
    "sharing.request.lapse": _("Close a request that was not supplemented"),
    "sharing.request.expire": _("Close an agreement whose data can no longer be made available"),
    "sharing.request.ask_extension": _("Ask for more time to answer"),
    "sharing.request.extend": _("Consent to more time to answer"),
    "sharing.request.refuse_extension": _("Refuse more time to answer"),
    "sharing.request.advise": _("Give an opinion on a request"),
    "sharing.request.dispute": _("Dispute an answer"),
    "sharing.request.settle": _("Settle a dispute"),
    "sharing.request.hold": _("Note what holds a delivery back"),
    "sharing.request.free": _("Note that nothing holds a delivery back any more"),
    "sharing.request.deliver": _("Deliver data"),
    "sharing.request.confirm": _("Confirm that data arrived"),
    "sharing.request.withdraw": _("Withdraw a request"),
    "sharing.request.count": _("Count the rows of a request"),
    "sharing.request.hand_over": _("Hand a request over"),
    "sharing.grant.create": _("Make a grant"),
    "sharing.grant.suspend": _("Suspend a grant"),
    "sharing.grant.resume": _("Resume a grant"),
    "sharing.grant.restore": _("Bring a grant in line with its suspensions"),
    "sharing.grant.narrow": _("Narrow a grant"),
    "sharing.grant.loosen": _("Loosen the limits of a grant"),
    "sharing.grant.adapt": _("Adapt a grant to its entry"),
    "sharing.grant.end": _("End a grant"),
    "sharing.grant.expire": _("Note the end of a grant"),
    "sharing.grant.demand": _("Demand the disposal of data"),
    "sharing.grant.dispose": _("Confirm the disposal of data"),
    "sharing.grant.consult": _("Announce the stop or change of a service"),
    "sharing.grant.answer": _("Answer an announced stop or change"),
    "sharing.grant.stop_unfiled": _("Stop or change a service before the authority took it to its files"),
    "sharing.grant.file_stop": _("Take an announced stop or change to the files"),
    "sharing.grant.take_back_stop": _("Take an announced stop or change back"),
    "sharing.grant.hand_over": _("Hand a grant over"),
    "sharing.service.limit": _("Set limits of use for all who get the data"),
    "sharing.right.give": _("Give a department the right to data"),
    "sharing.right.take": _("Take a department's right to data"),
    "sharing.right.differ": _("Find rights that differ from the grants"),
    "sharing.right.restore": _("Bring rights in line with the grants"),
    "sharing.terms.accept": _("Accept the terms of use"),
    "sharing.terms.publish": _("Put terms of use into force"),
    "sharing.policy.set": _("Set how requests are handled"),
    "sharing.client.register": _("Register a machine client"),
    "sharing.client.approve": _("Approve a machine client"),
    "sharing.client.refuse": _("Refuse a machine client"),
    "sharing.client.edit": _("Change a machine client"),
    "sharing.client.change_approve": _("Approve the change of a machine client"),
    "sharing.client.change_refuse": _("Refuse the change of a machine client"),
    "sharing.client.bind": _("Bind a grant to a machine client"),
    "sharing.client.unbind": _("Take a grant away from a machine client"),
    "sharing.client.rotate": _("Make a secret of a machine client"),
    "sharing.client.suspend": _("Suspend a machine client"),
    "sharing.client.resume": _("Let a machine client go on"),
    "sharing.client.revoke": _("End a machine client"),
    "sharing.client.hand_over": _("Hand a machine client over"),
    "sharing.client.token": _("Get a token"),
}.items():
    actions.register(_code, _label)
