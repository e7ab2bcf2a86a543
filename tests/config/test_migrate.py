"""A database from the middle of a history that was folded is refused with words (docs/adr/0008)."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.unchanged import nothing_changes


def test_a_database_from_the_middle_of_a_folded_history_is_refused(db: None) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("sharing", "0020_typed_conditions")
    before = recorder.applied_migrations().keys()
    with nothing_changes(), pytest.raises(CommandError, match=r"tables of sharing .* before 0020_typed_conditions"):
        call_command("migrate", verbosity=0)
    assert recorder.applied_migrations().keys() == before


def test_a_database_at_the_end_of_it_is_taken_over_as_it_is(db: None) -> None:
    MigrationRecorder(connection).record_unapplied("sharing", "0001_initial")
    with nothing_changes():
        call_command("migrate", verbosity=0)
    assert ("sharing", "0001_initial") in MigrationRecorder(connection).applied_migrations()
