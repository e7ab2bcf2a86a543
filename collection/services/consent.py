"""Consent where no law provides for the collection: its wording, people's answers, withdrawal, what a person asks for.

Whoever refuses is served all the same: the wording says so, and so does every record of a refusal. Numbers of people
come in, are hashed, and go nowhere else.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from catalog.imports import encoding
from collection import duty_policies as policies
from collection import evidence
from collection.duty_choices import ConsentChannel, ConsentDecision, DutyState, Ground, ProofKind
from collection.models import CollectionDuty, ConsentRecord, ConsentText, SubjectRequest
from collection.selectors import consent as selectors
from collection.services.subject_key import subject_hash
from collection.subject_numbers import plain_number
from collection.vault import seal_text
from core import clock
from core.actors import Actor
from core.exceptions import DomainError, FieldError, InvalidTransition, RuleViolation
from workflow.services.attachment import safe_name

MOST_EVIDENCE_BYTES = 20 * 1024 * 1024
MOST_FILE_BYTES = 10 * 1024 * 1024
MOST_ROWS = 50_000
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
SHORTEST_NUMBER, LONGEST_NUMBER = 4, 50

DECISION_WORDS = {
    "同意": ConsentDecision.GIVEN, "是": ConsentDecision.GIVEN, "given": ConsentDecision.GIVEN,
    "yes": ConsentDecision.GIVEN, "不同意": ConsentDecision.REFUSED, "否": ConsentDecision.REFUSED,
    "拒绝": ConsentDecision.REFUSED, "refused": ConsentDecision.REFUSED, "no": ConsentDecision.REFUSED,
}  # fmt: skip
CHANNEL_WORDS = {
    "线上": ConsentChannel.ONLINE, "网上": ConsentChannel.ONLINE, "窗口": ConsentChannel.COUNTER,
    "办事窗口": ConsentChannel.COUNTER, "纸质": ConsentChannel.PAPER, "电话": ConsentChannel.PHONE,
    "其他": ConsentChannel.OTHER, **{one.value: one for one in ConsentChannel},
}  # fmt: skip
COLUMN_WORDS = {
    "number": ("证件号码", "身份证号", "公民身份号码", "号码", "number"),
    "decision": ("答复", "是否同意", "同意情况", "decision"),
    "at": ("日期", "时间", "答复时间", "date", "time"),
    "channel": ("渠道", "方式", "channel"),
    "text": ("文本版本", "版本", "version"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer as it came in.

    Attributes:
        text: number of the version of the text that was answered; None: the one in force.
        line: where it stands in a file.
    """

    number: str
    decision: str
    channel: str
    at: datetime
    text: int | None = None
    line: int = 0


@transaction.atomic
def consent_text_write(*, actor: Actor, duty_id: int, text: str, refusal_note: str) -> ConsentText:
    """Write the words that people consent to: a new version once somebody has answered the present one.

    Args:
        refusal_note: what the form says about a refusal: that the service is given all the same.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: the duty has ended, or does not rest on consent. RuleViolation: a text is missing.
    """
    duty = selectors.consent_duty_get_for(actor, duty_id, for_update=True)
    policies.require_record_consent(actor, duty)
    _require_asking(duty)
    errors = []
    if not text.strip():
        errors.append(FieldError("text", "required", _("Write the words that people consent to.")))
    if not refusal_note.strip():
        message = _("Say on the form that whoever refuses is served all the same.")
        errors.append(FieldError("refusal_note", "required", message))
    if errors:
        raise RuleViolation(errors)
    now = clock.now()
    present = selectors.text_in_force(duty)
    values = {"text": text.strip(), "refusal_note": refusal_note.strip()}
    if present is not None and present.first_used_at is None:
        present.text, present.refusal_note = values["text"], values["refusal_note"]
        present.save(update_fields=["text", "refusal_note"])
    else:
        if present is not None:
            present.retired_at = now
            present.save(update_fields=["retired_at"])
        present = ConsentText.objects.create(
            duty=duty,
            number=present.number + 1 if present else 1,
            created_at=now,
            created_by_name=actor.name,
            **values,
        )
    audit.record(actor, "collection.consent.text", duty, after={"text": present.number})
    return present


