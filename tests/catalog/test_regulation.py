"""What the Regulation on Government Data Sharing asks, in its own numbers."""

from datetime import date

import pytest

from catalog import services
from catalog.models import DutyChangeEntry
from core.exceptions import NotAllowed, RuleViolation
from core.testing import clock_at
from tests.factories.catalog import CatalogWorld
from workflow.selectors.of_subject import clock_next_of, clock_open_of


def test_the_sharing_office_of_the_provider_signs_off(world: CatalogWorld) -> None:
    entry = world.submitted()
    with pytest.raises(NotAllowed):
        services.entry_approve(actor=world.cataloguer, ref=entry.pk)
    assert services.entry_approve(actor=world.head, ref=entry.pk).status == "awaiting_authority"


def test_the_authority_reviews_and_publishes(world: CatalogWorld) -> None:
    entry = world.signed_off()
    with pytest.raises(NotAllowed):
        services.entry_approve(actor=world.head, ref=entry.pk)
    published = services.entry_approve(actor=world.reviewer, ref=entry.pk)
    assert (published.status, published.published_revision.sharing) == ("published", "conditional")


@pytest.mark.parametrize(
    ("changed_on", "due"),
    [
        ("2025-09-26", "2025-10-16"),
        ("2026-02-13", "2026-03-05"),
        ("2026-04-30", "2026-05-18"),
        ("2026-09-18", "2026-10-09"),
    ],
)
def test_an_update_has_ten_working_days_from_the_change(world: CatalogWorld, changed_on: str, due: str) -> None:
    entry = world.published()
    with clock_at(f"{changed_on} 15:00"):
        change = services.duty_change_record(
            actor=world.reviewer,
            document="部门职责调整通知",
            gist="职责变化",
            changed_on=date.fromisoformat(changed_on),
            entry_refs=[entry.ref],
        )
    limit = clock_open_of(DutyChangeEntry.objects.get(change=change), "catalog_update")
    assert limit is not None
    assert limit.due_on == date.fromisoformat(due)
    assert (limit.is_statutory, limit.article) == (True, "第十七条")


def test_the_clock_runs_from_the_change_though_it_is_recorded_later(world: CatalogWorld) -> None:
    entry = world.published()
    with clock_at("2026-05-07 10:00"):
        change = services.duty_change_record(
            actor=world.cataloguer, document="法规", gist="修订", changed_on=date(2026, 4, 30), entry_refs=[entry.ref]
        )
    limit = clock_open_of(DutyChangeEntry.objects.get(change=change), "catalog_update")
    assert limit is not None
    assert limit.due_on == date(2026, 5, 18)


def test_opening_a_draft_starts_no_statutory_clock(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_revise(actor=world.cataloguer, ref=entry.ref)
    assert clock_next_of(entry) is None


def test_filing_the_answering_revision_stops_the_clock(world: CatalogWorld) -> None:
    entry = world.published()
    with clock_at("2026-09-18 10:00") as moved:
        change = services.duty_change_record(
            actor=world.reviewer, document="法规", gist="修订", changed_on=date(2026, 9, 18), entry_refs=[entry.ref]
        )
        concerned = DutyChangeEntry.objects.get(change=change)
        moved.advance(days=3)
        services.entry_revise(actor=world.cataloguer, ref=entry.ref, duty_change=change.pk)
        services.entry_submit(actor=world.cataloguer, ref=entry.ref)
        assert clock_open_of(concerned, "catalog_update") is not None, "not filed until the head has signed"
        services.entry_approve(actor=world.head, ref=entry.ref)
        assert clock_open_of(concerned, "catalog_update") is None
        review = clock_open_of(entry, "catalog_review")
        assert review is not None
        assert review.due_on == date(2026, 9, 23), "two working days to review and publish an update"


def test_a_first_filing_runs_on_an_internal_policy(world: CatalogWorld) -> None:
    entry = world.signed_off()
    limit = clock_next_of(entry)
    assert limit is not None
    assert (limit.policy_key, limit.is_statutory) == ("first_filing_review", False)


def test_only_the_authority_consents_to_five_more_days(world: CatalogWorld) -> None:
    entry = world.published()
    with clock_at("2026-09-18 10:00"):
        change = services.duty_change_record(
            actor=world.reviewer, document="法规", gist="修订", changed_on=date(2026, 9, 18), entry_refs=[entry.ref]
        )
        concerned = DutyChangeEntry.objects.get(change=change)
        for actor in (world.cataloguer, world.head):
            with pytest.raises(NotAllowed):
                services.duty_change_extend(actor=actor, concerned_id=concerned.pk, days=5, reason="系统改造")
        with pytest.raises(RuleViolation):
            services.duty_change_extend(actor=world.reviewer, concerned_id=concerned.pk, days=6, reason="系统改造")
        services.duty_change_extend(actor=world.reviewer, concerned_id=concerned.pk, days=5, reason="系统改造")
        limit = clock_open_of(concerned, "catalog_update")
        assert limit is not None
        assert limit.due_on == date(2026, 10, 15), "with the make-up day 10-10, fifteen working days after 09-18"
