from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.workflow import NotificationFactory, values
from tests.unchanged import nothing_changes
from workflow import notification_kinds
from workflow.models import NotificationPreference

LIST = reverse("workflow:notification_list")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reader(client: Client, db: None) -> Client:
    user = UserFactory(full_name="林晓岚")
    client.force_login(user)
    client.user = user  # type: ignore[attr-defined]
    return client


def test_the_list_shows_ones_own_and_only_in_the_product(reader: Client) -> None:
    NotificationFactory(user=reader.user, title="目录已退回")
    NotificationFactory(user=reader.user, title="只发邮件", is_in_app=False)
    NotificationFactory(title="别人的")
    page = reader.get(LIST).content.decode()
    assert "目录已退回" in page
    assert "只发邮件" not in page
    assert "别人的" not in page


def test_text_is_escaped(reader: Client) -> None:
    NotificationFactory(user=reader.user, title="<script>x</script>", body="<b>粗</b>")
    page = reader.get(LIST).content.decode()
    assert "<script>x" not in page
    assert "<b>粗" not in page


def test_only_the_unread_can_be_shown(reader: Client) -> None:
    NotificationFactory(user=reader.user, title="新的")
    seen = NotificationFactory(user=reader.user, title="旧的")
    reader.post(reverse("workflow:notification_read", args=[seen.pk]))
    page = reader.get(LIST, {"unread": "1"}).content.decode()
    assert "新的" in page
    assert "旧的" not in page


def test_htmx_gets_the_part_and_says_that_it_differs(reader: Client) -> None:
    response = reader.get(LIST, headers=HTMX)
    assert response.content.decode().lstrip().startswith("<section")
    assert "HX-Request" in response.headers["Vary"]
    assert "<html" in reader.get(LIST).content.decode()


def test_following_a_notification_reads_it(reader: Client) -> None:
    notice = NotificationFactory(user=reader.user, url="/notifications/preferences/")
    response = reader.get(reverse("workflow:notification_open", args=[notice.pk]))
    assert response.headers["Location"] == "/notifications/preferences/"
    assert values(notice, "read_at")["read_at"] is not None


def test_somebody_elses_notification_does_not_exist(reader: Client) -> None:
    other = NotificationFactory()
    reader.get(LIST)
    with nothing_changes():
        assert reader.get(reverse("workflow:notification_open", args=[other.pk])).status_code == 404
        reader.post(reverse("workflow:notification_read", args=[other.pk]))


def test_all_can_be_read_at_once(reader: Client) -> None:
    NotificationFactory.create_batch(3, user=reader.user)
    response = reader.post(reverse("workflow:notification_read_all"))
    assert response.headers["Location"] == LIST
    part = reader.post(reverse("workflow:notification_read_all"), headers=HTMX)
    assert part.status_code == 200
    assert "is-unread" not in reader.get(LIST).content.decode()


@pytest.mark.usefixtures("registries")
def test_preferences_are_kept_per_kind(reader: Client) -> None:
    notification_kinds.register("example.a", "甲")
    notification_kinds.register("example.b", "乙", default_email=True)
    page = reader.get(reverse("workflow:notification_preferences"))
    assert reader.user.email in page.content.decode()
    reader.post(reverse("workflow:notification_preferences"), {"app:example.a": "on", "mail:example.a": "on"})
    chosen = NotificationPreference.objects.filter(kind__startswith="example.").order_by("kind")
    assert list(chosen.values_list("kind", "in_app", "email")) == [
        ("example.a", True, True),
        ("example.b", False, False),
    ]


def test_the_bell_counts_the_unread(reader: Client) -> None:
    NotificationFactory.create_batch(2, user=reader.user)
    assert '<span class="pip" aria-hidden="true">2</span>' in reader.get(LIST).content.decode()


def test_a_long_list_costs_as_many_queries_as_a_short_one(
    reader: Client, django_assert_max_num_queries: object
) -> None:
    for count in (1, 60):
        NotificationFactory.create_batch(count, user=reader.user)
        with django_assert_max_num_queries(14):  # type: ignore[operator]
            reader.get(LIST)


def test_the_bell_says_the_count_that_it_shows(reader: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    NotificationFactory.create_batch(2, user=reader.user)
    page = reader.get(LIST).content.decode()
    assert 'aria-label="Notifications, 2 unread"' in page

    NotificationFactory.create_batch(98, user=reader.user)
    page = reader.get(LIST).content.decode()
    assert 'aria-label="Notifications, 99+ unread"' in page
    assert ">99+</span>" in page
