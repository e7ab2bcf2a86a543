"""Who suspended a grant stands in rows, one for each side's word, instead of in columns that held one, or two.

What is suspended, or was at its end, is carried over with whoever ordered it. What was lifted stays lifted: findings of
misuse after which a grant was let run again get the row by which that is seen now. Misuse that an authority found
while somebody else had suspended the grant gets the row that should have stopped it.

Who spoke for the provider is everybody who did, instead of the last: the trail tells who they were. What holds a
delivery back is a step on the way of a request.
"""

from datetime import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

SPOKEN = ("sharing.request.advise", "sharing.request.respond")
AGREED = ("sharing.request.concur", "sharing.request.decline")
"""Said by both sides: what the requester's head says is no word of the provider."""
OPEN = ("active", "suspended")
SUSPENSION = ("suspended_at", "suspended_by", "suspended_by_department", "suspend_reason", "suspended_before")

STEPS = [
    ("submit", "Submitted"),
    ("recall", "Recalled"),
    ("agree", "The own head agreed"),
    ("return", "Returned"),
    ("pass", "Form check passed"),
    ("approve", "Agreed"),
    ("approve_part", "Agreed in part"),
    ("refuse", "Refused"),
    ("ask_material", "Missing material asked for"),
    ("supplement", "Material supplemented"),
    ("ask_extension", "Extension asked for"),
    ("extend", "Extension agreed to"),
    ("refuse_extension", "Extension refused"),
    ("advise", "Opinion of the provider"),
    ("dispute", "Dispute raised"),
    ("respond", "Provider's statement"),
    ("mediate", "Mediation by the authority"),
    ("concur", "Mediated agreement confirmed"),
    ("decline", "Mediated agreement declined"),
    ("settle", "Dispute settled"),
    ("hold", "Delivery held back"),
    ("free", "Delivery free again"),
    ("deliver", "Made available"),
    ("confirm", "Delivery confirmed"),
    ("withdraw", "Withdrawn"),
    ("hand_over", "Handed over"),
    ("lapse", "Lapsed: the missing material did not come in time"),
    ("expire", "Lapsed: not made available in time"),
]


def carry_over(apps, schema_editor):
    """Make rows of the columns."""
    grants = apps.get_model("sharing", "Grant").objects
    concerned = Q(suspended_at__isnull=False) | Q(inspections__result="misuse")
    found = grants.filter(concerned).select_related("dataset__entry").distinct().order_by("pk")
    made = {}
    for grant in found:
        made[grant.pk] = _carry(apps, grant) if grant.suspended_at is not None else []
        _misuse_carry(apps, grant, made[grant.pk])
    for grant in found:
        before = {(one.side, one.opened_at): one for one in made.get(grant.previous_id, [])}
        for held in made[grant.pk]:
            held.cause = before.get((held.side, held.opened_at))
            held.save(update_fields=["cause"])
    rows = apps.get_model("sharing", "GrantSuspension").objects
    for held in rows.filter(misuse__isnull=False, closed_at__isnull=True, grant__status__in=OPEN).order_by("pk"):
        _misuse_follow(rows, held)
    _speakers_carry(apps)
    _settle(schema_editor)


def _speakers_carry(apps):
    """Name everybody who spoke for the provider, as the trail has it, and the last as it was kept."""
    trail = apps.get_model("audit", "AuditEvent").objects.filter(
        object_label="sharing.sharerequest", actor_kind="user", outcome="done"
    )
    people = apps.get_model(settings.AUTH_USER_MODEL).objects
    known = [int(pk) for pk in trail.filter(action__in=SPOKEN + AGREED).values_list("object_pk", flat=True).distinct()]
    requests = apps.get_model("sharing", "ShareRequest").objects.select_related("department")
    for request in requests.filter(Q(pk__in=known) | Q(provider_spoken_by__isnull=False)).order_by("pk"):
        own = Q(action__in=AGREED) & ~Q(department_code=request.department.code)
        spoken = trail.filter(Q(action__in=SPOKEN) | own, object_pk=str(request.pk)).values("actor_id")
        request.provider_speakers.set(people.filter(Q(pk__in=spoken) | Q(pk=request.provider_spoken_by_id)))


def _carry(apps, grant):
    """Make the rows of what suspends a grant, or did at its end: one for each layer."""
    before, made = grant.suspended_before, []
    layers = [(grant.suspended_by, grant.suspended_at, grant.suspended_by_department_id, grant.suspend_reason)]
    if before is not None:
        at = datetime.fromisoformat(before["at"])
        layers.insert(0, ("provider", at, before["department"], before["reason"]))
    closed = _lifted(grant) if grant.status not in OPEN else {}
    for side, at, department, reason in layers:
        step = grant.steps.filter(action="suspend", at__gte=at).order_by("at", "pk").first()
        one = apps.get_model("sharing", "GrantSuspension").objects.create(
            grant=grant,
            side=side,
            department_id=department,
            reason=reason,
            opened_at=at,
            opened_by_name=step.actor_name if step is not None else "",
            **closed,
        )
        made.append(one)
    return made


