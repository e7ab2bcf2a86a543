"""Names of things in the store. All are made of numbers and hexadecimal digits, never of what somebody typed."""

from uuid import UUID

from psycopg import sql

ALIAS = "store"
"""The database alias; the main database unless ``STORE_DATABASE_URL`` names another."""

SCHEMA = "store"
FENCE = sql.Identifier(SCHEMA, "fence")

_KINDS = {
    "C": "t", "M": "t", "G": "t", "N": "n", "Y": "n", "I": "i", "B": "f", "F": "f", "D": "d", "T": "z", "L": "b",
}  # fmt: skip


def table(dataset_id: int, generation: int) -> sql.Identifier:
    """Return the table of a dataset's generation; another key is another generation."""
    return sql.Identifier(SCHEMA, table_name(dataset_id, generation))


def table_name(dataset_id: int, generation: int) -> str:
    return f"d{int(dataset_id)}_g{int(generation)}"


def raw_table(run_id: int) -> sql.Identifier:
    """Return where a run stages the cells as they came."""
    return sql.Identifier(SCHEMA, f"r{int(run_id)}_raw")


def bad_table(run_id: int) -> sql.Identifier:
    """Return where a run notes which rows it rejects."""
    return sql.Identifier(SCHEMA, f"r{int(run_id)}_bad")


def rows_table(run_id: int) -> sql.Identifier:
    """Return where a run keeps its typed rows with their keys."""
    return sql.Identifier(SCHEMA, f"r{int(run_id)}_rows")


def raw_cell(position: int) -> sql.Identifier:
    return sql.Identifier(f"c{int(position)}")


def column(item: UUID, type_letter: str) -> str:
    """Return the physical column of an item: it survives renames, and a new type is a new column."""
    return f"i{item.hex}_{_KINDS[type_letter]}"
