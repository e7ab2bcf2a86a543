"""How the trail names what this app does. Loaded when the trail's app is ready."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit import actions
from libraries.choices import BuildReason, PartConsent

actions.register_app("libraries", _("Library datasets"))
actions.register_object(
    "libraries.part",
    _("Source of a library dataset"),
    fields={
        "library_dataset": _("Library dataset"),
        "source": pgettext_lazy("library", "Source"),
        "grant": pgettext_lazy("sharing", "Grant"),
        "precedence": _("Precedence"),
        "items": _("Items"),
        "consent": _("The provider's consent"),
    },
    values={"consent": PartConsent.choices},
)
actions.register_object(
    "libraries.composition", _("Library dataset"), fields={"lineage": _("Item that keeps the sources")}
)
actions.register_object(
    "libraries.build",
    _("Build of a library dataset"),
    fields={
        "reason": pgettext_lazy("problem", "Reason"),
        "rows": _("Rows"),
        "sources": pgettext_lazy("library", "Sources"),
        "left_out": _("Sources left out"),
        "message": pgettext_lazy("run", "Message"),
        "failure": _("Why it failed"),
    },
    values={"reason": BuildReason.choices},
)

for _code, _label in {
    "libraries.part.add": _("Name a source of a library dataset"),
    "libraries.part.change": _("Change a source of a library dataset"),
    "libraries.part.answer": _("Answer whether data go into a library"),
    "libraries.part.follow": _("Read a source of a library dataset under the renewed grant"),
    "libraries.part.remove": _("Remove a source of a library dataset"),
    "libraries.composition.set_lineage": _("Choose the item that keeps the sources"),
    "libraries.build.ask": _("Ask for a library dataset to be built"),
    "libraries.build.send": _("Build a library dataset"),
    "libraries.build.fail": _("Fail to build a library dataset"),
}.items():
    actions.register(_code, _label)
