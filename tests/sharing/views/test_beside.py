"""A suspension stops one grant; who orders it is told what else the holder goes on reading of the entry."""

from collection import services as collecting
from core import clock
from sharing.choices import GrantStatus
from sharing.models import Grant
from sharing.selectors.restraint import is_barred
from sharing.services import grant
from tests.catalog.views.reader import get, text_of
from tests.factories.accounts import DepartmentFactory
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import grant_make
from tests.sharing.services.test_loopholes import _renewed

WORDS = "goes on; stop it apart where its use gives cause as well"


def _link(one: Grant) -> str:
    return f'href="/sharing/grants/{one.pk}/"'


def test_who_suspends_a_grant_is_told_what_else_goes_on(town: SharingTown) -> None:
    first, later = _renewed(town)
    files = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="低保家庭")
    beside = grant_make(files, town.world.other, purpose="发放补贴")
    others = grant_make(files, DepartmentFactory(region=town.world.other.region))
    page = f"/sharing/grants/{first.pk}/"
    for who in (town.world.head, town.world.reviewer, town.world.secadmin):
        shown = get(who, page)
        body = shown.content.decode()
        assert WORDS in text_of(shown)
        assert [_link(one) in body for one in (beside, others)] == [True, False]
        assert body.count(_link(later)) == 1, "as its renewal, and not among what goes on"
        assert ("低保家庭" in body, "发放补贴" in body) == (True, True)
    for who in (town.asker_head, town.world.cataloguer, town.world.auditor):
        assert WORDS not in text_of(get(who, page))
    for path in (page, f"{page}use/"):
        assert _link(beside) in get(town.world.reviewer, path).content.decode()


def test_a_suspension_reaches_no_other_data_of_the_entry_but_nothing_more_is_taken(town: SharingTown) -> None:
    first, later = _renewed(town)
    files = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="低保家庭")
    beside = grant_make(files, town.world.other)
    grant.grant_suspend(actor=town.world.head, grant_id=first.pk, reason="外泄")
    for one in (first, later, beside):
        one.refresh_from_db()
    stopped = GrantStatus.SUSPENDED
    assert [one.status for one in (first, later, beside)] == [stopped, stopped, GrantStatus.ACTIVE]
    assert beside.is_live(clock.now())
    assert is_barred(town.world.other.pk, town.entry.pk)
    shown = get(town.world.head, f"/sharing/grants/{first.pk}/")
    assert (WORDS in text_of(shown), _link(beside) in shown.content.decode()) == (True, True)
    grant.grant_suspend(actor=town.world.head, grant_id=beside.pk, reason="一并核查")
    assert WORDS not in text_of(get(town.world.head, f"/sharing/grants/{first.pk}/"))
