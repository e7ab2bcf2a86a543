from django.urls import path

from sharing.views import oauth

app_name = "oauth"

urlpatterns = [
    path("o/token/", oauth.token, name="token"),
    path("o/revoke/", oauth.revoke, name="revoke"),
    path("o/introspect/", oauth.introspect, name="introspect"),
    path(".well-known/oauth-authorization-server", oauth.metadata, name="metadata"),
]
