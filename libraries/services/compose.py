"""What a worker does with a build: read what the grants show, make one table of it, hand it over for loading.

Until it is handed over nothing of it can be seen: a build that is killed leaves a sealed file that nothing names, which
the nightly purge of originals removes, and lines in the log of pulls that stay unfinished. From which sources its
rows came is told in the store by one transaction there; what is told of a build that came to nothing is swept away.
"""

import csv
import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import User
from accounts.selectors import actor_for_user
from audit import services as audit
from catalog.models import Library
from collection import evidence
from collection.choices import LoadMode, RunOrigin
from collection.exceptions import RunOpen
from collection.intake.header import labels_of as header_labels
from collection.models import Dataset, DatasetVersion, Run
from collection.readers.page import count
from collection.selectors import columns_wanted
from collection.services.run import MOST_BYTES, original_context, run_add, upload_require
from collection.store.columns import Column
from collection.store.lineage import lineage_drop
from collection.store.names import Lineage
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, NotVisible
from core.faults import place_of
from core.reasons import Reason, reason_of
from libraries import fitting, transitions
from libraries.attributes import looser_errors
from libraries.belonging import library_of
from libraries.choices import BuildState, PartConsent
from libraries.exceptions import BuildFailed
from libraries.giving import given_own, given_under
from libraries.merging import Contribution, Figures, Merge, merge_of, merged_lines
from libraries.models import Build, Composition, Part
from libraries.selectors import parts_of, rests_on_build, sources_in_force
from libraries.services.build import BUILDER, build_fail, build_go_on, build_repeat, claim_name, is_way_barred
from libraries.services.consent import consents_follow
from libraries.services.leaving import given_less_since
from libraries.services.locking import datasets_lock
from libraries.services.part import GRACE, parts_follow
from sharing.client_choices import PullKind, PullOutcome
from sharing.limits import QuotaSpent, RowQuota
from sharing.models import Grant
from sharing.selectors.pull import row_quota_of
from sharing.services.pull import PullFacts, pull_begin, pull_end
from workflow.exceptions import LeaseLost
from workflow.services.attachment import safe_name
from workflow.services.job_slot import JobLease

log = structlog.get_logger(__name__)

FOLDER = "evidence/libraries"
LAYOUT = {
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "header_rows": [1],
    "has_header": True,
    "footnotes": False,
}
"""How loading reads what is written here; nothing of it is left to be found out."""


@dataclass(slots=True)
class _Work:
    """A build in the hands of a worker."""

    build: Build
    dataset: Dataset
    composition: Composition
    lease: JobLease
    actor: Actor
    parts: list[Part] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    left_out: list[tuple[Part, BuildFailed]] = field(default_factory=list)


def build_work(*, lease: JobLease, build_id: int) -> None:
    """Carry a build out to its end, or leave it waiting where something is in its way.

    Raises:
        LeaseLost: another worker has taken over; it is theirs now.
    """
    work = _begin(lease, build_id)
    if work is None:
        return
    try:
        _carry_out(work)
    except LeaseLost:
        raise
    except RunOpen:
        # Somebody has sent a file meanwhile: it is built anew once that is loaded.
        build_fail(build_id, Reason("run.run_open"), is_told=False)
        build_repeat(dataset_id=work.dataset.pk)
    except DomainError as error:
        build_fail(build_id, reason_of(error))
    except Exception as error:
        # Neither the message nor the chain goes into the log: the database's own hold cells of rows.
        log.error("library_build_failed", build=build_id, **place_of(error))
        build_fail(build_id, Reason("run.unexpected"))
        raise RuntimeError(f"build {build_id}") from None
    build_go_on(dataset_id=work.dataset.pk)


@transaction.atomic
def _begin(lease: JobLease, build_id: int) -> _Work | None:
    """Take the build up; None where it is done, or has to wait."""
    lease.fence()
    found = Build.objects.select_related("composition", "asked_by__department__region").get(pk=build_id)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related(
        "entry__department", "entry__published_revision__library", "entry__working_revision__library",
    ).get(pk=found.composition.dataset_id)  # fmt: skip
    build = Build.objects.select_for_update(of=("self",)).select_related("composition").get(pk=build_id)
    if not transitions.BUILD.allows("start", build.state):
        return None
    if build.state == BuildState.ASKED and is_way_barred(build, dataset):
        return None
    build.state = transitions.BUILD.apply("start", build.state).target
    build.started_at = clock.now()
    build.save(update_fields=["state", "started_at"])
    actor = actor_for_user(found.asked_by) if isinstance(found.asked_by, User) else BUILDER
    return _Work(build, dataset, build.composition, lease, actor)


