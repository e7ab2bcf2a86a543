"""An address that is too long, as a client meets it at the web server."""

from urllib.parse import quote

import httpx
import pytest

from config.worker import MOST_BYTES
from tests.outside.web import Web


@pytest.mark.parametrize("too_many", [1, 50_000])
def test_an_address_that_is_too_long_is_refused_with_problem_details(web: Web, too_many: int) -> None:
    base = f"{web.url}/api/v1/datasets/1/rows/?XM__in="
    room = MOST_BYTES - len(f"GET {base.removeprefix(web.url)} HTTP/1.1")
    names = quote("王").ljust(room, ",")

    assert httpx.get(base + names).status_code == 401
    refused = httpx.get(base + names + "," * too_many)
    assert refused.status_code == 414
    assert refused.headers["Content-Type"] == "application/problem+json"
    told = refused.json()
    assert (told["status"], told["code"]) == (414, "too_long")
    assert str(MOST_BYTES) in told["detail"]
