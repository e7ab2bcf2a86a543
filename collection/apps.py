from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "collection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from catalog import entry_panels, review_panels, row_marks
        from catalog.api import members
        from collection import navigation, notices, on_entry, outlook, receivers, work_kinds  # noqa: F401

        navigation.register()
        notices.register()
        work_kinds.register()
        entry_panels.register("collection/partials/_entry_data.html", on_entry.panel, order=10)
        review_panels.register("data", _("Data"), "collection/partials/_review_data.html", outlook.panel)
        row_marks.register(on_entry.row_marks)
        members.register(on_entry.members)