def _carry_out(work: _Work) -> None:
    upload_require(work.dataset)
    columns = columns_wanted(work.dataset.entry)
    parts_follow(actor=BUILDER, composition=work.composition)
    consents_follow(actor=BUILDER, dataset_id=work.dataset.pk)
    with _readable(work, columns):
        _require_buildable(work, columns)
        merge = merge_of(columns, work.contributions, work.composition.lineage_item)
        _compose(work, merge)


def _compose(work: _Work, merge: Merge) -> None:
    figures = Figures([0] * len(work.parts), [0] * len(merge.columns))
    with _pulled(work, figures), evidence.sealing(original_context(work.dataset.pk)) as sealing:
        labels = header_labels([[one.name for one in merge.columns]], len(merge.columns), lambda label: False)
        sealing.write(_header(labels))
        lineage = Lineage(work.dataset.pk, work.build.pk, work.lease.token)
        for piece in merged_lines(merge, figures, lineage, lambda: _require_same(work)):
            sealing.write(piece)
            if sealing.size_bytes > MOST_BYTES:
                raise BuildFailed("too_large", limit=MOST_BYTES // 1024**3)
        kept = sealing.keep(f"{FOLDER}/{clock.today():%Y/%m}")
        try:
            _hand_over(work, kept, merge, figures, labels)
        except (DomainError, LeaseLost):  # after any other error the run may be there, and needs its file
            default_storage.delete(kept.name)
            lineage_drop(lineage)
            raise


@contextmanager
def _readable(work: _Work, columns: Sequence[Column]) -> Iterator[None]:
    """Find what each source gives, and set its rows aside from what its grant gives in a day.

    They are given back where nothing comes of it. A source that cannot be read ends the build; once rows that no grant
    gives any more have been published for longer than the lead had to mend that, it is left out instead.

    Raises:
        BuildFailed: a source cannot be read; the message names it.
    """
    parts = list(parts_of(work.composition))
    if not parts and not rests_on_build(work.dataset):
        raise BuildFailed("no_sources")
    if parts and library_of(work.dataset) is None:
        raise BuildFailed("no_library")
    since = given_less_since(work.composition)
    may_leave_out = since is not None and since <= clock.now() - GRACE
    sources = sources_in_force(work.dataset, parts)
    taken: list[tuple[RowQuota, int]] = []
    try:
        for part in parts:
            try:
                one = _contribution(work, columns, part, sources.get(part.pk))
                _rows_take(work.build, part, one, taken)
            except BuildFailed as blocked:
                if not may_leave_out:
                    raise
                work.left_out.append((part, blocked))
                continue
            work.parts.append(part)
            work.contributions.append(one)
        missing = _missing(work, columns)
        if missing and work.parts:
            if not may_leave_out:
                raise BuildFailed("not_filled", items=missing)
            # Loading would reject every row of those that are left.
            work.left_out += [(part, _unusable(part, "not_filled", items=missing)) for part in work.parts]
            work.parts, work.contributions = [], []
            _give_back(taken)
        yield
    except BaseException:
        _give_back(taken)
        raise


def _give_back(taken: list[tuple[RowQuota, int]]) -> None:
    while taken:
        quota, rows = taken.pop()
        quota.give_back(rows)


def _missing(work: _Work, columns: Sequence[Column]) -> list[str]:
    """Return the items that must not be empty and that nothing fills."""
    filled = {item for one in work.contributions for item in one.mapping} | {work.composition.lineage_item}
    return [one.name for one in columns if not one.nullable and one.item not in filled]


def _contribution(work: _Work, columns: Sequence[Column], part: Part, source: Grant | Dataset | None) -> Contribution:
    """Return what a source gives now.

    Raises:
        BuildFailed: it may not be read, nothing is published, or its items do not fit any more.
    """
    if source is None:
        raise _unusable(part, "not_in_force" if part.grant_id is not None else "not_in_use")
    try:
        given = given_under(source) if isinstance(source, Grant) else given_own(source)
    except NotVisible:
        raise _unusable(part, "nothing_published") from None
    label = fitting.lineage_label(given.dataset.entry.department.code, given.dataset.pk)
    one = Contribution(label, given, part.mapping)
    _require_agreed(part, library_of(work.dataset))
    errors = looser_errors(work.dataset.entry, given.dataset.entry, part.mapping)
    errors += fitting.mapping_errors(columns, one.items, part.mapping, work.composition.lineage_item)
    if errors:
        raise _unusable(part, "several", reasons=[error.message for error in errors])
    return one


def _require_agreed(part: Part, library: Library | None) -> None:
    """Refuse to read what its provider has not agreed to have passed on by this library.

    Raises:
        BuildFailed: the provider has not agreed; the message names the source.
    """
    if part.is_agreed and (part.grant_id is None or (library is not None and part.library_id == library.pk)):
        return
    if part.consent == PartConsent.REFUSED:
        raise _unusable(part, "refused", reason=part.consent_note)
    raise _unusable(part, "not_agreed")


def _unusable(part: Part, why: str, **values: Any) -> BuildFailed:
    named = {
        "name": str(part),
        "department": part.dataset.entry.department.name,
        "why": Reason(f"build.{why}", values),
    }
    if part.grant_id is None:
        return BuildFailed("unusable", **named)
    return BuildFailed("unusable_under", **named, grant=part.grant_id)


def _require_buildable(work: _Work, columns: Sequence[Column]) -> None:
    lineage_item = work.composition.lineage_item
    errors = fitting.dataset_errors(columns, lineage_item)
    errors += fitting.lineage_errors(columns, [one.label for one in work.contributions], lineage_item)
    if errors:
        raise BuildFailed("several", reasons=[error.message for error in errors])


def _require_same(work: _Work, *, for_update: bool = False) -> None:
    """Refuse to go on once a grant that is read under has ended or changed.

    Args:
        for_update: for the hand-over: the grants are locked, and consent and attributes are asked anew.

    Raises:
        BuildFailed: it has; the message names the source.
    """
    if for_update:
        grants = [one.grant_id for one in work.parts if one.grant_id is not None]
        # Not against the log of pulls, whose rows refer to them: others go on reading meanwhile.
        locked = Grant.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=grants)
        list(locked.order_by("pk").values_list("pk"))
        _require_still_let(work)
    now = sources_in_force(work.dataset, work.parts)
    for part, one in zip(work.parts, work.contributions, strict=True):
        source = now.get(part.pk)
        read = one.given.grant
        is_other = isinstance(source, Grant) and read is not None and source.edition != read.edition
        if source is None or is_other or (for_update and _lineage_of(part) != one.given.version.lineage):
            raise _unusable(part, "changed")


