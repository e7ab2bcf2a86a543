"""Reading a person's basket."""

from django.db.models import Q, QuerySet

from catalog.models import Entry
from catalog.selectors import entry_list_for
from core.actors import Actor


def basket_of(actor: Actor) -> QuerySet[Entry]:
    """Return the entries in the actor's basket that he still sees, first put first."""
    found = entry_list_for(actor).filter(Q(baskets__user=actor.id)) if actor.is_person else Entry.objects.none()
    return found.select_related("published_revision").order_by("baskets__pk")
