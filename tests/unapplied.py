"""What was kept before a migration, for tests of what it carries over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps


@contextmanager
def unapplied(app: str, name: str) -> Iterator[StateApps]:
    """Take a migration of an app back for what is done within."""
    loader = MigrationLoader(connection)
    one = loader.graph.nodes[app, name]
    before = loader.graph.node_map[app, name].parents
    state = loader.project_state([parent.key for parent in before])
    connection.check_constraints()
    with connection.schema_editor(atomic=False) as editor:
        one.unapply(state.clone(), editor)
    yield state.clone().apps
    connection.check_constraints()
    with connection.schema_editor(atomic=False) as editor:
        one.apply(state.clone(), editor)
