"""Why a run ended without a version, and what is doubtful about its file: codes and their sentences.

The reasons of requests to sources are in ``collection.outgoing.failures``, those of files that cannot be read in
``catalog.imports.exceptions``, those of broken rules in ``collection.quality.wording``.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from collection.matching import OPERATION_LABEL
from collection.vault import KeyMissing, Tampered
from core import reasons
from core.reasons import Reason

SENTENCES: dict[str, Any] = {
    "unexpected": _("Something went wrong on our side. It has been recorded; try again, or report it."),
    "tampered": Tampered.default_message,
    "key_missing": KeyMissing.default_message,
    "changes_need_key": _("A file of changes is for rows with a key, and no item is one."),
    "no_column_for": _("The file has no column for: %(items)s. Add it, or say which column it is."),
    "no_column_fits": _("No column of the file belongs to an item. Check the file, or say which column is which."),
    "all_rejected": _("Every row was rejected. To remove all rows, unhook the dataset instead."),
    "no_rows": _("The file holds no rows. To remove all rows, unhook the dataset instead."),
    "version_gone": _("The rows of this version are no longer kept."),
    "key_changed": _("The key of the rows has changed since this version; load the file of that time instead."),
    "needs_everything": _(
        "The key, the type of an item or what must not be empty has changed. Load a file that holds everything "
        "once, then go on as before."
    ),
    "table_held": _(
        "The data were being read all the time, so their columns could not be changed. Nothing was changed; try again "
        "in a few minutes."
    ),
    "rule_not_computed": _("A rule could not be computed in time: %(rule)s. Make it simpler, or remove it."),
    # Why a dataset takes no file
    "consists_of_files": _("This dataset consists of files: add or replace files instead of loading rows."),
    "not_hooked": _("These data are no longer hooked to the entry. Hook them anew to load them."),
    "entry_withdrawn": _("The entry was withdrawn: its data are not loaded any more."),
    "being_erased": _("Rows of these data are being erased. Nothing can be loaded until that is done."),
    "run_open": _("Another run of this dataset is under way. Wait until it has ended, or cancel it."),
    "operation_column": OPERATION_LABEL,
    "built_meanwhile": _("While this run waited its data came to be built. %(why)s Nothing was published."),
}

DOUBTS: dict[str, Any] = {
    "encoding": _("The encoding is doubtful: %(encoding)s, next best %(other)s. Look at the first rows."),
    "undecodable": _("Some bytes mean nothing in %(encoding)s; they are shown as �."),
    "no_header": _("No header was found: the columns are numbered."),
    "header": _("The header was found in row %(row)d; the rows above it are left out."),
    "header_rows": _("The header takes %(count)d rows."),
    "second_header": _(
        "Row %(row)d was taken for the second one of the header, but may as well be the first row of data. If it is, "
        "write the first number alone under “Header rows”."
    ),
    "above_header": _(
        "The header was found in row %(row)d, but what stands above it may be rows of data. Look at the lines that "
        "are left out."
    ),
    "header_differs": _("The header is not where it was in the last file: look at the lines that are taken for it."),
    "no_data_rows": _(
        "The file holds lines, but none was taken for a row of data. Look at the lines that are left out."
    ),
    "blank_rows": _("Reading stopped after %(count)d empty rows, at row %(row)d."),
    "digits_lost": _(
        "Cell %(cell)s holds a long number stored as a number: its last digits are lost. Export the column as text."
    ),
    "unnamed": _(
        "Columns without a heading hold values: %(columns)s, in %(rows)s rows, row %(first)s the first. Say "
        "which items they belong to, or leave them out."
    ),
    "late_column": _("Record %(number)d has a member “%(name)s” that the first records lack; it is left out."),
    "repeated": _("The last file brought the very same rows: are they to be added once more?"),
    "cut": _("The source does not say how long its file is, and this one is shorter than the last: is it whole?"),
    "emptied": _("These items have values now, and would have none: %(items)s. Is a column missing?"),
    "loss": _("%(gone)s of the %(rows)s rows that readers see now would go: does this file hold everything?"),
    "loss_untold": _("Most of the rows that readers see now would go: does this file hold everything?"),
}

reasons.register("run", SENTENCES)
reasons.register("doubt", DOUBTS)


def doubt_words(kept: Mapping[str, Any], *, tells_changes: bool = True) -> str:
    """Say what a run keeps as doubtful; earlier releases kept the sentence.

    Args:
        tells_changes: say how many rows are published and how many would go.
    """
    if not tells_changes and kept.get("code") == "loss":
        return str(Reason("doubt.loss_untold"))
    return str(kept["message"]) if "message" in kept else str(Reason(f"doubt.{kept['code']}", kept.get("values", {})))
