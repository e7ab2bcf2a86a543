"""From a file to rows of cells as text. Nothing is guessed about types: those come from the items.

How a file is read is its ``Layout``: found out, shown to a person, corrected, remembered. What is uncertain is said
as a ``Doubt``.
"""

from collection.intake.layout import Doubt, Layout
from collection.intake.opening import Intake, open_intake
from collection.intake.plain import Form, PlainCopy

__all__ = ["Doubt", "Form", "Intake", "Layout", "PlainCopy", "open_intake"]
