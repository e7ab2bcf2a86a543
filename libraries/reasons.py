"""Why a library dataset could not be built, or a source does not fit: codes and their sentences."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.choices import Opening, Sharing
from core import reasons
from core.reasons import Wording, listed

SENTENCES: dict[str, Any] = {
    "no_sources": _("Name the sources first."),
    "no_library": _(
        "The data belong to no library that their department leads: nothing may be read for them. Remove the sources, "
        "then build, so that their rows leave."
    ),
    "too_large": _("The file is larger than %(limit)d GB. Split it."),
    "worker_lost": _("The worker was lost. It is tried again tonight."),
    "several": "%(reasons)s",
    "left_out": _(
        "Rows that may not be given any more had to leave. %(reasons)s A source comes back with the first build in "
        "which it can be read."
    ),
    "not_filled": _("No source fills %(items)s, which must not be empty."),
    "unusable": _("The source “%(name)s” of %(department)s cannot be read: %(why)s."),
    "unusable_under": _("The source “%(name)s” of %(department)s cannot be read under grant %(grant)d: %(why)s."),
    # Why a source cannot be read
    "not_in_force": _("the grant is not in force, or no longer allows batch exchange"),
    "not_in_use": _("the data were unhooked, or the entry is not in force"),
    "nothing_published": _("nothing has been published"),
    "refused": _("its provider has refused that it goes into the library: %(reason)s"),
    "not_agreed": _("its provider has not yet agreed that it goes into the library"),
    "changed": _("that ended or changed while it was read; nothing was taken over"),
    "rows_spent": _("it has more rows than the grant gives today"),
    # Why its items do not fit
    "unknown_item": _("The library dataset has no such item any more."),
    "lineage": _("“%(item)s” keeps the sources of the row and is filled by the platform."),
    "not_granted": _("What is to fill “%(item)s” is not among the items that the grant gives."),
    "masked_key": _("“%(source)s” is masked under the grant and cannot fill the key “%(item)s”. Ask for it unmasked."),
    "type": _("“%(source)s” is of another type than “%(item)s”."),
    "key": _("“%(item)s” is part of the key: every source must fill it."),
    "looser": _(
        "“%(item)s” would be shared or opened more widely than its source “%(source)s” "
        "(%(sharing)s, %(opening)s). Make the library's item as strict."
    ),
    # Why people load nothing
    "is_built": _("These data are built from the sources of a library: a build would replace what is loaded here."),
    "left_over": _(
        "These data have sources of a library that their department does not lead any more. Remove the sources first, "
        "and build, so that their rows leave."
    ),
    "rests_on_build": _(
        "Rows of the sources that were taken out are still published, and what is added to them would leave with them. "
        "Build first, so that they leave, or load a file that replaces everything."
    ),
    # Why the dataset itself cannot be built
    "no_key": _("A library dataset needs a key, by which the rows of several sources become one. Mark an item."),
    "unfit": _("The sources of a row are kept in a text item that is no part of the key."),
    "length": _("“%(item)s” takes %(length)d characters; the names of all sources need %(needed)d."),
}


def _unusable(sentence: Promise) -> Wording:
    """Say why a source cannot be read; what does not fit about it are sentences, and end as such."""

    def words(values: Mapping[str, Any]) -> str:
        return str(sentence) % {**values, "why": listed([values["why"]]).rstrip(".。")}

    return words


reasons.register("build", SENTENCES | {one: _unusable(SENTENCES[one]) for one in ("unusable", "unusable_under")})
reasons.register("sharing", {one.value: one.label for one in Sharing})
reasons.register("opening", {one.value: one.label for one in Opening})
