"""The pages of library datasets, as those use them who keep them."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collection import services as collecting
from collection.models import Erasure
from collection.selectors import columns_wanted
from collection.services import dataset_hook
from core import clock
from core.exceptions import InvalidTransition, RuleViolation
from libraries.models import Build, Composition, Part
from libraries.selectors import parts_of
from libraries.services.part import lineage_set, part_remove, part_update
from libraries.views import dataset as dataset_views
from sharing.models import Grant
from sharing.services.grant import grant_end, grant_suspend
from tests.catalog.views.reader import client_of, get, text_of
from tests.collection.sources import fields
from tests.collection.worker import run_of
from tests.libraries.conftest import AID, AMOUNT, KEY, NAME, PEOPLE, LibraryTown, carried_out, filed, part_answer
from tests.sharing.factories import items_named
from tests.unchanged import nothing_changes


def page_of(town: LibraryTown) -> str:
    return f"/libraries/datasets/{town.dataset.pk}/"


def test_from_the_dataset_to_a_first_build_by_the_pages_alone(town: LibraryTown) -> None:
    provider = town.provider([KEY, NAME, AMOUNT], "身份证号,姓名,金额\n1,王小明,5\n")
    grant = town.grant(provider, masks={"XM": "name", "JE": "text"})
    client = client_of(town.cataloguer)
    beside = client.get(f"/collection/datasets/{town.dataset.pk}/")
    assert f'href="{page_of(town)}"' in beside.content.decode()
    assert "No source yet" in text_of(client.get(page_of(town)))
    chosen = client.get(f"{page_of(town)}parts/add/")
    assert f"?grant={grant.pk}" in chosen.content.decode()
    form = client.get(f"{page_of(town)}parts/add/?grant={grant.pk}")
    fields = form.context["form"].fields
    key, name, amount = items_named(town.dataset, ["SFZH", "XM", "JE"])
    assert [fields[one].initial for one in (key, name)] == items_named(provider.dataset, ["SFZH", "XM"])
    # An amount that is masked is a text, which is no amount.
    assert fields[amount].choices == [("", "Not filled")]
    assert "姓名 (masked)" in [label for _value, label in fields[name].choices]
    assert "姓名 (masked)" not in [label for _value, label in fields[key].choices]
    refused = client.post(f"{page_of(town)}parts/add/?grant={grant.pk}", {name: fields[name].initial})
    assert refused.status_code == 422
    sent = {one: fields[one].initial for one in (key, name)}
    saved = client.post(f"{page_of(town)}parts/add/?grant={grant.pk}", sent)
    assert saved.headers["Location"] == page_of(town)
    part_answer(actor=provider.head, part_id=Part.objects.get(composition__dataset=town.dataset).pk, is_agreed=True)
    assert client.post(f"{page_of(town)}build/").status_code == 302
    shown = text_of(client.get(page_of(town)))
    assert "Waiting" in shown
    assert "Build now" not in shown
    carried_out(Build.objects.get())
    assert [row["XM"] for row in town.rows()] == ["王**"]
    shown = text_of(client.get(page_of(town)))
    assert "Last build" in shown
    assert "Build now" in shown


def test_own_data_are_offered_and_named_without_a_grant(town: LibraryTown) -> None:
    cataloguer, _head, entry = filed(town.world, town.lead, [KEY, NAME], "自有信息")
    own = dataset_hook(actor=cataloguer, ref=entry.pk, name="自有信息")
    run_of(own, cataloguer, "身份证号,姓名\n1,甲\n")
    client = client_of(town.cataloguer)
    assert f"?own={own.pk}" in client.get(f"{page_of(town)}parts/add/").content.decode()
    address = f"{page_of(town)}parts/add/?own={own.pk}"
    fields = client.get(address).context["form"].fields
    assert client.post(address, {one: field.initial for one, field in fields.items()}).status_code == 302
    assert "Own data" in text_of(client.get(page_of(town)))
    assert client.get(f"/libraries/parts/{Part.objects.get(composition__dataset=town.dataset).pk}/").status_code == 200
    assert f"?own={own.pk}" not in client.get(f"{page_of(town)}parts/add/").content.decode()


def test_what_the_last_build_found_is_shown(two: LibraryTown) -> None:
    two.built()
    shown = text_of(get(two.head, page_of(two)))
    assert "In several sources 1" in shown
    assert "Rows in which sources say different things 姓名 1" in shown


def test_sources_are_ordered_changed_and_removed(two: LibraryTown) -> None:
    client = client_of(two.head)
    composition = Composition.objects.get(dataset=two.dataset)
    first, second = parts_of(composition)
    assert client.post(f"/libraries/parts/{second.pk}/up/", {"place": "2"}).headers["Location"] == page_of(two)
    assert [one.pk for one in parts_of(composition)] == [second.pk, first.pk]
    assert client.post(f"/libraries/parts/{second.pk}/sideways/").status_code == 404
    form = client.get(f"/libraries/parts/{first.pk}/").context["form"]
    assert {name: field.initial for name, field in form.fields.items() if field.initial} == first.mapping
    (key,) = items_named(two.dataset, ["SFZH"])
    assert client.post(f"/libraries/parts/{first.pk}/", {key: first.mapping[key]}).status_code == 302
    assert Part.objects.get(pk=first.pk).mapping == {key: first.mapping[key]}
    assert client.post(f"/libraries/parts/{first.pk}/remove/").status_code == 302
    assert client.get(f"/libraries/parts/{first.pk}/").status_code == 404
    again = client.post(f"/libraries/parts/{first.pk}/remove/", follow=True)
    assert "was removed already" in text_of(again), "a second click"


def test_the_item_of_sources_is_chosen_and_a_wrong_one_said_at_its_field(two: LibraryTown) -> None:
    client = client_of(two.cataloguer)
    sources, name = items_named(two.dataset, ["LY", "XM"])
    refused = client.post(f"{page_of(two)}lineage/", {"lineage_item": name})
    assert refused.status_code == 422
    assert "A source fills this item" in text_of(refused)
    assert client.post(f"{page_of(two)}lineage/", {"lineage_item": "nothing"}).status_code == 422
    assert client.post(f"{page_of(two)}lineage/", {"lineage_item": sources}).status_code == 302
    assert Composition.objects.get(dataset=two.dataset).lineage_item == sources
    form = client.get(f"/libraries/parts/{parts_of(Composition.objects.get(dataset=two.dataset))[0].pk}/").context[
        "form"
    ]
    assert sources not in form.fields


def test_a_grant_that_is_not_in_force_is_said_with_what_to_do(two: LibraryTown) -> None:
    two.built()
    provider = two.providers[1]
    part = parts_of(Composition.objects.get(dataset=two.dataset))[1]
    grant_suspend(actor=provider.head, grant_id=part.grant_id, reason="异常")
    client = client_of(two.cataloguer)
    assert "Suspended" in text_of(client.get(page_of(two)))
    moved = client.get(f"/libraries/parts/{part.pk}/", follow=True)
    assert "can only be moved or removed" in text_of(moved)
    two.built()
    shown = text_of(client.get(page_of(two)))
    assert "The last build failed" in shown
    assert str(provider.dataset) in shown
    grant_end(actor=two.head, grant_id=part.grant_id, reason="purpose_met", note="", disposal_demand="")
    assert "Its rows have to be disposed of" in text_of(client.get(page_of(two)))


def test_a_dataset_that_is_behind_its_sources_says_why(two: LibraryTown) -> None:
    two.built()
    assert "behind its sources" not in text_of(get(two.head, page_of(two)))
    two.providers[0].load(PEOPLE + "1,甲,\n")
    assert "behind its sources" in text_of(get(two.head, page_of(two)))


def test_a_build_in_words_of_refusal(town: LibraryTown) -> None:
    answer = client_of(town.cataloguer).post(f"{page_of(town)}build/", follow=True)
    assert "Name the sources first." in text_of(answer)


def test_the_grant_says_what_is_built_from_it_and_when_it_was_read(two: LibraryTown) -> None:
    two.built()
    grant = Grant.objects.get(dataset=two.providers[0].dataset)
    for actor in (two.cataloguer, two.providers[0].head, two.world.auditor):
        assert "Built from it 人口基础信息" in text_of(get(actor, f"/sharing/grants/{grant.pk}/"))
    use = text_of(get(two.providers[0].head, f"/sharing/grants/{grant.pk}/use/"))
    assert "Day Pulls For libraries Rows" in use
    assert f"{clock.today().isoformat()} 1 1 " in use


def test_others_are_shown_nothing_of_the_sources(two: LibraryTown) -> None:
    provider = two.providers[0]
    for actor in (provider.cataloguer, two.world.reviewer):
        assert get(actor, page_of(two)).status_code == 403
        beside = get(actor, f"/collection/datasets/{two.dataset.pk}/")
        assert beside.status_code == 200
        assert page_of(two) not in beside.content.decode()
    assert get(provider.cataloguer, f"/libraries/datasets/{provider.dataset.pk}/").status_code == 404


def test_hostile_addresses_are_answered(two: LibraryTown) -> None:
    client = client_of(two.cataloguer)
    for number in ("", "x", "-1", "9" * 40, "²", "%00"):
        assert client.get(f"{page_of(two)}parts/add/?grant={number}").status_code == 200


def test_pages_cost_the_same_with_many_sources_and_builds(
    two: LibraryTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    provider = two.providers[0]
    for _turn in range(6):
        two.part(provider, two.grant(provider), SFZH="SFZH")
        two.grant(provider)
    for _turn in range(3):
        two.built()
    part = parts_of(Composition.objects.get(dataset=two.dataset))[0]
    pages: list[tuple[Any, str, int]] = [
        (two.cataloguer, page_of(two), 22),
        (two.cataloguer, f"{page_of(two)}parts/add/", 16),
        (two.cataloguer, f"/libraries/parts/{part.pk}/", 22),
        (two.cataloguer, f"/collection/datasets/{two.dataset.pk}/", 34),
        (two.cataloguer, f"/sharing/grants/{part.grant_id}/", 32),
    ]
    for reader, address, most in pages:
        client = client_of(reader)
        client.get(address)
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_the_list_says_which_are_behind_and_costs_the_same(
    two: LibraryTown, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(two.cataloguer)
    assert "Not built yet" in text_of(client.get("/libraries/"))
    two.built()
    shown = text_of(client.get("/libraries/"))
    assert "As its sources" in shown
    assert f"{two.lead.name} Sources 2 Rows 3" in shown
    two.providers[1].load(AID + "990102199911111111,新人,1\n")
    for reader in (two.cataloguer, two.head, two.world.reviewer):
        shown = text_of(get(reader, "/libraries/"))
        assert "Behind its sources A source has published" in shown
        assert two.lead.name in shown
    for number in range(5):
        dataset_hook(actor=two.cataloguer, ref=two.entry.pk, name=f"又一个{number}")
    with django_assert_max_num_queries(22):
        assert "6 datasets" in text_of(client.get("/libraries/"))


def test_the_list_is_for_those_whom_libraries_concern(two: LibraryTown) -> None:
    assert 'href="/libraries/"' in client_of(two.cataloguer).get("/collection/").content.decode()
    other = two.providers[0].cataloguer
    assert 'href="/libraries/"' not in client_of(other).get("/collection/").content.decode()
    assert get(other, "/libraries/").status_code == 403
    page = f"/catalog/libraries/{two.library.code}/"
    assert f'href="/collection/datasets/{two.dataset.pk}/"' in client_of(two.head).get(page).content.decode()
    assert "Library datasets" not in text_of(get(other, page))


def test_nothing_is_loaded_by_hand_while_there_are_sources(two: LibraryTown) -> None:
    client, here = client_of(two.cataloguer), f"/collection/datasets/{two.dataset.pk}/"
    by = {"actor": two.cataloguer, "dataset_id": two.dataset.pk}
    for act in (
        lambda: collecting.run_upload(**by, pieces=[PEOPLE.encode()], file_name="a.csv"),
        lambda: collecting.upload_begin(**by, file_name="a.csv", size_bytes=10),
        lambda: collecting.source_add(**by, kind="http", fields=fields({"url": "http://data.example/"})),
    ):
        with nothing_changes(), pytest.raises(InvalidTransition, match="a build would replace"):
            act()
    shown = client.get(here)
    assert "a build would replace what is loaded here" in text_of(shown)
    assert f"{here}upload/" not in shown.content.decode()
    assert "Add a source" not in text_of(client.get(f"{here}?tab=sources"))
    for part in Part.objects.all():
        part_remove(actor=two.cataloguer, part_id=part.pk)
    source = collecting.source_add(**by, kind="http", fields=fields({"url": "http://data.example/"}))
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        two.part(two.providers[0], Grant.objects.order_by("pk").first(), SFZH="SFZH")
    assert refused.value.errors[0].code == "has_sources"
    collecting.source_retire(actor=two.cataloguer, source_id=source.pk)
    two.part(two.providers[0], Grant.objects.order_by("pk").first(), SFZH="SFZH")


def test_what_can_become_a_source_is_listed_so_far_and_searched_for(
    town: LibraryTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_views, "OFFERED", 1)
    providers = [town.provider([KEY, NAME], "身份证号,姓名\n1,王\n") for _one in range(2)]
    grants = [town.grant(one) for one in providers]
    client = client_of(town.cataloguer)
    page = client.get(f"{page_of(town)}parts/add/").content.decode()
    assert (f"?grant={grants[1].pk}" in page, f"?grant={grants[0].pk}" in page) == (True, False)
    assert "There are more than are listed here" in page
    named = client.get(f"{page_of(town)}parts/add/", {"q": providers[0].dataset.name}).content.decode()
    assert f"?grant={grants[0].pk}" in named
    assert "Nothing of this name." in client.get(f"{page_of(town)}parts/add/", {"q": "没有的"}).content.decode()


def test_nothing_is_offered_to_be_built_while_rows_are_erased(two: LibraryTown) -> None:
    assert "Build now" in text_of(get(two.cataloguer, page_of(two)))
    columns = columns_wanted(two.dataset.entry)
    Erasure.objects.create(
        dataset=two.dataset,
        item=columns[0].item,
        state="running",
        asked_at=clock.now(),
        asked_by_id=two.head.id,
        ground="consent_withdrawn",
        document_number="1",
        value_hash="x",
        sealed_value="x",
    )
    assert "Build now" not in text_of(get(two.cataloguer, page_of(two)))


def test_the_lead_sees_what_a_build_takes_of_the_rows_of_a_day(two: LibraryTown) -> None:
    Grant.objects.update(rows_per_day=1234)
    assert "1,234 rows a day; each build reads up to 2" in text_of(get(two.cataloguer, page_of(two)))


def test_a_second_click_on_move_moves_nothing(two: LibraryTown) -> None:
    first, second = parts_of(Composition.objects.get(dataset=two.dataset))
    for _click in range(2):
        client_of(two.cataloguer).post(f"/libraries/parts/{first.pk}/down/", {"place": "1"})
    assert [one.pk for one in parts_of(Composition.objects.get(dataset=two.dataset))] == [second.pk, first.pk]


def test_what_a_second_person_saved_is_not_overwritten_unseen(two: LibraryTown) -> None:
    first = parts_of(Composition.objects.get(dataset=two.dataset))[0]
    page, client = f"/libraries/parts/{first.pk}/", client_of(two.cataloguer)
    key, name = items_named(two.dataset, ["SFZH", "XM"])
    opened = client.get(page).context["form"]["edit_version"].value()
    kept = {key: first.mapping[key]}
    part_update(actor=two.head, part_id=first.pk, mapping=kept)
    typed = first.mapping | {"edit_version": opened}
    late = client.post(page, typed)
    assert late.status_code == 422
    assert "Someone changed this" in text_of(late)
    assert "Saved meanwhile: Not filled" in text_of(late)
    assert Part.objects.get(pk=first.pk).mapping == kept
    form = late.context["form"]
    assert form[name].value() == first.mapping[name], "what was chosen is kept"
    assert client.post(page, typed | {"edit_version": form["edit_version"].value()}).status_code == 302
    assert Part.objects.get(pk=first.pk).mapping == first.mapping


def test_an_item_of_sources_that_another_chose_is_not_overwritten_unseen(two: LibraryTown) -> None:
    client = client_of(two.cataloguer)
    (item,) = items_named(two.dataset, ["LY"])
    opened = client.get(page_of(two)).context["page"].lineage_form["edit_version"].value()
    lineage_set(actor=two.head, dataset_id=two.dataset.pk, item=item)
    late = client.post(f"{page_of(two)}lineage/", {"lineage_item": "", "edit_version": opened})
    assert late.status_code == 422
    assert "Someone changed this" in text_of(late)
    assert Composition.objects.get(dataset=two.dataset).lineage_item == item
    seen = late.context["page"].lineage_form["edit_version"].value()
    answer = client.post(f"{page_of(two)}lineage/", {"lineage_item": "", "edit_version": seen})
    assert answer.status_code == 302
    assert Composition.objects.get(dataset=two.dataset).lineage_item == ""
