"""Why a run failed and what is doubtful about its file stand in the language of whoever reads it, not the worker's."""

import pytest
from django.utils import translation

from accounts.models import User
from catalog.imports.exceptions import SENTENCES as OF_FILES
from collection.choices import RunState
from collection.models import Run, SourceSlot
from collection.outgoing.failures import OutgoingFailed
from collection.quality.finding import Finding
from collection.quality.wording import refusal_reason, rule_reason
from collection.reasons import DOUBTS, SENTENCES, doubt_words
from collection.services.notice import failure_announce
from core.reasons import Reason
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, Town
from tests.collection.services.test_quality_runs import add
from workflow.models import Notification


def of(languages: str) -> translation.override:
    return translation.override(languages)


@pytest.fixture
def failed(town: Town) -> Run:
    """A run that failed in the hands of a worker whose language is not the reader's."""
    with of("zh-hans"):
        run = town.send(HEADER)
    assert run.state == RunState.FAILED
    return run


def test_a_failed_run_is_explained_to_each_reader_in_his_language(town: Town, failed: Run) -> None:
    assert failed.failure == {"code": "run.no_rows", "values": {}}
    with of("en"):
        assert failed.message.startswith("The file holds no rows")
    with of("zh-hans"):
        chinese = failed.message
    assert "The file" not in chinese
    User.objects.filter(pk=town.cataloguer.id).update(language="en")
    assert "The file holds no rows" in text_of(get(town.cataloguer, f"/collection/runs/{failed.pk}/"))
    User.objects.filter(pk=town.cataloguer.id).update(language="zh-hans")
    failure_announce(run_id=failed.pk, key="k")
    assert Notification.objects.get(user=town.cataloguer.id).body == chinese


def test_what_earlier_releases_kept_is_shown_as_it_is() -> None:
    assert Run(failure=Reason("text", {"text": "原话"}).as_dict()).message == "原话"
    assert SourceSlot(refusal=Reason("text", {"text": "原话"}).as_dict()).reason == "原话"
    assert Run().message == SourceSlot().reason == ""
    assert doubt_words({"code": "header", "message": "原话"}) == "原话"


@pytest.mark.parametrize("code", DOUBTS)
def test_each_doubt_has_a_sentence_in_both_languages(code: str) -> None:
    values = dict.fromkeys(
        ("encoding", "other", "row", "count", "cell", "number", "name", "gone", "rows", "columns", "first", "items"), 7
    )
    said = set()
    for language in ("en", "zh-hans"):
        with of(language):
            said.add(doubt_words({"code": code, "values": values}))
    assert len(said) == 2
    assert not any("%(" in one for one in said)


@pytest.mark.parametrize("reason", [*(f"run.{one}" for one in SENTENCES), *(f"file.{one}" for one in OF_FILES)])
def test_each_reason_has_a_sentence(reason: str) -> None:
    names = "name why kind limit sheet names key row known count ending items rule line column"
    values = dict.fromkeys(names.split(), 7)
    assert "%(" not in str(Reason(reason, values))


def test_a_source_that_failed_is_explained_in_the_readers_language() -> None:
    error = OutgoingFailed("source_failed", host="a.example", status=503)
    with of("en"):
        assert "failure of its own (status 503)" in str(error.message)
    with of("zh-hans"):
        assert "failure of its own" not in str(Reason.from_dict(error.message.as_dict()))


def test_rules_that_were_broken_are_named_in_the_readers_language(town: Town) -> None:
    rule = add(town, "completeness", "reject", item="姓名", percent=90)
    finding = Finding("completeness", "completeness", "reject", "broken", rule=rule.pk, figure=50.0)
    why = Reason.from_dict(refusal_reason([finding], {rule.pk: rule}).as_dict())
    with of("en"):
        assert "“姓名” is filled in at least 90 % of the rows – found: filled in 50.0 % of the rows" in str(why)
        assert str(rule_reason(rule)) == "“姓名” is filled in at least 90 % of the rows"
    with of("zh-hans"):
        assert "is filled" not in str(why)
