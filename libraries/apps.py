from django.apps import AppConfig


class LibrariesConfig(AppConfig):
    name = "libraries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from collection.panels import DATASET_PANELS
        from libraries import beside, notices
        from sharing.panels import GRANT_PANELS

        notices.register()
        DATASET_PANELS.register("libraries/partials/_dataset_library.html", beside.dataset_panel)
        GRANT_PANELS.register("libraries/partials/_grant_library.html", beside.grant_panel)
