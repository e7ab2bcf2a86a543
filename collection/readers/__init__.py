"""The only way to rows: a page, the changes between two versions, a stream – always under an entitlement.

An ``Entitlement`` says which items, which rows, and what is masked. Everything a reader does – columns, filters,
order, profiles – sees the masked value, so that a mask cannot be probed.
"""

from collection.readers.entitlement import Condition, Entitlement, Operator
from collection.readers.page import Page, page
from collection.readers.stream import FORMATS, stream

__all__ = ["FORMATS", "Condition", "Entitlement", "Operator", "Page", "page", "stream"]
