"""Sources: where a dataset's files are fetched from, with what credential, and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from collection import policies, selectors
from collection.built_data import require_loaded_by_people
from collection.choices import MOST_REJECTED, LoadMode, RunOrigin, SourceKind
from collection.models import Dataset, Run, Source
from collection.outgoing import OutgoingFailed
from collection.selectors.source import source_get_for, sources_of
from collection.services.fetch import order_of, secret_context
from collection.services.run import run_add
from collection.sources import Settings, probe, settings_kept, settings_of
from collection.sources.engines import engines
from collection.sources.settings import KINDS
from collection.timetable import Timetable
from collection.vault import needs_renewal, open_text, seal_text
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation, StaleEdit
from core.faults import held_apart

MOST_SOURCES = 10
"""Sources of one dataset."""
LONGEST_SECRET = 20_000
_CREDENTIAL = re.compile(
    "(access|auth|api|app|user|private|session)?[-_]?(token|secret|password|passwd|pwd|key)"
    "|auth|authorization|signature|sign",
    re.IGNORECASE,
)
"""How parameters are called that hold a credential."""
TRIAL_SECONDS = 12
"""How long a person waits for a trial of the connection."""


@dataclass(frozen=True, slots=True, repr=False)
class SourceFields:
    """What a person enters of a source.

    Attributes:
        settings: those of its kind, see ``collection.sources.settings``.
        secret: a new credential; "" leaves the one that is there.
        forgets_secret: the credential that is there goes.
        timetable: see ``collection.timetable``.
        attempts: how often a run tries, 1 to 10; the pause between doubles from ``retry_minutes``, 1 to 720.
        deadline_minutes: the longest that fetching may take, 1 to 660.
        reject_limit_percent, reject_limit_count: rejected rows of a file above which nothing is published; None for
            the limits of the dataset.
    """

    name: str
    settings: Mapping[str, Any]
    mode: str = LoadMode.REPLACE
    timetable: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""
    forgets_secret: bool = False
    attempts: int = 4
    retry_minutes: int = 5
    deadline_minutes: int = 60
    reject_limit_percent: int | None = None
    reject_limit_count: int | None = None


@transaction.atomic
def source_add(*, actor: Actor, dataset_id: int, kind: str, fields: SourceFields) -> Source:
    """Enter a source of a dataset; its first slot is the next one of its timetable.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are built.
        RuleViolation: a value cannot be used, the name is taken, or there are too many.
    """
    dataset = selectors.dataset_get_for(actor, dataset_id, for_update=True)
    policies.require_manage_source(actor, dataset.entry)
    if dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry. Hook them anew to load them."))
    require_loaded_by_people(dataset)
    if kind not in SourceKind.values:
        raise RuleViolation([FieldError("kind", "unknown", _("Choose one of the kinds of sources."))])
    errors = _problems(dataset, fields)
    if sources_of(dataset).count() >= MOST_SOURCES:
        message = _("A dataset takes at most %(count)d sources.") % {"count": MOST_SOURCES}
        errors.append(FieldError("name", "too_many", message))
    settings, timetable = _read(kind, fields, errors)
    now = clock.now()
    host, port = settings.endpoint
    source = Source.objects.create(
        dataset=dataset,
        kind=kind,
        host=host,
        port=port,
        settings=settings.to_dict(),
        timetable=timetable.to_dict(),
        scheduled_from=now,
        created_at=now,
        created_by_id=actor.id if actor.is_person else None,
        **_plain(fields),
    )
    if fields.secret:
        _secret_keep(source, fields.secret)
        source.save(update_fields=["secret", "secret_set_at"])
    audit.record(actor, "collection.source.add", source, after=_snapshot(source) | {"dataset": dataset.name})
    return source


@transaction.atomic
def source_update(*, actor: Actor, source_id: int, fields: SourceFields, edit_version: int) -> Source:
    """Change a source; what it gave before counts no more, so that the next run reads it whole.

    A credential is for the place that it was entered for: where the source leads elsewhere, it has to be entered anew.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        StaleEdit: somebody else saved meanwhile. InvalidTransition: the data were unhooked.
        RuleViolation: a value cannot be used, or the credential must be entered anew.
    """
    source = source_get_for(actor, source_id, for_update=True)
    policies.require_manage_source(actor, source.dataset.entry)
    if source.dataset.is_retired:
        raise InvalidTransition(_("These data are no longer hooked to the entry."))
    if source.edit_version != edit_version:
        raise StaleEdit(extra={"edit_version": source.edit_version})
    errors = _problems(source.dataset, fields, source)
    settings, timetable = _read(source.kind, fields, errors, source)
    before, settings_before = _snapshot(source), dict(source.settings)
    if timetable.to_dict() != source.timetable:
        source.timetable = timetable.to_dict()
        source.scheduled_from = clock.now()
    source.host, source.port = settings.endpoint
    source.settings = settings.to_dict()
    for name, value in _plain(fields).items():
        setattr(source, name, value)
    if fields.secret:
        _secret_keep(source, fields.secret)
    elif fields.forgets_secret:
        source.secret, source.secret_set_at = "", None
    source.edit_version += 1
    source.save()
    after = _snapshot(source)
    changed = [name for name in after if after[name] != before[name]]
    old, new = _settings_told(source.kind, settings_before, source.settings)
    audit.record(
        actor,
        "collection.source.edit",
        source,
        before={name: before[name] for name in changed} | old,
        after={name: after[name] for name in changed} | new,
    )
    return source


def _settings_told(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the trail keeps of changed settings: their names, and the values of those with a closed list.

    What people type freely may hold tokens or be about a person: of it only that it changed.
    """
    changed = [name for name in after if after[name] != before.get(name)]
    of_kind = KINDS[SourceKind(kind)]
    closed = [name for name in changed if name in of_kind.choices or name in of_kind.named]
    old, new = ({name: of.get(name) for name in closed} for of in (before, after))
    return old, new | ({"settings": changed} if changed else {})


