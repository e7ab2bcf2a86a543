"""From a row on a page to the form that objects to it: its number stays sealed, its key out of addresses."""

from urllib.parse import urlencode

from django.urls import reverse

from collection.models import DatasetVersion
from collection.readers.known import key_of_row
from core.actors import Actor
from sharing.api.cursors import Place, open_cursor, seal
from sharing.models import Grant
from sharing.selectors.reading import reading_of, version_for_reading


def objection_url(actor: Actor, grant: Grant, version: DatasetVersion, number: int) -> str:
    """Return the address of the form that objects to a row, which the actor has just been shown under a grant."""
    place = Place(grant.edition, version.number, number.to_bytes(8, "big"))
    query = {"grant": grant.pk, "row": seal(place, _context(actor, grant))}
    return f"{reverse('sharing:objection_new', args=[grant.dataset.entry.ref])}?{urlencode(query)}"


def row_key_chosen(actor: Actor, grant: Grant, sealed: str) -> str:
    """Return the key of the row that such an address means, as the grant shows it; empty where it shows it no more.

    Raises:
        BadCursor: the address was made for another person or grant, or by nobody.
    """
    place = open_cursor(sealed, _context(actor, grant))
    version = version_for_reading(grant)
    if version.number != place.version:  # the row has another number now, or none
        return ""
    reading = reading_of(grant, version)
    return key_of_row(reading.entitlement, reading.version, int.from_bytes(place.after, "big")) or ""


def _context(actor: Actor, grant: Grant) -> str:
    """Return what a sealed row belongs to: the person, the department and the grant."""
    return f"objection|{actor.id}|{actor.department_id}|{grant.token}"