def _require_asking(duty: CollectionDuty) -> None:
    if duty.state == DutyState.ENDED:
        raise InvalidTransition(_("This is no longer collected: nobody is asked any more."))
    if not selectors.asks_for_consent(duty):
        raise InvalidTransition(_("A law provides for this collection; nobody is asked to consent."))


def _require_recording(duty: CollectionDuty) -> ConsentText:
    """Return the text that answers are recorded for.

    Raises:
        InvalidTransition: the duty is not registered, or does not rest on consent, or has no text.
    """
    if duty.state != DutyState.REGISTERED or duty.registered is None or duty.registered.ground != Ground.CONSENT:
        raise InvalidTransition(_("Answers are recorded once the duty is registered with consent as its ground."))
    text = selectors.text_in_force(duty)
    if text is None:
        raise InvalidTransition(_("Write the text that people consent to first."))
    return text


def _texts_answered(duty: CollectionDuty) -> dict[int | None, ConsentText]:
    """Return the versions of the text by number; under None the one in force.

    Raises:
        InvalidTransition: see ``_require_recording``.
    """
    return {None: _require_recording(duty), **{text.number: text for text in selectors.texts_of(duty)}}


def _answer_errors(answer: Answer, where: str = "") -> list[FieldError]:
    errors = []
    number = plain_number(answer.number)
    if not SHORTEST_NUMBER <= len(number) <= LONGEST_NUMBER:
        message = _("Give the person's number, 4 to 50 characters.")
        errors.append(FieldError(f"{where}number", "required", message))
    if answer.decision not in ConsentDecision.values:
        errors.append(FieldError(f"{where}decision", "unknown", _("Say whether the person consents or refuses.")))
    if answer.channel not in ConsentChannel.values:
        errors.append(FieldError(f"{where}channel", "unknown", _("Say through what the person answered.")))
    if answer.at > clock.now() + timedelta(minutes=5):
        errors.append(FieldError(f"{where}at", "future", _("The answer lies in the future.")))
    return errors


def _text_errors(answer: Answer, text: ConsentText | None) -> list[FieldError]:
    """Return what keeps an answer from being one to a text: it lies within the text's time, and only paper comes late.

    Nobody consents to words that are not written yet, or that are no longer put to people; what words somebody
    answered weeks ago only a signed form shows.
    """
    if text is None:
        return [FieldError("text", "unknown", _("There is no such version of the text."))]
    day = answer.at.astimezone(clock.REGION_ZONE).date()
    written = text.created_at.astimezone(clock.REGION_ZONE).date()
    errors = []
    if day < written:
        message = _("The text that people consent to was written on %(day)s; the answer is dated before that.")
        errors.append(FieldError("at", "before_text", message % {"day": written.isoformat()}))
    if text.retired_at is not None:
        retired = text.retired_at.astimezone(clock.REGION_ZONE).date()
        if day > retired:
            message = _("This version of the text was replaced on %(day)s; the answer is dated after that.")
            errors.append(FieldError("at", "after_text", message % {"day": retired.isoformat()}))
        if answer.channel != ConsentChannel.PAPER:
            message = _("Only an answer on paper is recorded for an earlier version of the text.")
            errors.append(FieldError("channel", "not_paper", message))
    return errors


