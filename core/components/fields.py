"""Form fields and the summary of what is wrong in a form."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, HiddenInput, RadioSelect, Select, Textarea
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.text import slugify

from core.components.lookup import look_up

register = template.Library()


def _option_rows(bound: BoundField) -> list[dict[str, Any]]:
    """Return the options of a radio or checkbox group with their input drawn in our class."""
    helps = getattr(bound.field, "choice_help", {})
    icons = getattr(bound.field, "choice_icons", {})
    disabled = getattr(bound.field, "choice_disabled", {})
    kind = "checkbox" if isinstance(bound.field.widget, CheckboxSelectMultiple) else "radio"
    rows = []
    for part in bound.subwidgets:
        data = part.data
        value = str(data["value"])
        attributes = {**data["attrs"], "class": "form-check-input", "name": data["name"], "type": kind, "value": value}
        attributes["disabled"] = attributes.get("disabled") or value in disabled
        attributes.pop("aria-describedby", None)
        rows.append(
            {
                "input": format_html("<input{}>", flatatt(attributes)),
                "label": data["label"],
                "help": helps.get(value, ""),
                "icon": icons.get(value, ""),
                "disabled": disabled.get(value, "") if isinstance(disabled, Mapping) else "",
                "id": data["attrs"].get("id", ""),
            }
        )
    return rows


@register.inclusion_tag("partials/_field.html")
def field(
    bound: BoundField,
    required: bool | None = None,
    help: Any = "",
    hint: Any = "",
    cards: bool = False,
    stacked: bool = False,
    counter: bool = False,
    **attributes: Any,
) -> dict[str, Any]:
    """Draw a form field: label, control, help, errors, tied together for screen readers.

    Args:
        required: show or hide the word "required"; the field's own setting if not given.
        help: text in place of the field's ``help_text``.
        hint: an amber remark that does not block.
        cards: draw a radio group as cards with their consequence (``field.choice_help``, ``choice_icons``).
        stacked: label above the control, for narrow columns.
        counter: show how many characters are used of ``maxlength``.
        attributes: further attributes of the control; ``_`` in names becomes ``-``.
    """
    widget = bound.field.widget
    control = "input"
    if isinstance(widget, HiddenInput):
        return {"control": "hidden", "field": bound, "widget": bound.as_widget()}
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}_helptext"] * bool(help_text)
    described += [f"{bound.auto_id}_hint"] * bool(hint) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    if described:
        extra.setdefault("aria-describedby", " ".join(described))
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        control = "cards" if cards else "group"
        drawn: Any = ""
    else:
        if isinstance(widget, CheckboxInput):
            control, css = "checkbox", "form-check-input"
        else:
            css = "form-select" if isinstance(widget, Select) else "form-control"
            if isinstance(widget, Textarea):
                extra.setdefault("rows", widget.attrs.get("rows") if widget.attrs.get("rows") != "10" else "3")
        own = widget.attrs.get("class", "")
        drawn = bound.as_widget(attrs={**extra, "class": f"{css} {own}".strip()})
    return {
        "control": control,
        "field": bound,
        "widget": drawn,
        "options": _option_rows(bound) if control in ("cards", "group") else [],
        "described_by": " ".join(described),
        "is_required": bound.field.required if required is None else required,
        "help": help_text,
        "hint": hint,
        "stacked": stacked,
        "counter": getattr(bound.field, "max_length", None) if counter else None,
        "length": len(str(bound.value() or "")),
    }


@register.simple_tag
def form_problems(form: Any = None, errors: Any = None) -> list[dict[str, str]]:
    """List what is wrong in a form and in further rule errors, each with the place it links to."""
    problems = []
    for name, messages in getattr(form, "errors", {}).items():
        bound = form[name] if name in form.fields else None
        for message in messages:
            problems.append(
                {
                    "label": str(bound.label) if bound else "",
                    "target": f"#{bound.auto_id}_field" if bound else "",
                    "message": str(message),
                }
            )
    for error in errors or ():
        name = str(look_up(error, "field"))
        bound = form[name] if form is not None and name in form.fields else None
        problems.append(
            {
                "label": str(bound.label) if bound else "",
                "target": f"#{bound.auto_id}_field" if bound else f"#f-{slugify(name)}" if name else "",
                "message": str(look_up(error, "message")),
            }
        )
    return problems
