"""Tags of the editor."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from core.components import fields, figures

register = template.Library()


@register.inclusion_tag("catalog/partials/_edit_field.html", takes_context=True)
def edit_field(context: Mapping[str, Any], name: str, **options: Any) -> dict[str, Any]:
    """Draw a field of the step's form with what the rules advise and what the reviewer said about it.

    Args:
        options: those of ``{% field %}``.
    """
    form = context["form"]
    if name not in form.fields:
        return {"is_absent": True}
    options.setdefault("hint", form.hints.get(name, ""))
    shown: dict[str, Any] = fields.field(form[name], **options)
    return shown | {"comments": context.get("comments_by_field", {}).get(name, [])}


@register.inclusion_tag("catalog/partials/_edit_frame.html", takes_context=True)
def edit_errors(context: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Draw help, errors, hints and comments of a field whose inputs the page draws itself."""
    form = context["form"]
    bound = form[name]
    return {
        "field": bound,
        "help": bound.help_text,
        "hint": form.hints.get(name, ""),
        "comments": context.get("comments_by_field", {}).get(name, []),
    }


@register.inclusion_tag("catalog/partials/_edit_comments.html", takes_context=True)
def edit_comments(context: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Draw what the reviewer said about a field that the page draws itself."""
    return {"comments": context.get("comments_by_field", {}).get(name, [])}


@register.simple_tag
def quoted(names: Iterable[Any]) -> str:
    """Join the names of fields and items as they stand in a sentence: 「摘要」、「名称」."""
    return figures.joined(name if str(name).endswith(("」", "”")) else figures.in_quotes(name) for name in names)
