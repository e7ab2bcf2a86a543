"""Consent where no law provides: texts that cannot change, answers without numbers, withdrawal, a person's request."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from audit.models import AuditEvent
from collection.duty_choices import DutyState
from collection.models import CollectionDuty, ConsentRecord, ConsentText, SubjectRequest
from collection.selectors import consent as selectors
from collection.services import consent as services
from collection.services import duty as filing
from collection.services import duty_review as review
from collection.vault import Tampered
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection import duties
from tests.factories.catalog import CatalogWorld
from tests.unchanged import database_digest, nothing_changes
from workflow.models import OutboxMessage

NUMBER = "990102198505054321"
NOTE = "不同意的，不影响办理任何事项。"
WRITTEN = datetime(2026, 9, 1, 9, tzinfo=clock.REGION_ZONE)


def answer(decision: str = "given", **given: Any) -> services.Answer:
    return services.Answer(**{"number": NUMBER, "decision": decision, "channel": "counter", "at": clock.now()} | given)


def asked(world: CatalogWorld) -> CollectionDuty:
    """A registered duty that rests on consent, with its text."""
    duty = duties.draft(world.cataloguer, ground="consent", legal_basis=[])
    with clock_at(WRITTEN):
        services.consent_text_write(
            actor=world.cataloguer, duty_id=duty.pk, text="同意收集用于电话回访。", refusal_note=NOTE
        )
    review.duty_check(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_submit(actor=world.cataloguer, duty_id=duty.pk)
    review.duty_approve(actor=world.head, duty_id=duty.pk)
    return review.duty_approve(actor=world.reviewer, duty_id=duty.pk)


def record(world: CatalogWorld, duty: CollectionDuty, *args: Any, **given: Any) -> ConsentRecord:
    return services.consent_record(actor=world.cataloguer, duty_id=duty.pk, answer=answer(*args, **given))


def write(world: CatalogWorld, duty: CollectionDuty, text: str = "新文本", note: str = NOTE) -> ConsentText:
    return services.consent_text_write(actor=world.cataloguer, duty_id=duty.pk, text=text, refusal_note=note)


def test_a_text_that_was_answered_never_changes(world: CatalogWorld) -> None:
    duty = asked(world)
    assert write(world, duty, "改一改").number == 1
    record(world, duty)
    assert write(world, duty, "再改").number == 2
    first = ConsentText.objects.get(number=1)
    assert (first.text, first.retired_at is not None) == ("改一改", True)
    for change in ({"text": "伪造"}, {"refusal_note": "拒绝者不予办理"}, {"first_used_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentText.objects.filter(pk=first.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentText.objects.filter(pk=first.pk)._raw_delete("default")
    assert record(world, duty).text.number == 2


@pytest.mark.parametrize(("text", "note", "field"), [(" ", NOTE, "text"), ("文本", " ", "refusal_note")])
def test_a_text_says_what_a_refusal_means(world: CatalogWorld, text: str, note: str, field: str) -> None:
    duty = duties.draft(world.cataloguer, ground="consent", legal_basis=[])
    with pytest.raises(RuleViolation) as refused:
        write(world, duty, text, note)
    assert [one.field for one in refused.value.errors] == [field]
    assert not ConsentText.objects.exists()


def test_nobody_is_asked_where_a_law_provides_or_nothing_is_collected(world: CatalogWorld) -> None:
    lawful = duties.registered(world)
    with pytest.raises(InvalidTransition):
        write(world, lawful)
    with pytest.raises(InvalidTransition):
        record(world, lawful)
    ended = asked(world)
    filing.duty_end(actor=world.cataloguer, duty_id=ended.pk, reason="停止回访")
    with pytest.raises(InvalidTransition):
        record(world, ended)
    draft = duties.draft(world.cataloguer, ground="consent", legal_basis=[])
    write(world, draft)
    with pytest.raises(InvalidTransition):
        record(world, draft)
    assert not ConsentRecord.objects.exists()


def test_a_refusal_is_recorded_and_stops_nothing(world: CatalogWorld) -> None:
    duty = asked(world)
    refused = record(world, duty, "refused")
    assert refused.text.refusal_note == NOTE
    assert CollectionDuty.objects.get(pk=duty.pk).state == DutyState.REGISTERED
    page = text_of(get(world.cataloguer, f"/collection/duties/{duty.pk}/consents/"))
    assert "Whoever refuses is served all the same" in page
    assert "served all the same" in page


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "1"}, "number"),
        ({"number": "9" * 51}, "number"),
        ({"decision": "maybe"}, "decision"),
        ({"channel": "pigeon"}, "channel"),
        ({"at": clock.now() + timedelta(days=400)}, "at"),
    ],
)
def test_an_answer_is_whole(world: CatalogWorld, given: Any, field: str) -> None:
    duty = asked(world)
    with pytest.raises(RuleViolation) as refused:
        record(world, duty, **given)
    assert [one.field for one in refused.value.errors] == [field]
    assert not ConsentRecord.objects.exists()


def test_a_number_is_looked_up_and_stands_nowhere(world: CatalogWorld, caplog: pytest.LogCaptureFixture) -> None:
    duty = asked(world)
    record(world, duty, "refused")
    record(world, duty)
    record(world, duty, number="990102198505059999")
    found = services.consent_find(actor=world.head, duty_id=duty.pk, number=" 990102 198505054321")
    assert [one.decision for one in found] == ["given", "refused"]
    client = client_of(world.cataloguer)
    page = f"/collection/duties/{duty.pk}/consents/"
    assert "2 answers of this person" in text_of(client.post(f"{page}find/", {"number": NUMBER}))
    export = client.get(page, {"export": "csv"}).content.decode()
    kept = [str(list(model.objects.values())) for model in (ConsentRecord, AuditEvent, OutboxMessage)]
    assert not [one for one in [*kept, export, text_of(client.get(page)), caplog.text] if NUMBER in one]
    assert ConsentRecord.objects.values("subject_hash").distinct().count() == 2


def test_evidence_is_sealed_and_a_look_recorded(world: CatalogWorld) -> None:
    duty = asked(world)
    kept = services.consent_record(
        actor=world.cataloguer, duty_id=duty.pk, answer=answer(), file=ContentFile(b"signed form", name="签字.pdf")
    )
    assert b"signed" not in default_storage.open(kept.evidence.name).read()
    response = get(world.head, f"/collection/duties/{duty.pk}/consents/{kept.pk}/evidence/")
    assert b"".join(response.streaming_content) == b"signed form"  # type: ignore[attr-defined]
    assert AuditEvent.objects.filter(action="collection.consent.read_evidence").count() == 1
    bare = record(world, duty)
    assert get(world.head, f"/collection/duties/{duty.pk}/consents/{bare.pk}/evidence/").status_code == 404


def test_a_consent_is_withdrawn_once_and_a_refusal_never(world: CatalogWorld) -> None:
    duty = asked(world)
    given, refused = record(world, duty), record(world, duty, "refused")
    withdrawn = services.consent_withdraw(actor=world.cataloguer, duty_id=duty.pk, record_id=given.pk, channel="phone")
    assert withdrawn.withdrawn_at is not None
    for one in (given, refused):
        with pytest.raises(InvalidTransition):
            services.consent_withdraw(actor=world.cataloguer, duty_id=duty.pk, record_id=one.pk, channel="phone")
    with pytest.raises(RuleViolation):
        services.consent_withdraw(
            actor=world.cataloguer, duty_id=duty.pk, record_id=record(world, duty).pk, channel="pigeon"
        )


HEAD = "证件号码,答复,日期,渠道\n"


def test_a_file_of_answers_comes_in_whole(world: CatalogWorld) -> None:
    duty = asked(world)
    text = HEAD + f"{NUMBER},同意,2026-11-01,窗口\n990102198505059999,不同意,2026/11/2,纸质\n\n"
    count = services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=text.encode("gb18030"))
    assert count == 2
    assert sorted(ConsentRecord.objects.values_list("decision", "channel")) == [
        ("given", "counter"), ("refused", "paper"),
    ]  # fmt: skip
    event = AuditEvent.objects.get(action="collection.consent.import")
    assert event.after == {"text": 1, "answers": 2, "refused": 1}


def test_a_file_that_is_sent_twice_is_kept_once(world: CatalogWorld) -> None:
    duty = asked(world)
    text = HEAD + f"{NUMBER},同意,2026-11-01,窗口\n"
    services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=text.encode())
    longer = HEAD + f"990102198505059999,不同意,2026-11-02,纸质\n{NUMBER},同意,2026-11-01,窗口\n"
    for again in (text, longer):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=again.encode())
        assert [one.code for one in refused.value.errors] == ["known"]
    assert "Line 3" in str(refused.value.errors[0].message)
    withdrawn = HEAD + f"{NUMBER},同意,2026-11-03,窗口\n"
    assert services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=withdrawn.encode()) == 1


@pytest.mark.parametrize(
    "rows",
    [
        f"{NUMBER},也许,2026-11-01,窗口\n",
        f"{NUMBER},同意,昨天,窗口\n",
        f"{NUMBER},同意,2026-11-01,鸽子\n",
        ",同意,2026-11-01,窗口\n",
        f"{NUMBER}\n",
        "",
    ],
)
def test_a_file_with_one_wrong_row_brings_none_and_names_lines_only(world: CatalogWorld, rows: str) -> None:
    duty = asked(world)
    good = "990102198505059999,同意,2026-11-01,窗口\n" if rows else ""
    with pytest.raises(RuleViolation) as refused:
        services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=(HEAD + good + rows).encode())
    messages = " ".join(str(one.message) for one in refused.value.errors)
    assert NUMBER not in messages
    assert not rows or "Line 3" in messages
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", "号,码\n1,2\n".encode(), b"\x00" * 100])
def test_a_file_that_is_none_is_refused(world: CatalogWorld, content: bytes) -> None:
    duty = asked(world)
    with pytest.raises(RuleViolation):
        services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=content)


def test_a_person_gets_all_answers_on_proof_and_it_is_recorded(world: CatalogWorld) -> None:
    first, second = asked(world), asked(world)
    record(world, first)
    record(world, second, "refused")
    record(world, second, number="990102198505059999")
    page = f"/collection/duties/{first.pk}/consents/export/"
    client = client_of(world.cataloguer)
    asked_for = {"number": NUMBER, "asked_by": "李四", "proof": "own_id", "proof_note": "身份证原件"}
    assert client.post(page, asked_for | {"asked_by": ""}).status_code == 422
    given = client.post(page, asked_for)
    body = given.content.decode().removeprefix("\ufeff")
    assert given.headers["Content-Disposition"] == (
        f'attachment; filename="consents-of-a-person-{clock.today():%Y%m%d}.csv"'
    )
    listed = client.get(f"/collection/duties/{first.pk}/consents/", {"export": "csv"})
    assert 'filename="consents-' in listed.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(body)))
    assert len(rows) == 3
    assert NUMBER not in body
    request = SubjectRequest.objects.get()
    assert (request.records, request.proof) == (2, "own_id")
    assert "李四" not in request.asked_by
    event = AuditEvent.objects.get(action="collection.consent.export")
    assert event.after["answers"] == 2
    assert "李四" not in str(event.after)


def test_the_file_of_answers_is_named_in_the_language_of_the_reader(world: CatalogWorld) -> None:
    duty = asked(world)
    record(world, duty)
    sent = {"number": NUMBER, "asked_by": "李四", "proof": "own_id", "proof_note": ""}
    client = client_of(world.cataloguer)
    client.cookies["django_language"] = "zh-hans"
    page = f"/collection/duties/{duty.pk}/consents/"
    for given, name in (
        (client.post(f"{page}export/", sent), "个人同意记录"),
        (client.get(page, {"export": "csv"}), "同意记录"),
    ):
        assert quote(name) in given.headers["Content-Disposition"]


def test_who_may_not_see_answers_gets_none_by_a_number_that_he_knows(world: CatalogWorld) -> None:
    duty = asked(world)
    record(world, duty)
    sent = {"number": NUMBER, "asked_by": "李四", "proof": "own_id", "proof_note": ""}
    page = f"/collection/duties/{duty.pk}/consents/"
    seen = {world.other_cataloguer: 404, world.reviewer: 404, world.auditor: 404, world.sysadmin: 404, world.head: 403}
    for actor, status in seen.items():
        refused = client_of(actor).post(f"{page}export/", sent)
        assert refused.status_code == status
        assert "text/csv" not in refused.headers["Content-Type"]
    assert not SubjectRequest.objects.exists()
    assert not AuditEvent.objects.filter(action="collection.consent.export").exists()
    for shown in (client_of(world.head).get(page), client_of(world.head).get(page, {"export": "csv"})):
        assert NUMBER not in shown.content.decode(), "what the head may read holds no number"


def acts(duty: CollectionDuty, one: ConsentRecord) -> list[Any]:
    def by(function: Any, **given: Any) -> Any:
        return lambda actor: function(actor=actor, duty_id=duty.pk, **given)

    return [
        by(services.consent_text_write, text="文本", refusal_note=NOTE),
        by(services.consent_record, answer=answer()),
        by(services.consent_import, content=HEAD.encode()),
        by(services.consent_withdraw, record_id=one.pk, channel="phone"),
        by(services.subject_export, number=NUMBER, asked_by="某", proof="own_id", proof_note=""),
    ]


def test_nobody_else_records_or_sees_answers(world: CatalogWorld) -> None:
    duty = asked(world)
    one = record(world, duty)
    before = database_digest()
    strangers: list[Actor] = [world.other_cataloguer, world.reviewer, world.colleague, world.auditor, world.sysadmin]
    for actor in strangers:
        for act in acts(duty, one):
            with pytest.raises(NotVisible):
                act(actor)
        with pytest.raises(NotVisible):
            services.consent_find(actor=actor, duty_id=duty.pk, number=NUMBER)
    for act in acts(duty, one):
        with pytest.raises(NotAllowed):
            act(world.head)
    assert database_digest() == before
    for actor in strangers:
        assert get(actor, f"/collection/duties/{duty.pk}/consents/").status_code == 404


HOSTILE = ["\x00", "9" * 40, "-1", "🚗", "x" * 5000]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_breaks_a_page(world: CatalogWorld, text: str) -> None:
    duty = asked(world)
    one = record(world, duty)
    client = client_of(world.cataloguer)
    page = f"/collection/duties/{duty.pk}/consents/"
    for name in ("decision", "channel", "page", "ordering", "export"):
        assert client.get(page, {name: text}).status_code < 500
    words = (
        "text",
        "refusal_note",
        "number",
        "decision",
        "channel",
        "on",
        "hour",
        "asked_by",
        "proof",
        "proof_note",
        "file",
    )
    for act in ("text", "record", "import", "find", "export", f"{one.pk}/withdraw"):
        assert client.post(f"{page}{act}/", dict.fromkeys(words, text)).status_code < 500
    sent = {"number": NUMBER, "decision": "given", "channel": "counter", "on": clock.today().isoformat()}
    assert client.post(f"{page}record/", sent | {"on": "2199-01-01"}).status_code == 422
    assert client.post(f"{page}record/", sent).status_code == 302


def test_an_answer_has_the_time_that_was_said(world: CatalogWorld) -> None:
    duty = asked(world)
    client, address = client_of(world.cataloguer), f"/collection/duties/{duty.pk}/consents/record/"
    sent = {"number": NUMBER, "decision": "given", "channel": "counter", "on": clock.today().isoformat()}
    assert client.post(address, sent | {"hour": "25:00"}).status_code == 422
    for days, hour, kept in ((2, "", "12:00"), (1, "09:30", "09:30")):
        on = (clock.today() - timedelta(days=days)).isoformat()
        answer = client.post(address, sent | {"on": on, "hour": hour})
        assert answer.status_code == 302, text_of(answer)
        assert f"{ConsentRecord.objects.latest('pk').at.astimezone(clock.REGION_ZONE):%H:%M}" == kept


# --- What an answer is worth ------------------------------------------------------------------------------------------


def test_nobody_answers_words_that_are_not_written_yet(world: CatalogWorld) -> None:
    duty = asked(world)
    early = WRITTEN - timedelta(days=1)
    for act in (
        lambda: record(world, duty, at=early),
        lambda: services.consent_import(
            actor=world.cataloguer, duty_id=duty.pk, content=f"{HEAD}{NUMBER},同意,2026-08-31,窗口\n".encode()
        ),
    ):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            act()
        assert "2026-09-01" in str(refused.value.errors[0].message)
    assert record(world, duty, at=WRITTEN - timedelta(hours=9)).pk


def replaced(world: CatalogWorld) -> CollectionDuty:
    """A duty whose first text was answered and, on 10 October, replaced."""
    duty = asked(world)
    with clock_at(WRITTEN + timedelta(days=10)):
        record(world, duty)
    with clock_at(datetime(2026, 10, 10, 9, tzinfo=clock.REGION_ZONE)):
        assert write(world, duty).number == 2
    return duty


def test_an_answer_on_paper_is_recorded_for_the_text_that_it_answers(world: CatalogWorld) -> None:
    duty = replaced(world)
    late = datetime(2026, 10, 10, 12, tzinfo=clock.REGION_ZONE)
    one = record(world, duty, channel="paper", at=late, text=1)
    assert one.text.number == 1
    assert AuditEvent.objects.filter(action="collection.consent.record").latest("pk").after["text"] == 1
    rows = f"{NUMBER},同意,2026-09-20,纸质,1\n{NUMBER},同意,2026-10-20,窗口,\n{NUMBER},不同意,2026-10-21,纸质,v2\n"
    content = HEAD.replace("\n", ",文本版本\n") + rows
    assert services.consent_import(actor=world.cataloguer, duty_id=duty.pk, content=content.encode()) == 3
    answers = ConsentRecord.objects.order_by("-pk").values_list("text__number", flat=True)[:3]
    assert list(answers) == [2, 2, 1]
    assert AuditEvent.objects.get(action="collection.consent.import").after["text"] == [1, 2]


@pytest.mark.parametrize(
    ("day", "channel", "text", "code"),
    [
        ("2026-08-31", "paper", 1, "before_text"),
        ("2026-10-11", "paper", 1, "after_text"),
        ("2026-09-20", "counter", 1, "not_paper"),
        ("2026-09-20", "paper", None, "before_text"),
        ("2026-09-20", "paper", 3, "unknown"),
    ],
)
def test_an_answer_lies_within_the_time_of_its_text(
    world: CatalogWorld, day: str, channel: str, text: int | None, code: str
) -> None:
    duty = replaced(world)
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        record(world, duty, channel=channel, at=datetime.fromisoformat(f"{day}T12:00+08:00"), text=text)
    assert [one.code for one in refused.value.errors] == [code]


def test_the_form_offers_earlier_texts_once_there_are_any(world: CatalogWorld) -> None:
    duty = asked(world)
    client, page = client_of(world.cataloguer), f"/collection/duties/{duty.pk}/consents/"
    assert 'name="text" id="id_text"' not in client.get(page).content.decode().split("text-h")[0]
    duty = replaced(world)
    page = f"/collection/duties/{duty.pk}/consents/"
    assert "Version 1, 2026-09-01 to 2026-10-10" in text_of(client.get(page))
    sent = {"number": NUMBER, "decision": "given", "channel": "paper", "on": "2026-09-20"}
    assert client.post(f"{page}record/", sent | {"text": "9"}).status_code == 422
    assert client.post(f"{page}record/", sent | {"text": "2"}).status_code == 422
    assert client.post(f"{page}record/", sent | {"text": "1"}).status_code == 302
    assert ConsentRecord.objects.latest("pk").text.number == 1


def test_people_are_counted_by_their_latest_answer(world: CatalogWorld) -> None:
    duty = asked(world)
    now = clock.now()
    record(world, duty, "given", at=now - timedelta(days=3))
    record(world, duty, "refused", at=now - timedelta(days=2))
    record(world, duty, "given", at=now - timedelta(days=1), number="990102198505059999")
    record(world, duty, "refused", at=now - timedelta(days=4), number="990102198505059999")
    gone = record(world, duty, "given", at=now - timedelta(days=1), number="990102198505058888")
    services.consent_withdraw(actor=world.cataloguer, duty_id=duty.pk, record_id=gone.pk, channel="phone")
    assert selectors.consent_counts(duty) == {"given": 1, "refused": 1, "withdrawn": 1}


def test_an_answer_is_changed_by_withdrawal_alone_and_never_removed(world: CatalogWorld) -> None:
    duty = asked(world)
    kept = services.consent_record(
        actor=world.cataloguer, duty_id=duty.pk, answer=answer(), file=ContentFile(b"x", name="签字.pdf")
    )
    one = ConsentRecord.objects.filter(pk=kept.pk)
    changes: list[dict[str, Any]] = [
        {"decision": "refused"}, {"subject_hash": "0" * 64}, {"at": clock.now()}, {"evidence": "consents/other"},
        {"evidence_name": "别的.pdf"}, {"recorded_by_name": "别人"},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            one.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        one._raw_delete("default")
    one.update(evidence_name=".pdf")
    services.consent_withdraw(actor=world.cataloguer, duty_id=duty.pk, record_id=kept.pk, channel="phone")
    for change in ({"withdrawn_at": None}, {"withdrawn_at": clock.now() + timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            one.update(**change)


def test_evidence_belongs_to_one_answer(world: CatalogWorld) -> None:
    duty = asked(world)
    first, second = (
        services.consent_record(
            actor=world.cataloguer, duty_id=duty.pk, answer=answer(), file=ContentFile(text, name="a.pdf")
        )
        for text in (b"first", b"second")
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentRecord.objects.bulk_create([ConsentRecord(duty=duty, text=first.text, subject_hash="0" * 64,
            decision="given", channel="paper", at=clock.now(), recorded_at=clock.now(), recorded_by_name="某",
            evidence=first.evidence.name)])  # fmt: skip
    with default_storage.open(first.evidence.name) as source:
        content = source.read()
    default_storage.delete(second.evidence.name)
    default_storage.save(second.evidence.name, ContentFile(content))
    with pytest.raises(Tampered):
        services.consent_evidence_read(actor=world.head, duty_id=duty.pk, record_id=second.pk)


def test_no_name_and_no_note_holds_the_number_beside_it(world: CatalogWorld) -> None:
    duty = asked(world)
    file = ContentFile(b"x", name=f"王五 {NUMBER[:6]} {NUMBER[6:]}.pdf")
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.consent_record(actor=world.cataloguer, duty_id=duty.pk, answer=answer(), file=file)
    assert [(one.field, one.code) for one in refused.value.errors] == [("evidence", "holds_value")]
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.subject_export(
            actor=world.cataloguer, duty_id=duty.pk, number=NUMBER, asked_by="某", proof="own_id",
            proof_note=f"身份证{NUMBER}",
        )  # fmt: skip
    assert [(one.field, one.code) for one in refused.value.errors] == [("proof_note", "holds_value")]
