"""The basket: entries whose data a person means to ask for together.

It is what somebody has in hand while he looks through the catalog. Nobody else works on it and nothing follows from it,
so the trail begins with the drafts that come of it.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Entry
from catalog.selectors import entry_get_for
from core.actors import Actor
from core.exceptions import InvalidTransition
from sharing import policies
from sharing.models import BasketEntry
from sharing.services.drafting import MOST_IN_BASKET


@transaction.atomic
def basket_add(*, actor: Actor, entry_ref: str | int) -> Entry:
    """Put an entry into the actor's basket; what is in it stays in it.

    Raises:
        NotVisible, NotAllowed: see ``policies.require_ask``. InvalidTransition: the basket is full.
    """
    entry = entry_get_for(actor, entry_ref)
    policies.require_ask(actor, entry)
    assert actor.id is not None  # noqa: S101  the policy has just required a person
    owner = User.objects.select_for_update().get(pk=actor.id)  # two tabs must not overfill it
    mine = BasketEntry.objects.filter(user=owner)
    if not mine.filter(entry=entry).exists():
        if mine.count() >= MOST_IN_BASKET:
            raise InvalidTransition(_("The basket is full: it holds %(count)d entries.") % {"count": MOST_IN_BASKET})
        BasketEntry.objects.create(user=owner, entry=entry)
    return entry


@transaction.atomic
def basket_remove(*, actor: Actor, entry_ref: str | int) -> None:
    """Take an entry out of the actor's basket.

    Raises:
        NotVisible: no such entry. NotAllowed: he asks for no data at all.
    """
    policies.require_ask_at_all(actor)
    entry = entry_get_for(actor, entry_ref)
    BasketEntry.objects.filter(user=actor.id, entry=entry).delete()


@transaction.atomic
def basket_clear(*, actor: Actor) -> None:
    """Take everything out of the actor's basket.

    Raises:
        NotAllowed: he asks for no data at all.
    """
    policies.require_ask_at_all(actor)
    BasketEntry.objects.filter(user=actor.id).delete()