def consent_record(*, actor: Actor, duty_id: int, answer: Answer, file: "File[Any] | None" = None) -> ConsentRecord:
    """Record one person's answer, with its evidence if there is any.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: see ``_require_recording``.
        RuleViolation: a value is missing or none of its domain, the answer lies outside the time of its version of the
            text, one to an earlier version is not on paper, or the name of the evidence holds the number.
    """
    errors = _answer_errors(answer)
    if file is not None and (file.size or 0) > MOST_EVIDENCE_BYTES:
        errors.append(FieldError("evidence", "too_large", _("The file is larger than 20 MB.")))
    name = safe_name(file.name or "") if file is not None else ""
    if _holds(name, answer.number):
        message = _("The name of the file holds the person's number: name it otherwise.")
        errors.append(FieldError("evidence", "holds_value", message))
    duty = selectors.consent_duty_get_for(actor, duty_id)
    policies.require_record_consent(actor, duty)
    if errors:
        raise RuleViolation(errors)
    if file is None:
        return _record_add(actor, duty_id, answer)
    key = uuid4()
    context = ConsentRecord(key=key).evidence_context
    kept = evidence.keep(file.chunks(), folder=f"consents/{clock.today():%Y/%m}", context=context)
    try:
        return _record_add(
            actor, duty_id, answer, key=key, evidence=kept.name, evidence_name=name, evidence_sha256=kept.sha256
        )
    except DomainError:  # after any other error the answer may be there, and needs its evidence
        default_storage.delete(kept.name)
        raise


def _holds(text: str, number: str) -> bool:
    """Say whether a text that is shown holds the number beside which it is given."""
    return bool(plain_number(number)) and plain_number(number) in plain_number(text)


@transaction.atomic
def _record_add(actor: Actor, duty_id: int, answer: Answer, **evidence_values: Any) -> ConsentRecord:
    duty = selectors.consent_duty_get_for(actor, duty_id, for_update=True)
    texts = _texts_answered(duty)
    text = texts.get(answer.text)
    errors = _text_errors(answer, text)
    if errors or text is None:
        raise RuleViolation(errors)
    record = _records_keep(actor, duty, [(answer, text)], **evidence_values)[0]
    after = {"decision": record.decision, "channel": record.channel, "text": text.number, "duty": str(duty)}
    audit.record(actor, "collection.consent.record", record, after=after)
    return record


def _records_keep(
    actor: Actor, duty: CollectionDuty, answers: Sequence[tuple[Answer, ConsentText]], **evidence_values: Any
) -> list[ConsentRecord]:
    now = clock.now()
    unused = [text.pk for _answer, text in answers if text.first_used_at is None]
    if unused:
        ConsentText.objects.filter(pk__in=set(unused)).update(first_used_at=now)
    return ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(
                duty=duty,
                text=text,
                subject_hash=subject_hash(one.number),
                decision=one.decision,
                channel=one.channel,
                at=one.at,
                recorded_at=now,
                recorded_by_name=actor.name,
                **evidence_values,
            )
            for one, text in answers
        ],
        batch_size=1_000,
    )


@transaction.atomic
def consent_import(*, actor: Actor, duty_id: int, content: bytes) -> int:
    """Record the answers of a CSV file, all or none; return how many there are.

    Its columns are the person's number, the answer, the day or moment, and the channel; it may have one for the
    version of the text that was answered.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: see ``_require_recording``.
        RuleViolation: the file cannot be read, or rows are wrong; each is named by its line, never by a number.
    """
    duty = selectors.consent_duty_get_for(actor, duty_id, for_update=True)
    policies.require_record_consent(actor, duty)
    answers, errors = _answers_of(content, _texts_answered(duty))
    errors = errors or _known_errors(duty, answers)
    if errors:
        raise RuleViolation(errors[:50])
    _records_keep(actor, duty, answers)
    refused = sum(one.decision == ConsentDecision.REFUSED for one, _text in answers)
    numbers = sorted({text.number for _answer, text in answers})
    audit.record(
        actor,
        "collection.consent.import",
        duty,
        after={"text": numbers[0] if len(numbers) == 1 else numbers, "answers": len(answers), "refused": refused},
    )
    return len(answers)


