"""Counting the rows of a draft: used up and kept in the trail whatever comes of it."""

from typing import Any

import pytest

from audit.models import AuditEvent
from collection.store import tables
from core.exceptions import InvalidTransition
from sharing.models import CountsOfDay
from sharing.services import count
from tests.sharing.conftest import SharingTown


def test_a_count_that_takes_too_long_is_used_up_and_kept_in_the_trail(
    town: SharingTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = town.draft()

    def slow(*args: Any) -> int:
        raise tables.TooSlow

    monkeypatch.setattr(count, "count", slow)
    with pytest.raises(InvalidTransition, match="too long"):
        count.rows_count(actor=town.asker, request_id=draft.pk)
    assert CountsOfDay.objects.get().used == 1
    assert AuditEvent.objects.filter(action="sharing.request.count", object_pk=str(draft.pk)).count() == 1
