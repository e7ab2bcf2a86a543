"""A walk through an answer of many pages: the cursor that came, and the one that leads on."""

from accounts.requests import ApiRequest
from collection.readers.changes import Resync
from core.actors import Actor
from sharing.api import query as asked
from sharing.api.cursors import Place, open_cursor, seal
from sharing.models import Grant
from sharing.refusals import BadCursor


class Walk:
    """Where a call stands.

    Attributes:
        version: that is read: the cursor's, else the one asked for, None for the published one.

    Raises:
        BadCursor: the cursor belongs to another caller, grant or query, or to another version than is asked for.
        Resync: the grant changed since the walk began.
    """

    def __init__(self, kind: str, request: ApiRequest, grant: Grant) -> None:
        self._context = _context(kind, request.actor, grant, asked.digest(request.query_params))
        self._edition = grant.edition
        self.version = asked.read_number(request.query_params, "version")
        self._after = b""
        if "cursor" not in request.query_params:
            return
        # An empty one is none of ours: whoever passes it on would begin anew for ever.
        place = open_cursor(request.query_params["cursor"], self._context)
        if self.version not in (None, place.version):
            raise BadCursor
        if place.edition != grant.edition:
            raise Resync
        self.version, self._after = place.version, place.after

    @property
    def after_row(self) -> int:
        return int.from_bytes(self._after, "big")

    @property
    def after_key(self) -> str | None:
        return self._after.decode() if self._after else None

    def cursor(self, version: int, after: bytes) -> str:
        """Return the cursor of the page that follows."""
        return seal(Place(self._edition, version, after), self._context)


def _context(kind: str, actor: Actor, grant: Grant, digest: str) -> str:
    return f"{kind}|{actor.kind}:{actor.id}|{actor.department_id}|{grant.token}|{digest}"


def opened_place(request: ApiRequest) -> int:
    """Return the place in a list that the cursor of a call names; 0 for its beginning.

    Raises:
        BadCursor: it is none of ours, or another caller's.
    """
    if "cursor" not in request.query_params:
        return 0
    return int.from_bytes(open_cursor(request.query_params["cursor"], _list_context(request)).after, "big")


def sealed_place(request: ApiRequest, last: int) -> str:
    """Return the cursor of the page that follows.

    Args:
        last: key of the last row of this page.
    """
    return seal(Place(0, 0, last.to_bytes(8, "big")), _list_context(request))


def _list_context(request: ApiRequest) -> str:
    actor = request.actor
    return f"{request.path}|{actor.kind}:{actor.id}|{actor.department_id}"