def _lineage_of(part: Part) -> int | None:
    """Return the lineage of what a source has published by now; an erasure begins another one."""
    found = DatasetVersion.objects.filter(dataset=part.dataset.pk, superseded_at__isnull=True)
    return found.order_by("-number").values_list("lineage", flat=True).first()


def _require_still_let(work: _Work) -> None:
    """Refuse a table of what may go into the library no longer: its provider, or an entry, says otherwise by now.

    Raises:
        BuildFailed: the message names the source.
    """
    dataset = Dataset.objects.select_related(*_LIBRARY_ENTRY).get(pk=work.dataset.pk)
    if work.parts and library_of(dataset) is None:
        raise BuildFailed("no_library")
    library = dataset.entry
    for part in Part.objects.filter(pk__in=[one.pk for one in work.parts]).select_related(*_SOURCE_ENTRY):
        _require_agreed(part, library_of(dataset))
        errors = looser_errors(library, part.dataset.entry, part.mapping)
        if errors:
            raise _unusable(part, "several", reasons=[error.message for error in errors])


_LIBRARY_ENTRY = ["entry__published_revision__library", "entry__working_revision__library"]
_SOURCE_ENTRY = [
    f"{way}__entry__{one}"
    for way in ("grant__dataset", "own")
    for one in ("department", "published_revision", "working_revision")
]


@contextmanager
def _pulled(work: _Work, figures: Figures) -> Iterator[None]:
    """Note what is read under grants: a row of the log for each before its first byte, its end afterwards."""
    pulls: list[tuple[int, int, Grant]] = []
    begun, outcome = time.monotonic(), PullOutcome.FAILED
    try:
        for at, one in enumerate(work.contributions):
            if one.given.grant is not None:
                pulls.append((at, _pull_begin(work, one, one.given.grant), one.given.grant))
        yield
        outcome = PullOutcome.DONE
    except BuildFailed:
        outcome = PullOutcome.CUT
        raise
    finally:
        for at, pull, grant in pulls:
            pull_end(
                pull=pull,
                grant=grant,
                outcome=outcome,
                rows=figures.of_sources[at] if outcome == PullOutcome.DONE else 0,  # else nothing left
                size_bytes=0,
                milliseconds=int((time.monotonic() - begun) * 1000),
            )


