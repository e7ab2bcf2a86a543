"""Addresses of library datasets: one per page, one per action."""

from django.urls import path, register_converter

from libraries.views import consent, dataset


class Way:
    """The two ways in which a source moves."""

    regex = "up|down"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Way, "way")
app_name = "libraries"

urlpatterns = [
    path("", dataset.dataset_list, name="dataset_list"),
    path("datasets/<int:pk>/", dataset.dataset_detail, name="dataset_detail"),
    path("datasets/<int:pk>/lineage/", dataset.lineage_set, name="lineage_set"),
    path("datasets/<int:pk>/build/", dataset.build_ask, name="build_ask"),
    path("datasets/<int:pk>/parts/add/", dataset.part_add, name="part_add"),
    path("parts/<int:pk>/", dataset.part_edit, name="part_edit"),
    path("parts/<int:pk>/answer/", consent.part_answer, name="part_answer"),
    path("parts/<int:pk>/<way:way>/", dataset.part_move, name="part_move"),
    path("parts/<int:pk>/remove/", dataset.part_remove, name="part_remove"),
]