def _plain(fields: SourceFields) -> dict[str, Any]:
    return {
        "name": _name(fields),
        "mode": fields.mode,
        "attempts": fields.attempts,
        "retry_minutes": fields.retry_minutes,
        "deadline_minutes": fields.deadline_minutes,
        "reject_limit_percent": fields.reject_limit_percent,
        "reject_limit_count": fields.reject_limit_count,
    }


def _name(fields: SourceFields) -> str:
    return " ".join(fields.name.split())


def _problems(dataset: Dataset, fields: SourceFields, source: Source | None = None) -> list[FieldError]:
    errors = []
    name = _name(fields)
    if not name or len(name) > 100:
        errors.append(FieldError("name", "required", _("Give the source a name of at most 100 characters.")))
    elif sources_of(dataset).filter(name=name).exclude(pk=source.pk if source else 0).exists():
        errors.append(FieldError("name", "exists", _("This dataset has a source of that name already.")))
    if fields.mode not in LoadMode.values:
        errors.append(FieldError("mode", "unknown", _("Choose one of the ways of loading.")))
    for member, value, least, most in (
        ("attempts", fields.attempts, 1, 10),
        ("retry_minutes", fields.retry_minutes, 1, 720),
        ("deadline_minutes", fields.deadline_minutes, 1, 660),
        ("reject_limit_percent", fields.reject_limit_percent, 0, 100),
        ("reject_limit_count", fields.reject_limit_count, 0, MOST_REJECTED),
    ):
        if value is not None and not least <= value <= most:
            message = _("Between %(least)d and %(most)d.") % {"least": least, "most": most}
            errors.append(FieldError(member, "out_of_range", message))
    if len(fields.secret) > LONGEST_SECRET or "\x00" in fields.secret:
        errors.append(FieldError("secret", "too_long", _("This cannot be a credential.")))
    return errors


def _read(
    kind: str, fields: SourceFields, errors: list[FieldError], source: Source | None = None
) -> tuple[Settings, Timetable]:
    """Return settings and timetable; every problem of all is told at once."""
    settings = timetable = None
    try:
        settings = settings_of(kind, fields.settings)
    except RuleViolation as refused:
        errors.extend(refused.errors)
    try:
        timetable = Timetable.from_dict(fields.timetable)
    except RuleViolation as refused:
        errors.extend(refused.errors)
    if settings is not None:
        errors.extend(_engine_problems(settings))
        errors.extend(_secret_problems(settings, fields, source))
        errors.extend(_address_problems(settings))
    if errors or settings is None or timetable is None:
        raise RuleViolation(errors)
    return settings, timetable


def _engine_problems(settings: Settings) -> list[FieldError]:
    engine = getattr(settings, "engine", None)
    if engine is None or engine in engines():
        return []
    message = _("No driver for this database system is installed. Choose one of: %(names)s.")
    names = ", ".join(one.label for one in engines().values())
    return [FieldError("engine", "driver_missing", message % {"names": names})]


def _secret_problems(settings: Settings, fields: SourceFields, source: Source | None) -> list[FieldError]:
    if not settings.needs_secret or fields.secret:
        return []
    if source is None or not source.secret or fields.forgets_secret:
        return [FieldError("secret", "required", _("Enter the credential, or choose to read without one."))]
    if settings_kept(source.kind, source.settings).audience != settings.audience:
        message = _("The source leads elsewhere now. Enter the credential anew, so that it goes nowhere by mistake.")
        return [FieldError("secret", "required", message)]
    return []


def _address_problems(settings: Settings) -> list[FieldError]:
    """Refuse a credential within an address, which is stored and shown as it is."""
    names = [name for name, value in parse_qsl(urlsplit(getattr(settings, "url", "")).query) if value]
    found = next((name for name in names if _CREDENTIAL.fullmatch(name)), None)
    if found is None:
        return []
    message = _("“%(name)s” in the address looks like a credential. Enter it under “Credential”, where it is sealed.")
    return [FieldError("url", "credential", message % {"name": found})]


