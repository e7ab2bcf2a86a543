"""What others may object to before it happens here, and what they must do as part of it."""

from django.dispatch import Signal

dataset_unhooking = Signal()
"""A dataset is about to be unhooked, within the transaction. Arguments: ``dataset``, ``actor``.

A receiver that must not let it happen raises a ``core.exceptions.DomainError`` that says why and what to do first.
"""

rows_gone = Signal()
"""Rows were removed from the store for good: erased, or of versions that are kept no longer. Argument: ``dataset``.

What an app above keeps of single rows goes now. It may come again for the same rows; where a receiver fails, so does
what removed them, and is tried again.
"""
