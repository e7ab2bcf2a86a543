"""What follows a grant: its renewal, and a change of what it is used for."""

from datetime import date

import pytest

from core.exceptions import InvalidTransition, RuleViolation
from core.testing import clock_at
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantStatus, RequestKind
from sharing.models import Grant, ShareRequest
from sharing.services import answer, drafting, filing, grant, stopping
from tests.catalog.views.reader import get, text_of
from tests.sharing.conftest import SharingTown


def test_a_renewal_begins_where_the_grant_ends_and_a_change_replaces_it(town: SharingTown) -> None:
    first = town.granted(valid_until=date(2027, 3, 31))
    renewal = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=renewal.pk, fields={"valid_until": "2027-12-31"})
    filing.request_submit(actor=town.asker, request_id=renewal.pk)
    filing.request_agree(actor=town.asker_head, request_id=renewal.pk)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    second = Grant.objects.get(request=renewal)
    assert second.valid_from == first.valid_to
    assert second.previous == first
    change = drafting.request_follow(actor=town.asker, grant_id=second.pk, kind=RequestKind.CHANGE)
    drafting.request_edit(
        actor=town.asker, request_id=change.pk, fields={"scenario": "发放补贴", "valid_until": "2027-12-31"}
    )
    filing.request_submit(actor=town.asker, request_id=change.pk)
    filing.request_agree(actor=town.asker_head, request_id=change.pk)
    answer.request_approve(actor=town.world.head, request_id=change.pk)
    second.refresh_from_db()
    assert (second.status, second.end_reason) == (GrantStatus.ENDED, "replaced")
    with pytest.raises(InvalidTransition):
        drafting.request_follow(actor=town.asker, grant_id=second.pk, kind=RequestKind.RENEWAL)


def narrowed(town: SharingTown) -> Grant:
    """Return a grant that was narrowed in items, in rows by what cannot be asked for, and in masks."""
    return town.granted_in_part(
        items=["DXBH", "SFZH", "YBZJE", "NRRQ"],
        row_filter=[{"item": "SFZH", "operator": "startswith", "values": ["9901021"]}],
        masks={"SFZH": "hash", "YBZJE": "band", "NRRQ": "none"},
    )


def renewal_of(town: SharingTown, first: Grant, until: str = "2028-12-31") -> ShareRequest:
    """Return a renewal that waits for the provider."""
    renewal = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=renewal.pk, fields={"valid_until": until})
    filing.request_submit(actor=town.asker, request_id=renewal.pk)
    return filing.request_agree(actor=town.asker_head, request_id=renewal.pk)


@pytest.mark.parametrize("reason", [EndReason.PURPOSE_MET, EndReason.NOT_NEEDED])
def test_what_is_not_needed_is_not_renewed_either(town: SharingTown, reason: EndReason) -> None:
    first = town.granted()
    renewal = renewal_of(town, first)
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    later = renewal.grants.get()
    assert later.status in OPEN_GRANT_STATUSES
    grant.grant_end(actor=town.asker_head, grant_id=first.pk, reason=reason)
    later.refresh_from_db()
    assert (later.status, later.end_reason) == (GrantStatus.ENDED, reason)


def test_a_renewal_takes_a_narrowing_over(town: SharingTown) -> None:
    first = narrowed(town)
    renewal = renewal_of(town, first)
    assert renewal.row_filter == []
    for who in (town.asker, town.world.head):
        assert "Taken over from the renewed grant" in text_of(get(who, f"/sharing/requests/{renewal.pk}/"))
    # What stays as it was needs no word why.
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    second = Grant.objects.get(request=renewal)
    assert (second.items, second.row_filter, second.masks) == (first.items, first.row_filter, first.masks)
    assert second.row_filter != []
    third = renewal_of(town, second, "2029-06-30")
    answer.request_approve(actor=town.world.head, request_id=third.pk)
    assert Grant.objects.get(request=third).row_filter == first.row_filter


def test_a_renewal_keeps_the_limits_of_use_of_its_grant(town: SharingTown) -> None:
    first = town.granted()
    Grant.objects.filter(pk=first.pk).update(rows_per_day=500, calls_per_minute=20)
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    limits = "500 rows a day · 20 calls a minute"
    words = f"The limits of use of the grant before hold on, unless it is decided otherwise: {limits}"
    assert words in text_of(get(town.asker, f"/sharing/requests/{draft.pk}/edit/"))
    drafting.request_discard(actor=town.asker, request_id=draft.pk)
    renewal = renewal_of(town, first)
    for who in (town.asker, town.world.head):
        assert words in text_of(get(who, f"/sharing/requests/{renewal.pk}/"))
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    second = Grant.objects.get(request=renewal)
    assert (second.rows_per_day, second.calls_per_minute) == (500, 20)
    assert second.valid_from == first.valid_to
    change = drafting.request_follow(actor=town.asker, grant_id=second.pk, kind=RequestKind.CHANGE)
    assert words in text_of(get(town.asker, f"/sharing/requests/{change.pk}/edit/"))