def _secret_keep(source: Source, secret: str) -> None:
    source.secret = seal_text(secret, context=secret_context(source.pk))
    source.secret_set_at = clock.now()


def _snapshot(source: Source) -> dict[str, Any]:
    """Return what the trail keeps: neither paths, which may hold tokens, nor the credential."""
    return {
        "name": source.name,
        "kind": source.kind,
        "endpoint": source.endpoint,
        "mode": source.mode,
        "timetable": source.timetable,
        "attempts": source.attempts,
        "retry_minutes": source.retry_minutes,
        "deadline_minutes": source.deadline_minutes,
        "reject_limit_percent": source.reject_limit_percent,
        "reject_limit_count": source.reject_limit_count,
        "credential": source.secret_set_at.isoformat() if source.secret_set_at else None,
    }


@transaction.atomic
def source_pause(*, actor: Actor, source_id: int) -> Source:
    """Let the schedule rest; the source can still be read by hand.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: it rests already.
    """
    source = source_get_for(actor, source_id, for_update=True)
    policies.require_manage_source(actor, source.dataset.entry)
    if not source.is_enabled:
        raise InvalidTransition(_("The schedule rests already."))
    source.is_enabled = False
    source.save(update_fields=["is_enabled"])
    audit.record(actor, "collection.source.pause", source)
    return source


@transaction.atomic
def source_resume(*, actor: Actor, source_id: int) -> Source:
    """Let the schedule go on; what was due meanwhile is not made up for.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: it does not rest.
    """
    source = source_get_for(actor, source_id, for_update=True)
    policies.require_manage_source(actor, source.dataset.entry)
    if source.is_enabled:
        raise InvalidTransition(_("The schedule is in force already."))
    source.is_enabled = True
    source.scheduled_from = clock.now()
    source.save(update_fields=["is_enabled", "scheduled_from"])
    audit.record(actor, "collection.source.resume", source)
    return source


@transaction.atomic
def source_retire(*, actor: Actor, source_id: int) -> Source:
    """Remove a source and its credential; its runs and what they published stay.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: a run of it is under way.
    """
    source = source_get_for(actor, source_id, for_update=True)
    policies.require_manage_source(actor, source.dataset.entry)
    run = selectors.run_open_of(source.dataset)
    if run is not None and run.source_id == source.pk:
        raise InvalidTransition(_("A run of this source is under way. Cancel it first."))
    source.retired_at = clock.now()
    source.is_enabled = False
    source.secret, source.secret_set_at = "", None
    source.save(update_fields=["retired_at", "is_enabled", "secret", "secret_set_at"])
    audit.record(actor, "collection.source.retire", source)
    return source


@transaction.atomic
def source_run(*, actor: Actor, source_id: int, is_confirmed: bool = False) -> Run:
    """Ask for a source to be read now.

    Args:
        is_confirmed: do not stop to ask, whatever is doubtful.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
        InvalidTransition: the data were unhooked, or are built. RunOpen: a run is under way.
    """
    source = source_get_for(actor, source_id, for_update=True)
    policies.require_manage_source(actor, source.dataset.entry)
    require_loaded_by_people(source.dataset)
    return run_add(
        actor,
        source.dataset_id,
        origin=RunOrigin.SOURCE,
        mode=source.mode,
        source=source,
        is_confirmed=is_confirmed,
    )


def source_try(*, actor: Actor, source_id: int) -> OutgoingFailed | None:
    """Try whether a source can be reached and read; nothing of what it gives is kept.

    Returns:
        The failure, or None.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the providing department.
    """
    source = source_get_for(actor, source_id)
    policies.require_manage_source(actor, source.dataset.entry)
    failure = None
    try:
        probe(source.kind, order_of(source, total_seconds=TRIAL_SECONDS))
    except OutgoingFailed as failed:
        failure = failed
    with transaction.atomic():
        audit.record(actor, "collection.source.try", source, after={"result": failure.code if failure else "ok"})
    return failure


def secrets_renew() -> int:
    """Seal the credentials anew that are still under an older key; return how many.

    One that no key opens any more is logged and stays; the others do not wait for it.
    """
    renewed = 0
    for source_id in Source.objects.exclude(secret="").order_by("pk").values_list("pk", flat=True):
        with held_apart("secret_not_renewed", source=source_id):
            renewed += _secret_renew(source_id)
    return renewed


@transaction.atomic
def _secret_renew(source_id: int) -> int:
    source = Source.objects.select_for_update().get(pk=source_id)
    if not source.secret or not needs_renewal(source.secret):
        return 0
    context = secret_context(source.pk)
    source.secret = seal_text(open_text(source.secret, context=context), context=context)
    source.save(update_fields=["secret"])
    return 1
