"""Keeping the classification tree and the libraries."""

import pytest

from audit.models import AuditEvent
from catalog import policies, selectors, services
from catalog.models import Category, Library
from core.actors import PUBLIC
from core.exceptions import NotAllowed, NotVisible, RuleViolation
from tests.factories.accounts import UserFactory, actor_of
from tests.factories.catalog import CatalogWorld
from tests.unchanged import nothing_changes


@pytest.fixture
def library(db: None) -> Library:
    return Library.objects.create(code="population", name="人口基础库", kind="base")


@pytest.mark.parametrize(
    ("parent", "digits", "code", "level"),
    [("3", "09", "309", "group"), ("307", "999", "307999", "order"), ("307013", "1", "3070131", "suborder")],
)
def test_a_category_takes_the_code_above_and_its_own_digits(
    world: CatalogWorld, parent: str, digits: str, code: str, level: str
) -> None:
    made = services.category_create(actor=world.reviewer, parent_code=parent, digits=digits, name=" 新分类 ")
    assert (made.code, made.level, made.name, made.parent.code if made.parent else "") == (
        code,
        level,
        "新分类",
        parent,
    )
    assert AuditEvent.objects.filter(action="catalog.category.create", object_pk=str(made.pk)).exists()


@pytest.mark.parametrize(
    ("parent", "digits", "name", "fields"),
    [
        ("3", "9", "新分类", ["digits"]),
        ("307", "9999", "新分类", ["digits"]),
        ("307", "abc", "新分类", ["digits"]),
        ("307", "013", "新分类", ["digits"]),
        ("307", "", " ", ["digits", "name"]),
    ],
)
def test_codes_that_do_not_fit_or_exist_are_refused(
    world: CatalogWorld, parent: str, digits: str, name: str, fields: list[str]
) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.category_create(actor=world.reviewer, parent_code=parent, digits=digits, name=name)
    assert [error.field for error in refused.value.errors] == fields


def test_nothing_stands_below_a_suborder_or_below_nothing(world: CatalogWorld) -> None:
    made = services.category_create(actor=world.reviewer, parent_code="307013", digits="1", name="细目")
    with pytest.raises(RuleViolation):
        services.category_create(actor=world.reviewer, parent_code=made.code, digits="1", name="更细")
    with pytest.raises(NotVisible):
        services.category_create(actor=world.reviewer, parent_code="999", digits="01", name="无")


def test_only_the_authoritys_reviewers_keep_it(world: CatalogWorld, library: Library) -> None:
    with nothing_changes():
        for actor in (world.cataloguer, world.head, world.other_head, world.sysadmin, world.auditor, PUBLIC):
            with pytest.raises(NotAllowed):
                services.category_create(actor=actor, parent_code="307", digits="999", name="新分类")
            with pytest.raises(NotAllowed):
                services.category_edit(actor=actor, code="307013", name="改名", is_active=True)
            with pytest.raises(NotAllowed):
                services.library_create(actor=actor, code="social-relief", name="社会救助主题库")
            with pytest.raises(NotAllowed):
                services.library_lead_set(actor=actor, code=library.code, department_code=world.provider.code)


def test_a_renamed_category_keeps_code_and_entries(world: CatalogWorld) -> None:
    entry = world.published()
    services.category_edit(actor=world.reviewer, code="307013", name="民政事务", is_active=True)
    seen = selectors.entry_get_for(world.other_cataloguer, entry.pk)
    assert seen.published_revision is not None
    assert str(seen.published_revision.category) == "307013 民政事务"
    with pytest.raises(RuleViolation):
        services.category_edit(actor=world.reviewer, code="307013", name=" ", is_active=True)


def test_closing_a_branch_closes_what_stands_below_it(world: CatalogWorld) -> None:
    entry = world.entry()
    services.category_edit(actor=world.reviewer, code="307", name="各级政务部门", is_active=False)
    assert not Category.objects.get(code="307013").is_active
    event = AuditEvent.objects.get(action="catalog.category.edit")
    assert event.after["closed_below"] == ["307013"]
    with pytest.raises(RuleViolation) as refused:
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert [error.field for error in refused.value.errors] == ["category"]
    services.category_edit(actor=world.reviewer, code="307013", name="民政", is_active=True)
    services.entry_submit(actor=world.cataloguer, ref=entry.pk)


# --- Libraries -------------------------------------------------------------------------------------------------------


def test_only_the_lead_department_edits_its_library(world: CatalogWorld, library: Library) -> None:
    everybody = (world.cataloguer, world.head, world.other_cataloguer, world.reviewer, world.colleague, PUBLIC)

    def editors() -> list[object]:
        return [actor for actor in everybody if policies.can_edit_library(actor, library)]

    assert editors() == []
    services.library_lead_set(actor=world.reviewer, code=library.code, department_code=world.provider.code)
    assert editors() == [world.cataloguer, world.head]
    services.library_edit(actor=world.cataloguer, code=library.code, name="人口库", description="  说明 ")
    library.refresh_from_db()
    assert (library.name, library.description) == ("人口库", "说明")

    services.library_lead_set(actor=world.reviewer, code=library.code, department_code=world.other.code)
    assert editors() == [world.other_cataloguer]
    with nothing_changes(), pytest.raises(NotAllowed):
        services.library_edit(actor=world.head, code=library.code, name="夺回", description="")


def test_a_contractor_of_the_lead_department_without_a_role_does_not_edit(
    world: CatalogWorld, library: Library
) -> None:
    services.library_lead_set(actor=world.reviewer, code=library.code, department_code=world.provider.code)
    stranger = actor_of(UserFactory(department=world.provider, contractor=True))
    assert not policies.can_edit_library(stranger, library)


def test_the_lead_has_to_be_a_living_department(world: CatalogWorld, library: Library) -> None:
    with nothing_changes(), pytest.raises(RuleViolation):
        services.library_lead_set(actor=world.reviewer, code=library.code, department_code="nobody")
    with pytest.raises(NotVisible):
        services.library_lead_set(actor=world.reviewer, code="nothing", department_code=world.provider.code)


@pytest.mark.parametrize(
    ("code", "name", "fields"),
    [("Social", "名称", ["code"]), ("", "名称", ["code"]), ("population", "名称", ["code"]), ("ok", " ", ["name"])],
)
def test_a_theme_library_needs_a_code_of_its_own_and_a_name(
    world: CatalogWorld, library: Library, code: str, name: str, fields: list[str]
) -> None:
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        services.library_create(actor=world.reviewer, code=code, name=name)
    assert [error.field for error in refused.value.errors] == fields


def test_a_theme_library_is_set_up(world: CatalogWorld) -> None:
    made = services.library_create(actor=world.reviewer, code="social-relief", name="社会救助主题库")
    assert (made.kind, made.lead_department_id) == ("theme", None)
    assert AuditEvent.objects.filter(action="catalog.library.create").count() == 1
