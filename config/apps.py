from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Holds management commands only: it alone may import every other app."""

    name = "config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from config import openapi  # noqa: F401 - registers how callers sign in
