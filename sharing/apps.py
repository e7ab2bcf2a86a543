from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from catalog import effects
        from catalog.panels import ENTRY_PANELS, FILING_PANELS, QUEUE_PANELS, REVIEW_PANELS
        from collection import doubts
        from collection.panels import DATASET_PANELS, UNHOOKING_PANELS
        from sharing import (
            attachments,
            client_navigation,
            navigation,
            notices,
            on_dataset,
            on_entry,
            on_filing,
            on_review,
            on_unhooking,
            reasons,  # noqa: F401  it registers the sentences
            receivers,  # noqa: F401  it connects itself
            work_kinds,
        )
        from sharing.selectors.objection import disputed_items, disputed_rows

        navigation.register()
        client_navigation.register()
        attachments.register()
        notices.register()
        work_kinds.register()
        ENTRY_PANELS.register("sharing/partials/_entry_sharing.html", on_entry.panel, order=20)
        DATASET_PANELS.register("sharing/partials/_dataset_grants.html", on_dataset.panel)
        UNHOOKING_PANELS.register("sharing/partials/_unhooking.html", on_unhooking.panel)
        doubts.register(disputed_items, disputed_rows)
        QUEUE_PANELS.register("sharing/partials/_review_requests.html", on_review.panel, order=10)
        cuts = "sharing/partials/_cuts_section.html"
        FILING_PANELS.register(cuts, on_filing.panel)
        REVIEW_PANELS.register(cuts, on_filing.panel, key="grants", label=_("Grants"))
        effects.register_loss(on_filing.takes_away)
