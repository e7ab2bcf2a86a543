"""The right beside the grant: neither alone opens anything, and what differs is told."""

import pytest
from django.contrib.auth.models import Permission
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import User
from core.exceptions import NotAllowed
from sharing.choices import EndReason
from sharing.models import RightsCheck
from sharing.services import (
    grant,
    restoring,
    right,
    telling,
)
from tests.factories.accounts import DepartmentFactory
from tests.sharing.conftest import SharingTown
from tests.sharing.services.test_grants import CLOCK, holds_right, is_live
from workflow.models import Notification, OutboxMessage


def test_a_right_without_a_grant_opens_nothing_nor_a_grant_without_its_right(town: SharingTown) -> None:
    made = town.granted()
    remove_perm(right.RIGHT, town.world.other.group, town.dataset)
    assert not is_live(made)
    assign_perm(right.RIGHT, town.world.other.group, town.dataset)
    grant.grant_end(actor=town.asker_head, grant_id=made.pk, reason=EndReason.PURPOSE_MET)
    assign_perm(right.RIGHT, town.world.other.group, town.dataset)
    assert not is_live(made)


def test_the_nightly_check_tells_every_difference_and_mends_none(town: SharingTown) -> None:
    town.granted()
    assert right.rights_check(actor=CLOCK).differences == []
    stranger = DepartmentFactory()
    assign_perm(right.RIGHT, stranger.group, town.dataset)
    remove_perm(right.RIGHT, town.world.other.group, town.dataset)
    person = User.objects.get(pk=town.asker.id)
    UserObjectPermission.objects.assign_perm("pull_dataset", person, obj=town.dataset)
    stranger.group.permissions.add(Permission.objects.get(codename="pull_dataset"))
    check = right.rights_check(actor=CLOCK)
    assert [one["kind"] for one in check.differences] == ["surplus", "missing", "person", "everywhere"]
    assert OutboxMessage.objects.filter(event=right.DIFFERENCE_EVENT).count() == 1
    telling.rights_differ_tell(check_id=check.pk, key="1")
    assert Notification.objects.filter(kind="sharing.rights", user=town.world.secadmin.id).exists()
    with pytest.raises(NotAllowed):
        restoring.rights_restore(actor=town.world.sysadmin)
    restoring.rights_restore(actor=town.world.secadmin)
    assert RightsCheck.objects.latest("pk").differences == [], "what was mended is looked at again"
    assert right.rights_check(actor=CLOCK).differences == []
    assert holds_right(town)
    assert RightsCheck.objects.count() == 4
