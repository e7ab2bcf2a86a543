"""Rows that were erased on demand and come back with a later file are told of."""

from collection.choices import RunState
from tests.catalog.views.reader import get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_erasure import NUMBER, approved, carry_out, item_of
from workflow import outbox_delivery
from workflow.models import Notification


def test_erased_rows_that_come_back_are_told_of_and_not_rejected(three: Town) -> None:
    carry_out(approved(three))
    carry_out(approved(three, item=item_of(three, "月保障金额"), value="1020"))
    outbox_delivery.deliver()
    wide = "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)
    run = three.send(HEADER + ROWS[0] + f"0002,李四,{wide},920,\n" + ROWS[2])
    assert (run.state, run.rows_rejected) == (RunState.SUCCEEDED, 0)
    assert run.notes.get(code="returned").values == {"rows": 2}
    outbox_delivery.deliver()
    told = Notification.objects.filter(kind="collection.run.returned")
    assert {one.user_id for one in told} == {three.world.cataloguer.id, three.world.head.id}
    page = text_of(get(three.cataloguer, f"/collection/runs/{run.pk}/"))
    assert "Erased rows have come back: 2" in page
    assert NUMBER not in page


def test_a_file_without_erased_rows_says_nothing(three: Town) -> None:
    carry_out(approved(three))
    run = three.send(HEADER + ROWS[0] + "0005,钱,990102198505054322,1,\n")
    assert run.state == RunState.SUCCEEDED
    assert not run.notes.filter(code="returned").exists()
