"""What beat sends is something a worker knows."""

from django.conf import settings

from config.celery import app


def test_every_tick_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_beat_keeps_no_file_and_messages_are_json() -> None:
    assert app.conf.beat_scheduler == "celery.beat:Scheduler"
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
