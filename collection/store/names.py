"""Names of things in the store. All are made of numbers and hexadecimal digits, never of what somebody typed."""

from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

ALIAS = "store"
"""The database alias; the main database unless ``STORE_DATABASE_URL`` names another."""

SCHEMA = "store"

_KINDS = {
    "C": "t", "M": "t", "G": "t", "N": "n", "Y": "n", "I": "i", "B": "f", "F": "f", "D": "d", "T": "z", "L": "b",
}  # fmt: skip


def table(dataset_id: int, generation: int) -> sql.Identifier:
    """Return the table of a dataset's generation; another key is another generation."""
    return sql.Identifier(SCHEMA, table_name(dataset_id, generation))


def table_name(dataset_id: int, generation: int) -> str:
    return f"d{int(dataset_id)}_g{int(generation)}"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one worker stages a run.

    Attributes:
        token: fencing token of the worker: one that was thought dead never touches its successor's tables.
    """

    run_id: int
    token: int

    def name(self, kind: str) -> str:
        return f"r{int(self.run_id)}_{int(self.token)}_{kind}"

    def table(self, kind: str) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name(kind))


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where one worker keeps which sources the rows of a build of the dataset came from.

    Attributes:
        token: fencing token of the worker: one that was thought dead never touches its successor's table.
    """

    dataset_id: int
    build_id: int
    token: int

    @property
    def name(self) -> str:
        return f"l{int(self.dataset_id)}_b{int(self.build_id)}_{int(self.token)}"

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name)


LINEAGES = "^l([0-9]+)_b([0-9]+)_([0-9]+)$"
"""Names of the tables of lineage: dataset, build, token."""

OF_DATASETS = "^[dl]([0-9]+)_(?:g[0-9]+|b[0-9]+_[0-9]+)$"
"""Names of the tables that hold what belongs to a dataset, and the dataset in them."""


def raw_table(stage: Stage) -> sql.Identifier:
    """Return where a run stages the cells as they came."""
    return stage.table("raw")


def bad_table(stage: Stage) -> sql.Identifier:
    """Return where a run notes which rows it rejects."""
    return stage.table("bad")


def rows_table(stage: Stage) -> sql.Identifier:
    """Return where a run keeps its typed rows with their keys."""
    return stage.table("rows")


def found_table(stage: Stage) -> sql.Identifier:
    """Return where a run notes which keys differ from the published version."""
    return stage.table("found")


def raw_cell(position: int) -> sql.Identifier:
    return sql.Identifier(f"c{int(position)}")


def column(item: UUID, type_letter: str) -> str:
    """Return the physical column of an item: it survives renames, and a new type is a new column."""
    return f"i{item.hex}_{_KINDS[type_letter]}"