def _answers_of(
    content: bytes, texts: Mapping[int | None, ConsentText]
) -> tuple[list[tuple[Answer, ConsentText]], list[FieldError]]:
    if not content or len(content) > MOST_FILE_BYTES:
        return [], [FieldError("file", "too_large", _("Choose a CSV file of at most 10 MB that is not empty."))]
    guess = encoding.detect(content[: encoding.SAMPLE_BYTES], lambda label: label in COLUMN_WORDS["number"])
    try:
        rows = list(csv.reader(io.StringIO(content.decode(guess.encoding).removeprefix("\ufeff"))))
    except (UnicodeError, csv.Error):
        return [], [FieldError("file", "unreadable", _("The file cannot be read as CSV."))]
    head = [one.strip().lower() for one in rows[0]] if rows else []
    at = {
        name: next((head.index(word) for word in words if word in head), None) for name, words in COLUMN_WORDS.items()
    }
    missing = [COLUMN_WORDS[name][0] for name, place in at.items() if place is None and name != "text"]
    if missing:
        message = _("The first line lacks: %(columns)s.") % {"columns": "、".join(missing)}
        return [], [FieldError("file", "columns", message)]
    if len(rows) > MOST_ROWS + 1:
        return [], [FieldError("file", "too_many", _("A file holds at most %(count)d rows.") % {"count": MOST_ROWS})]
    answers: list[tuple[Answer, ConsentText]] = []
    errors: list[FieldError] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {
            name: row[place].strip() if place is not None and place < len(row) else "" for name, place in at.items()
        }
        moment = _moment(cells["at"])
        answer = Answer(
            cells["number"],
            str(DECISION_WORDS.get(cells["decision"].lower(), "")),
            str(CHANNEL_WORDS.get(cells["channel"].lower(), "")),
            moment or clock.now(),
            _version(cells["text"]),
            line,
        )
        text = texts.get(answer.text)
        wrong = _answer_errors(answer)
        if moment is None:
            wrong.append(FieldError("at", "unknown", _("Write a day like 2026-11-26.")))
        else:
            wrong += _text_errors(answer, text)
        errors += [
            FieldError("file", one.code, _("Line %(line)d: %(message)s") % {"line": line, "message": one.message})
            for one in wrong
        ]
        if text is not None:
            answers.append((answer, text))
    if not answers and not errors:
        errors.append(FieldError("file", "empty", _("The file holds no answers.")))
    return answers, errors


def _known_errors(duty: CollectionDuty, answers: Sequence[tuple[Answer, ConsentText]]) -> list[FieldError]:
    """Find the answers that are recorded already, as when a file is sent twice: a record is never taken back."""
    known = set(
        ConsentRecord.objects.filter(duty=duty, at__in={one.at for one, _text in answers}).values_list(
            "subject_hash", "text_id", "decision", "channel", "at"
        )
    )
    message = _("This answer is recorded already. Take the line out of the file.")
    return [
        FieldError("file", "known", _("Line %(line)d: %(message)s") % {"line": one.line, "message": message})
        for one, text in answers
        if known and (subject_hash(one.number), text.pk, one.decision, one.channel, one.at) in known
    ]


def _version(text: str) -> int | None:
    """Read the number of a version; 0, which is none, where it is no number."""
    digits = text.lower().removeprefix("v")
    if not digits:
        return None
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


