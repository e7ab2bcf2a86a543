"""Every address of the product."""

from django.conf.urls.i18n import urlpatterns as language_urls
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("i18n/", include(language_urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    path("api/v1/", include("catalog.api.urls")),
    path("api/v1/", include("sharing.api.urls")),
    path("", include("sharing.oauth_urls")),
    path("sharing/clients/", include("sharing.client_urls")),
    path("accounts/", include("accounts.urls")),
    path("audit/", include("audit.urls")),
    path("", include("workflow.urls")),
    path("collection/", include("collection.urls")),
    path("sharing/", include("sharing.urls")),
    path("libraries/", include("libraries.urls")),
    path("", include("catalog.urls")),
]


handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
