"""Why something became of a grant or a request by itself: codes and their sentences, in the language of who reads."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core import reasons

SENTENCES: dict[str, Any] = {
    "replaced": _("Replaced by grant %(number)d."),
    "goes_on_from": _("A decision in a dispute put grant %(number)d in the place of the one that this goes on from."),
    "renewed": _("The grant that this was to renew goes on under another one by now."),
    "no_longer": _("The grant that this was to renew runs at least as long by now."),
    "suspended_before": _("It was suspended under the grant before: a decision lifts no suspension."),
    "ended_before": _("Grant %(number)d, from which this one goes on, had ended for the same reason."),
    "stands_under": _("The suspension stands under the grant now that takes the place of this one."),
    "changed": _("The entry changed."),
    "changed_items": _("The entry changed. No longer given: %(items)s."),
    "gone": _("What was granted is no part of the entry any more."),
    "retyped": _(
        "“%(items)s” has another type now: the rows were chosen by its former one. Whoever needs them asks anew."
    ),
    "added_withheld": _("The files hold items by now that are withheld from sharing."),
    "withheld": _("The data are withheld from sharing now."),
    "on_request": _("The data are shared on request now: ask for them to go on."),
    "withdrawn": _("The entry was withdrawn."),
    "time_over": _("The time for which the data were asked is over before they were made available."),
    "stopped": _("What this was to replace, or to go on from, was stopped meanwhile, as had been announced."),
    "held_suspended": _(
        "The data authority, or the security administrator, suspended what the department has of these data."
    ),
    "held_misuse": _("Misuse of these data by the department was found."),
    "misused": _("The data authority, or the security administrator, found misuse of these data by the department."),
    "held_announced": _("A stop or a limit of the grant that this one replaces was announced."),
    "free": _("What held the delivery back is over."),
    "state_restored": _("The state was brought in line with the suspensions that stand."),
    "agreed_gone": _(
        "What was agreed to is no part of the entry any more, or is withheld from sharing by now. Whoever needs it asks"
        " anew."
    ),
    "agreed_retyped": _(
        "An item by which the rows were chosen has another type by now than when that was agreed to. Whoever needs them"
        " asks anew."
    ),
    "needs_decision": _(
        "The data are shared on request by now, and nobody decided on this one. It has to be asked for anew."
    ),
    "grant_over": _("The grant ended before anybody confirmed that the data arrived."),
    "overtaken": _("A change of use took the place of the grant that this was to renew."),
    "took_part": _("No reviewer is left there who took no part: it lies before %(authority)s now."),
    "own": _("The data are the department's own now."),
}

reasons.register("share", SENTENCES)
