from email.header import decode_header, make_header
from typing import Any

import pytest
from django.core import mail
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.actors import PUBLIC
from core.exceptions import SignInRequired
from core.testing import clock_at
from tests.factories.accounts import DepartmentFactory, UserFactory, actor_of
from tests.factories.workflow import NotificationFactory, moment, values
from tests.workflow.race import in_threads
from workflow import notification_kinds, outbox_delivery, selectors, services
from workflow.exceptions import MailInProgress
from workflow.models import Notification, NotificationPreference, OutboxDelivery
from workflow.services.email import notification_email_send

pytestmark = pytest.mark.usefixtures("registries")


@pytest.fixture(autouse=True)
def _kinds(registries: None) -> None:
    notification_kinds.register("example.quiet", "安静")
    notification_kinds.register("example.loud", "响亮", default_email=True)


def tell(*users: User, kind: str = "example.loud", **options: object) -> list[Notification]:
    values = {"title": "目录已发布", "url": "/catalog/1/", **options}
    return services.notify(user_ids=[user.pk for user in users], kind=kind, **values)  # type: ignore[arg-type]


def test_a_notification_goes_where_its_kind_says(db: None) -> None:
    user = UserFactory()
    tell(user, kind="example.quiet")
    tell(user, kind="example.loud")
    outbox_delivery.deliver()
    assert Notification.objects.filter(is_in_app=True).count() == 2
    assert [message.to for message in mail.outbox] == [[user.email]]


def test_a_person_chooses_where_each_kind_goes(db: None) -> None:
    user = UserFactory()
    services.notification_preferences_set(
        actor=actor_of(user),
        preferences={"example.loud": (False, True), "example.quiet": (False, False), "example.unknown": (True, True)},
    )
    services.notification_preferences_set(actor=actor_of(user), preferences={"example.quiet": (False, False)})
    assert NotificationPreference.objects.count() == 2
    tell(user, kind="example.loud")
    tell(user, kind="example.quiet")
    outbox_delivery.deliver()
    assert Notification.objects.count() == 1
    assert selectors.notification_unread_count(actor_of(user)) == 0
    assert not selectors.notification_list_for(actor_of(user)).exists()
    assert len(mail.outbox) == 1


def test_everybody_reads_it_in_his_own_language(db: None) -> None:
    chinese = UserFactory(language="")
    english = UserFactory(language="en")
    title = format_lazy("{word}: {name}", word=gettext_lazy("Monday"), name="婚姻登记信息")
    tell(chinese, english, title=title)
    assert dict(Notification.objects.values_list("user_id", "title")) == {
        chinese.pk: "星期一: 婚姻登记信息",
        english.pk: "Monday: 婚姻登记信息",
    }
    outbox_delivery.deliver()
    assert {message.to[0]: message.subject for message in mail.outbox} == {
        chinese.email: "星期一: 婚姻登记信息",
        english.email: "Monday: 婚姻登记信息",
    }


def test_a_mail_names_the_platform_and_leads_into_it(db: None, settings: Any) -> None:
    settings.SITE_URL = "https://data.example.gov"
    DepartmentFactory(region__name="云川市", authority=True)
    user, english = UserFactory(), UserFactory(language="en")
    tell(user, english, url="/catalog/307001-000001/")
    outbox_delivery.deliver()
    by_address = {message.to[0]: message for message in mail.outbox}
    assert "https://data.example.gov/catalog/307001-000001/\n" in by_address[user.email].body
    assert by_address[user.email].body.rstrip().endswith("-- \n云川市政务数据目录\nhttps://data.example.gov/")
    assert by_address[user.email].from_email.endswith(f"<{settings.DEFAULT_FROM_EMAIL}>")
    sender = str(by_address[english.email].message()["From"])
    assert str(make_header(decode_header(sender))).startswith("云川市 Government Data Catalog")