def _moment(text: str) -> datetime | None:
    """Read a day, however it is written, or a moment of ISO 8601."""
    try:
        found = datetime.fromisoformat(_DAY.sub(lambda day: "{}-{:0>2}-{:0>2}".format(*day.groups()), text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.REGION_ZONE)


@transaction.atomic
def consent_withdraw(*, actor: Actor, duty_id: int, record_id: int, channel: str) -> ConsentRecord:
    """Note that a person withdrew a consent; what was collected before stays lawful, nothing more may be.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        InvalidTransition: it was refused, or withdrawn before. RuleViolation: the channel is none.
    """
    record = selectors.consent_get_for(actor, duty_id, record_id, for_update=True)
    policies.require_record_consent(actor, record.duty)
    if record.decision != ConsentDecision.GIVEN or record.withdrawn_at is not None:
        raise InvalidTransition(_("Only a consent that holds can be withdrawn."))
    if channel not in ConsentChannel.values:
        raise RuleViolation([FieldError("channel", "unknown", _("Say through what the person answered."))])
    record.withdrawn_at = clock.now()
    record.withdrawal_channel = channel
    record.withdrawal_by_name = actor.name
    record.save(update_fields=["withdrawn_at", "withdrawal_channel", "withdrawal_by_name"])
    audit.record(actor, "collection.consent.withdraw", record, after={"channel": channel, "duty": str(record.duty)})
    return record


@transaction.atomic
def consent_find(*, actor: Actor, duty_id: int, number: str) -> list[ConsentRecord]:
    """Return a person's answers to a duty, latest first; the look is in the trail, the number is not.

    Raises:
        NotVisible: it is not the actor's department's. RuleViolation: the number is none.
    """
    duty = selectors.consent_duty_get_for(actor, duty_id)
    if not SHORTEST_NUMBER <= len(plain_number(number)) <= LONGEST_NUMBER:
        raise RuleViolation([FieldError("number", "required", _("Give the person's number, 4 to 50 characters."))])
    found = list(
        ConsentRecord.objects.filter(duty=duty, subject_hash=subject_hash(number))
        .select_related("text")
        .order_by("-at", "-pk")[:100]
    )
    audit.record(actor, "collection.consent.find", duty, after={"answers": len(found)})
    return found


@transaction.atomic
def subject_export(
    *, actor: Actor, duty_id: int, number: str, asked_by: str, proof: str, proof_note: str
) -> tuple[SubjectRequest, list[ConsentRecord]]:
    """Return all that the department has on record of a person's answers, for that person's request.

    Args:
        asked_by: who asks; kept sealed.
        proof, proof_note: on what proof, and which document.

    Raises:
        NotVisible, NotAllowed: the actor is no cataloguer of the collecting department.
        RuleViolation: number, asker or proof is missing, or the note on the proof holds the number.

    Basis:
        Personal Information Protection Law, Art. 45: access and copy.
    """
    duty = selectors.consent_duty_get_for(actor, duty_id)
    policies.require_record_consent(actor, duty)
    errors = []
    if not SHORTEST_NUMBER <= len(plain_number(number)) <= LONGEST_NUMBER:
        errors.append(FieldError("number", "required", _("Give the person's number, 4 to 50 characters.")))
    if not asked_by.strip():
        errors.append(FieldError("asked_by", "required", _("Say who asks.")))
    if proof not in ProofKind.values:
        errors.append(FieldError("proof", "required", _("Say on what proof.")))
    if _holds(proof_note, number):
        message = _("This is shown and recorded: leave the person's value out of it.")
        errors.append(FieldError("proof_note", "holds_value", message))
    if errors:
        raise RuleViolation(errors)
    hashed = subject_hash(number)
    found = list(
        ConsentRecord.objects.filter(duty__department_id=duty.department_id, subject_hash=hashed)
        .select_related("text", "duty__current")
        .order_by("duty", "at", "pk")
    )
    request = SubjectRequest.objects.create(
        department_id=duty.department_id,
        subject_hash=hashed,
        asked_by=seal_text(asked_by.strip(), context=f"collection.subject-request.{duty.department_id}"),
        proof=proof,
        proof_note=proof_note.strip(),
        records=len(found),
        at=clock.now(),
        by_name=actor.name,
    )
    audit.record(
        actor, "collection.consent.export", request, after={"proof": proof, "answers": len(found), "duty": str(duty)}
    )
    return request, found


@transaction.atomic
def _evidence_record(actor: Actor, duty_id: int, record_id: int) -> ConsentRecord:
    record = selectors.consent_get_for(actor, duty_id, record_id)
    audit.record(actor, "collection.consent.read_evidence", record, after={"sha256": record.evidence_sha256})
    return record


def consent_evidence_read(*, actor: Actor, duty_id: int, record_id: int) -> tuple[ConsentRecord, Iterator[bytes]]:
    """Return the evidence of an answer as a stream; the look is in the trail before the first byte.

    Raises:
        NotVisible: there is none, or it is not the actor's department's. evidence.Lost: the storage does not give it.
    """
    selectors.consent_evidence_require(actor, duty_id, record_id)
    record = _evidence_record(actor, duty_id, record_id)
    return record, evidence.content_of(str(record.evidence.name), record.evidence_context)
