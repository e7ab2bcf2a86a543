"""Several requests that go on together."""

from sharing.models import ShareRequest
from sharing.services import filing
from sharing.services.many import requests_pass_many
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown, town_of

LIST = "/sharing/requests/?view=waiting"


def test_only_what_is_shared_unconditionally_is_agreed_to_together(free: SharingTown) -> None:
    bound = town_of(free.world, name="特困人员救助供养信息")
    easy, hard = free.submitted(), bound.submitted()
    assert (easy.attribute, hard.attribute) == ("unconditional", "conditional")
    page = get(free.asker_head, LIST).content.decode()
    assert f'value="{easy.pk}@' in page
    assert f'data-name="{easy.entry} {easy}"' in page
    assert f'value="{hard.pk}@' not in page
    assert "1 request" in text_of(get(free.asker_head, f"{LIST}&attribute=unconditional"))
    done = requests_pass_many(actor=free.asker_head, picked={easy.pk: None, hard.pk: None})
    assert [one.pk for one in done.passed] == [easy.pk]
    assert [(one.pk, "on its own page" in one.reasons[0]) for one in done.left] == [(hard.pk, True)]
    assert ShareRequest.objects.get(pk=hard.pk).status == "awaiting_head"


def test_the_form_of_conditional_requests_is_passed_together(town: SharingTown) -> None:
    town.check_conditional()
    waiting = [town.agreed(), town.agreed(dataset=None)]
    done = requests_pass_many(actor=town.world.reviewer, picked={one.pk: None for one in waiting})
    assert len(done.passed) == 2


def test_a_request_that_a_colleague_returned_meanwhile_is_named_and_one_of_others_is_not(town: SharingTown) -> None:
    town.check_conditional()
    waiting, foreign = town.agreed(), town.draft(dataset=None)
    filing.request_return(actor=town.world.reviewer, request_id=waiting.pk, opinion="补充依据")
    done = requests_pass_many(actor=town.world.second_reviewer, picked={waiting.pk: None, foreign.pk: None})
    assert not done.passed
    returned, unknown = done.left
    assert (returned.name, unknown.name) == (f"{waiting.entry} · {waiting}", "")
    assert "Returned" in returned.reasons[0]
    assert town.world.reviewer.name in returned.reasons[0]
    assert "补充依据" not in returned.reasons[0]
