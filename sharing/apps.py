from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sharing import client_navigation, notices, receivers, work_kinds  # noqa: F401

        client_navigation.register()
        notices.register()
        work_kinds.register()
