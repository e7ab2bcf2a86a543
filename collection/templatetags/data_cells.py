"""The cells of data rows. A page of a wide table has ten thousand of them: a template takes a second for those."""

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from collection.comparison import Line
from collection.preview import Row
from core.components.icons import icon

register = template.Library()

_NUMBER = ' class="num"'


@register.simple_tag
def row_cells(row: Row) -> SafeString:
    """Draw the cells of a row, with what of it is being verified."""
    empty = format_html('<span class="null">{}</span>', _("empty"))
    cells = [
        f"<td{_NUMBER if cell.is_number else ''}>"
        f"{empty if cell.text is None else escape(cell.text)}{_doubted(row, at)}</td>"
        for at, cell in enumerate(row.cells)
    ]
    return mark_safe("".join(cells))


def _doubted(row: Row, at: int) -> str:
    if row.cells[at].is_doubted:
        words = pgettext("item", "Being verified")
    elif row.is_doubted and at == 0:
        words = _("Row being verified")
    else:
        return ""
    return format_html(' <span class="sub">{}{}</span>', icon("zoom-exclamation"), words)


@register.simple_tag
def line_cells(line: Line) -> SafeString:
    """Draw the cells of a row that differs between two versions, with what each was before."""
    cells = []
    for cell in line.cells:
        if cell.is_changed:
            before, after = ("—" if text is None else escape(text) for text in (cell.before, cell.after))
            cells.append(f"<td><del>{before}</del> <ins>{after}</ins></td>")
        else:
            text = cell.before if line.kind == "removed" else cell.after
            cells.append(f"<td>{escape(text or '')}</td>")
    return mark_safe("".join(cells))
