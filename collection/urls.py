"""Addresses of collecting: one per page, one per action."""

from django.urls import path

from collection.views import compare, data, dataset, file, freshness, run, upload

app_name = "collection"

urlpatterns = [
    path("", dataset.dataset_list, name="dataset_list"),
    path("hook/<str:ref>/", dataset.dataset_hook, name="dataset_hook"),
    path("datasets/<int:pk>/", dataset.dataset_detail, name="dataset_detail"),
    path("datasets/<int:pk>/edit/", dataset.dataset_edit, name="dataset_edit"),
    path("datasets/<int:pk>/retire/", dataset.dataset_retire, name="dataset_retire"),
    path("datasets/<int:pk>/rows/", data.rows, name="rows"),
    path("datasets/<int:pk>/compare/", compare.compare, name="compare"),
    path("datasets/<int:pk>/export/", data.export, name="export"),
    path("datasets/<int:pk>/upload/", run.run_upload, name="run_upload"),
    path("datasets/<int:pk>/rollback/", run.run_rollback, name="run_rollback"),
    path("datasets/<int:pk>/files/", file.files_add, name="files_add"),
    path("datasets/<int:pk>/files/remove/", file.files_remove, name="files_remove"),
    path("datasets/<int:pk>/uploads/", upload.upload_begin, name="upload_begin"),
    path("uploads/<uuid:token>/<int:offset>/", upload.upload_take, name="upload_take"),
    path("uploads/<uuid:token>/finish/", upload.upload_finish, name="upload_finish"),
    path("files/<int:pk>/", file.file_detail, name="file_detail"),
    path("files/<int:pk>/show/", file.file_show, name="file_show"),
    path("files/<int:pk>/download/", file.file_download, name="file_download"),
    path("runs/", run.run_list, name="run_list"),
    path("runs/<int:pk>/", run.run_detail, name="run_detail"),
    path("runs/<int:pk>/confirm/", run.run_confirm, name="run_confirm"),
    path("runs/<int:pk>/cancel/", run.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resubmit/", run.run_resubmit, name="run_resubmit"),
    path("runs/<int:pk>/original/", run.run_original, name="run_original"),
    path("runs/<int:pk>/rejects/", run.run_rejects, name="run_rejects"),
    path("freshness/", freshness.freshness_list, name="freshness_list"),
]