def test_what_narrows_a_grant_narrows_the_renewal_that_was_granted_before(town: SharingTown) -> None:
    with clock_at("2026-09-18 10:00") as now:
        first = town.granted()
        renewal = renewal_of(town, first)
        answer.request_approve(actor=town.world.head, request_id=renewal.pk)
        second = Grant.objects.get(request=renewal)
        day = town.items("NRRQ")[0]
        now.move_to("2026-09-21 10:00")
        stopping.narrow_announce(
            actor=town.world.head,
            grant_id=first.pk,
            reason="最小必要",
            stops_on=date(2026, 10, 20),
            masks={day: "month"},
            rows_per_day=100,
        )
        now.move_to("2026-10-20 10:00")
        stopping.stop_carry_out(actor=town.world.head, grant_id=first.pk)
    second.refresh_from_db()
    assert (second.rows_per_day, second.masks[day], second.edition) == (100, "month", 2)


def test_a_provider_may_undo_a_narrowing_with_a_renewal(town: SharingTown) -> None:
    renewal = renewal_of(town, narrowed(town))
    answer.request_approve(
        actor=town.world.head, request_id=renewal.pk, row_filter=[], masks={"SFZH": "id_number", "YBZJE": "none"}
    )
    second = Grant.objects.get(request=renewal)
    assert (second.row_filter, second.masks) == ([], {town.items("SFZH")[0]: "id_number"})


def test_the_forms_of_a_renewal_show_what_is_taken_over(town: SharingTown) -> None:
    first = narrowed(town)
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    page = get(town.asker, f"/sharing/requests/{draft.pk}/edit/")
    assert "Taken over from the renewed grant" in text_of(page)
    assert "9901021" in text_of(page)
    assert "Number: to the band of its first digit" in text_of(page)
    drafting.request_edit(actor=town.asker, request_id=draft.pk, fields={"valid_until": "2028-12-31"})
    filing.request_submit(actor=town.asker, request_id=draft.pk)
    filing.request_agree(actor=town.asker_head, request_id=draft.pk)
    body = get(town.world.head, f"/sharing/requests/{draft.pk}/").content.decode()
    assert '<option value="band" selected>' in body
    assert 'value="9901021"' in body


def test_less_mask_than_the_entry_says_needs_a_reason_and_shows_in_the_timeline(town: SharingTown) -> None:
    request = town.agreed()
    with pytest.raises(RuleViolation) as refused:
        answer.request_approve(actor=town.world.head, request_id=request.pk, masks={"XM": "none"})
    assert [(one.field, one.code) for one in refused.value.errors] == [("opinion", "required")]
    assert "姓名" in str(refused.value.errors[0].message)
    answer.request_approve(
        actor=town.world.head, request_id=request.pk, masks={"XM": "none", "SFZH": "hash"}, opinion="须核对姓名"
    )
    for who in (town.world.reviewer, town.asker):
        shown = text_of(get(who, f"/sharing/requests/{request.pk}/"))
        assert "姓名: “Not masked” instead of “Name: keep the first character”" in shown
        assert "身份证号: “" not in shown


def test_a_renewal_starts_from_the_masks_of_its_grant_and_names_what_the_entry_says(town: SharingTown) -> None:
    first = town.granted_in_part(masks={"XM": "none", "SFZH": "text"})
    renewal = renewal_of(town, first)
    body = get(town.world.head, f"/sharing/requests/{renewal.pk}/").content.decode()
    assert body.count('<option value="none" selected>') == 4
    assert body.count('<option value="text" selected>') == 1
    assert "The entry says: Name: keep the first character" in body
    answer.request_approve(actor=town.world.head, request_id=renewal.pk, opinion="仍须明文核对姓名")
    assert Grant.objects.get(request=renewal).masks == first.masks == {town.items("SFZH")[0]: "text"}


def test_a_renewal_that_was_drafted_in_time_is_not_filed_after_the_end(town: SharingTown) -> None:
    first = town.granted_in_part(masks={"XM": "none"})
    draft = drafting.request_follow(actor=town.asker, grant_id=first.pk, kind=RequestKind.RENEWAL)
    drafting.request_edit(actor=town.asker, request_id=draft.pk, fields={"valid_until": "2028-12-31"})
    grant.grant_end(actor=town.asker_head, grant_id=first.pk, reason="not_needed")
    with pytest.raises(RuleViolation) as refused:
        filing.request_submit(actor=town.asker, request_id=draft.pk)
    assert [(one.field, one.code) for one in refused.value.errors] == [("previous_grant", "ended")]


def test_a_grant_that_ended_meanwhile_lends_no_weaker_mask_to_its_renewal(town: SharingTown) -> None:
    first = town.granted_in_part(masks={"XM": "none", "YBZJE": "band"})
    renewal = renewal_of(town, first)
    name, amount = town.items("XM")[0], town.items("YBZJE")[0]
    assert name not in renewal.decided_masks
    grant.grant_end(actor=town.asker_head, grant_id=first.pk, reason="not_needed")
    answer.request_approve(actor=town.world.head, request_id=renewal.pk)
    decided = ShareRequest.objects.get(pk=renewal.pk).decided_masks
    # What the entry says holds again; what was masked more stays so.
    assert (decided[name], decided[amount]) == ("name", "band")
