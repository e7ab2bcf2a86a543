"""Data that belong to no library any more that their department leads are no dead end: what was built leaves them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from accounts.models import Department
from catalog import services as catalog
from collection.services.run import run_upload
from core import clock
from core.actors import Actor
from core.exceptions import InvalidTransition, NotAllowed, NotVisible
from core.testing import clock_at
from libraries import tasks
from libraries.models import Composition, Part
from libraries.selectors import parts_of
from libraries.services import build as building
from libraries.services import compose, leaving
from libraries.services.build import build_ask
from libraries.services.part import lineage_set, part_add, part_move, part_remove, part_update, parts_take_out
from sharing.services.disposal import grant_dispose
from sharing.services.grant import grant_end
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.worker import work
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import FIELDS
from tests.libraries.conftest import KEY, NAME, LibraryTown, build_asked, carried_out, composed
from tests.unchanged import nothing_changes
from workflow.models import Notification, Task

LATER = timedelta(days=1, minutes=5)


@pytest.fixture
def follower(two: LibraryTown) -> Department:
    return DepartmentFactory(region=two.lead.region, name="市数据局")


def led_by(town: LibraryTown, department: Department) -> None:
    catalog.library_lead_set(actor=town.world.reviewer, code=town.library.code, department_code=department.code)


def parts(town: LibraryTown) -> list[Part]:
    return list(parts_of(Composition.objects.get(dataset=town.dataset)))


def asked() -> set[int]:
    return set(Task.objects.filter(kind=leaving.TASK_LEAVE, closed_at=None).values_list("subject_pk", flat=True))


def person(department: Department, role: str = "cataloguer") -> Actor:
    return actor_of(UserFactory(department=department, roles=[role]))


def page_of(town: LibraryTown) -> str:
    return f"/libraries/datasets/{town.dataset.pk}/"


def loaded_by_hand(town: LibraryTown) -> list[str]:
    run = run_upload(
        actor=town.cataloguer, dataset_id=town.dataset.pk, pieces=["身份证号,姓名\n9,己\n".encode()],
        file_name="rows.csv", is_confirmed=True,
    )  # fmt: skip
    work(run)
    return [row["SFZH"] for row in town.rows()]


def test_under_another_lead_nothing_is_chosen_or_read_and_all_can_be_taken_out(
    two: LibraryTown, follower: Department
) -> None:
    two.built()
    led_by(two, follower)
    first, second = parts(two)
    assert asked() == {first.pk, second.pk}
    told = Notification.objects.filter(kind="libraries.part.leave").values_list("user", flat=True)
    assert {two.cataloguer.id, two.head.id} <= set(told)
    provider = two.providers[0]
    mapping = two.mapping(provider.dataset, SFZH="SFZH")
    grant, dataset_id, new = two.grant(provider), two.dataset.pk, person(follower)
    for actor in (two.cataloguer, new):
        refused: list[tuple[type[Exception], Callable[[], object]]] = [
            (NotAllowed, partial(part_add, actor=actor, dataset_id=dataset_id, grant_id=grant.pk, mapping=mapping)),
            (NotAllowed, partial(part_update, actor=actor, part_id=first.pk, mapping=mapping)),
            (NotAllowed, partial(part_move, actor=actor, part_id=second.pk, is_up=True, place=2)),
            (NotAllowed, partial(lineage_set, actor=actor, dataset_id=dataset_id, item="")),
            (InvalidTransition, partial(build_ask, actor=actor, dataset_id=dataset_id)),
        ]
        with nothing_changes():
            for error, act in refused:
                with pytest.raises(error):
                    act()
    stranger = person(two.world.other)
    with nothing_changes():
        with pytest.raises(NotAllowed):
            part_remove(actor=stranger, part_id=first.pk)
        with pytest.raises(NotAllowed):
            build_ask(actor=stranger, dataset_id=two.dataset.pk)
    client = client_of(two.cataloguer)
    shown = text_of(client.get(page_of(two)))
    assert "belong to no library any more" in shown
    assert "Name a source" not in shown
    assert "Build now" not in shown
    assert client.get(f"{page_of(two)}parts/add/").status_code == 403
    assert "does not lead any more" in text_of(client.get(f"/collection/datasets/{two.dataset.pk}/?tab=load"))
    assert client.post(f"/libraries/parts/{first.pk}/remove/").status_code == 302
    part_remove(actor=new, part_id=second.pk)
    assert "Build now" in text_of(client.get(page_of(two)))
    assert client.post(f"{page_of(two)}build/").status_code == 302
    carried_out(build_asked())
    assert two.rows() == []
    leaving.parts_left(dataset_id=two.dataset.pk)
    assert asked() == set()
    assert loaded_by_hand(two) == ["9"]
    assert client.get(page_of(two)).status_code == 404, "nothing of a library is left"


def test_after_a_day_the_platform_takes_out_what_nobody_did(two: LibraryTown, follower: Department) -> None:
    two.built()
    ended = parts(two)[0].grant
    assert ended is not None
    grant_end(actor=two.head, grant_id=ended.pk, reason="purpose_met")
    led_by(two, follower)
    with clock_at(clock.now() + timedelta(hours=20)):
        tasks.builds_catch_up()
        assert (len(parts(two)), len(two.rows())) == (2, 3)
    with clock_at(clock.now() + LATER):
        assert parts_take_out() == 2
        carried_out(build_asked())
        leaving.parts_left(dataset_id=two.dataset.pk)
    assert (two.rows(), asked()) == ([], set())
    two.dataset.versions.filter(superseded_at__isnull=False).update(purged_at=clock.now())
    grant_dispose(actor=two.head, grant_id=ended.pk, note="已销毁")


def test_where_the_lead_is_put_back_nothing_leaves(two: LibraryTown, follower: Department) -> None:
    two.built()
    led_by(two, follower)
    led_by(two, two.lead)
    assert asked() == set()
    with clock_at(clock.now() + LATER):
        assert parts_take_out() == 0
    assert two.built().state == "sent"


def test_a_former_lead_that_no_longer_provides_the_data_can_do_nothing(two: LibraryTown, follower: Department) -> None:
    two.built()
    part = parts(two)[0]
    led_by(two, follower)
    two.entry.department = follower
    two.entry.save(update_fields=["department"])
    with nothing_changes():
        with pytest.raises(NotAllowed):
            part_remove(actor=two.cataloguer, part_id=part.pk)
        with pytest.raises(NotAllowed):
            build_ask(actor=two.head, dataset_id=two.dataset.pk)
    assert get(two.cataloguer, page_of(two)).status_code == 403
    new = person(follower)
    failed = composed(build_ask(actor=new, dataset_id=two.dataset.pk))
    assert "not in force" in failed.message, "another department's grants are not read under"
    for one in parts(two):
        part_remove(actor=new, part_id=one.pk)
    carried_out(build_ask(actor=new, dataset_id=two.dataset.pk))
    assert two.rows() == []


def test_an_entry_that_belongs_to_no_library_any_more_lets_go_of_what_was_built(two: LibraryTown) -> None:
    two.built()
    catalog.entry_revise(actor=two.cataloguer, ref=two.entry.pk)
    catalog.entry_update(
        actor=two.cataloguer, ref=two.entry.pk, fields=FIELDS | {"name": "人口基础信息", "library": ""},
        items=None, edit_version=None,
    )  # fmt: skip
    catalog.entry_submit(actor=two.cataloguer, ref=two.entry.pk)
    for actor in (two.head, two.world.reviewer):
        catalog.entry_approve(actor=actor, ref=two.entry.pk)
    assert asked() == {one.pk for one in parts(two)}
    assert "belong to no library any more" in text_of(get(two.head, page_of(two)))
    for one in parts(two):
        part_remove(actor=two.head, part_id=one.pk)
    assert building.builds_catch_up() == 1, "the night asks where nobody does"
    carried_out(build_asked())
    assert two.rows() == []
    assert loaded_by_hand(two) == ["9"]


def test_what_was_named_and_never_built_is_taken_out_too(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME], "身份证号,姓名\n1,甲\n")
    part = town.part(provider, SFZH="SFZH")
    type(town.library).objects.filter(pk=town.library.pk).update(lead_department=town.world.other)
    assert leaving.left_over_follow() == 1, "a lead that changed before this was asked for is found at night"
    assert leaving.left_over_follow() == 0
    part_remove(actor=town.cataloguer, part_id=part.pk)
    assert asked() == set()
    assert loaded_by_hand(town) == ["9"]


def test_a_build_that_is_under_way_when_the_lead_changes_hands_nothing_over(
    two: LibraryTown, follower: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = build_ask(actor=two.cataloguer, dataset_id=two.dataset.pk)
    real = compose.merged_lines

    def meanwhile(*given: object) -> object:
        yield from real(*given)  # type: ignore[arg-type]
        led_by(two, follower)

    monkeypatch.setattr(compose, "merged_lines", meanwhile)
    assert composed(build).state == "failed"
    build.refresh_from_db()
    assert "belong to no library" in build.message
    assert two.rows() == []


def test_of_data_that_never_were_a_librarys_there_is_no_such_page(two: LibraryTown) -> None:
    provider = two.providers[0]
    assert get(provider.cataloguer, f"/libraries/datasets/{provider.dataset.pk}/").status_code == 404
    with nothing_changes(), pytest.raises(NotVisible):
        build_ask(actor=provider.cataloguer, dataset_id=provider.dataset.pk)
