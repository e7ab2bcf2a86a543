"""Who keeps a source and its credential, what is refused, and what the trail says of it."""

from typing import Any

import pytest

from audit.difference import values_of
from audit.models import AuditEvent
from collection import services
from collection.choices import RunState
from collection.exceptions import RunOpen
from collection.models import Destination, Run, RunNote, Source
from collection.outgoing import failures
from collection.services.fetch import secret_context
from collection.services.source import secrets_renew
from collection.source_forms import FORMS
from collection.vault import needs_renewal, seal_text
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import Town
from tests.collection.outgoing.conftest import Server
from tests.collection.services.test_ingest import codes
from tests.collection.services.test_quality_runs import item
from tests.collection.sources import CSV, SECRET, add, allow, fields, file_source, gives, listed, run, web
from tests.unchanged import nothing_changes

__all__ = ["listed", "web"]


def test_a_second_run_waits_for_the_first(town: Town, web: Server, listed: Destination) -> None:
    source = file_source(town, web)
    services.source_run(actor=town.cataloguer, source_id=source.pk)
    with nothing_changes(), pytest.raises(RunOpen):
        services.source_run(actor=town.cataloguer, source_id=source.pk)


@pytest.mark.parametrize(
    ("values", "given", "field"),
    [
        ({"url": "ftp://x/"}, {}, "url"),
        ({"url": "http://a:b@x/"}, {}, "url"),
        ({}, {}, "url"),
        ({"url": "http://x/", "shape": "nonsense"}, {}, "shape"),
        ({"url": "http://x/", "unheard": "of"}, {}, "unheard"),
        ({"url": "http://x/", "size": "many"}, {}, "size"),
        ({"url": "http://x/", "sign_in": "bearer"}, {}, "secret"),
        ({"url": "http://x/", "sign_in": "basic"}, {"secret": SECRET}, "username"),
        ({"url": "http://x/", "sign_in": "header", "header": "Host"}, {"secret": SECRET}, "header"),
        ({"url": "http://x/"}, {"name": " "}, "name"),
        ({"url": "http://x/"}, {"mode": "nonsense"}, "mode"),
        ({"url": "http://x/"}, {"attempts": 0}, "attempts"),
        ({"url": "http://x/"}, {"retry_minutes": 9999}, "retry_minutes"),
        ({"url": "http://x/"}, {"timetable": {"rhythm": "minutes", "minutes": 1}}, "minutes"),
        ({"url": "http://x/"}, {"timetable": {"rhythm": "weekly", "weekdays": []}}, "weekdays"),
        ({"url": "http://x/"}, {"timetable": {"rhythm": "daily", "at": 1440}}, "at"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    town: Town, values: dict[str, Any], given: dict[str, Any], field: str
) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, values, **given)
    assert field in [one.field for one in refused.value.errors]


def test_only_the_providers_cataloguer_keeps_sources_and_its_head_looks_on(town: Town) -> None:
    source = add(town, {"url": "http://data.example/"})
    world = town.world
    for stranger in (world.head, world.reviewer, world.other_cataloguer, world.sysadmin, world.secadmin, world.auditor):
        for act in (
            lambda actor: services.source_add(
                actor=actor, dataset_id=town.dataset.pk, kind="http", fields=fields({"url": "http://x/"}, name="2")
            ),
            lambda actor: services.source_update(
                actor=actor, source_id=source.pk, fields=fields({"url": "http://x/"}), edit_version=1
            ),
            lambda actor: services.source_pause(actor=actor, source_id=source.pk),
            lambda actor: services.source_resume(actor=actor, source_id=source.pk),
            lambda actor: services.source_retire(actor=actor, source_id=source.pk),
            lambda actor: services.source_run(actor=actor, source_id=source.pk),
            lambda actor: services.source_try(actor=actor, source_id=source.pk),
        ):
            with nothing_changes(), pytest.raises(NotAllowed):
                act(stranger)


def test_a_credential_is_sealed_used_and_found_nowhere_else(
    town: Town, web: Server, listed: Destination, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"url": gives(web, "/rows.csv", "", 401), "sign_in": "bearer"}
    source = add(town, settings, secret=SECRET)
    done = run(town, source)
    assert web.asked[0][2]["Authorization"] == f"Bearer {SECRET}"
    source.refresh_from_db()
    kept = [source.secret, str(source.settings), done.message, caplog.text, repr(source.__dict__)]
    kept += [str(one) for one in RunNote.objects.values_list("code", "values")]
    kept += [str(one) for one in AuditEvent.objects.values_list("before", "after", "note")]
    assert not [text for text in kept if SECRET in text]


def test_a_credential_moved_to_another_source_does_not_open(town: Town, web: Server, listed: Destination) -> None:
    settings = {"url": gives(web, "/rows.csv", CSV), "sign_in": "bearer"}
    first = add(town, settings, secret=SECRET)
    second = add(town, settings, secret="another", name="second")
    Source.objects.filter(pk=second.pk).update(secret=Source.objects.get(pk=first.pk).secret)
    done = run(town, second)
    assert done.state == RunState.FAILED
    assert web.asked == []


def test_a_credential_follows_its_source_nowhere_else(town: Town) -> None:
    source = add(town, {"url": "https://data.example/a", "sign_in": "bearer"}, secret=SECRET)
    for url in ("https://evil.example/a", "http://data.example/a", "https://data.example:444/a"):
        with nothing_changes(), pytest.raises(RuleViolation) as refused:
            services.source_update(
                actor=town.cataloguer,
                source_id=source.pk,
                fields=fields({"url": url, "sign_in": "bearer"}),
                edit_version=1,
            )
        assert [one.field for one in refused.value.errors] == ["secret"]
    changed = fields({"url": "https://data.example/b", "sign_in": "bearer"})
    services.source_update(actor=town.cataloguer, source_id=source.pk, fields=changed, edit_version=1)
    with nothing_changes(), pytest.raises(StaleEdit):
        services.source_update(actor=town.cataloguer, source_id=source.pk, fields=changed, edit_version=1)


def test_a_new_key_takes_over_the_credentials(town: Town, web: Server, listed: Destination, settings: Any) -> None:
    source = add(town, {"url": gives(web, "/rows.csv", CSV), "sign_in": "bearer"}, secret=SECRET)
    settings.FIELD_KEY = f"a-new-key-0123456789-abcdefghijklmnopqrstuvwxyz,{settings.FIELD_KEY}"
    source.refresh_from_db()
    assert needs_renewal(source.secret)
    assert secrets_renew() == 1
    assert secrets_renew() == 0
    settings.FIELD_KEY = settings.FIELD_KEY.partition(",")[0]
    assert run(town, source).state == RunState.SUCCEEDED
    assert web.asked[0][2]["Authorization"] == f"Bearer {SECRET}"


def test_one_credential_under_a_lost_key_does_not_keep_the_others(town: Town, settings: Any) -> None:
    where = {"url": "https://data.example/a", "sign_in": "bearer"}
    first, second = (add(town, where, secret=SECRET, name=name) for name in ("a", "b"))
    lost, kept = "a-lost-key-0123456789-abcdefghijklmnopqrstuvwxyz", settings.FIELD_KEY
    settings.FIELD_KEY = lost
    Source.objects.filter(pk=first.pk).update(secret=seal_text(SECRET, context=secret_context(first.pk)))
    settings.FIELD_KEY = f"a-new-key-0123456789-abcdefghijklmnopqrstuvwxyz,{kept}"
    assert secrets_renew() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert needs_renewal(first.secret)
    assert not needs_renewal(second.secret)


def test_removing_a_source_removes_its_credential_and_hides_it(town: Town, web: Server, listed: Destination) -> None:
    source = add(town, {"url": gives(web, "/rows.csv", CSV), "sign_in": "bearer"}, secret=SECRET)
    services.source_run(actor=town.cataloguer, source_id=source.pk)
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.source_retire(actor=town.cataloguer, source_id=source.pk)
    town.work(Run.objects.get())
    services.source_retire(actor=town.cataloguer, source_id=source.pk)
    source.refresh_from_db()
    assert (source.secret, source.secret_set_at, source.is_enabled) == ("", None, False)
    with pytest.raises(NotVisible):
        services.source_run(actor=town.cataloguer, source_id=source.pk)
    assert codes(town) == ["0001", "0002", "0164A"]


def test_a_trial_says_what_is_wrong_and_keeps_nothing(town: Town, web: Server) -> None:
    source = file_source(town, web)
    failure = services.source_try(actor=town.cataloguer, source_id=source.pk)
    assert failure is not None
    assert failure.code == "not_listed"
    allow(town.world.secadmin, web.server_address[1])
    assert services.source_try(actor=town.cataloguer, source_id=source.pk) is None
    pages = add(town, {"url": gives(web, "/api", '{"error": 1}'), "shape": "pages"}, name="pages")
    failure = services.source_try(actor=town.cataloguer, source_id=pages.pk)
    assert failure is not None
    assert failure.code == "no_list"
    gives(web, "/api", '[{"a": 1}]')
    assert services.source_try(actor=town.cataloguer, source_id=pages.pk) is None
    assert Run.objects.count() == 0
    tried = AuditEvent.objects.filter(action="collection.source.try").order_by("pk")
    assert [one.after["result"] for one in tried] == ["not_listed", "ok", "no_list", "ok"]


def test_the_trail_names_the_settings_that_changed_and_keeps_none_that_was_typed(town: Town) -> None:
    settings = {"engine": "postgresql", "host": "db.example", "database": "civil", "username": "reader",
                "table": "persons"}  # fmt: skip
    source = services.source_add(
        actor=town.cataloguer, dataset_id=town.dataset.pk, kind="sql",
        fields=services.SourceFields(name="库", settings=settings, secret="geheim"),
    )  # fmt: skip
    changed = settings | {"table": "", "query": "SELECT * FROM persons WHERE token = 'abc'", "tls": "off"}
    services.source_update(
        actor=town.cataloguer, source_id=source.pk, edit_version=source.edit_version,
        fields=services.SourceFields(name="库", settings=changed, secret="geheim"),
    )  # fmt: skip
    event = AuditEvent.objects.get(action="collection.source.edit")
    assert set(event.after["settings"]) == {"table", "query", "tls"}
    assert (event.before["tls"], event.after["tls"]) == ("verify", "off")
    assert "abc" not in str(event.after)
    told = dict(values_of(event, event.after))
    assert "Query" in told["Settings changed"]


def test_the_trail_keeps_which_column_was_said_to_fill_which_item(three: Town) -> None:
    run = three.send("编号,证件\n0009,990102199001019999\n", mode="upsert")
    mapping = {"编号": item(three, "对象编号"), "证件": item(three, "姓名")}
    services.run_confirm(actor=three.cataloguer, run_id=run.pk, layout=run.layout, mapping=mapping)
    event = AuditEvent.objects.get(action="collection.run.confirm")
    assert event.after["columns"] == {"对象编号": [1], "姓名": [2]}


@pytest.mark.parametrize("name", ["access_token", "token", "apiKey", "api-key", "password", "secret", "sign"])
def test_a_credential_within_an_address_is_refused(town: Town, name: str) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, {"url": f"https://data.example/a?page=1&{name}=abc123"})
    assert [(one.field, one.code) for one in refused.value.errors] == [("url", "credential")]
    assert "abc123" not in refused.value.errors[0].message


