"""Whoever decides, answers or speaks does so on what he read: else it is refused, and nothing typed is lost."""

from datetime import timedelta

from core import clock
from core.actors import Actor
from core.testing import clock_at
from sharing.choices import RequestStatus
from sharing.models import ShareRequest
from sharing.services import answer, dispute, filing, material, mediation
from tests.catalog.views.reader import client_of, text_of
from tests.factories.accounts import UserFactory, actor_of
from tests.sharing.conftest import SharingTown
from tests.sharing.test_request_api import URL, post, post_as_read


def _received(town: SharingTown) -> ShareRequest:
    """Return a request whose form was checked: it lies with the provider."""
    return filing.request_pass(actor=town.world.reviewer, request_id=town.agreed().pk)


def test_nobody_decides_or_answers_without_saying_what_he_read(town: SharingTown) -> None:
    town.check_conditional()
    submitted, checked = town.submitted(), town.agreed()
    waiting, asked = _received(town), _received(town)
    material.request_ask_material(actor=town.world.head, request_id=asked.pk, missing="职责依据")
    disputed, silent = (_received(town) for _turn in range(2))
    answer.request_refuse(actor=town.world.head, request_id=disputed.pk, opinion="用途不符")
    dispute.request_dispute(actor=town.asker_head, request_id=disputed.pk, reason="属于范围")
    with clock_at(clock.now() + timedelta(days=40)):
        dispute.request_dispute(actor=town.asker_head, request_id=silent.pk, reason="逾期未答复")
    calls = [
        (town.asker_head, submitted, "agree"),
        (town.asker_head, submitted, "refuse"),
        (town.asker, submitted, "withdraw"),
        (town.world.reviewer, checked, "approve"),
        (town.world.reviewer, checked, "refuse"),
        (town.world.head, waiting, "supplement"),
        (town.world.head, waiting, "extend"),
        (town.world.head, disputed, "respond"),
        (town.world.head, silent, "advise"),
        (town.asker, asked, "supplement"),
    ]
    for who, request, action in calls:
        before = ShareRequest.objects.get(pk=request.pk)
        url, said = f"{URL}{request.pk}/{action}/", {"text": "说明", "opinion": "说明"}
        blind = post(who, url, said)
        assert (blind.status_code, [error["field"] for error in blind.json()["errors"]]) == (422, ["edit_version"])
        assert post(who, url, said | {"edit_version": before.edit_version - 1}).status_code == 409
        assert post(town.world.sysadmin, url, said).status_code == 404
        assert ShareRequest.objects.get(pk=request.pk).edit_version == before.edit_version


def _asked_twice(town: SharingTown) -> ShareRequest:
    """Let the provider ask for 3 days more, lose them to missing material, and ask for 10."""
    request, head = town.agreed(), town.world.head
    answer.request_ask_extension(actor=head, request_id=request.pk, days=3, reason="核对口径")
    request.refresh_from_db()
    read = request.edit_version
    material.request_ask_material(actor=head, request_id=request.pk, missing="职责依据")
    material.request_supplement(actor=town.asker, request_id=request.pk, text="已补")
    answer.request_ask_extension(actor=head, request_id=request.pk, days=10, reason="系统改造")
    request.refresh_from_db()
    assert request.edit_version > read
    request.edit_version = read
    return request


def test_more_time_is_consented_to_as_it_was_read(town: SharingTown) -> None:
    read = _asked_twice(town)
    one, page = f"{URL}{read.pk}/", f"/sharing/requests/{read.pk}/"
    reviewer = client_of(town.world.reviewer)
    late = post(town.world.reviewer, f"{one}extend/", {"consent": True, "edit_version": read.edit_version})
    assert late.status_code == 409
    form = {"word": "yes", "days": "", "opinion": "情况属实", "edit_version": str(read.edit_version)}
    shown = reviewer.post(f"{page}extend/", form)
    assert (shown.status_code, "情况属实" in shown.content.decode()) == (409, True)
    kept = ShareRequest.objects.get(pk=read.pk)
    assert (kept.extension_days, kept.extension_asked_at is None) == (10, False)
    panel = reviewer.get(page).content.decode().split(f'action="{page}extend/"')[1].split("</form>")[0]
    assert f'name="edit_version" value="{kept.edit_version}"' in panel
    assert reviewer.post(f"{page}extend/", form | {"edit_version": str(kept.edit_version)}).status_code == 302
    assert ShareRequest.objects.get(pk=read.pk).extension_asked_at is None


def _stale(who: Actor, read: ShareRequest, action: str, path: str, said: dict[str, str]) -> str:
    """Send a form and a call with what was read before; return the page that comes back, on which nothing is lost."""
    old = {"edit_version": str(read.edit_version)}
    kept = ShareRequest.objects.filter(pk=read.pk).values()
    before = kept.get()
    late = post(who, f"{URL}{read.pk}/{action}/", {"text": "说明", "days": 2, **old})
    assert (late.status_code, late.json()["code"]) == (409, "stale_edit")
    shown = client_of(who).post(f"/sharing/requests/{read.pk}/{path}/", said | old)
    assert kept.get() == before
    assert shown.status_code == 409
    assert all(one in shown.content.decode() for one in said.values())
    return text_of(shown)


