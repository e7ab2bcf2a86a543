"""What the supervisor lets through to the terminal."""

import io

from config.embedded.output import Console


def test_every_line_says_whose_it_is_and_what_postgres_repeats_while_it_starts_is_left_out() -> None:
    screen = io.StringIO()
    console = Console(screen)
    said = "LOG:  redo starts at 0/1\nFATAL:  the database system is starting up\nLOG:  database system is ready\n"

    console.follow("postgres", io.StringIO(said))
    console.drain()

    assert screen.getvalue() == "postgres | LOG:  redo starts at 0/1\npostgres | LOG:  database system is ready\n"
