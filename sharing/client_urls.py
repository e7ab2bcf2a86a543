from django.urls import path

from sharing.views import client

app_name = "sharing_clients"

urlpatterns = [
    path("", client.client_list, name="client_list"),
    path("new/", client.client_create, name="client_create"),
    path("<int:pk>/", client.client_detail, name="client_detail"),
    path("<int:pk>/edit/", client.client_edit, name="client_edit"),
    path("<int:pk>/change/approve/", client.client_change_approve, name="client_change_approve"),
    path("<int:pk>/change/refuse/", client.client_change_refuse, name="client_change_refuse"),
    path("<int:pk>/approve/", client.client_approve, name="client_approve"),
    path("<int:pk>/refuse/", client.client_refuse, name="client_refuse"),
    path("<int:pk>/bind/", client.client_bind, name="client_bind"),
    path("<int:pk>/unbind/", client.client_unbind, name="client_unbind"),
    path("<int:pk>/rotate/", client.client_rotate, name="client_rotate"),
    path("<int:pk>/suspend/", client.client_suspend, name="client_suspend"),
    path("<int:pk>/resume/", client.client_resume, name="client_resume"),
    path("<int:pk>/revoke/", client.client_revoke, name="client_revoke"),
]
