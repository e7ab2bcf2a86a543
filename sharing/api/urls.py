from django.urls import path

from sharing.api import requests

app_name = "sharing_api"

urlpatterns = [
    path("share-requests/", requests.RequestCollection.as_view(), name="request_list"),
    path("share-requests/<int:pk>/", requests.RequestItem.as_view(), name="request_detail"),
    path("share-requests/<int:pk>/<slug:action>/", requests.RequestStepTaken.as_view(), name="request_step"),
]
