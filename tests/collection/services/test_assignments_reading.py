"""Of the inner life of entries, staff of contractors read those for which they are named."""

from pathlib import Path

import pytest
from django.core.files import File

from catalog import figures
from catalog.models import Entry, EntrySearch
from catalog.selectors import can_see_working, entry_list_for, reading, visible
from catalog.selectors.duty_change import concerns_of_actor
from catalog.selectors.entry import LISTED
from catalog.selectors.import_upload import upload_get_for, upload_list_for
from catalog.services import duty_change_record, entry_update
from catalog.services.import_upload import upload_add
from core import clock
from core.actors import Actor
from core.exceptions import NotVisible
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import Town
from tests.collection.services.test_assignments import named, staff_of


@pytest.fixture
def drafts(town: Town) -> tuple[Entry, Entry]:
    """A draft of which nothing was filed, and a published entry that is being revised."""
    draft = town.world.entry(name="未报送草稿")
    entry_update(actor=town.cataloguer, ref=town.entry.pk, fields={"summary": "修订中的摘要"})
    town.entry.refresh_from_db()
    return draft, town.entry


def seen(who: Actor) -> set[str]:
    return {str(one) for one in entry_list_for(who)}


def test_drafts_and_revisions_of_others_are_not_shown(town: Town, drafts: tuple[Entry, Entry]) -> None:
    draft, revised = drafts
    staff = staff_of(town)
    assert str(draft) in seen(town.cataloguer)
    assert str(draft) not in seen(staff)
    assert not EntrySearch.objects.filter(visible(staff, LISTED), pk=draft.pk).exists()
    assert client_of(staff).get(f"/catalog/{draft.ref}/").status_code == 404
    assert client_of(staff).get(f"/api/v1/catalog/entries/{draft.ref}").status_code == 404
    assert not can_see_working(staff, revised)
    assert not reading.sees_process(staff, revised)
    assert not reading.decisions_for(staff, revised).exists()
    assert not reading.in_work(Entry.objects.all(), staff).exists()
    page = text_of(get(staff, f"/catalog/{revised.ref}/?tab=all"))
    assert "修订中的摘要" not in page
    board = figures.board_for(staff, lambda start, count: [start] * count)
    assert board.due is None
    assert (board.figures[0].value, board.figures[1].value, board.happenings) == ("0", "0", [])


def test_those_of_named_entries_are(town: Town, drafts: tuple[Entry, Entry]) -> None:
    draft, revised = drafts
    staff = staff_of(town)
    named(town, staff)
    assert str(draft) not in seen(staff)
    assert can_see_working(staff, revised)
    assert reading.decisions_for(staff, revised).exists()
    assert list(reading.in_work(Entry.objects.all(), staff)) == [revised]
    assert figures.board_for(staff, lambda start, count: [start] * count).figures[1].value == "1"


def test_uploads_and_time_limits_of_others_are_not_shown(town: Town, sheet: Path) -> None:
    staff = staff_of(town)
    with sheet.open("rb") as file:
        upload = upload_add(actor=town.cataloguer, file=File(file, name="catalog.csv"))
    duty_change_record(
        actor=town.cataloguer, document="法规", gist="修订", changed_on=clock.today(), entry_refs=[town.entry.ref]
    )
    assert list(upload_list_for(town.cataloguer)) == [upload]
    assert concerns_of_actor(town.cataloguer).exists()
    assert not concerns_of_actor(staff).exists()
    named(town, staff)
    assert concerns_of_actor(staff).exists()
    assert not upload_list_for(staff).exists()
    with pytest.raises(NotVisible):
        upload_get_for(staff, upload.pk)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.csv"
    path.write_text("name\n一\n", encoding="utf-8")
    return path
