"""What others may object to before it happens here."""

from django.dispatch import Signal

dataset_unhooking = Signal()
"""A dataset is about to be unhooked, within the transaction. Arguments: ``dataset``, ``actor``.

A receiver that must not let it happen raises a ``core.exceptions.DomainError`` that says why and what to do first.
"""
