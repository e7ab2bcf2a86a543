from django.apps import AppConfig


class LibrariesConfig(AppConfig):
    name = "libraries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog.panels import LIBRARY_PANELS
        from collection import built_data, origins
        from collection.panels import DATASET_PANELS, UNHOOKING_PANELS
        from libraries import (
            beside,
            lineage,
            navigation,
            notices,
            receivers,  # noqa: F401  it connects itself
            work_kinds,
        )
        from sharing.panels import GRANT_PANELS

        navigation.register()
        notices.register()
        work_kinds.register()
        built_data.register(beside.loading_refused, beside.returning_refused)
        origins.register(lineage.origins_told)
        LIBRARY_PANELS.register("libraries/partials/_library_datasets.html", beside.library_panel)
        DATASET_PANELS.register("libraries/partials/_dataset_library.html", beside.dataset_panel)
        UNHOOKING_PANELS.register("libraries/partials/_unhooking.html", beside.unhooking_panel)
        GRANT_PANELS.register("libraries/partials/_grant_library.html", beside.grant_panel)
