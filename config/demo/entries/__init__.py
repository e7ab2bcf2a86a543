"""The hand-written entries of the fictional city 云川市, in every state and of every attribute.

Items are written one a line: field name, name, type with length, then flags: ``k`` key, ``s`` sensitive,
``m=`` a mask, ``w`` withheld, ``o`` open, ``c`` closed to the public.
"""

from config.demo.entries.civil_affairs import CIVIL_AFFAIRS
from config.demo.entries.counties import COUNTIES
from config.demo.entries.entry import DemoEntry
from config.demo.entries.human_resources import HUMAN_RESOURCES
from config.demo.entries.libraries import LIBRARY_ENTRIES
from config.demo.entries.market_supervision import MARKET_SUPERVISION
from config.demo.entries.natural_resources import NATURAL_RESOURCES
from config.demo.entries.other_departments import OTHER_DEPARTMENTS
from config.demo.entries.public_security import PUBLIC_SECURITY

ENTRIES: tuple[DemoEntry, ...] = (
    *CIVIL_AFFAIRS,
    *HUMAN_RESOURCES,
    *PUBLIC_SECURITY,
    *MARKET_SUPERVISION,
    *NATURAL_RESOURCES,
    *OTHER_DEPARTMENTS,
    *COUNTIES,
    *LIBRARY_ENTRIES,
)

__all__ = ["ENTRIES", "DemoEntry"]
