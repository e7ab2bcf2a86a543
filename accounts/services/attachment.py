"""Attaching a department under another, with the consent of both sides."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies
from accounts.choices import AttachmentStatus, DepartmentEventKind
from accounts.exceptions import broken
from accounts.locks import lock_departments
from accounts.models import Department, DepartmentAttachment
from accounts.selectors.department import attachment_get_for, department_get_for, subtree_of
from accounts.services.history import event_add
from accounts.signals import attachment_proposed, attachment_settled
from accounts.transitions import ATTACHMENT
from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import StaleEdit


@transaction.atomic
def attachment_propose(*, actor: Actor, child_id: int, parent_id: int, reason: str = "") -> DepartmentAttachment:
    """Propose to attach a department under another; the proposer's own side has thereby consented, if he heads it.

    Raises:
        NotVisible: one of the two does not exist.
        NotAllowed: the actor neither manages departments nor heads the one to be attached.
        RuleViolation: the two do not fit (other region, a circle, the same), or a proposal is open already.
    """
    lock_departments()
    child = department_get_for(actor, child_id, for_update=True)
    parent = department_get_for(actor, parent_id)
    policies.require(policies.refusal_propose_attachment(actor, child))
    _require_fit(child, parent)
    if child.attachments_upward.filter(status=AttachmentStatus.PROPOSED).exists():
        raise broken("parent", "open", _("A proposal for this department is open; withdraw it first."))
    attachment = DepartmentAttachment.objects.create(
        child=child,
        parent=parent,
        reason=reason.strip(),
        proposed_by_id=actor.id if actor.is_person else None,
        proposed_at=clock.now(),
    )
    audit.record(
        actor,
        "accounts.attachment.propose",
        attachment,
        after={"child": child.code, "parent": parent.code},
        note=reason,
    )
    for side in policies.sides_of(actor, attachment):
        _consent(actor, attachment, side)
    attachment_proposed.send(sender=DepartmentAttachment, actor=actor, attachment=attachment)
    return attachment


def _require_fit(child: Department, parent: Department) -> None:
    if not parent.is_active:
        raise broken("parent", "ended", _("That department no longer exists."))
    if child.region_id != parent.region_id:
        raise broken("parent", "region", _("A department is attached only to one of its own region."))
    if child.parent_id == parent.pk:
        raise broken("parent", "unchanged", _("It is attached to that department already."))
    if parent.pk in {row.pk for row in subtree_of(child)}:
        raise broken("parent", "circle", _("That department is itself attached to this one."))


@transaction.atomic
def attachment_agree(*, actor: Actor, attachment_id: int) -> DepartmentAttachment:
    """Consent for the department one heads; the second consent puts the attachment into force.

    Raises:
        NotVisible: there is no such proposal.
        NotAllowed: the actor heads neither side, or has agreed already.
        InvalidTransition: the proposal is closed.
        RuleViolation: the two no longer fit.
    """
    lock_departments()
    attachment = attachment_get_for(actor, attachment_id, for_update=True)
    policies.require(policies.refusal_answer_attachment(actor, attachment))
    target = ATTACHMENT.apply("agree", attachment.status).target
    _require_fit(attachment.child, attachment.parent)
    for side in sorted(policies.sides_of(actor, attachment)):
        _consent(actor, attachment, side)
    if attachment.child_agreed_at and attachment.parent_agreed_at:
        _put_into_force(actor, attachment, target)
    return attachment


def _consent(actor: Actor, attachment: DepartmentAttachment, side: str) -> None:
    if getattr(attachment, f"{side}_agreed_at") is not None:
        return
    setattr(attachment, f"{side}_agreed_at", clock.now())
    setattr(attachment, f"{side}_agreed_by_id", actor.id)
    attachment.save(update_fields=[f"{side}_agreed_at", f"{side}_agreed_by"])
    audit.record(actor, "accounts.attachment.agree", attachment, after={"side": side})


def _put_into_force(actor: Actor, attachment: DepartmentAttachment, target: str) -> None:
    child, parent = attachment.child, attachment.parent
    former = child.parent
    attachments_close(actor, child=child, reason=_("Attached elsewhere."), keep=attachment)
    attachment.status = target
    attachment.save(update_fields=["status"])
    child.parent = parent
    child.edit_version += 1
    child.save(update_fields=["parent", "edit_version"])
    event_add(actor, child, DepartmentEventKind.ATTACHED, before=former.name if former else "", after=parent.name)
    audit.record(
        actor,
        "accounts.department.attach",
        child,
        before={"parent": former.code if former else None},
        after={"parent": parent.code},
    )
    attachment_settled.send(sender=DepartmentAttachment, actor=actor, attachment=attachment)


@transaction.atomic
def attachment_refuse(*, actor: Actor, attachment_id: int, note: str = "") -> DepartmentAttachment:
    """Refuse for the department one heads.

    Raises:
        NotVisible: there is no such proposal.
        NotAllowed: the actor heads neither side.
        InvalidTransition: the proposal is closed.
    """
    attachment = attachment_get_for(actor, attachment_id, for_update=True)
    if not policies.sides_of(actor, attachment):
        policies.require(policies.refusal_answer_attachment(actor, attachment))
    return _close(actor, attachment, "refuse", note)


@transaction.atomic
def attachment_withdraw(*, actor: Actor, attachment_id: int, note: str = "") -> DepartmentAttachment:
    """Take a proposal back.

    Raises:
        NotVisible: there is no such proposal.
        NotAllowed: the actor neither made it nor manages departments.
        InvalidTransition: the proposal is closed.
    """
    attachment = attachment_get_for(actor, attachment_id, for_update=True)
    policies.require(policies.refusal_withdraw_attachment(actor, attachment))
    return _close(actor, attachment, "withdraw", note)


@transaction.atomic
def attachment_end(*, actor: Actor, attachment_id: int, note: str = "") -> DepartmentAttachment:
    """End an attachment in force; the department stands by itself again.

    Raises:
        NotVisible: there is no such attachment.
        NotAllowed: the actor heads neither side and does not manage departments.
        InvalidTransition: it is not in force.
    """
    lock_departments()
    attachment = attachment_get_for(actor, attachment_id, for_update=True)
    policies.require(policies.refusal_end_attachment(actor, attachment))
    closed = _close(actor, attachment, "end", note)
    child = department_get_for(actor, attachment.child_id, for_update=True)
    if child.parent_id != attachment.parent_id:
        raise StaleEdit
    child.parent = None
    child.edit_version += 1
    child.save(update_fields=["parent", "edit_version"])
    event_add(actor, child, DepartmentEventKind.DETACHED, before=attachment.parent.name, document=note)
    return closed


def _close(actor: Actor, attachment: DepartmentAttachment, action: str, note: str) -> DepartmentAttachment:
    former = attachment.status
    attachment.status = ATTACHMENT.apply(action, former).target
    attachment.closed_at = clock.now()
    attachment.closed_by_id = actor.id if actor.is_person else None
    attachment.closing_note = note.strip()[:200]
    attachment.save(update_fields=["status", "closed_at", "closed_by", "closing_note"])
    audit.record(
        actor,
        f"accounts.attachment.{action}",
        attachment,
        before={"status": former},
        after={"status": attachment.status, "child": attachment.child.code, "parent": attachment.parent.code},
        note=note,
    )
    attachment_settled.send(sender=DepartmentAttachment, actor=actor, attachment=attachment)
    return attachment


def attachments_close(
    actor: Actor, *, child: Department, reason: str, keep: DepartmentAttachment | None = None
) -> None:
    """Close what is open or in force upwards of a department, for services that change the tree."""
    actions = {AttachmentStatus.PROPOSED: "withdraw", AttachmentStatus.AGREED: "end"}
    rows = DepartmentAttachment.objects.select_for_update(of=("self",)).select_related("child", "parent")
    for attachment in rows.filter(child=child, status__in=list(actions)).order_by("pk"):
        if keep is None or attachment.pk != keep.pk:
            _close(actor, attachment, actions[AttachmentStatus(attachment.status)], reason)
