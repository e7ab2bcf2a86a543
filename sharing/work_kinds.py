"""The kinds of work that sharing puts into inboxes. Loaded by ``SharingConfig.ready``."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sharing.services import client, objection, rectifying, step
from workflow import task_kinds


def register() -> None:
    """Make them known to the inbox."""
    decide, answer = pgettext_lazy("do", "Decide"), pgettext_lazy("do", "Answer")
    for kind, label, icon, verb in (
        (step.TASK_AGREE, _("Agree to a request of the own department"), "signature", decide),
        (step.TASK_CORRECT, _("Correct a request"), "arrow-back-up", pgettext_lazy("do", "Correct")),
        (step.TASK_CHECK, _("Check the form of a request"), "checks", pgettext_lazy("do", "Check")),
        (step.TASK_ANSWER, _("Answer a request for data"), "message-reply", answer),
        (step.TASK_ADVISE, _("Give an opinion on a request"), "message-2", answer),
        (step.TASK_SUPPLEMENT, _("Supplement a request"), "paperclip", pgettext_lazy("do", "Supplement")),
        (step.TASK_EXTEND, _("Consent to more time"), "clock-plus", decide),
        (step.TASK_DECIDE, _("Decide on a request for withheld data"), "gavel", decide),
        (step.TASK_RESPOND, _("Say what there is to say to a dispute"), "message-2", answer),
        (step.TASK_CONCUR, _("Confirm a mediated agreement"), "signature", decide),
        (step.TASK_SETTLE, _("Settle a dispute"), "scale", decide),
        (step.TASK_DELIVER, _("Deliver data that were agreed to"), "truck-delivery", pgettext_lazy("do", "Deliver")),
        (step.TASK_CONFIRM, _("Confirm that data arrived"), "package-import", pgettext_lazy("do", "Confirm")),
        (step.TASK_ANSWER_STOP, _("Answer an announced stop or change of a service"), "message-reply", answer),
        (step.TASK_FILE_STOP, _("Take an announced stop or change to the files"), "archive", decide),
        (step.TASK_DISPOSE, _("Confirm the disposal of data"), "trash", pgettext_lazy("do", "Confirm")),
        (step.TASK_RECORD_USE, _("Record the use of data"), "notebook", pgettext_lazy("do", "Record")),
        (rectifying.TASK_RECTIFY, _("Rectify what an inspection found"), "tool", pgettext_lazy("do", "Report")),
        (objection.TASK_VERIFY, _("Verify data objected to"), "zoom-exclamation", pgettext_lazy("do", "Verify")),
        (objection.TASK_CORRECT, _("Correct data objected to"), "database-edit", pgettext_lazy("data", "Correct")),
        (client.TASK_DECIDE, _("Decide on a machine client"), "plug-connected", decide),
        (step.TASK_RENEW, _("Renew a grant or let it end"), "refresh", decide),
    ):
        task_kinds.register(kind, label, icon=icon, verb=verb)
