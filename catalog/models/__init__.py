from catalog.models.classification import Category, Library, LibraryGroupObjectPermission
from catalog.models.entry import Entry, EntryAlias, Item, Revision, RevisionItem
from catalog.models.import_upload import ImportUpload
from catalog.models.imports import ImportBatch, ImportRow
from catalog.models.review import Decision, DutyChange, DutyChangeEntry, ReviewCheck, ReviewComment
from catalog.models.search import EntrySearch, ListingChange
from catalog.models.standard import CompilationStandard

__all__ = [
    "Category",
    "CompilationStandard",
    "Decision",
    "DutyChange",
    "DutyChangeEntry",
    "Entry",
    "EntryAlias",
    "EntrySearch",
    "ImportBatch",
    "ImportRow",
    "ImportUpload",
    "Item",
    "Library",
    "LibraryGroupObjectPermission",
    "ListingChange",
    "ReviewCheck",
    "ReviewComment",
    "Revision",
    "RevisionItem",
]