def test_nobody_is_told_who_cannot_sign_in(db: None) -> None:
    off = UserFactory(is_active=False)
    ended = UserFactory(contractor=True, expires_at=moment("2026-01-01 00:00"))
    held = UserFactory(is_held=True)
    assert tell(off, ended, held) == []
    assert not Notification.objects.exists()


def test_without_an_address_nothing_is_mailed(db: None) -> None:
    user = UserFactory(email="")
    tell(user)
    assert values(Notification.objects.get(), "email_state") == {"email_state": "none"}
    assert not OutboxDelivery.objects.exists()


def test_the_same_news_reaches_a_person_once(db: None) -> None:
    one, other = UserFactory(), UserFactory()
    assert len(tell(one, dedupe_key="k1")) == 1
    assert len(tell(one, other, dedupe_key="k1")) == 1
    assert len(tell(one, dedupe_key="k2")) == 1
    assert Notification.objects.count() == 3


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_a_notification_leads_nowhere_else(db: None, url: str) -> None:
    with pytest.raises(ValueError, match="product"):
        tell(UserFactory(), url=url)


def test_a_mail_goes_out_once_though_its_handler_runs_twice(db: None) -> None:
    user = UserFactory()
    (notification,) = tell(user)
    outbox_delivery.deliver()
    assert not notification_email_send(notification_id=notification.pk)
    assert len(mail.outbox) == 1
    assert values(notification, "email_state")["email_state"] == "sent"
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<notification-{notification.pk}@")


def test_a_mail_goes_out_once_though_two_workers_try(transactional_db: None) -> None:
    user = UserFactory()
    (notification,) = tell(user)
    results = in_threads(lambda: notification_email_send(notification_id=notification.pk), 4)
    assert results.count(True) == 1
    assert all(result is False or isinstance(result, MailInProgress) for result in results if result is not True)
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_is_asked_again(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(message: object) -> None:
        raise ConnectionRefusedError

    user = UserFactory()
    with clock_at("2026-11-24 09:00") as now:
        (notification,) = tell(user)
        with monkeypatch.context() as broken:
            broken.setattr("django.core.mail.EmailMessage.send", refuse)
            outbox_delivery.deliver()
        assert values(notification, "email_state")["email_state"] == "queued"
        now.advance(minutes=1)
        outbox_delivery.deliver()
    assert len(mail.outbox) == 1


def test_a_worker_lost_while_sending_is_replaced_later(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(message: object) -> None:
        raise SystemExit

    user = UserFactory()
    with clock_at("2026-11-24 09:00") as now:
        tell(user)
        with monkeypatch.context() as broken:
            broken.setattr("django.core.mail.EmailMessage.send", die)
            with pytest.raises(SystemExit):
                outbox_delivery.deliver()
        now.advance(minutes=6)
        outbox_delivery.deliver()
        assert len(mail.outbox) == 0
        now.advance(minutes=30)
        outbox_delivery.deliver()
    assert len(mail.outbox) == 1


def test_a_title_cannot_add_headers_to_a_mail(db: None) -> None:
    tell(UserFactory(), title="第一行\nBcc: nobody@example.test")
    outbox_delivery.deliver()
    assert mail.outbox[0].subject == "第一行 Bcc: nobody@example.test"


def test_reading_touches_only_ones_own(db: None) -> None:
    mine, other = NotificationFactory(), NotificationFactory()
    reader = actor_of(mine.user)
    assert services.notification_mark_read(actor=reader, notification_id=other.pk) == 0
    assert services.notification_mark_read(actor=reader, notification_id=mine.pk) == 1
    assert services.notification_mark_read(actor=reader, notification_id=mine.pk) == 0
    NotificationFactory.create_batch(3, user=mine.user)
    assert selectors.notification_unread_count(reader) == 3
    assert services.notification_mark_all_read(actor=reader) == 3
    assert values(other, "read_at")["read_at"] is None


def test_the_public_has_no_notifications(db: None) -> None:
    NotificationFactory()
    assert selectors.notification_unread_count(PUBLIC) == 0
    with pytest.raises(SignInRequired):
        services.notification_mark_all_read(actor=PUBLIC)
