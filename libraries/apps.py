from django.apps import AppConfig


class LibrariesConfig(AppConfig):
    name = "libraries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from catalog import library_panels
        from collection import built_data, dataset_panels
        from libraries import beside, navigation, notices
        from sharing import grant_panels

        navigation.register()
        notices.register()
        built_data.register(beside.loading_refused)
        library_panels.register("libraries/partials/_library_datasets.html", beside.library_panel)
        dataset_panels.register("libraries/partials/_dataset_library.html", beside.dataset_panel)
        grant_panels.register("libraries/partials/_grant_library.html", beside.grant_panel)
