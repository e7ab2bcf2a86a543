from django.apps import AppConfig


class LibrariesConfig(AppConfig):
    name = "libraries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from collection import dataset_panels
        from libraries import (
            beside,
            notices,
            receivers,  # noqa: F401  it connects itself
            work_kinds,
        )
        from sharing import grant_panels

        notices.register()
        work_kinds.register()
        dataset_panels.register("libraries/partials/_dataset_library.html", beside.dataset_panel)
        grant_panels.register("libraries/partials/_grant_library.html", beside.grant_panel)
