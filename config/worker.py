"""The worker of gunicorn: a request line that is too long is answered as the product answers everything else."""

import json
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

MOST_BYTES = 8190
"""Of a request line. Proxies take no more either, unless they are told to: nginx 8 KiB, Apache 8190 bytes."""
_DRAINED_BYTES = 1024**2
_DRAINING_SECONDS = 1


class Worker(ThreadWorker):
    """Threads that keep their database connection; see ``config/gunicorn.py``."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what could not be read as a request."""
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", exc)
        # Whoever hangs up in the middle of it gets no answer, which is no error of ours.
        with suppress(OSError):
            client.settimeout(_DRAINING_SECONDS)
            client.sendall(too_long())
            client.shutdown(socket.SHUT_WR)
            # Closed with bytes unread, the connection would be reset and the answer lost on its way.
            left = _DRAINED_BYTES
            while left > 0 and (read := client.recv(min(left, 65536))):
                left -= len(read)


def too_long() -> bytes:
    """Return the answer with its head: the same for all, since an address that was not read names nobody."""
    status = HTTPStatus.REQUEST_URI_TOO_LONG
    with translation.override(settings.LANGUAGE_CODE):
        detail = _(
            "The address is longer than %(count)d bytes. Ask in several calls with fewer values each, and name in all"
            " of them the version that the first one tells."
        ) % {"count": MOST_BYTES}
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail, "code": "too_long"}
    content = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Cache-Control: no-store\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
