from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = _("Time limits and tasks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workflow import places, receivers  # noqa: F401

        places.register()
        # Every process that writes messages has to know their handlers, not only the worker.
        autodiscover_modules("tasks")
