"""In which order the datasets of a library are locked: by key, whatever is built from what."""

from collections.abc import Iterable

from collection.models import Dataset


def datasets_lock(dataset_id: int, sources: Iterable[int]) -> None:
    """Lock a library dataset, and what it is or is to be built from so that nothing of it ends meanwhile.

    A source may be a library dataset too, and another of the same library's sources be built from it: who locked the
    library first and its sources after it would wait for somebody who does so from the other end.

    Args:
        sources: datasets; rows that refer to them may be added meanwhile, such as pulls.
    """
    others = Dataset.objects.filter(pk__in=set(sources) - {dataset_id}).order_by("pk")
    weakly = others.select_for_update(no_key=True).values_list("pk")
    list(weakly.filter(pk__lt=dataset_id))
    list(Dataset.objects.select_for_update().filter(pk=dataset_id).values_list("pk"))
    list(weakly.filter(pk__gt=dataset_id))
