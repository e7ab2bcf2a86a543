"""Addresses of collecting: one per page, one per action."""

from django.urls import path

from collection.views import compare, data, dataset, destination, freshness, quality, run, source

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
    path("datasets/<int:pk>/sources/add/<str:kind>/", source.source_add, name="source_add"),
    path("sources/", source.source_list, name="source_list"),
    path("sources/<int:pk>/", source.source_detail, name="source_detail"),
    path("sources/<int:pk>/edit/", source.source_edit, name="source_edit"),
    path("sources/<int:pk>/run/", source.source_run, name="source_run"),
    path("sources/<int:pk>/try/", source.source_try, name="source_try"),
    path("sources/<int:pk>/pause/", source.source_pause, name="source_pause"),
    path("sources/<int:pk>/resume/", source.source_resume, name="source_resume"),
    path("sources/<int:pk>/retire/", source.source_retire, name="source_retire"),
    path("destinations/", destination.destination_list, name="destination_list"),
    path("destinations/<int:pk>/remove/", destination.destination_remove, name="destination_remove"),
    path("runs/", run.run_list, name="run_list"),
    path("runs/<int:pk>/", run.run_detail, name="run_detail"),
    path("runs/<int:pk>/confirm/", run.run_confirm, name="run_confirm"),
    path("runs/<int:pk>/cancel/", run.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resubmit/", run.run_resubmit, name="run_resubmit"),
    path("runs/<int:pk>/original/", run.run_original, name="run_original"),
    path("runs/<int:pk>/rejects/", run.run_rejects, name="run_rejects"),
    path("freshness/", freshness.freshness_list, name="freshness_list"),
    path("quality/", quality.quality_list, name="quality_list"),
    path("datasets/<int:pk>/quality/", quality.quality_dataset, name="quality_dataset"),
    path("datasets/<int:pk>/quality/limit/", quality.quality_limit, name="quality_limit"),
    path("datasets/<int:pk>/quality/add/", quality.quality_rule_add, name="quality_rule_add"),
    path("datasets/<int:pk>/quality/try/", quality.quality_rule_try, name="quality_rule_try"),
    path("quality/rules/<int:pk>/", quality.quality_rule_edit, name="quality_rule_edit"),
    path("quality/rules/<int:pk>/remove/", quality.quality_rule_remove, name="quality_rule_remove"),
    path("quality/reports/<int:pk>/rows/<int:at>/", quality.quality_samples, name="quality_samples"),
]
