"""A library dataset is as current as the oldest of its sources, whoever has it built."""

from datetime import datetime, timedelta

from collection.models import Dataset, QualityReport
from core import clock
from libraries import tasks
from libraries.models import Build
from tests.catalog.views.reader import get, text_of
from tests.libraries.conftest import AID, PEOPLE, LibraryTown
from workflow.models import OutboxMessage
from workflow.outbox import OutboxEvent

LONG_AGO, LATELY = timedelta(days=90), timedelta(days=2)


def aged(town: LibraryTown, *ages: timedelta) -> list[datetime]:
    """Let the sources have been shown to be current so long ago."""
    moments = [clock.now() - age for age in ages]
    for provider, at in zip(town.providers, moments, strict=True):
        Dataset.objects.filter(pk=provider.dataset.pk).update(confirmed_at=at)
    return moments


def confirmed_at(town: LibraryTown) -> datetime | None:
    town.dataset.refresh_from_db()
    return town.dataset.confirmed_at


def unchanged(dataset: Dataset) -> None:
    """Let the handlers hear that a source was found unchanged."""
    message = OutboxMessage.objects.filter(event="collection.run.unchanged", payload__dataset_id=dataset.pk).latest(
        "pk"
    )
    event = OutboxEvent(message.event, message.payload, "key", message.pk, 1, message.created_at)
    tasks.follow_unchanged_source(event)


def test_a_build_by_hand_makes_nothing_newer_than_its_sources(two: LibraryTown) -> None:
    oldest, _later = aged(two, LONG_AGO, LATELY)
    two.built()
    assert confirmed_at(two) == oldest
    two.dataset.refresh_from_db()
    again = two.built()
    assert again.run is not None
    assert again.run.state == "unchanged"
    assert confirmed_at(two) == oldest


def test_the_page_of_a_library_says_that_its_oldest_source_counts(two: LibraryTown) -> None:
    said = "They are as current as the source that was confirmed longest ago"
    path = f"/collection/datasets/{two.dataset.pk}/"
    assert said not in text_of(get(two.cataloguer, path)), "nothing is built yet"
    aged(two, LONG_AGO, LATELY)
    two.built()
    assert said in text_of(get(two.cataloguer, path))
    source = two.providers[0]
    assert said not in text_of(get(source.cataloguer, f"/collection/datasets/{source.dataset.pk}/"))


def test_a_source_that_was_never_shown_to_be_current_shows_nothing(two: LibraryTown) -> None:
    Dataset.objects.filter(pk=two.providers[0].dataset.pk).update(confirmed_at=None)
    two.built()
    assert confirmed_at(two) is None


def test_where_a_source_is_found_unchanged_the_library_is_as_current_without_a_build(two: LibraryTown) -> None:
    oldest, later = aged(two, LONG_AGO, LATELY)
    two.built()
    assert two.providers[0].load(PEOPLE).state == "unchanged"
    unchanged(two.providers[0].dataset)
    assert confirmed_at(two) == later, "the other is the oldest now"
    assert two.providers[1].load(AID).state == "unchanged"
    unchanged(two.providers[1].dataset)
    now = confirmed_at(two)
    assert now is not None
    assert now > later > oldest


def test_a_library_that_is_behind_is_not_called_current(two: LibraryTown) -> None:
    oldest, _later = aged(two, LONG_AGO, LATELY)
    two.built()
    two.providers[1].load(AID + "990102200001010000,新人,1\n")
    assert two.providers[0].load(PEOPLE).state == "unchanged"
    unchanged(two.providers[0].dataset)
    assert confirmed_at(two) == oldest


def timeliness(town: LibraryTown, build: Build) -> float | None:
    """Return what a build that published was found to be worth in time, which the dataset's score has to tell too."""
    report = QualityReport.objects.get(run=build.run)
    town.dataset.refresh_from_db()
    assert (report.version, report.score) == (town.dataset.published_version, town.dataset.quality_score)
    found: float | None = report.dimensions["timeliness"]
    return found


def test_a_build_is_judged_by_how_current_its_sources_are_not_by_how_late_the_one_before_was(two: LibraryTown) -> None:
    """The first version is long overdue as soon as it is there; the next one, of sources that are current, is not."""
    aged(two, LONG_AGO, LATELY)
    assert timeliness(two, two.built()) == 0
    assert two.dataset.freshness == "overdue_long"
    two.providers[0].load(PEOPLE + "990102200001010000,新人,2000-01-01\n")
    again = two.built()
    assert two.dataset.quality_score is not None
    before = two.dataset.quality_score
    assert timeliness(two, again) == 100
    assert two.dataset.freshness == "fresh"
    assert two.dataset.quality_score > before


def test_a_build_of_sources_that_are_late_is_not_in_time_because_the_one_before_was(two: LibraryTown) -> None:
    assert timeliness(two, two.built()) == 100
    two.providers[1].load(AID + "990102200001010000,新人,1\n")
    aged(two, LONG_AGO, LATELY)
    assert timeliness(two, two.built()) == 0
    assert two.dataset.freshness == "overdue_long"


def test_a_build_of_sources_that_say_nothing_is_worth_nothing_in_time(two: LibraryTown) -> None:
    Dataset.objects.filter(pk=two.providers[0].dataset.pk).update(confirmed_at=None)
    assert timeliness(two, two.built()) is None
