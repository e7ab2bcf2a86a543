"""A library dataset is as current as the oldest of its sources, whoever has it built."""

from datetime import datetime, timedelta

from collection.models import Dataset
from core import clock
from libraries import tasks
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
