from typing import Any

import pytest

from audit.models import AuditEvent
from catalog import services
from catalog.models import Entry, Item, Revision, RevisionItem
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation, StaleEdit
from tests.factories.catalog import FIELDS, ITEMS, CatalogWorld


def names(revision: Revision | None) -> list[str]:
    return list(RevisionItem.objects.filter(revision=revision).order_by("position").values_list("name", flat=True))


def identities(revision: Revision | None) -> dict[str, Any]:
    return dict(RevisionItem.objects.filter(revision=revision).values_list("field_name", "item_id"))


def test_a_draft_takes_the_defaults_of_the_standard(world: CatalogWorld) -> None:
    entry = services.entry_create(actor=world.cataloguer, fields={"name": "草稿", "format_class": "spreadsheet"})
    revision = entry.working_revision
    assert revision is not None
    assert (revision.secrecy, revision.opening, revision.sharing_method) == ("none", "closed", "platform_file")
    assert (entry.status, entry.code, entry.department) == ("draft", None, world.provider)


def test_only_a_cataloguer_files(world: CatalogWorld) -> None:
    for actor in (world.head, world.reviewer, world.colleague, world.sysadmin, world.secadmin, world.auditor):
        with pytest.raises(NotAllowed):
            services.entry_create(actor=actor, fields=FIELDS)
    assert not Entry.objects.exists()
    assert not AuditEvent.objects.filter(action="catalog.entry.create").exists()


def test_nobody_files_for_another_department(world: CatalogWorld) -> None:
    with pytest.raises(NotAllowed):
        services.entry_create(actor=world.cataloguer, fields=FIELDS, department_code=world.other.code)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("category", "999999"), ("library", "none"), ("source_system", "没有的系统"), ("related", ["999999"])],
)
def test_an_unknown_reference_is_refused_and_nothing_saved(world: CatalogWorld, field: str, value: Any) -> None:
    with pytest.raises(RuleViolation) as refused:
        world.entry(**{field: value})
    assert refused.value.errors[0].field.startswith(field)
    assert not Entry.objects.exists()


def test_a_rename_keeps_the_identity_of_an_item(world: CatalogWorld) -> None:
    entry = world.published()
    before = identities(entry.published_revision)
    renamed = [{**item, "name": f"{item['name']}（新）"} for item in ITEMS]
    entry = services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=renamed)
    assert identities(entry.working_revision) == before
    assert names(entry.published_revision) == [item["name"] for item in ITEMS]


def test_an_id_keeps_the_identity_through_a_new_field_name(world: CatalogWorld) -> None:
    entry = world.published()
    before = identities(entry.published_revision)
    items: list[dict[str, Any]] = [{"id": str(before["XM"]), "name": "姓名", "field_name": "XINGMING"}]
    entry = services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=items)
    assert identities(entry.working_revision) == {"XINGMING": before["XM"]}
    row = RevisionItem.objects.get(revision=entry.working_revision)
    assert (row.is_sensitive, row.mask, row.length) == (True, "name", 50), "left-out fields keep their value"


def test_an_item_that_comes_back_has_its_old_identity(world: CatalogWorld) -> None:
    entry = world.published()
    before = identities(entry.published_revision)
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=ITEMS[:2])
    entry = services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={}, items=ITEMS)
    assert identities(entry.working_revision) == before


def test_an_item_of_another_entry_is_refused(world: CatalogWorld) -> None:
    foreign = identities(world.published().published_revision)["XM"]
    entry = world.entry(name="另一个")
    with pytest.raises(RuleViolation) as refused:
        services.entry_update(
            actor=world.cataloguer, ref=entry.pk, fields={}, items=[{"id": str(foreign), "name": "姓名"}]
        )
    assert refused.value.errors[0].field == "items[0].id"
    assert names(entry.working_revision) == [item["name"] for item in ITEMS]


def test_the_same_id_twice_is_refused(world: CatalogWorld) -> None:
    entry = world.entry()
    identity = str(identities(entry.working_revision)["XM"])
    with pytest.raises(RuleViolation):
        services.entry_update(
            actor=world.cataloguer,
            ref=entry.pk,
            fields={},
            items=[{"id": identity, "name": "甲"}, {"id": identity, "name": "乙"}],
        )
    assert Item.objects.filter(entry=entry).count() == len(ITEMS)


def test_an_edit_of_a_published_entry_leaves_the_published_one_as_it_is(world: CatalogWorld) -> None:
    entry = world.published()
    published = entry.published_revision
    assert published is not None
    entry = services.entry_update(actor=world.cataloguer, ref=entry.ref, fields={"name": "新名称"})
    published.refresh_from_db()
    assert published.name == FIELDS["name"]
    assert entry.status == "published"
    assert entry.working_revision is not None
    assert (entry.working_revision.number, entry.working_revision.name) == (2, "新名称")


def test_a_stale_edit_is_refused_and_overwrites_nothing(world: CatalogWorld) -> None:
    entry = world.entry()
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "先来"}, edit_version=1)
    with pytest.raises(StaleEdit):
        services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "后到"}, edit_version=1)
    entry.refresh_from_db()
    assert str(Entry.objects.get(pk=entry.pk)) == "先来"


def test_a_submitted_entry_cannot_be_edited(world: CatalogWorld) -> None:
    entry = world.submitted()
    with pytest.raises(InvalidTransition):
        services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"name": "改"})


def test_a_draft_that_was_never_submitted_can_be_discarded_whole(world: CatalogWorld) -> None:
    entry = world.entry()
    assert services.entry_discard(actor=world.cataloguer, ref=entry.pk) is None
    assert not Entry.objects.exists()
    assert AuditEvent.objects.filter(action="catalog.entry.discard").exists()


def test_an_entry_with_a_code_cannot_be_discarded(world: CatalogWorld) -> None:
    entry = world.returned()
    with pytest.raises(InvalidTransition):
        services.entry_discard(actor=world.cataloguer, ref=entry.pk)


def test_discarding_a_revision_leaves_the_published_one(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_revise(actor=world.cataloguer, ref=entry.ref)
    left = services.entry_discard(actor=world.cataloguer, ref=entry.ref)
    assert left is not None
    assert left.working_revision is None
    assert Revision.objects.filter(entry=entry).count() == 1


def test_another_department_does_not_see_a_draft(world: CatalogWorld) -> None:
    entry = world.entry()
    for actor in (world.other_cataloguer, world.other_head, world.reviewer, world.colleague, world.sysadmin):
        with pytest.raises(NotVisible):
            services.entry_update(actor=actor, ref=entry.pk, fields={"name": "改"})
    assert str(Entry.objects.get(pk=entry.pk)) == FIELDS["name"]


def test_another_department_may_not_revise_a_published_entry(world: CatalogWorld) -> None:
    entry = world.published()
    for actor in (world.other_cataloguer, world.reviewer, world.head, world.auditor):
        with pytest.raises(NotAllowed):
            services.entry_revise(actor=actor, ref=entry.ref)
    assert Revision.objects.filter(entry=entry).count() == 1


def test_a_published_revision_cannot_be_changed_in_the_database(world: CatalogWorld) -> None:
    from django.db import IntegrityError, transaction

    entry = world.published()
    published = Revision.objects.filter(pk=entry.published_revision_id)
    rows = RevisionItem.objects.filter(revision_id=entry.published_revision_id)
    for forbidden in (
        lambda: published.update(name="改"),
        lambda: published.update(status="draft"),
        published.delete,
        lambda: rows.update(name="改"),
        lambda: rows.filter(position=1).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()
    assert published.get().name == FIELDS["name"]