def _lifted(grant):
    """Return by whom what a grant that is over was suspended for was lifted since: it was found in order, or decided
    anew."""
    if grant.end_reason in ("replaced", "settled"):
        step = grant.steps.filter(action="end").order_by("at", "pk").last()
        return {"closed_at": grant.ended_at, "closed_by_name": step.actor_name if step is not None else ""}
    looked = grant.inspections.filter(result="in_order", inspected_at__gte=grant.ended_at)
    if grant.suspended_by != "provider":
        looked = looked.exclude(department=grant.dataset.entry.department_id)
    found = looked.order_by("pk").first()
    if found is None:
        return {}
    return {
        "closed_at": found.inspected_at, "closed_by_name": found.inspected_by_name, "closing_note": found.finding
    }  # fmt: skip


def _misuse_carry(apps, grant, held):
    """Tie what was found to the suspension for it: one that was lifted since, or the one that stands."""
    rows = apps.get_model("sharing", "GrantSuspension").objects
    provider = grant.dataset.entry.department_id
    for found in grant.inspections.filter(result="misuse").order_by("pk"):
        is_providers = found.department_id == provider
        made = {
            "grant": grant,
            "side": "provider" if is_providers else "authority",
            "department_id": found.department_id,
            "reason": found.finding,
            "misuse": found,
            "opened_at": found.inspected_at,
            "opened_by_name": found.inspected_by_name,
        }
        lifted = grant.steps.filter(action="resume", at__gt=found.inspected_at).order_by("at", "pk").first()
        if lifted is not None:
            closed = {
                "closed_at": lifted.at, "closed_by_name": lifted.actor_name, "closing_note": lifted.note
            }  # fmt: skip
            rows.create(**made, **closed)
            continue
        if not held or grant.status not in OPEN:
            continue
        own = rows.filter(grant=grant, closed_at__isnull=True, side=made["side"])
        if not is_providers:
            own = own.filter(department=found.department_id)
        if not own.update(misuse=found):
            rows.create(**made)


def _misuse_follow(rows, held):
    """Suspend what goes on from a grant that was misused, as what is found now does."""
    grant = held.grant
    later = grant.later.filter(status__in=OPEN, dataset=grant.dataset_id, department=grant.department_id)
    for one in later.order_by("pk"):
        followed = rows.filter(grant=one, cause=held, closed_at__isnull=True).first()
        if followed is None:
            followed = rows.create(
                grant=one,
                side=held.side,
                department_id=held.department_id,
                reason=held.reason,
                cause=held,
                opened_at=held.opened_at,
                opened_by_name=held.opened_by_name,
            )
            one.status = "suspended"
            one.save(update_fields=["status"])
        _misuse_follow(rows, followed)


def put_back(apps, schema_editor):
    """Keep in the columns what they hold: of what stands, the side above the provider, and its own beneath."""
    rows = apps.get_model("sharing", "GrantSuspension").objects
    standing = rows.filter(closed_at__isnull=True)
    for grant in apps.get_model("sharing", "Grant").objects.filter(pk__in=standing.values("grant")):
        held = list(standing.filter(grant=grant).order_by("opened_at", "pk"))
        above = [one for one in held if one.side != "provider"]
        own = [one for one in held if one.side == "provider"]
        first = (above or own)[0]
        grant.suspended_at, grant.suspended_by = first.opened_at, first.side
        grant.suspended_by_department_id, grant.suspend_reason = first.department_id, first.reason
        if above and own:
            at = own[0].opened_at.isoformat()
            grant.suspended_before = {"at": at, "department": own[0].department_id, "reason": own[0].reason}
        grant.save(update_fields=list(SUSPENSION))
    requests = apps.get_model("sharing", "ShareRequest")
    for spoken in requests.provider_speakers.through.objects.order_by("pk"):
        requests.objects.filter(pk=spoken.sharerequest_id).update(provider_spoken_by=spoken.user_id)
    _settle(schema_editor)


def _settle(schema_editor):
    """Check foreign keys now: a table is not altered while checks of it are due."""
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_audit_event"),
        ("sharing", "0015_who_spoke_for_the_provider"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GrantSuspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("provider", "The provider"),
                            ("authority", "The data authority"),
                            ("security", "The security administrator"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("opened_by_name", models.CharField(max_length=200)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by_name", models.CharField(blank=True, max_length=200)),
                ("closing_note", models.TextField(blank=True)),
                (
                    "cause",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="following",
                        to="sharing.grantsuspension",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.department",
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="suspensions", to="sharing.grant"
                    ),
                ),
                (
                    "misuse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sharing.inspection",
                    ),
                ),
            ],
            options={"ordering": ["opened_at", "pk"]},
        ),
        migrations.AddConstraint(
            model_name="grantsuspension",
            constraint=models.UniqueConstraint(
                condition=Q(closed_at__isnull=True),
                fields=("grant", "side", "department", "cause"),
                name="grant_suspension_one_open",
                nulls_distinct=False,
            ),
        ),
        migrations.RemoveConstraint(model_name="grant", name="grant_suspended_at"),
        migrations.AddField(
            model_name="sharerequest",
            name="provider_speakers",
            field=models.ManyToManyField(
                help_text="Who gave the provider's opinion, what it says to a dispute, or its word on an agreement.",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(carry_over, put_back),
        *(migrations.RemoveField(model_name="grant", name=name) for name in SUSPENSION),
        migrations.RemoveField(model_name="sharerequest", name="provider_spoken_by"),
        migrations.AlterField(
            model_name="requeststep", name="action", field=models.CharField(choices=STEPS, max_length=20)
        ),
    ]
