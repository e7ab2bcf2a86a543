"""Staff of contractors: they work on named data, until a day, and on nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import InformationSystem, User
from accounts.services import system_retire
from audit.models import AuditEvent
from catalog import policies as catalog_policies
from catalog import services as catalog
from catalog.services import entry_create, entry_update, entry_withdraw
from catalog.services.step import TASK_CORRECT
from collection import duty_policies, policies, services
from collection.models import Assignment, Dataset
from collection.policies import preview_entitlement
from collection.selectors.assignment import people_to_tell
from collection.selectors.dataset import columns_of_dataset, own_datasets
from collection.selectors.erasure import erasure_list_for
from collection.selectors.run import run_list_for
from collection.selectors.source import source_list_for
from collection.services.assignment import assignment_add, assignment_end
from collection.services.quality_task import TASK
from core import clock
from core.actors import Actor
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from core.testing import clock_at
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_quality_runs import item
from tests.collection.worker import run_of
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.catalog import ITEMS
from tests.unchanged import nothing_changes
from workflow.choices import ClockKey
from workflow.selectors.clock import clocks_visible_to
from workflow.selectors.people import role_holder_ids
from workflow.selectors.task import tasks_for
from workflow.services.clock import clock_start
from workflow.services.task import task_open


def staff_of(town: Town) -> Actor:
    return actor_of(UserFactory(department=town.world.provider, roles=["cataloguer"], contractor=True))


def named(town: Town, who: Actor, days: int = 7) -> Assignment:
    assert who.id is not None
    return assignment_add(
        actor=town.world.head,
        entry_ref=town.entry.pk,
        user_id=who.id,
        until=clock.today() + timedelta(days=days),
    )


SETTINGS = {"url": "http://data.example/"}


def refused_deciding(town: Town, staff: Actor) -> None:
    """See that everything is refused but loading and correcting."""
    at = {"actor": staff, "dataset_id": town.dataset.pk}
    regex = {"kind": "regex", "severity": "warn", "item": item(town, "身份证号"), "pattern": "(?!990102199001011234).*"}
    fields = services.SourceFields(name="接口", settings=SETTINGS)
    for refused in (
        lambda: services.quality_rule_add(**at, fields=regex),
        lambda: services.quality_rule_try(**at, fields=regex),
        lambda: services.quality_limit_set(**at, limit=90),
        lambda: services.source_add(**at, kind="http", fields=fields),
        lambda: services.dataset_hook(actor=staff, ref=town.entry.pk, name="另一份"),
        lambda: services.dataset_update(**at, fields={"default_mode": "append"}),
        lambda: services.dataset_retire(**at, reason="弃用"),
        lambda: services.files_remove(**at, file_ids=[1]),
        lambda: services.files_return(**at, number=1),
        lambda: services.run_rollback(**at, number=1),
    ):
        with nothing_changes(), pytest.raises(NotAllowed):
            refused()


def refused_everything(town: Town, staff: Actor) -> None:
    dataset = town.dataset
    with nothing_changes(), pytest.raises(NotAllowed):
        services.run_upload(actor=staff, dataset_id=dataset.pk, pieces=[HEADER.encode()], file_name="a.csv")
    refused_deciding(town, staff)
    assert preview_entitlement(staff, dataset, columns_of_dataset(dataset)) is None
    for found in (own_datasets(staff), run_list_for(staff), source_list_for(staff), erasure_list_for(staff)):
        assert not found.exists()
    assert not policies.can_see_runs(staff, town.entry)
    assert not policies.can_see_quality(staff, town.entry)
    assert not policies.can_see_sources(staff, town.entry)


def test_staff_of_a_contractor_work_on_named_data_alone(three: Town) -> None:
    staff = staff_of(three)
    refused_everything(three, staff)
    one = named(three, staff)
    assert list(own_datasets(staff)) == [three.dataset]
    run = services.run_upload(actor=staff, dataset_id=three.dataset.pk, pieces=[HEADER.encode()], file_name="a.csv")
    assert run in run_list_for(staff)
    entitlement = preview_entitlement(staff, three.dataset, columns_of_dataset(three.dataset))
    assert entitlement is not None
    assert entitlement.masks
    other = three.world.published(name="别的目录")
    hidden = services.dataset_hook(actor=three.cataloguer, ref=other.pk, name="别的数据")
    with pytest.raises(NotAllowed):
        services.run_upload(actor=staff, dataset_id=hidden.pk, pieces=[b""], file_name="a.csv")
    assignment_end(actor=three.world.head, entry_ref=three.entry.pk, assignment_id=one.pk)
    refused_everything(three, staff)
    told = AuditEvent.objects.filter(action__startswith="collection.assignment").order_by("pk")
    assert [one.action for one in told] == ["collection.assignment.add", "collection.assignment.end"]


def test_staff_of_a_contractor_load_and_correct_and_decide_nothing(three: Town) -> None:
    staff = staff_of(three)
    source = services.source_add(
        actor=three.cataloguer, dataset_id=three.dataset.pk, kind="http",
        fields=services.SourceFields(name="接口", settings=SETTINGS),
    )  # fmt: skip
    rule = services.quality_rule_add(
        actor=three.cataloguer, dataset_id=three.dataset.pk,
        fields={"kind": "unique", "severity": "warn", "item": item(three, "对象编号")},
    )  # fmt: skip
    named(three, staff)
    refused_deciding(three, staff)
    # What a draft would do to the rows tells of values too.
    ids = {one.name: one.item for one in columns_of_dataset(three.dataset)}
    items = [one | {"id": ids[one["name"]]} for one in ITEMS]
    items[2] |= {"length": 5}
    catalog.entry_update(actor=three.cataloguer, ref=three.entry.pk, fields={}, items=items)
    for refused in (
        lambda: services.source_update(
            actor=staff, source_id=source.pk, edit_version=source.edit_version,
            fields=services.SourceFields(name="接口", settings=SETTINGS | {"method": "GET"}),
        ),
        lambda: services.source_run(actor=staff, source_id=source.pk),
        lambda: services.source_try(actor=staff, source_id=source.pk),
        lambda: services.source_pause(actor=staff, source_id=source.pk),
        lambda: services.source_retire(actor=staff, source_id=source.pk),
        lambda: services.quality_rule_remove(actor=staff, rule_id=rule.pk),
        lambda: services.quality_rule_replace(actor=staff, rule_id=rule.pk, fields={"severity": "note"}),
    ):  # fmt: skip
        with nothing_changes(), pytest.raises(NotAllowed):
            refused()
    assert not source_list_for(staff).exists()
    assert not policies.can_refer(staff, three.dataset, three.dataset, columns_of_dataset(three.dataset)[0])
    page = get(staff, f"/collection/datasets/{three.dataset.pk}/").content.decode()
    assert "tab=settings" not in page
    assert "tab=sources" not in page
    assert "tab=outlook" not in page
    assert "tab=outlook" in get(three.cataloguer, f"/collection/datasets/{three.dataset.pk}/").content.decode()
    assert reverse("collection:run_upload", args=[three.dataset.pk]) in page
    Dataset.objects.update(reject_limit_percent=100)
    rejected = run_of(three.dataset, staff, HEADER + "".join(ROWS) + "0002,赵六,990102198505054321,1,2026-02-06\n")
    assert rejected.rows_rejected == 1
    run = services.run_resubmit(actor=staff, run_id=rejected.pk, pieces=[HEADER.encode()], file_name="b.csv")
    assert run.asked_by_id == staff.id


def test_what_contractor_staff_say_of_columns_is_for_their_own_files(three: Town) -> None:
    """Who says which column fills which item could have a masked one shown in another that is not."""
    staff = staff_of(three)
    named(three, staff)
    mapping = {"编号": item(three, "对象编号"), "证件": item(three, "姓名")}
    waiting = three.send("编号,证件\n0009,990102199001019999\n")
    assert waiting.state == "waiting"
    for answer in (
        lambda: services.run_confirm(actor=staff, run_id=waiting.pk, layout=waiting.layout, mapping=mapping),
        lambda: services.run_cancel(actor=staff, run_id=waiting.pk),
    ):
        with nothing_changes(), pytest.raises(NotAllowed):
            answer()
    services.run_cancel(actor=three.cataloguer, run_id=waiting.pk)
    own = run_of(three.dataset, staff, "编号,证件\n0009,990102199001019999\n")
    assert own.state == "waiting"
    before = three.dataset.mapping
    services.run_confirm(actor=staff, run_id=own.pk, layout=own.layout, mapping=mapping, mode="upsert")
    own = three.work(own)
    assert own.state == "succeeded", own.message
    assert three.dataset.mapping == before


def test_the_work_ends_with_its_last_day_and_with_a_move(three: Town) -> None:
    staff = staff_of(three)
    with clock_at("2026-12-01 09:00") as now:
        named(three, staff, days=1)
        now.move_to("2026-12-02 23:59")
        assert policies.can_load_dataset(staff, three.entry)
        now.move_to("2026-12-03 00:00")
        refused_everything(three, staff)
        named(three, staff, days=1)
        assert Assignment.objects.count() == 1
        assert policies.can_load_dataset(staff, three.entry)
    User.objects.filter(pk=staff.id).update(department=DepartmentFactory())
    assert not policies.can_load_dataset(actor_of(User.objects.get(pk=staff.id)), three.entry)


def test_only_the_head_names_and_only_contractors_of_the_department(three: Town) -> None:
    staff = staff_of(three)
    assert staff.id is not None
    day = clock.today()
    strangers = (three.cataloguer, staff, three.world.reviewer, three.world.auditor, three.world.other_head)
    with nothing_changes():
        for actor in strangers:
            with pytest.raises(NotAllowed):
                assignment_add(actor=actor, entry_ref=three.entry.pk, user_id=staff.id, until=day)
    elsewhere = UserFactory(department=three.world.other, roles=["cataloguer"], contractor=True)
    own = three.cataloguer.id
    without_role = UserFactory(department=three.world.provider, contractor=True)
    with nothing_changes():
        for user_id in (elsewhere.pk, own, without_role.pk, 0):
            with pytest.raises(RuleViolation):
                assignment_add(actor=three.world.head, entry_ref=three.entry.pk, user_id=user_id, until=day)  # type: ignore[arg-type]
        with pytest.raises(RuleViolation):
            named(three, staff, days=-1)
    one = named(three, staff)
    with nothing_changes():
        for actor in strangers:
            with pytest.raises(NotAllowed):
                assignment_end(actor=actor, entry_ref=three.entry.pk, assignment_id=one.pk)
        with pytest.raises(NotVisible):
            assignment_end(actor=three.world.head, entry_ref=three.entry.pk, assignment_id=one.pk + 1)


def test_staff_of_a_contractor_file_no_duties_and_see_no_erasures(three: Town) -> None:
    staff = staff_of(three)
    named(three, staff)
    assert not duty_policies.can_create_duty(staff)
    assert not duty_policies.can_see_erasures(staff, three.dataset)
    assert not duty_policies.can_ask_erasure(staff, three.dataset)
    assert get(staff, reverse("collection:erasure_list")).status_code == 403


def test_a_page_on_which_nobody_can_be_named_says_who_must_do_what(three: Town) -> None:
    page = get(three.world.head, f"/collection/contractors/{three.entry.ref}/")
    assert "The system administrator opens an account" in text_of(page)
    assert 'name="until"' not in page.content.decode()


def test_the_page_names_and_ends(three: Town) -> None:
    staff = staff_of(three)
    dataset, page = f"/collection/datasets/{three.dataset.pk}/", f"/collection/contractors/{three.entry.ref}/"
    assert page in get(three.world.head, dataset).content.decode()
    assert page not in get(three.cataloguer, dataset).content.decode()
    head = client_of(three.world.head)
    assert head.post(page, {"user": staff.id, "until": "2020-01-01"}).status_code == 422
    assert head.post(page, {"user": staff.id, "until": "2099-01-01"}).status_code == 302
    assert "2099-01-01" in text_of(head.get(page))
    one = Assignment.objects.get()
    assert head.post(f"{page}{one.pk}/end/").status_code == 302
    assert not policies.can_load_dataset(staff, three.entry)
    assert "ended" in text_of(head.get(page))


def test_staff_of_a_contractor_edit_named_entries_alone_and_open_none(three: Town) -> None:
    staff, entry = staff_of(three), three.entry
    with nothing_changes():
        with pytest.raises(NotAllowed, match="for which they are named"):
            entry_update(actor=staff, ref=entry.pk, fields={"summary": "改"})
        with pytest.raises(NotAllowed):
            entry_withdraw(actor=staff, ref=entry.pk, reason="停用")
        with pytest.raises(NotAllowed, match="open and import no entries"):
            entry_create(actor=staff, fields={"name": "新目录"})
    assert not catalog_policies.allowed_actions(staff, entry)
    assert not catalog_policies.can_record_duty_change_for(staff, entry)
    assert client_of(staff).get(f"/catalog/{entry.ref}/edit/").status_code == 403
    named(three, staff)
    assert catalog_policies.allowed_actions(staff, entry)
    entry_update(actor=staff, ref=entry.pk, fields={"summary": "改"})
    other = three.world.published(name="别的目录")
    with nothing_changes(), pytest.raises(NotAllowed):
        entry_update(actor=staff, ref=other.pk, fields={"summary": "改"})


def test_work_and_news_reach_staff_of_a_contractor_for_named_entries_alone(three: Town) -> None:
    staff, entry = staff_of(three), three.entry
    own = three.cataloguer.id
    for kind in (TASK_CORRECT, "sharing.request.deliver"):
        task_open(kind=kind, subject=entry, title="目录", department_id=entry.department_id, role="cataloguer")
    shortfall = three.dataset
    task_open(kind=TASK, subject=shortfall, title="数据", department_id=entry.department_id, role="cataloguer")
    assert tasks_for(three.cataloguer).count() == 3
    assert not tasks_for(staff).exists()
    assert staff.id not in role_holder_ids(entry.department_id, ["cataloguer"])
    assert people_to_tell(entry, ["cataloguer"]) == {own}
    named(three, staff)
    assert {one.kind for one in tasks_for(staff)} == {TASK_CORRECT}  # how good data are they are not told
    assert people_to_tell(entry, ["cataloguer"]) == {own, staff.id}
    assert people_to_tell(entry, ["head"]) == {three.world.head.id}
    other = three.world.published(name="别的目录")
    assert staff.id not in people_to_tell(other, ["cataloguer"])


def test_staff_of_a_contractor_see_the_time_limits_of_their_own_tasks_alone(three: Town) -> None:
    staff, entry = staff_of(three), three.entry
    clock_start(
        actor=three.cataloguer, policy_key=ClockKey.CORRECTION, subject=entry,
        department_id=entry.department_id, region_id=entry.department.region_id,
    )  # fmt: skip
    assert clocks_visible_to(three.cataloguer).exists()
    assert not clocks_visible_to(staff).exists()
    assert str(entry) not in text_of(get(staff, reverse("workflow:clock_list")))


def test_staff_of_a_contractor_keep_no_systems_of_the_department(three: Town) -> None:
    system, staff = InformationSystem.objects.create(department=three.world.provider, name="业务系统"), staff_of(three)
    with nothing_changes(), pytest.raises(NotAllowed):
        system_retire(actor=staff, system_id=system.pk)
