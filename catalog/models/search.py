from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q


class EntrySearch(models.Model):
    """What the search finds an entry by, written in the transaction that changes the entry's current revision.

    ``name_pinyin`` is what names sort by, as the database has no Chinese
    collation; ``folded`` is the text in both foldings of traditional characters,
    lower case, for rechecking adjacency; ``bigrams`` gives recall, ``words`` ranking.

    The ``open_`` columns hold the same of what the public may see of an open entry, and nothing for any other:
    the public is answered from them alone, so that it cannot probe for what is closed.
    """

    entry = models.OneToOneField("Entry", primary_key=True, on_delete=models.CASCADE, related_name="search")
    name_folded = models.TextField()
    name_pinyin = models.CharField(max_length=800)
    folded = models.TextField()
    bigrams = SearchVectorField()
    words = SearchVectorField()
    open_folded = models.TextField(null=True)
    open_bigrams = SearchVectorField(null=True)
    open_words = SearchVectorField(null=True)

    class Meta:
        indexes = [
            GinIndex(fields=["bigrams"], name="entry_search_bigrams"),
            GinIndex(fields=["words"], name="entry_search_words"),
            GinIndex(
                fields=["open_bigrams"], name="entry_search_open_bigrams", condition=Q(open_bigrams__isnull=False)
            ),
            models.Index(fields=["name_pinyin"], name="entry_search_pinyin"),
        ]

    def __str__(self) -> str:
        return self.name_folded
