from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "collection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from catalog import contractors, row_marks
        from catalog.api import members
        from catalog.panels import ENTRY_PANELS, REVIEW_PANELS
        from collection import navigation, notices, on_entry, outlook, policies, receivers, work_kinds  # noqa: F401

        navigation.register()
        notices.register()
        work_kinds.register()
        ENTRY_PANELS.register("collection/partials/_entry_data.html", on_entry.panel, order=10)
        REVIEW_PANELS.register("collection/partials/_review_data.html", outlook.panel, key="data", label=_("Data"))
        row_marks.register(on_entry.row_marks)
        members.register(on_entry.members)
        contractors.register(policies.entries_named)
