"""How a request to a source can fail: for now, or until somebody changes something.

A failure is kept as its code and a few plain values, and worded when it is read (``sentence``). Neither holds more of
an address than host and port: paths, queries and headers may hold secrets.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import reasons
from core.exceptions import DomainError
from core.reasons import Reason

SENTENCES: Mapping[str, Any] = MappingProxyType(
    {
        # For now. Whether it is tried again, and when, is said by whoever knows: a run's log, not these sentences.
        "timed_out": _("{host} did not answer in time. If it stays so, ask the source's operator."),
        "unreachable": _(
            "No connection to {host}, port {port}. If it stays so, check that the source is running and that the"
            " network lets this machine through."
        ),
        "name_unknown": _("The name {host} leads to no address. Check it for typing errors."),
        "cut_short": _("The answer of {host} ended before it was complete. Nothing of it is used."),
        "too_many_requests": _("{host} asks for fewer requests. Make the schedule wider."),
        "source_failed": _(
            "{host} reports a failure of its own (status {status}). If it stays so, tell the source's operator."
        ),
        "empty_file": _("{host} gave an empty file. If it stays so, ask the source's operator."),
        "total_differs": _("{host} says that there are {total} records but gave {count}. Nothing of it is used."),
        "database_busy": _("The database at {host} cannot serve us now. If it stays so, ask its operator."),
        "file_failed": _(
            "{host} cannot give this file and does not say why. Check the path; if it stays so, ask its operator."
        ),
        # Until somebody changes something
        "database_refused": _(
            "The database at {host} does not let us in. Check user name and credential, and whether its operator lets"
            " this machine sign in."
        ),
        "database_unknown": _(
            "{host} has no database of this name, or does not open it to this user. Check the name of the database."
        ),
        "database_forbidden": _(
            "The database at {host} let us in, but the user may not read this. Ask its operator for the right to read"
            " the table, or what the query names."
        ),
        "driver_missing": _(
            "The driver of the database system “{name}” is not installed any more. Ask the system administrator, or"
            " choose another one."
        ),
        "driver_failed": _(
            "The driver of the database at {host} failed in a way that it does not explain. Check the settings of the"
            " source; if it stays so, tell the system administrator."
        ),
        "database_tls": _(
            "The connection to the database at {host} cannot be encrypted as demanded. Check how it is to be encrypted,"
            " and its certificate."
        ),
        "query_failed": _(
            "The database at {host} cannot carry out the query (error {number}). Check the table or the query, and the"
            " right to read it."
        ),
        "host_key_differs": _(
            "{host} shows another host key ({shown}) than the one entered. Nothing was sent. Ask its operator, by"
            " another way, which is right, before you enter a new one."
        ),
        "key_unreadable": _(
            "The private key cannot be read. Enter it whole, in OpenSSH or PEM form, without a passphrase."
        ),
        "server_refused": _("{host} does not accept user name and credential. Renew them in the source's settings."),
        "file_missing": _("{host} has no file at this path. Correct the path."),
        "file_is_folder": _("What {host} has at this path is a folder. Give the path of one file in it."),
        "bucket_missing": _("{host} has no such bucket. Correct the bucket."),
        "object_missing": _("{host} has no such object in this bucket. Correct the object."),
        "key_refused": _("{host} does not accept access key and secret key. Renew them in the source's settings."),
        "file_forbidden": _("{host} does not let us read this file. Ask its operator for the right to it."),
        "columns_twice": _("Two columns of {host} have the same name. Give each a name of its own with AS."),
        "unreadable_value": _(
            "{host} gave a value that cannot be read, such as a date beyond the year 9999. Cast it to text in the"
            " query."
        ),
        "bad_address": _(
            "The address of the source cannot be used. It must begin with http:// or https:// and name a host, without"
            " user name, password, spaces or backslashes."
        ),
        "bad_host": _("Enter one host, by name or address, without a path; and a port between 1 and 65535."),
        "no_credential": _("The credential is missing. Enter it in the source's settings."),
        "not_listed": _(
            "{host}, port {port}, is not on the list of destinations. Correct the address, or ask the security"
            " administrator to allow it."
        ),
        "address_not_listed": _(
            "{host} leads to addresses outside the networks allowed for it. Nothing was sent. If the source has moved,"
            " ask the security administrator to allow its network."
        ),
        "own_address": _(
            "{host} is an address of the platform itself, or one that only its own machines reach. Such addresses are"
            " never fetched, and nobody can allow them. Correct the address."
        ),
        "bad_credential": _(
            "The credential holds characters that cannot be sent. Enter it again, without line breaks."
        ),
        "sign_in_failed": _("{host} does not accept the credential (status 401). Renew it in the source's settings."),
        "forbidden": _(
            "{host} does not let us read this address (status 403). Ask the source's operator for the right to it."
        ),
        "not_there": _("{host} has nothing at this address (status {status}). Correct the address."),
        "refused": _("{host} refuses the request (status {status}). Check the address and its parameters."),
        "tls_failed": _(
            "{host} could not prove who it is: its certificate is not for this name, has run out, or comes from an"
            " authority that this machine does not trust. Nothing was sent. Ask the operators of both."
        ),
        "not_http": _("What answers at {host}, port {port}, does not speak HTTP as expected. Check address and port."),
        "web_page": _(
            "{host} answered with a web page instead of data, often a sign-in page. Check address and credential."
        ),
        "wrong_content": _("{host} answered with content of another kind ({media_type}). Check the address."),
        "unreadable_content": _("The answer of {host} is packed in a way that cannot be unpacked. Ask its operator."),
        "too_large": _(
            "The answer of {host} is larger than the limit of {limit} bytes. Narrow the request, or raise the limit."
        ),
        "row_too_large": _(
            "A row of {host} is larger than the limit of {limit} bytes. Leave its large columns out of the query."
        ),
        "too_many_redirects": _("{host} passes us on more than {limit} times. Enter the address it ends at."),
        "unencrypted": _("{host} passes us on from https to http. Ask its operator for an encrypted address."),
        "not_json": _("A page of {host} is no valid JSON. Check the address."),
        "no_records": _(
            "{host} gave no records at all. To replace the data with nothing, unhook them instead; else check the"
            " address or the query."
        ),
        "no_list": _("A page of {host} holds no list under “{path}”. Correct where the list is, or check the address."),
        "page_loop": _(
            "{host} gives the same page again and again. Check how its pages are named, or where it says the total."
        ),
        "too_many_pages": _("{host} has more than {limit} pages. Ask for larger ones, or narrow the request."),
    }
)


def sentence(code: str, values: Mapping[str, Any]) -> str | Promise:
    """Word a failure that was kept, in the language of whoever reads it.

    Args:
        values: the ``extra`` of the failure.
    """
    return format_lazy(SENTENCES[code], **values) if code in SENTENCES else DomainError.default_message


def _wording(code: str) -> reasons.Wording:
    return lambda values: str(sentence(code, values))


reasons.register("outgoing", {code: _wording(code) for code in SENTENCES})


class OutgoingFailed(DomainError):
    """A request to a source failed; ``code`` and ``extra`` say all there is to keep."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(Reason(f"outgoing.{code}", values), code=code, extra=values)


class Transient(OutgoingFailed):
    """Another attempt may succeed by itself.

    Args:
        retry_after: seconds that the source asks us to wait.
    """

    def __init__(self, code: str, *, retry_after: int | None = None, **values: Any) -> None:
        self.retry_after = retry_after
        super().__init__(code, **values)


class Permanent(OutgoingFailed):
    """No attempt will succeed until somebody changes something.

    Attributes:
        said: how a refusal over HTTP began; to tell causes apart, neither kept nor shown.
    """

    said: bytes = b""


class NotListed(Permanent):
    """The destination is not allowed; nothing was sent."""
