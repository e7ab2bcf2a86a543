from django.urls import path

from catalog.api import views

app_name = "catalog_api"

urlpatterns = [
    path("entries/", views.EntryCollection.as_view(), name="entry_list"),
    path("entries/<str:ref>/", views.EntryItem.as_view(), name="entry_detail"),
    path("entries/<str:ref>/submit/", views.EntrySubmit.as_view(), name="entry_submit"),
    path("entries/<str:ref>/approve/", views.EntryApprove.as_view(), name="entry_approve"),
    path("entries/<str:ref>/return/", views.EntryReturn.as_view(), name="entry_return"),
    path("entries/<str:ref>/recall/", views.EntryRecall.as_view(), name="entry_recall"),
    path("entries/<str:ref>/withdraw/", views.EntryWithdraw.as_view(), name="entry_withdraw"),
    path("entries/<str:ref>/revisions/", views.RevisionCollection.as_view(), name="revision_list"),
    path(
        "entries/<str:ref>/revisions/<str:before>/diff/<str:after>/",
        views.RevisionDiff.as_view(),
        name="revision_diff",
    ),
]
