"""Reading the classification, libraries and compilation standards: public records of the catalog."""

from django.db.models import QuerySet

from catalog.choices import CategoryLevel
from catalog.models import Category, Library
from core.exceptions import NotVisible


def category_tree() -> QuerySet[Category]:
    """Return all categories in code order, which is tree order."""
    return Category.objects.order_by("code")


def categories_for_filing() -> QuerySet[Category]:
    """Return the categories that take entries."""
    return Category.objects.filter(is_active=True, level__in=[CategoryLevel.ORDER, CategoryLevel.SUBORDER]).order_by(
        "code"
    )


def category_get(code: str) -> Category:
    """Return a category by its code.

    Raises:
        NotVisible: there is none.
    """
    category = Category.objects.filter(code=code).select_related("parent").first()
    if category is None:
        raise NotVisible
    return category


def library_list() -> QuerySet[Library]:
    return Library.objects.select_related("lead_department")


def library_get(code: str) -> Library:
    """Return a library by its code.

    Raises:
        NotVisible: there is none.
    """
    library = Library.objects.filter(code=code).select_related("lead_department").first()
    if library is None:
        raise NotVisible
    return library
