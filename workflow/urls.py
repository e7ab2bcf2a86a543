from django.urls import path

from workflow import views

app_name = "workflow"

urlpatterns = [
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/read/", views.notification_read_all, name="notification_read_all"),
    path("notifications/preferences/", views.notification_preferences, name="notification_preferences"),
    path("notifications/<int:notification_id>/", views.notification_open, name="notification_open"),
    path("notifications/<int:notification_id>/read/", views.notification_read, name="notification_read"),
    path("deadlines/", views.clock_list, name="clock_list"),
    path("rules/limits/", views.clock_policy_list, name="clock_policy_list"),
    path("rules/limits/<int:policy_id>/", views.clock_policy_add, name="clock_policy_add"),
    path("rules/legal-bases/", views.legal_basis_list, name="legal_basis_list"),
    path("rules/legal-bases/new/", views.legal_basis_add, name="legal_basis_add"),
    path("rules/legal-bases/<int:basis_id>/", views.legal_basis_detail, name="legal_basis_detail"),
    path("rules/legal-bases/<int:basis_id>/retire/", views.legal_basis_retire, name="legal_basis_retire"),
    path("rules/calendar/", views.calendar_now, name="calendar_now"),
    path("rules/calendar/<int:year>/", views.calendar_year, name="calendar_year"),
    path("rules/calendar/<int:year>/notice/", views.calendar_import, name="calendar_import"),
    path("system/background/", views.outbox_list, name="outbox_list"),
    path("system/background/retry/", views.outbox_retry, name="outbox_retry"),
    path("system/background/dismiss/", views.outbox_dismiss, name="outbox_dismiss"),
    path("attachments/<int:attachment_id>/", views.attachment_download, name="attachment_download"),
]
