"""What the pages of the classification and the libraries show."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog import policies
from catalog.choices import CategoryLevel
from catalog.models import Category, Library
from catalog.panels import LIBRARY_PANELS
from catalog.selectors import classification as reading
from core.actors import Actor


@dataclass(slots=True)
class Node:
    """A category with what stands below it; ``count`` is that of the whole branch."""

    category: Category
    count: int = 0
    children: list["Node"] = field(default_factory=list)
    is_open: bool = False
    is_shown: bool = True

    @property
    def takes_children(self) -> bool:
        return self.category.level != CategoryLevel.SUBORDER


def tree(text: str, *, only_used: bool = False) -> list[Node]:
    """Return the classification as a tree with counts; two queries.

    Args:
        text: keeps the branches with this in code or name, opened.
        only_used: keeps the branches that hold entries.
    """
    own = reading.entry_counts_by_category()
    nodes: dict[int, Node] = {}
    roots: list[Node] = []
    for category in reading.category_tree():
        node = Node(category, own.get(category.code, 0))
        nodes[category.pk] = node
        above = nodes.get(category.parent_id) if category.parent_id else None
        (above.children if above else roots).append(node)
    for node in roots:
        _sum_up(node)
        _narrow(node, text.strip().lower(), only_used)
    return [node for node in roots if node.is_shown]


def _sum_up(node: Node) -> int:
    node.count += sum(_sum_up(child) for child in node.children)
    return node.count


def _narrow(node: Node, text: str, only_used: bool) -> bool:
    """Hide what does not fit; a branch stays for what is in it."""
    below = [_narrow(child, text, only_used) for child in node.children]
    fits = not text or text in node.category.name.lower() or node.category.code.startswith(text)
    used = node.count > 0 or not only_used
    node.is_shown = used and (fits or any(below))
    node.is_open = bool(text) and any(below)
    if text and fits and not any(below):
        _show_all(node.children, only_used)
    return node.is_shown


def _show_all(nodes: Iterable[Node], only_used: bool) -> None:
    """Keep everything below a branch that was asked for by its own name."""
    for node in nodes:
        node.is_shown = node.count > 0 or not only_used
        _show_all(node.children, only_used)


def totals(nodes: Iterable[Node]) -> dict[str, int]:
    """Count the nodes shown per level."""
    counts = dict.fromkeys(CategoryLevel.values, 0)
    for node in nodes:
        if node.is_shown:
            counts[node.category.level] += 1
            for level, count in totals(node.children).items():
                counts[level] += count
    return counts


FORMS = {
    CategoryLevel.CLASS: 2,
    CategoryLevel.GROUP: 3,
    CategoryLevel.ORDER: 6,
}
"""How many digits the level below adds to the code; up to six below an order."""


def category_page(actor: Actor, code: str) -> dict[str, Any]:
    """Return one category with its place in the tree."""
    category = reading.category_get(code)
    counts = reading.entry_counts_by_category()
    children = [
        (child, sum(count for key, count in counts.items() if key.startswith(child.code)))
        for child in reading.category_children(category)
    ]
    total = sum(count for key, count in counts.items() if key.startswith(category.code))
    crumbs = [{"label": _("Classification"), "url": reverse("catalog:category_list")}]
    crumbs += [
        {"label": above.name, "url": reverse("catalog:category_edit", args=[above.code])}
        for above in reading.category_path(category)
    ]
    return {
        "category": category,
        "children": children,
        "total": total,
        "own": counts.get(category.code, 0),
        "can_edit": policies.can_administer_classification(actor),
        "digits": FORMS.get(CategoryLevel(category.level)),
        "is_order": category.level == CategoryLevel.ORDER,
        "crumbs": crumbs,
    }


@dataclass(frozen=True, slots=True)
class LibraryRow:
    library: Library
    count: int
    is_own: bool


def library_rows(actor: Actor) -> list[LibraryRow]:
    """Return the libraries with their entries counted; two queries."""
    counts = reading.entry_counts_by_library()
    return [
        LibraryRow(one, counts.get(one.code, 0), one.lead_department_id == actor.department_id is not None)
        for one in reading.library_list()
    ]


def library_page(actor: Actor, code: str) -> dict[str, Any]:
    """Return one library, and what the actor may do to it."""
    library = reading.library_get(code)
    return {
        "library": library,
        "count": reading.entry_counts_by_library().get(library.code, 0),
        "can_edit": policies.can_edit_library(actor, library),
        "can_lead": policies.can_administer_classification(actor),
        "panels": LIBRARY_PANELS.of(actor, library),
        "crumbs": [{"label": _("Libraries"), "url": reverse("catalog:library_list")}],
    }