def test_more_time_is_asked_for_on_what_was_read(town: SharingTown) -> None:
    read, head = town.agreed(), town.world.head
    material.request_ask_material(actor=head, request_id=read.pk, missing="职责依据")
    material.request_supplement(actor=town.asker, request_id=read.pk, text="已补")
    said = {"days": "2", "reason": "核对口径"}
    assert "Meanwhile: Material supplemented" in _stale(head, read, "extend", "ask-extension", said)
    assert ShareRequest.objects.get(pk=read.pk).extension_asked_at is None
    page = f"/sharing/requests/{read.pk}/"
    form = client_of(head).get(page).content.decode().split("/ask-extension/")[1].split("</form>")[0]
    now = ShareRequest.objects.get(pk=read.pk).edit_version
    assert f'name="edit_version" value="{now}"' in form
    assert client_of(head).post(f"{page}ask-extension/", said | {"edit_version": now}).status_code == 302
    assert ShareRequest.objects.get(pk=read.pk).extension_days == 2


def test_a_statement_on_a_dispute_is_made_on_what_was_read(town: SharingTown) -> None:
    request, head = town.agreed(), town.world.head
    answer.request_refuse(actor=head, request_id=request.pk, opinion="用途不符")
    read = dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="属于范围")
    held = {"held_on": clock.today(), "text": "未能一致", "is_agreed": False}
    mediation.request_mediate(actor=town.world.reviewer, request_id=request.pk, **held)
    shown = _stale(head, read, "respond", "respond", {"statement": "超出条件"})
    assert "Meanwhile: " in shown
    assert ShareRequest.objects.get(pk=request.pk).dispute_statement == ""
    one = f"{URL}{request.pk}/"
    assert post_as_read(head, one, "respond", {"text": "超出条件"}).json()["dispute"]["statement"] == "超出条件"


def test_an_opinion_is_given_on_what_was_read(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed()
        now.move_to("2026-10-10 10:00")
        read = dispute.request_dispute(actor=town.asker_head, request_id=request.pk, reason="逾期未答复")
        second = actor_of(UserFactory(department=town.world.provider, roles=["head"]))
        answer.request_advise(actor=second, request_id=read.pk, opinion="可以提供")
        assert "Meanwhile: " in _stale(town.world.head, read, "advise", "advise", {"opinion": "不宜提供"})
        assert ShareRequest.objects.get(pk=read.pk).provider_opinion == "可以提供"


def test_a_dispute_of_silence_that_comes_late_disputes_no_answer_that_nobody_read(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed()
        one, page, late = f"{URL}{request.pk}/", f"/sharing/requests/{request.pk}/", {"reason": "逾期未答复"}
        now.move_to("2026-10-10 10:00")
        blind = post(town.asker_head, f"{one}dispute/", late)
        assert (blind.status_code, [error["field"] for error in blind.json()["errors"]]) == (422, ["edit_version"])
        read = {"edit_version": ShareRequest.objects.get(pk=request.pk).edit_version}
        head = client_of(town.asker_head)
        form = head.get(page).content.decode().split(f'action="{page}dispute/"')[1].split("</form>")[0]
        assert f'name="edit_version" value="{read["edit_version"]}"' in form
        answer.request_refuse(actor=town.world.head, request_id=request.pk, opinion="用途不符")
        assert post(town.asker_head, f"{one}dispute/", late | read).status_code == 409
        shown = head.post(f"{page}dispute/", late | read)
        assert (shown.status_code, "逾期未答复" in shown.content.decode()) == (409, True)
        assert "Meanwhile: Refused" in text_of(shown)
        assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.REFUSED
        assert post_as_read(town.asker_head, one, "dispute", {"reason": "属于范围"}).json()["status"] == "disputed"


def test_a_dispute_of_silence_that_is_sent_again_does_not_dispute_what_the_authority_decided(
    town: SharingTown,
) -> None:
    with clock_at("2026-09-18 10:00") as now:
        request = town.agreed()
        one, read = f"{URL}{request.pk}/", request.edit_version
        now.move_to("2026-10-10 10:00")
        sent = {"reason": "逾期未答复", "edit_version": read}
        assert post(town.asker_head, f"{one}dispute/", sent).json()["status"] == "awaiting_authority"
        answer.request_refuse(actor=town.world.reviewer, request_id=request.pk, opinion="用途不符")
        assert post(town.asker_head, f"{one}dispute/", sent).status_code == 409
        assert ShareRequest.objects.get(pk=request.pk).status == RequestStatus.REFUSED
