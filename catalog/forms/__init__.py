"""Shape and type of what people type into the pages of the catalog."""

from catalog.forms.actions import ReviseForm, WithdrawForm
from catalog.forms.entry import CreateForm, StepForm, form_for

__all__ = ["CreateForm", "ReviseForm", "StepForm", "WithdrawForm", "form_for"]
