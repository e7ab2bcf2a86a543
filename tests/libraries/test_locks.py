"""What hands a table over, and what changes around it, never wait for each other."""

import time

from django.db import connection, transaction

from catalog import services as catalog
from collection.models import Dataset
from collection.services import dataset_hook
from libraries.models import Build
from libraries.services.build import build_ask
from sharing.models import Grant
from tests.libraries.conftest import KEY, NAME, LibraryTown, build_asked, composed, filed, make_town
from tests.workflow.race import Beside

OPEN = {"opening": "open"}


def somebody_waits() -> bool:
    """Say whether another connection comes to wait for a lock."""
    with connection.cursor() as cursor:
        for _attempt in range(200):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
            time.sleep(0.1)
    return False


def with_later_library() -> LibraryTown:
    """Make a town whose library has one source that is older than its own dataset."""
    town = make_town()
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,王小明\n", **OPEN)
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "主题信息", library=town.library.code, **OPEN)
    town.dataset = dataset_hook(actor=cataloguer, ref=entry.pk, name="主题信息")
    town.part(provider, SFZH="SFZH")
    return town


def test_an_entry_is_published_beside_a_hand_over_that_waits_for_its_grant(transactional_db: None) -> None:
    town = with_later_library()
    provider = town.providers[0]
    town.built()
    build = build_ask(actor=town.cataloguer, dataset_id=town.dataset.pk)
    ref = provider.dataset.entry_id
    catalog.entry_update(actor=provider.cataloguer, ref=ref, fields={"opening": "closed"})
    catalog.entry_submit(actor=provider.cataloguer, ref=ref)
    catalog.entry_approve(actor=provider.head, ref=ref)
    with transaction.atomic():
        Grant.objects.select_for_update().get(dataset=provider.dataset)  # grants follow an entry first
        handing = Beside(lambda: composed(build))
        assert somebody_waits(), handing.error
        catalog.entry_approve(actor=town.world.reviewer, ref=ref)
    handing.end()
    build.refresh_from_db()
    assert "more widely" in build.message, "and the hand-over sees what was published"
    assert build_asked().reason == "parts"


def test_a_hand_over_locks_datasets_in_the_order_of_their_keys(transactional_db: None) -> None:
    town = with_later_library()
    source = town.providers[0].dataset
    assert source.pk < town.dataset.pk
    build = build_ask(actor=town.cataloguer, dataset_id=town.dataset.pk)
    with transaction.atomic():
        Dataset.objects.select_for_update(no_key=True).get(pk=source.pk)
        handing = Beside(lambda: composed(build))
        assert somebody_waits(), handing.error
        Dataset.objects.select_for_update(nowait=True).get(pk=town.dataset.pk)  # as whoever builds on both goes on
    handing.end()
    assert Build.objects.get(pk=build.pk).state == "sent"
