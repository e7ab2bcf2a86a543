"""Originals and rejected rows are kept as long as the dataset says."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from audit.models import AuditEvent
from collection import services
from collection.models import Run
from collection.services import retention
from collection.services.lines_apart import NAME as LINES_APART
from core import clock
from core.exceptions import NotVisible, RuleViolation
from core.testing import clock_at
from tests.collection.conftest import HEADER, ROWS, Town
from tests.unchanged import nothing_changes
from workflow.models import OutboxMessage


def test_what_came_goes_when_its_time_is_over_and_the_figures_stay(three: Town) -> None:
    three.dataset.reject_limit_percent = 100
    three.dataset.keep_original_days = 30
    three.dataset.save()
    first = three.send(HEADER + ROWS[0] + "0009,张,9,很多,\n")
    names = [first.original.name, first.rejects.name]
    last = three.send(HEADER + ROWS[0] + ROWS[1])
    assert {"preview", LINES_APART} <= set(first.found)
    assert retention.originals_expire() == 0
    with clock_at(clock.now() + timedelta(days=31)):
        assert retention.originals_expire() == 2
        assert retention.originals_expire() == 0
    first.refresh_from_db()
    assert (first.original.name, first.rejects.name, first.rows_rejected) == ("", "", 1)
    assert not {"preview", LINES_APART} & set(first.found)
    with pytest.raises(NotVisible):
        services.original_read(actor=three.cataloguer, run_id=first.pk)
    assert list(services.rejects_read(actor=three.cataloguer, run_id=first.pk)[1]) == []
    assert AuditEvent.objects.filter(action="collection.run.expire").count() == 2
    for message in OutboxMessage.objects.filter(event=retention.EVENT):
        retention.files_drop(message.payload["names"])
        retention.files_drop(message.payload["names"])
    assert not any(default_storage.exists(name) for name in names)
    assert Run.objects.get(pk=last.pk).original
    assert default_storage.exists(last.original.name)


def test_originals_are_kept_for_a_day_at_least(three: Town) -> None:
    with nothing_changes(), pytest.raises(RuleViolation):
        services.dataset_update(actor=three.cataloguer, dataset_id=three.dataset.pk, fields={"keep_original_days": 0})


def test_what_went_before_the_upgrade_is_noted_once_though_lines_of_it_go_now(three: Town) -> None:
    """Earlier releases let the original go, and kept the lines that are no rows."""
    first = three.send(HEADER + ROWS[0])
    three.send(HEADER + ROWS[1])
    lines = first.found[LINES_APART]
    with clock_at(clock.now() + timedelta(days=three.dataset.keep_original_days + 1)):
        retention.originals_expire()
        first.refresh_from_db()
        first.found |= {LINES_APART: lines}
        first.save(update_fields=["found"])
        assert retention.originals_expire() == 1
    first.refresh_from_db()
    assert LINES_APART not in first.found
    assert first.notes.filter(code="expired").count() == 1
    events = AuditEvent.objects.filter(action="collection.run.expire", object_pk=str(first.pk))
    assert events.count() == 1
