from django.urls import path

from sharing.api import corrections, requests, views

app_name = "sharing_api"

urlpatterns = [
    path("datasets/<int:pk>/", views.DatasetItem.as_view(), name="dataset_detail"),
    path("datasets/<int:pk>/rows/", views.DatasetRows.as_view(), name="dataset_rows"),
    path("datasets/<int:pk>/changes/", views.DatasetChanges.as_view(), name="dataset_changes"),
    path("datasets/<int:pk>/export/", views.DatasetExport.as_view(), name="dataset_export"),
    path("datasets/<int:pk>/files/", views.FileCollection.as_view(), name="file_list"),
    path("datasets/<int:pk>/files/<uuid:file>/", views.FileItem.as_view(), name="file_detail"),
    path("grants/", views.GrantCollection.as_view(), name="grant_list"),
    path("share-requests/", requests.RequestCollection.as_view(), name="request_list"),
    path("share-requests/<int:pk>/", requests.RequestItem.as_view(), name="request_detail"),
    path("share-requests/<int:pk>/<slug:action>/", requests.RequestStepTaken.as_view(), name="request_step"),
    path("corrections/", corrections.CorrectionCollection.as_view(), name="correction_list"),
    path("corrections/<int:pk>/", corrections.CorrectionItem.as_view(), name="correction_detail"),
    path("corrections/<int:pk>/answer/", corrections.CorrectionAnswer.as_view(), name="correction_answer"),
    path("corrections/<int:pk>/correct/", corrections.CorrectionCorrected.as_view(), name="correction_correct"),
    path("corrections/<int:pk>/withdraw/", corrections.CorrectionWithdrawn.as_view(), name="correction_withdraw"),
]
