"""A database from the middle of a history that was folded is refused with words (docs/adr/0008)."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.unchanged import nothing_changes


@pytest.mark.parametrize(
    "first_missing",
    [
        pytest.param("0003_limits_loosened", id="at the start"),
        pytest.param("0020_typed_conditions", id="in the middle"),
    ],
)
def test_a_database_that_is_not_at_the_end_of_a_folded_history_is_refused(db: None, first_missing: str) -> None:
    recorder = MigrationRecorder(connection)
    folded = [name for _app, name in MigrationLoader(None).disk_migrations["sharing", "0001_initial"].replaces]
    for name in folded[folded.index(first_missing) :]:
        recorder.record_unapplied("sharing", name)
    before = recorder.applied_migrations().keys()
    with nothing_changes(), pytest.raises(CommandError, match=f"tables of sharing .* before {first_missing}"):
        call_command("migrate", verbosity=0)
    assert recorder.applied_migrations().keys() == before


def test_a_database_at_the_end_of_it_is_taken_over_as_it_is(db: None) -> None:
    MigrationRecorder(connection).record_unapplied("sharing", "0001_initial")
    with nothing_changes():
        call_command("migrate", verbosity=0)
    assert ("sharing", "0001_initial") in MigrationRecorder(connection).applied_migrations()
