"""The resource code: unique, in the guide's form, never drawn twice."""

import threading

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import Category, Entry
from catalog.services.code import resource_code_assign
from core.exceptions import RuleViolation
from tests.factories.catalog import CatalogWorld, make_world


def test_the_first_submission_assigns_the_code_and_later_ones_keep_it(world: CatalogWorld) -> None:
    entry = world.returned()
    assert entry.code == "307013/000001"
    assert entry.slug == "307013-000001"
    services.entry_update(actor=world.cataloguer, ref=entry.pk, fields={"summary": "补充后的摘要"})
    assert services.entry_submit(actor=world.cataloguer, ref=entry.pk).code == "307013/000001"


def test_the_number_of_the_draft_goes_on_resolving(world: CatalogWorld) -> None:
    entry = world.published()
    services.entry_revise(actor=world.cataloguer, ref=entry.pk)
    assert Entry.objects.get(pk=entry.pk).ref == "307013-000001"


def test_a_refused_submission_draws_no_serial(world: CatalogWorld) -> None:
    entry = world.entry(summary="")
    with pytest.raises(RuleViolation):
        services.entry_submit(actor=world.cataloguer, ref=entry.pk)
    assert Category.objects.get(code="307013").last_serial == 0


@settings(max_examples=25)
@given(outcomes=st.lists(st.sampled_from(["commit", "rollback", "withdraw"]), min_size=1, max_size=12))
def test_codes_are_unique_and_never_reused_whatever_happens(world: CatalogWorld, outcomes: list[str]) -> None:
    category = Category.objects.get(code="307013")
    given_out: list[str] = list(Entry.objects.exclude(code=None).values_list("code", flat=True))
    for outcome in outcomes:
        entry = world.entry()
        with transaction.atomic():
            code = resource_code_assign(entry, category)
            assert code not in given_out
            entry.save(update_fields=["code", "slug"])
            if outcome == "rollback":
                transaction.set_rollback(True)
        if outcome != "rollback":
            given_out.append(code)
        if outcome == "withdraw":
            Entry.objects.filter(pk=entry.pk).update(status="withdrawn")
    serials = [int(code.partition("/")[2]) for code in given_out]
    assert sorted(serials) == list(range(1, len(serials) + 1)), "a code that rolled back leaves no gap"


@pytest.mark.django_db(transaction=True)
def test_submissions_at_the_same_moment_draw_different_codes() -> None:
    world = make_world()
    drafts = [world.entry(name=f"目录{number}").pk for number in range(8)]
    start = threading.Barrier(len(drafts))
    failures: list[BaseException] = []

    def submit(ref: int) -> None:
        try:
            start.wait()
            services.entry_submit(actor=world.cataloguer, ref=ref)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=(ref,)) for ref in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    codes = sorted(Entry.objects.values_list("code", flat=True))
    assert codes == [f"307013/{number:06d}" for number in range(1, 9)]
