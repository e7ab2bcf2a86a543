"""Addresses of collecting: one per page, one per action."""

from django.urls import path

from collection.views import data, dataset, duty, erasure, freshness, run

app_name = "collection"

urlpatterns = [
    path("", dataset.dataset_list, name="dataset_list"),
    path("hook/<str:ref>/", dataset.dataset_hook, name="dataset_hook"),
    path("datasets/<int:pk>/", dataset.dataset_detail, name="dataset_detail"),
    path("datasets/<int:pk>/edit/", dataset.dataset_edit, name="dataset_edit"),
    path("datasets/<int:pk>/retire/", dataset.dataset_retire, name="dataset_retire"),
    path("datasets/<int:pk>/rows/", data.rows, name="rows"),
    path("datasets/<int:pk>/export/", data.export, name="export"),
    path("datasets/<int:pk>/upload/", run.run_upload, name="run_upload"),
    path("datasets/<int:pk>/rollback/", run.run_rollback, name="run_rollback"),
    path("runs/", run.run_list, name="run_list"),
    path("runs/<int:pk>/", run.run_detail, name="run_detail"),
    path("runs/<int:pk>/confirm/", run.run_confirm, name="run_confirm"),
    path("runs/<int:pk>/cancel/", run.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resubmit/", run.run_resubmit, name="run_resubmit"),
    path("runs/<int:pk>/original/", run.run_original, name="run_original"),
    path("runs/<int:pk>/rejects/", run.run_rejects, name="run_rejects"),
    path("duties/", duty.duty_list, name="duty_list"),
    path("duties/new/", duty.duty_create, name="duty_create"),
    path("duties/<int:pk>/", duty.duty_detail, name="duty_detail"),
    path("duties/<int:pk>/edit/", duty.duty_edit, name="duty_edit"),
    path("duties/<int:pk>/check/", duty.duty_check, name="duty_check"),
    path("duties/<int:pk>/submit/", duty.duty_submit, name="duty_submit"),
    path("duties/<int:pk>/recall/", duty.duty_recall, name="duty_recall"),
    path("duties/<int:pk>/approve/", duty.duty_approve, name="duty_approve"),
    path("duties/<int:pk>/return/", duty.duty_return, name="duty_return"),
    path("duties/<int:pk>/revise/", duty.duty_revise, name="duty_revise"),
    path("duties/<int:pk>/discard/", duty.duty_discard, name="duty_discard"),
    path("duties/<int:pk>/end/", duty.duty_end, name="duty_end"),
    path("duties/erasures/", erasure.erasure_list, name="erasure_list"),
    path("duties/erasures/new/", erasure.erasure_create, name="erasure_create"),
    path("duties/erasures/<int:pk>/", erasure.erasure_detail, name="erasure_detail"),
    path("duties/erasures/<int:pk>/approve/", erasure.erasure_approve, name="erasure_approve"),
    path("duties/erasures/<int:pk>/refuse/", erasure.erasure_refuse, name="erasure_refuse"),
    path("duties/erasures/<int:pk>/withdraw/", erasure.erasure_withdraw, name="erasure_withdraw"),
    path("duties/erasures/<int:pk>/document/", erasure.erasure_document, name="erasure_document"),
    path("freshness/", freshness.freshness_list, name="freshness_list"),
]
