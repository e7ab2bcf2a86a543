"""The resource code: category code "/" serial (2017 guide, 信息资源代码), drawn once and never again."""

from catalog.models import Category, Entry


def resource_code_assign(entry: Entry, category: Category) -> str:
    """Give an entry its resource code at its first submission; an entry that has one keeps it.

    The category's row stays locked until the transaction ends, so two submissions never draw the same serial;
    a serial drawn by a transaction that rolls back is drawn again by the next, one that committed never is.

    Returns:
        The code, e.g. "307013/000128"; the entry carries it, unsaved.
    """
    if entry.code:
        return entry.code
    locked = Category.objects.select_for_update().get(pk=category.pk)
    locked.last_serial += 1
    locked.save(update_fields=["last_serial"])
    entry.code = f"{locked.code}/{locked.last_serial:06d}"
    entry.slug = entry.code.replace("/", "-")
    return entry.code
