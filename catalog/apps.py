from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog import navigation, notices, receivers, work_kinds  # noqa: F401
        from catalog.imports import finishing

        navigation.register()
        work_kinds.register()
        notices.register()
        finishing.register()
