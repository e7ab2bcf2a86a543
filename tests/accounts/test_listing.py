"""Exports of lists."""

from datetime import UTC, datetime

import pytest

from accounts.listing import cell_text
from core import clock


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 17, 17, 3, 0, 5, tzinfo=UTC), "2026-11-18 01:03"),
        (clock.end_of_day(datetime(2026, 11, 16, tzinfo=UTC).date()).astimezone(UTC), "2026-11-16"),
    ],
)
def test_moments_are_written_in_the_regions_time_and_ends_of_days_as_days(moment: datetime, text: str) -> None:
    assert cell_text(moment) == text