def _rows_take(build: Build, part: Part, one: Contribution, taken: list[tuple[RowQuota, int]]) -> None:
    quota = row_quota_of(one.given.grant) if one.given.grant is not None else None
    if quota is None:
        return
    quota.claim = claim_name(build, part)
    wanted = count(one.given.entitlement, one.given.version)
    try:
        got = quota.take(wanted)
    except QuotaSpent:
        got = 0
    if got < wanted:
        quota.give_back(got)
        raise _unusable(part, "rows_spent")


def _pull_begin(work: _Work, one: Contribution, grant: Grant) -> int:
    facts = PullFacts(
        grant=grant,
        version=one.given.version.number,
        kind=PullKind.EXPORT,
        items=[shown.column.item for shown in one.read],
        address="",
        detail=work.dataset.name,
        library=work.dataset.pk,
    )
    return pull_begin(actor=work.actor, facts=facts)


def _header(labels: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(labels)
    return line.getvalue().encode()


@transaction.atomic
def _hand_over(work: _Work, kept: evidence.Kept, merge: Merge, figures: Figures, labels: Sequence[str]) -> Run:
    """Ask for the run that loads the table, if all is still as it was when it was read.

    Raises:
        LeaseLost: it is another worker's by now. RunOpen: somebody has sent a file meanwhile.
        BuildFailed: a grant has ended or changed.
    """
    work.lease.fence()
    # The end of an erasure locks what it erases from: it comes before, and is seen, or finds what is handed over.
    datasets_lock(work.dataset.pk, [one.given.dataset.pk for one in work.contributions])
    run = run_add(
        work.actor,
        work.dataset.pk,
        origin=RunOrigin.LIBRARY,
        mode=LoadMode.REPLACE,
        original=kept.name,
        file_name=safe_name(f"{work.dataset.name}.csv"),
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        layout=LAYOUT,
        mapping={label: one.item for label, one in zip(labels, merge.columns, strict=True)},
        is_confirmed=True,
        fetched=_current_as_of(work),
    )
    _require_same(work, for_update=True)
    build = Build.objects.select_for_update(of=("self",)).get(pk=work.build.pk)
    build.state = transitions.BUILD.apply("send", build.state).target
    build.finished_at, build.run = clock.now(), run
    build.parts = [
        _told(part, one, rows)
        for part, one, rows in zip(work.parts, work.contributions, figures.of_sources, strict=True)
    ]
    build.left_out = [{"part": part.pk, "why": reason_of(why).as_dict()} for part, why in work.left_out]
    build.lineage_item = work.composition.lineage_item
    build.lineage_token = work.lease.token if merge.statement is not None else None
    build.rows, build.rows_in_several = figures.rows, figures.in_several
    build.disagreements = {
        one.item: rows for one, rows in zip(merge.columns, figures.disagreements, strict=True) if rows
    }
    build.save()
    after = {
        "rows": build.rows,
        "sources": [f"{one.label} v{one.given.version.number}" for one in work.contributions],
        "left_out": [_left_out_label(part, why) for part, why in work.left_out],
    }
    if not work.left_out:
        del after["left_out"]
    audit.record(work.actor, "libraries.build.send", build, after=after)
    return run


def _current_as_of(work: _Work) -> dict[str, str]:
    """Return what a run is told of how current its rows are: as the oldest of what was read; {} where none says."""
    moments = [one.given.dataset.confirmed_at for one in work.contributions]
    known = [one for one in moments if one is not None]
    return {"confirmed_at": min(known).isoformat()} if known and len(known) == len(moments) else {}


def _left_out_label(part: Part, blocked: BuildFailed) -> str:
    """Name a source that was left out, and the code of why, for the trail."""
    label = fitting.lineage_label(part.dataset.entry.department.code, part.dataset.pk)
    return f"{label} {reason_of(blocked).values['why'].code}"


def _told(part: Part, one: Contribution, rows: int) -> dict[str, object]:
    dataset = one.given.dataset
    return {
        "part": part.pk,
        "dataset": dataset.pk,
        "name": dataset.name,
        "department": dataset.entry.department.name,
        "grant": part.grant_id,
        "edition": one.given.grant.edition if one.given.grant is not None else None,
        "version": one.given.version.number,
        "mapping": part.mapping,
        "rows": rows,
    }
