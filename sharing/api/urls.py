from django.urls import path

from sharing.api import attachments, corrections, grants, requests, usage, views

app_name = "sharing_api"

urlpatterns = [
    path("datasets/<int:pk>/", views.DatasetItem.as_view(), name="dataset_detail"),
    path("datasets/<int:pk>/rows/", views.DatasetRows.as_view(), name="dataset_rows"),
    path("datasets/<int:pk>/changes/", views.DatasetChanges.as_view(), name="dataset_changes"),
    path("datasets/<int:pk>/export/", views.DatasetExport.as_view(), name="dataset_export"),
    path("datasets/<int:pk>/files/", views.FileCollection.as_view(), name="file_list"),
    path("datasets/<int:pk>/files/<uuid:file>/", views.FileItem.as_view(), name="file_detail"),
    path("grants/", views.GrantCollection.as_view(), name="grant_list"),
    path("grants/<int:pk>/", grants.GrantItem.as_view(), name="grant_detail"),
    path("grants/<int:pk>/requests/", grants.GrantRequests.as_view(), name="grant_request"),
    path("grants/<int:pk>/suspend/", grants.GrantSuspended.as_view(), name="grant_suspend"),
    path("grants/<int:pk>/resume/", grants.GrantResumed.as_view(), name="grant_resume"),
    path("grants/<int:pk>/narrow/", grants.NarrowingAnnounced.as_view(), name="grant_narrow"),
    path("grants/<int:pk>/loosen/", grants.GrantLoosened.as_view(), name="grant_loosen"),
    path("grants/<int:pk>/end/", grants.GrantEnded.as_view(), name="grant_end"),
    path("grants/<int:pk>/demand/", grants.DisposalDemanded.as_view(), name="disposal_demand"),
    path("grants/<int:pk>/dispose/", grants.GrantDisposed.as_view(), name="grant_dispose"),
    path("grants/<int:pk>/stop/", grants.StopAnnounced.as_view(), name="stop_announce"),
    path("grants/<int:pk>/stop/answer/", grants.StopAnswered.as_view(), name="stop_answer"),
    path("grants/<int:pk>/stop/file/", grants.StopFiled.as_view(), name="stop_file"),
    path("grants/<int:pk>/stop/carry-out/", grants.StopCarriedOut.as_view(), name="stop_carry_out"),
    path("grants/<int:pk>/stop/take-back/", grants.StopTakenBack.as_view(), name="stop_take_back"),
    path("grants/<int:pk>/use/", usage.UsageCollection.as_view(), name="usage_list"),
    path("grants/<int:pk>/inspections/", usage.InspectionCollection.as_view(), name="inspection_list"),
    path(
        "grants/<int:pk>/inspections/<int:inspection>/rectify/",
        usage.InspectionRectified.as_view(),
        name="inspection_rectify",
    ),
    path("terms/", grants.TermsInForce.as_view(), name="terms"),
    path("terms/accept/", grants.TermsAccepted.as_view(), name="terms_accept"),
    path("datasets/<int:pk>/take/", grants.DatasetTaken.as_view(), name="dataset_take"),
    path("share-requests/", requests.RequestCollection.as_view(), name="request_list"),
    path("share-requests/<int:pk>/", requests.RequestItem.as_view(), name="request_detail"),
    path("share-requests/<int:pk>/count/", requests.RequestCount.as_view(), name="request_count"),
    path("share-requests/<int:pk>/attachments/", attachments.AttachmentCollection.as_view(), name="attachment_list"),
    path(
        "share-requests/<int:pk>/attachments/<int:attachment>/",
        attachments.AttachmentItem.as_view(),
        name="attachment_detail",
    ),
    path("share-requests/<int:pk>/<slug:action>/", requests.RequestStepTaken.as_view(), name="request_step"),
    path("corrections/", corrections.CorrectionCollection.as_view(), name="correction_list"),
    path("corrections/<int:pk>/", corrections.CorrectionItem.as_view(), name="correction_detail"),
    path("corrections/<int:pk>/answer/", corrections.CorrectionAnswer.as_view(), name="correction_answer"),
    path("corrections/<int:pk>/correct/", corrections.CorrectionCorrected.as_view(), name="correction_correct"),
    path("corrections/<int:pk>/withdraw/", corrections.CorrectionWithdrawn.as_view(), name="correction_withdraw"),
]
