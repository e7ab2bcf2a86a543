"""What a request says to whoever decides on it, on its page and printed: the law, the decision, its time limits."""

from catalog.choices import Mask
from sharing.models import ShareRequest
from sharing.services import answer, dispute
from tests.catalog.views.reader import get, text_of
from tests.factories.catalog import CatalogWorld
from tests.sharing.conftest import SharingTown, town_of
from workflow.citations import citation_text
from workflow.selectors.of_subject import clocks_of

LAW = {"document": "中华人民共和国个人信息保护法", "article": "第三十四条"}


def page_of(request: ShareRequest) -> str:
    return f"/sharing/requests/{request.pk}/"


def test_whoever_decides_on_withheld_data_reads_the_law(world: CatalogWorld) -> None:
    fields = {"sharing": "withheld", "sharing_reason": "涉及收养关系", "legal_basis": [LAW]}
    request = town_of(world, **fields, sharing_scope="", sharing_purpose="").agreed()
    for address in (page_of(request), f"{page_of(request)}print/"):
        shown = text_of(get(world.reviewer, address))
        assert "Reason for withholding 涉及收养关系" in shown
        assert f"Legal basis of the sharing attribute {citation_text(LAW['document'], LAW['article'])}" in shown


def test_whoever_answers_reads_under_which_conditions_data_are_shared(town: SharingTown) -> None:
    request = town.agreed()
    revision = town.entry.published_revision
    assert revision is not None
    for address in (page_of(request), f"{page_of(request)}print/"):
        shown = text_of(get(town.world.head, address))
        assert f"Sharing scope {revision.sharing_scope}" in shown
        assert f"Purpose of use {revision.sharing_purpose}" in shown


def test_the_printed_file_says_what_the_settlement_decided(town: SharingTown) -> None:
    request = town.agreed()
    answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="超出范围")
    dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于共享范围")
    dispute.request_settle(
        actor=town.world.reviewer,
        request_id=request.pk,
        is_granted=True,
        without_provider=True,
        opinion="应予共享编号和姓名",
        items=["DXBH", "XM"],
        masks={"XM": "text"},
    )
    shown = text_of(get(town.asker, f"{page_of(request)}print/"))
    assert "Answer 应予共享编号和姓名" in shown
    assert f"身份证号 ({Mask.ID_NUMBER.label})" in shown
    assert f"姓名 ({Mask.TEXT.label})" in shown
    assert "2 of 5 items given" in shown
    assert "Time limits" in shown
    for one in clocks_of(request).exclude(state="cancelled"):
        assert f"{one.started_on} {one.due_on}" in shown
    assert f"Data asked for {town.dataset.name}" in shown
    assert "Something is given" in shown
    page = text_of(get(town.asker, page_of(request)))
    assert "Not masked Not given" not in page.replace("\n", " ")


def test_data_that_are_needed_once_are_asked_for_so(town: SharingTown) -> None:
    request = town.agreed(frequency="never")
    for address in (page_of(request), f"{page_of(request)}print/"):
        shown = text_of(get(town.world.head, address))
        assert "Once only" in shown
        assert "No longer updated" not in shown
    assert "Once only" in text_of(get(town.asker, f"{page_of(town.draft())}edit/"))
