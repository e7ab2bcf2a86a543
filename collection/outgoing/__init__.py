"""Safe requests to data sources: only where the security administrator allows, within limits, with clear failures.

``fetch_file`` takes one file, ``fetch_pages`` the records of an interface that pages. Both follow docs/adr/0052.
"""

from collection.outgoing.credentials import (
    MOST_HEADERS,
    SecretHeader,
    basic_auth,
    bearer_token,
    plain_headers,
    steers,
)
from collection.outgoing.destinations import Allowed, is_guarded, is_of_this_machine, is_too_wide
from collection.outgoing.exchange import Access, Limits
from collection.outgoing.failures import NotListed, OutgoingFailed, Permanent, Transient, sentence
from collection.outgoing.fetching import Fetched, Unchanged, Validators, fetch_file
from collection.outgoing.pages import FetchedPages, fetch_pages
from collection.outgoing.paging import LinkHeader, NextLink, Offset, PageNumber, Paging

__all__ = [
    "MOST_HEADERS",
    "Access",
    "Allowed",
    "Fetched",
    "FetchedPages",
    "Limits",
    "LinkHeader",
    "NextLink",
    "NotListed",
    "Offset",
    "OutgoingFailed",
    "PageNumber",
    "Paging",
    "Permanent",
    "SecretHeader",
    "Transient",
    "Unchanged",
    "Validators",
    "basic_auth",
    "bearer_token",
    "fetch_file",
    "fetch_pages",
    "is_guarded",
    "is_of_this_machine",
    "is_too_wide",
    "plain_headers",
    "sentence",
    "steers",
]
