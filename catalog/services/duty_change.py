"""A recorded change of law or duties and the clock it starts for every entry concerned.

Basis: Regulation on Government Data Sharing, Art. 17: update and file within 10 working days, 5 more with the
authority's consent. The clock runs from the change, not from the day somebody opens a draft.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choices import Role
from audit import services as audit
from catalog import policies
from catalog.models import DutyChange, DutyChangeEntry, Entry, Revision
from catalog.selectors import entry as selectors
from catalog.services.step import CLOCK_UPDATE
from core import clock
from core.actors import Actor
from core.basis import CATALOG_UPDATE
from core.exceptions import FieldError, InvalidTransition, NotAllowed, NotVisible, RuleViolation
from workflow import outbox
from workflow import services as workflow
from workflow.models import Clock
from workflow.selectors.of_subject import clock_open_of, clocks_of

TASK_UPDATE = "catalog.update"


@transaction.atomic
def duty_change_record(
    *,
    actor: Actor,
    document: str,
    gist: str,
    changed_on: date,
    entry_refs: Sequence[str],
    document_number: str = "",
    article: str = "",
) -> DutyChange:
    """Record a change and start the update clock of each entry concerned.

    Raises:
        NotAllowed: the actor may not, or names an entry of another department without being the authority.
        RuleViolation: a field is missing, the date lies ahead, or an entry is unknown or not published.
    """
    policies.require_record_duty_change(actor)
    errors = [
        FieldError(field, "required", message)
        for field, value, message in (
            ("document", document.strip(), _("Name the document that changed.")),
            ("gist", gist.strip(), _("Say what changed.")),
            ("entries", entry_refs, _("Choose the entries concerned.")),
        )
        if not value
    ]
    if changed_on > clock.today():
        errors.append(
            FieldError("changed_on", "in_future", _("The clock starts on the day of the change: it cannot lie ahead."))
        )
    entries, problems = _concerned_entries(actor, entry_refs)
    if errors + problems:
        raise RuleViolation(errors + problems)
    change = DutyChange.objects.create(
        document=document.strip(),
        document_number=document_number.strip(),
        article=article.strip(),
        gist=gist.strip(),
        changed_on=changed_on,
        recorded_by_id=actor.id,
        recorded_at=clock.now(),
    )
    started_at = datetime.combine(changed_on, time.min, clock.REGION_ZONE)
    for entry in entries:
        concerned = DutyChangeEntry.objects.create(change=change, entry=entry)
        limit = workflow.clock_start(
            actor=actor,
            policy_key=CLOCK_UPDATE,
            subject=concerned,
            department_id=entry.department_id,
            region_id=entry.department.region_id,
            started_at=started_at,
        )
        _update_task_open(change, entry, concerned, limit)
    audit.record(
        actor,
        "catalog.duty_change.record",
        change,
        after={"changed_on": changed_on, "entries": [entry.ref for entry in entries]},
        basis=CATALOG_UPDATE,
    )
    outbox.put("catalog.duty_change.recorded", change_id=change.pk, by=actor.id)
    return change


def _concerned_entries(actor: Actor, refs: Sequence[str]) -> tuple[list[Entry], list[FieldError]]:
    """Return the entries that are named, each once and locked in the order of their keys, and what is wrong."""
    found: dict[int, Entry] = {}
    errors = []
    for index, ref in enumerate(refs):
        where = f"entries[{index}]"
        try:
            entry = selectors.entry_get_for(actor, ref)
        except NotVisible:
            errors.append(FieldError(where, "unknown", _("There is no entry “%(ref)s”.") % {"ref": ref}))
            continue
        if not policies.can_record_duty_change_for(actor, entry):
            raise NotAllowed(_("You can record changes only for entries of your own department or region."))
        if entry.status not in selectors.LIVE_STATUSES:
            errors.append(FieldError(where, "not_published", _("“%(name)s” is not published.") % {"name": entry}))
        found[entry.pk] = entry
    return [selectors.entry_get_for(actor, pk, for_update=True) for pk in sorted(found)], errors


def _update_task_open(change: DutyChange, entry: Entry, concerned: DutyChangeEntry, limit: Clock) -> None:
    workflow.task_open(
        kind=TASK_UPDATE,
        subject=concerned,
        title=str(entry),
        detail=format_lazy(gettext_lazy("Update and file: {change}"), change=change),
        url=f"{reverse('catalog:duty_change_detail', args=[change.pk])}#c-{concerned.pk}",
        department_id=entry.department_id,
        role=Role.CATALOGUER,
        clock=limit,
    )


@transaction.atomic
def duty_change_extend(*, actor: Actor, concerned_id: int, days: int, reason: str) -> DutyChangeEntry:
    """Consent to a longer time for one entry: at most 5 working days, by the authority (809 Art. 17).

    Raises:
        NotVisible: no such row. NotAllowed: the actor is not the authority's reviewer.
        RuleViolation: more days than the policy allows, no reason (see ``workflow.services.clock_extend``).
    """
    concerned = DutyChangeEntry.objects.select_related("entry").filter(pk=concerned_id).first()
    if concerned is None:
        raise NotVisible
    entry = selectors.entry_get_for(actor, concerned.entry.ref, for_update=True)
    authority = selectors.authority_in_charge(entry.department)
    if not (actor.is_person and actor.has_role(Role.REVIEWER) and authority and authority.pk == actor.department_id):
        raise NotAllowed(_("Only the data authority in charge may consent to an extension."))
    limit = clock_open_of(concerned, CLOCK_UPDATE)
    if limit is None:
        raise InvalidTransition(_("The update has been filed: there is nothing to extend."))
    workflow.clock_extend(actor=actor, clock=limit, days=days, reason=reason)
    audit.record(
        actor, "catalog.duty_change.extend", concerned, after={"days": days}, basis=CATALOG_UPDATE, note=reason
    )
    return concerned


def duty_change_filed(actor: Actor, entry: Entry, revision: Revision) -> None:
    """Stop the update clock when the revision that answers the change has been filed with the authority."""
    if revision.duty_change_id is None:
        return
    for concerned in DutyChangeEntry.objects.filter(
        change_id=revision.duty_change_id, entry=entry, filed_revision=None
    ):
        concerned.filed_revision = revision
        concerned.save(update_fields=["filed_revision"])
        workflow.clock_stop(actor=actor, subject=concerned, policy_key=CLOCK_UPDATE)
        workflow.task_close(actor=actor, subject=concerned, kind=TASK_UPDATE)


def duty_change_taken_back(actor: Actor, entry: Entry, revision: Revision) -> None:
    """Let the update clock run on when a filing that answered a change is recalled: nothing is filed any more."""
    for concerned in DutyChangeEntry.objects.filter(entry=entry, filed_revision=revision).select_related("change"):
        concerned.filed_revision = None
        concerned.save(update_fields=["filed_revision"])
        ended = clocks_of(concerned).filter(policy_key=CLOCK_UPDATE).first()
        if ended is not None and not ended.is_open:
            limit = workflow.clock_reopen(actor=actor, clock=ended, reason=_("The filing was recalled."))
            _update_task_open(concerned.change, entry, concerned, limit)
