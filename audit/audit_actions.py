"""What the trail itself writes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import actions

actions.register_app("audit", _("Audit trail"))
actions.register_app("access", _("Access"))
actions.register_actor("public", _("Somebody not signed in"))
actions.register("access.denied", _("Access refused"))
actions.register("audit.trail.export", _("Export the trail"))
actions.register_object(
    "audit.trail",
    _("Trail"),
    fields={
        "since": pgettext_lazy("audit", "From"),
        "until": pgettext_lazy("audit", "Until"),
        "action": _("Action"),
        "actor": pgettext_lazy("audit", "Person"),
        "department": _("Department"),
        "object": pgettext_lazy("audit", "Object"),
        "outcome": pgettext_lazy("audit", "Outcome"),
        "request": pgettext_lazy("audit", "Request"),
        "newest": _("Newest row"),
    },
)
actions.register_object("http.request", _("Page or interface"))
