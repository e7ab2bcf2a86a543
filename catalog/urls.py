"""Pages of the catalog."""

from django.urls import path

from catalog.views import classification, duty_change, editor, entry, filing, home, imports, listing, portal, review

app_name = "catalog"

urlpatterns = [
    path("", home.home, name="home"),
    # Finding
    path("catalog/", listing.entry_list, name="entry_list"),
    path("catalog/own/", listing.entry_own_list, name="entry_own_list"),
    path("catalog/export/", listing.entry_export, name="entry_export"),
    # Keeping
    path("catalog/categories/", classification.category_list, name="category_list"),
    path("catalog/categories/<str:code>/", classification.category_edit, name="category_edit"),
    path("catalog/libraries/", classification.library_list, name="library_list"),
    path("catalog/libraries/<slug:code>/", classification.library_edit, name="library_edit"),
    path("catalog/libraries/<slug:code>/lead/", classification.library_lead_set, name="library_lead_set"),
    path("catalog/changes/", duty_change.duty_change_list, name="duty_change_list"),
    path("catalog/changes/new/", duty_change.duty_change_create, name="duty_change_create"),
    path("catalog/changes/<int:pk>/", duty_change.duty_change_detail, name="duty_change_detail"),
    path("catalog/changes/<int:pk>/extend/", duty_change.duty_change_extend, name="duty_change_extend"),
    # Filing
    path("catalog/import/", imports.import_page, name="import_page"),
    path("catalog/import/template/", imports.import_template, name="import_template"),
    path("catalog/import/<int:pk>/", imports.import_detail, name="import_detail"),
    path("catalog/import/<int:pk>/check/", imports.import_check, name="import_check"),
    path("catalog/import/<int:pk>/start/", imports.import_start, name="import_start"),
    path("catalog/import/<int:pk>/continue/", imports.import_continue, name="import_continue"),
    path("catalog/import/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("catalog/import/<int:pk>/discard/", imports.import_discard, name="import_discard"),
    path("catalog/import/<int:pk>/report/", imports.import_report, name="import_report"),
    path("catalog/new/", editor.entry_create, name="entry_create"),
    path("catalog/find/", editor.entry_find, name="entry_find"),
    path("catalog/<str:ref>/edit/", editor.entry_edit, name="entry_edit"),
    path("catalog/<str:ref>/edit/<slug:step>/", editor.entry_edit, name="entry_edit_step"),
    path("catalog/<str:ref>/revise/", filing.entry_revise, name="entry_revise"),
    path("catalog/<str:ref>/discard/", filing.entry_discard, name="entry_discard"),
    path("catalog/<str:ref>/submit/", filing.entry_submit, name="entry_submit"),
    path("catalog/<str:ref>/recall/", filing.entry_recall, name="entry_recall"),
    path("catalog/<str:ref>/withdraw/", filing.entry_withdraw, name="entry_withdraw"),
    # Reading
    path("catalog/<str:ref>/", entry.entry_detail, name="entry_detail"),
    path("catalog/<str:ref>/revisions/<str:before>/<str:after>/", entry.revision_diff, name="revision_diff"),
    # Deciding
    path("review/", review.review_list, name="review_list"),
    path("review/approve/", review.review_approve_many, name="review_approve_many"),
    path("review/<str:ref>/", review.review_detail, name="review_detail"),
    path("review/<str:ref>/comment/", review.review_comment, name="review_comment"),
    path("review/<str:ref>/comment/<int:pk>/delete/", review.review_comment_delete, name="review_comment_delete"),
    path("review/<str:ref>/approve/", review.review_approve, name="review_approve"),
    path("review/<str:ref>/return/", review.review_return, name="review_return"),
    # The public
    path("open/", portal.open_list, name="open_list"),
    path("open/<str:ref>/", portal.open_detail, name="open_detail"),
]
