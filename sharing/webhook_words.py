"""Why a message to a department's address did not arrive, in words, and what to do. Kept as codes, worded when read."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from collection.outgoing import Permanent
from collection.outgoing.destinations import target_of
from sharing.models import WebhookAttempt, WebhookMessage

UNEXPECTED = "unexpected"
"""The sender itself failed."""
NO_LONGER_GRANTED = "no_longer_granted"

SENTENCES: Mapping[str, Any] = MappingProxyType(
    {
        "timed_out": _("{host} did not answer in time."),
        "unreachable": _("No connection to {host}, port {port}. Check that it runs and lets this platform through."),
        "name_unknown": _("The name {host} leads to no address. Check it for typing errors."),
        "cut_short": _("The connection to {host} broke off."),
        "too_many_requests": _("{host} asks for fewer messages (status 429)."),
        "source_failed": _("{host} reports a failure of its own (status {status})."),
        "not_listed": _(
            "{host}, port {port}, is not on the list of addresses that may be told. Ask the security administrator to"
            " allow it, then send the message again."
        ),
        "address_not_listed": _(
            "{host} leads to addresses outside the networks allowed for it. Nothing was sent. Ask the security"
            " administrator to allow its network."
        ),
        "sign_in_failed": _("{host} asks for a credential (status 401). It must take messages by their signature."),
        "forbidden": _("{host} does not let us in (status 403)."),
        "not_there": _("{host} has nothing at this address (status {status}). Name the right one."),
        "refused": _("{host} refuses the message (status {status})."),
        "tls_failed": _("{host} could not prove who it is: check its certificate. Nothing was sent."),
        "not_http": _("What answers at {host}, port {port}, does not speak HTTP as expected."),
        "bad_address": _("The address cannot be used. Remove it and name another one."),
        NO_LONGER_GRANTED: _("The address was removed, or nothing may be read under the grant any more."),
        UNEXPECTED: _("The platform itself failed while sending. It is in its log; send the message again."),
    }
)


def trouble_of(message: WebhookMessage) -> str | Promise:
    """Return why a message did not arrive, in the language of whoever reads it; empty where nothing went wrong."""
    return _worded(message.endpoint.url, message.last_error, message.last_status)


def attempt_trouble(message: WebhookMessage, tried: WebhookAttempt) -> str | Promise:
    """Return why an attempt failed, as ``trouble_of``."""
    return _worded(message.endpoint.url, tried.error, tried.status)


def _worded(url: str, error: str, status: int | None) -> str | Promise:
    if not error:
        return ""
    try:
        target = target_of(url)
        host, port = target.host, target.port
    except Permanent:
        host, port = url, 0
    return format_lazy(SENTENCES.get(error, SENTENCES["refused"]), host=host, port=port, status=status or "—")
