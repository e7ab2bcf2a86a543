from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q


class EntrySearch(models.Model):
    """What lists show, count, sort and search of an entry: one narrow row, written in the transaction of each change.

    The plain columns repeat those of the entry and its current revision, so that counting needs no join;
    ``is_filed`` says whether a head has signed off a revision. Columns that change at every step of a review have no
    index, so that such a step leaves the indexes of the text alone.

    ``name_pinyin`` is what names sort by, as the database has no Chinese
    collation; ``folded`` is the text in both foldings of traditional characters,
    lower case, for rechecking adjacency; ``bigrams`` gives recall, ``words`` ranking. They are empty for a withdrawn
    entry, which is listed but not found. The long ones are kept out of the row.

    The ``open_`` columns hold the same of what the public may see of an open entry, and nothing for any other:
    the public is answered from them alone, so that it cannot probe for what is closed.
    """

    entry = models.OneToOneField("Entry", primary_key=True, on_delete=models.CASCADE, related_name="search")

    status = models.CharField(max_length=20)
    is_filed = models.BooleanField()
    department = models.ForeignKey("accounts.Department", on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey("Category", null=True, on_delete=models.PROTECT, related_name="+")
    library = models.ForeignKey("Library", null=True, on_delete=models.PROTECT, related_name="+")
    sharing = models.CharField(max_length=15, blank=True)
    opening = models.CharField(max_length=15, blank=True)
    cycle = models.CharField(max_length=15, blank=True)
    format_class = models.CharField(max_length=20, blank=True)
    format_type = models.CharField(max_length=30, blank=True)
    code = models.CharField(max_length=64, null=True)
    published_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

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
            GinIndex(
                fields=["open_bigrams"], name="entry_search_open_bigrams", condition=Q(open_bigrams__isnull=False)
            ),
            models.Index(fields=["name_pinyin", "entry"], name="entry_search_pinyin"),
            models.Index(F("published_at").desc(nulls_last=True), F("entry").desc(), name="entry_search_published"),
            models.Index(fields=["code"], name="entry_search_code"),
        ]

    def __str__(self) -> str:
        return self.name_folded


class ListingChange(models.Model):
    """A mark for each change of what lists count, set by a trigger; their number names one state of the catalog.

    ``weight`` lets many marks be put together into one without changing the number.
    """

    weight = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.pk)