def test_addresses_with_other_parameters_are_taken(town: Town) -> None:
    assert add(town, {"url": "https://data.example/a?keyword=x&tokens=&monkey=1&design=2"}).pk


def test_sources_of_data_that_were_unhooked_can_be_removed_and_not_changed(town: Town) -> None:
    source = add(town, {"url": "https://data.example/a"})
    services.dataset_retire(actor=town.cataloguer, dataset_id=town.dataset.pk, reason="并入")
    with nothing_changes(), pytest.raises(InvalidTransition):
        services.source_update(
            actor=town.cataloguer, source_id=source.pk, edit_version=1, fields=fields({"url": "https://data.example/b"})
        )
    page = text_of(get(town.cataloguer, f"/collection/sources/{source.pk}/"))
    assert "The data are unhooked: it is not read" in page
    for refused in ("Read now", "Try the connection", "Edit"):
        assert refused not in page
    services.source_retire(actor=town.cataloguer, source_id=source.pk)


def test_a_source_that_is_read_by_hand_only_has_no_schedule_to_rest(town: Town) -> None:
    by_hand, daily = (
        add(town, {"url": "https://data.example/a"}, name=rhythm, timetable={"rhythm": rhythm})
        for rhythm in ("by_hand", "daily")
    )
    assert "Pause" not in text_of(get(town.cataloguer, f"/collection/sources/{by_hand.pk}/"))
    assert "Pause" in text_of(get(town.cataloguer, f"/collection/sources/{daily.pk}/"))


def test_minutes_that_were_left_out_are_asked_for(town: Town) -> None:
    sent = {"name": "源", "mode": "replace", "url": "https://data.example/a", "shape": "file", "paging": "page_number",
            "sign_in": "none", "rhythm": "minutes", "minutes": "", "attempts": 4, "retry_minutes": 5,
            "deadline_minutes": 60}  # fmt: skip
    assert set(FORMS["http"](sent).errors) == {"minutes"}
    assert FORMS["http"](sent | {"rhythm": "daily"}).is_valid()


def test_no_failure_promises_another_attempt_by_itself() -> None:
    """The sentence stands also where all attempts are used up, and after a trial, which is never repeated."""
    assert not [code for code, words in failures.SENTENCES.items() if "tried again" in str(words)]
