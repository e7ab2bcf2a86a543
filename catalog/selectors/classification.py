"""Reading the classification, libraries and compilation standards: public records of the catalog."""

from django.db.models import Count, QuerySet

from catalog.choices import LIVE_STATUSES, CategoryLevel
from catalog.models import Category, Entry, Library
from core.exceptions import NotVisible


def category_tree() -> QuerySet[Category]:
    """Return all categories in code order, which is tree order."""
    return Category.objects.order_by("code")


def entry_counts_by_category() -> dict[str, int]:
    """Return how many live entries each category holds itself, by code; one query."""
    rows = (
        Entry.objects.filter(status__in=LIVE_STATUSES, current_revision__category__isnull=False)
        .order_by()
        .values_list("current_revision__category__code")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def entry_counts_by_library() -> dict[str, int]:
    """Return how many live entries each library holds, by code; one query."""
    rows = (
        Entry.objects.filter(status__in=LIVE_STATUSES, current_revision__library__isnull=False)
        .order_by()
        .values_list("current_revision__library__code")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def category_path(category: Category) -> list[Category]:
    """Return the categories above one, from the class down; one query."""
    lengths = [length for length in (1, 3, 6) if length < len(category.code)]
    return list(Category.objects.filter(code__in=[category.code[:length] for length in lengths]).order_by("code"))


def category_children(category: Category) -> QuerySet[Category]:
    return Category.objects.filter(parent=category).order_by("code")


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


def leads_library(department_id: int | None) -> bool:
    """Say whether a department leads a library."""
    return department_id is not None and Library.objects.filter(lead_department=department_id).exists()


def library_get(code: str) -> Library:
    """Return a library by its code.

    Raises:
        NotVisible: there is none.
    """
    library = Library.objects.filter(code=code).select_related("lead_department").first()
    if library is None:
        raise NotVisible
    return library
