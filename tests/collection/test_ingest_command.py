"""``manage.py ingest``: files and sources, with the log of each run, progress in a terminal, and an exit code."""

import io
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from collection import services
from collection.choices import RunOrigin, RunState
from collection.models import Run, Source
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.outgoing.conftest import Handler, Server
from tests.collection.services.test_ingest import codes
from tests.collection.sources import add, allow, url_of, web
from tests.unchanged import nothing_changes

__all__ = ["web"]
CSV = (HEADER + "".join(ROWS)).encode()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def source(town: Town, web: Server) -> Source:
    web.replies["/rows.csv"] = lambda handler: handler.give(200, CSV)
    allow(town.world.secadmin, web.server_address[1])
    return add(town, {"url": url_of(web, "/rows.csv")}, name="低保接口")


def test_a_source_is_read_by_its_name_or_number(town: Town, source: Source) -> None:
    out = io.StringIO()
    call_command("ingest", "低保接口", str(source.pk), stdout=out)
    first, second = Run.objects.order_by("pk")
    assert (first.state, first.origin, first.asked_by_id) == (RunState.SUCCEEDED, RunOrigin.SOURCE, None)
    assert second.state == RunState.UNCHANGED
    assert "低保接口: Published; 3 rows read, 0 rejected" in out.getvalue()
    assert "Asked to fetch from the source 低保接口." in out.getvalue()
    assert "byte for byte" in out.getvalue()
    town.dataset.refresh_from_db()
    assert codes(town) == ["0001", "0002", "0164A"]


def test_files_are_still_loaded(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(CSV)
    out = io.StringIO()
    call_command("ingest", f"{town.dataset.pk}={path}", stdout=out)
    assert "rows.csv: Published; 3 rows read" in out.getvalue()
    assert "\r" not in out.getvalue()


def test_progress_moves_in_a_terminal(town: Town, web: Server, source: Source) -> None:
    body = HEADER.encode() + b"".join(f"{number:06d},{'x' * 20},,1,2026-01-05\n".encode() for number in range(8000))

    def slowly(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for at in range(0, len(body), 65536):
            handler.wfile.write(body[at : at + 65536])
            handler.wfile.flush()
            time.sleep(0.6)

    web.replies["/rows.csv"] = slowly
    out = Terminal()
    call_command("ingest", "低保接口", stdout=out)
    lines = {line for line in out.getvalue().split("\r\x1b[K") if line.startswith("  Fetch:")}
    assert len(lines) > 1, out.getvalue()
    assert any("%" in line for line in lines)


def test_a_source_that_fails_gives_an_exit_code_and_the_reason(town: Town, web: Server, source: Source) -> None:
    web.replies["/rows.csv"] = lambda handler: handler.give(404)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("ingest", "低保接口", stdout=out)
    assert ended.value.code == 1
    assert "has nothing at this address" in out.getvalue()


def test_a_name_that_is_none_or_several_is_refused(town: Town, source: Source) -> None:
    other = town.world.published(name="另一条")
    dataset = services.dataset_hook(actor=town.cataloguer, ref=other.pk)
    add(town, {"url": "http://x/"}, name="低保接口", dataset=dataset)
    with nothing_changes():
        for text in ("没有", "999999", "x=y", "9" * 30):
            with pytest.raises(CommandError, match="no source has this name"):
                call_command("ingest", text)
        with pytest.raises(CommandError, match="several sources"):
            call_command("ingest", "低保接口")
