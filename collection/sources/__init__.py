"""Reading a source into a file: one module per kind, behind one function (docs/adr/0056).

What a source is reached with are its settings, which hold no secret, its secret, and the list of destinations.
Whatever the kind, the host is on that list, its name is resolved once, and the connection is made to the address that
was checked.
"""

from collection.sources.fetching import bring, probe
from collection.sources.order import Brought, Order
from collection.sources.settings import Settings, settings_kept, settings_of

__all__ = ["Brought", "Order", "Settings", "bring", "probe", "settings_kept", "settings_of"]
