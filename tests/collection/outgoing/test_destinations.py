"""Requests go where the security administrator allows, to the address that was checked, and nowhere else."""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.outgoing import Allowed, NotListed, Permanent, bearer_token, fetch_file
from collection.outgoing.destinations import GUARDED, addresses_of, target_of
from collection.outgoing.failures import OutgoingFailed
from tests.collection.outgoing.conftest import LOOPBACK, Handler, Source

EVERYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


def failure(source: Source, url: str, **more: object) -> OutgoingFailed:
    with pytest.raises(OutgoingFailed) as caught:
        fetch_file(url, io.BytesIO(), access=source.access(**more))
    return caught.value


def networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def usable(addresses: Sequence[str], allowed: Sequence[str], host: str = "data.example") -> list[str]:
    rule = Allowed(host, networks(*allowed), frozenset({80}))
    return addresses_of(target_of(f"http://{host}/"), [rule], lambda _host, _port: addresses, 1)


# --- The list ---


@pytest.mark.parametrize("url", ["http://elsewhere.example/", "http://data.example:9/", "http://10.1.2.3/"])
def test_what_is_not_listed_is_refused_before_its_name_is_asked_for(source: Source, url: str) -> None:
    found = failure(source, url)

    assert isinstance(found, NotListed)
    assert found.code == "not_listed"
    assert "ask the security administrator" in str(found)
    assert source.resolved == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://localhost:8000/", "http://[::1]/", "http://169.254.169.254/", "http://0.0.0.0/"),
        *("http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://127。1/", "http://0177.0.0.1/"),
    ],
)
def test_of_an_address_of_our_own_it_is_said_that_nobody_can_allow_it(source: Source, settings: Any, url: str) -> None:
    settings.MAY_REACH_ITSELF = False
    found = failure(source, url)

    assert isinstance(found, NotListed)
    assert found.code == "own_address"
    assert "never fetched" in str(found)
    assert "security administrator" not in str(found)
    assert source.resolved == []


def test_a_listed_name_that_leads_to_our_own_addresses_alone_is_told_apart(settings: Any) -> None:
    settings.MAY_REACH_ITSELF = False
    with pytest.raises(NotListed) as found:
        usable(["127.0.0.1", "::1"], ["10.1.0.0/16"])
    assert found.value.code == "own_address"
    with pytest.raises(NotListed) as found:
        usable(["127.0.0.1", "8.8.8.8"], ["10.1.0.0/16"])
    assert found.value.code == "address_not_listed"


def test_an_empty_list_allows_nothing(source: Source) -> None:
    assert failure(source, source.gives("/", b"x"), allowed=[]).code == "not_listed"
    assert source.asked == []


@pytest.mark.parametrize("host", ["DATA.example", "data.example."])
def test_a_host_is_the_same_in_any_spelling(source: Source, host: str) -> None:
    source.gives("/", b"content")

    fetch_file(source.url("/", host), io.BytesIO(), access=source.access(hosts=["Data.Example"]))

    assert source.asked[0][0] == f"data.example:{source.port}"


def test_an_international_name_is_compared_in_its_ascii_form(source: Source) -> None:
    source.gives("/", b"content")
    source.names["xn--fiq228c.example"] = ["127.0.0.1"]

    fetch_file(source.url("/", "中文.example"), io.BytesIO(), access=source.access(hosts=["中文.example"]))

    assert source.resolved == ["xn--fiq228c.example"]


@pytest.mark.parametrize("host", ["", ".", "[]", "a" * 70 + ".中文", "中..文"])
def test_a_row_of_the_list_names_a_host(host: str) -> None:
    with pytest.raises(Permanent):
        Allowed(host, EVERYWHERE, frozenset({80}))


def test_a_name_that_leads_outside_its_networks_is_refused(source: Source) -> None:
    source.gives("/", b"x")
    rule = Allowed("data.example", networks("10.1.0.0/16"), frozenset({source.port}))

    found = failure(source, source.url("/"), allowed=[rule])

    assert isinstance(found, NotListed)
    assert found.code == "address_not_listed"
    assert source.asked == []


def test_of_several_addresses_only_those_allowed_are_used() -> None:
    assert usable(["8.8.8.8", "10.1.2.3", "::1", "10.1.9.9"], ["10.1.0.0/16"]) == ["10.1.2.3", "10.1.9.9"]


def test_an_address_that_is_down_gives_way_to_the_next(source: Source) -> None:
    source.gives("/", b"x")
    source.names["data.example"] = ["::1", "127.0.0.1"]  # nobody listens at the first
    rule = Allowed("data.example", networks("::1/128", "127.0.0.1/32"), frozenset({source.port}))

    fetch_file(source.url("/"), io.BytesIO(), access=source.access(allowed=[rule]))

    assert len(source.asked) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.1", "169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "224.0.0.1", "255.255.255.255"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::7f00:1"),
    ],
)
def test_a_wide_rule_does_not_open_this_machine_or_its_neighbourhood(address: str) -> None:
    with pytest.raises(NotListed):
        usable([address], ["0.0.0.0/0", "::/0"])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.0/8"),
        ("127.0.0.1", "127.0.0.1/32"),
        ("::ffff:127.0.0.1", "127.0.0.1/32"),
        ("::1", "::1/128"),
        ("169.254.7.7", "169.254.0.0/16"),
        ("169.254.169.254", "169.254.169.254/32"),
        ("64:ff9b::a01:203", "64:ff9b::/96"),
    ],
)
def test_a_rule_that_names_such_a_network_opens_it(address: str, network: str) -> None:
    assert usable([address], [network]) == [address]


def test_a_rule_for_neighbours_does_not_open_the_metadata_among_them() -> None:
    with pytest.raises(NotListed):
        usable(["169.254.169.254"], ["169.254.0.0/16"])


@given(address=st.ip_addresses())
def test_everywhere_is_everywhere_but_what_is_guarded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    is_guarded = any((inner or address) in network for network in GUARDED)
    try:
        found = usable([str(address)], [str(network) for network in EVERYWHERE])
    except NotListed:
        found = []
    assert bool(found) != is_guarded


def test_the_address_that_was_checked_is_the_one_connected_to(source: Source) -> None:
    """A name that leads elsewhere on the second look (DNS rebinding) is not looked at twice."""
    source.gives("/", b"x")
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    fetch_file(source.url("/"), io.BytesIO(), access=source.access(resolve=resolve))

    assert asked == ["data.example"]
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("", "data.example", "//data.example/", "ftp://data.example/", "file:///etc/passwd", "http:///path"),
        *("http://user@data.example/", "http://user:word@data.example/", "http://data.example\\@other.example/"),
        *("http://data.example/a b", "http://data.example/a\r\nHost: x", "http://data.example/\x00", "http://[::1"),
        *("http://data.example:99999/", "http://data.example:port/", "http://[fe80::1%25eth0]/", "http://.../"),
        "http://" + "a" * 70 + ".中文/",
    ],
)
def test_an_address_that_is_none_is_refused(source: Source, url: str) -> None:
    found = failure(source, url)

    assert isinstance(found, Permanent)
    assert found.code == "bad_address"
    assert source.resolved == []


@given(url=st.text(alphabet="htps:/@[]%.?#&=\\ 1a中é:-_\n\0", max_size=30))
def test_no_address_breaks_anything(url: str) -> None:
    try:
        target = target_of(f"http://{url}")
    except Permanent:
        return
    assert target_of(target.url) == target
    assert target.path.isascii()


# --- Redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(source: Source, status: int) -> None:
    source.gives("/new/file", b"content")
    url = source.on("/old/file", lambda handler: handler.give(status, Location="../new/file?part=1"))
    into = io.BytesIO()

    fetch_file(url, into, access=source.access(credential=bearer_token("token")))

    assert into.getvalue() == b"content"
    assert [path for _host, path, _headers in source.asked] == ["/old/file", "/new/file?part=1"]
    assert source.asked[1][2]["Authorization"] == "Bearer token"


def test_a_redirect_to_another_host_carries_no_credential_and_never_again(source: Source) -> None:
    source.on("/start", lambda handler: handler.give(302, Location=source.url("/middle", "other.example")))
    source.on("/middle", lambda handler: handler.give(302, Location=source.url("/end")))
    source.gives("/end", b"content")
    access = source.access(
        hosts=["data.example", "other.example"], credential=bearer_token("token"), headers={"X-System": "civil"}
    )

    fetch_file(source.url("/start"), io.BytesIO(), access=access)

    shown = [(host.partition(":")[0], headers.get("Authorization")) for host, _path, headers in source.asked]
    assert shown == [("data.example", "Bearer token"), ("other.example", None), ("data.example", None)]
    assert [headers.get("X-System") for _host, _path, headers in source.asked] == ["civil", None, None]


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://localhost/"),
        *("http://other.example/", "//other.example/"),
    ],
)
def test_a_redirect_inward_or_off_the_list_is_refused(source: Source, location: str) -> None:
    found = failure(source, source.on("/", lambda handler: handler.give(302, Location=location)))

    assert isinstance(found, NotListed)
    assert found.code == ("own_address" if "169.254" in location else "not_listed")
    assert len(source.asked) == 1


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://data.example/", "http://user:word@data.example/"])
def test_a_redirect_to_something_else_is_refused(source: Source, location: str) -> None:
    assert failure(source, source.on("/", lambda handler: handler.give(302, Location=location))).code == "bad_address"


def test_redirects_end(source: Source) -> None:
    found = failure(source, source.on("/", lambda handler: handler.give(302, Location="/")))

    assert found.code == "too_many_redirects"
    assert len(source.asked) == 6


def test_a_redirect_that_leads_nowhere_is_a_refusal(source: Source) -> None:
    assert failure(source, source.gives("/", b"", status=302)).code == "refused"


# --- TLS ---


def test_tls_is_verified_by_name_though_connected_by_address(encrypted_source: Source) -> None:
    url = encrypted_source.gives("/", b"content")
    into = io.BytesIO()

    fetch_file(url, into, access=encrypted_source.access())

    assert into.getvalue() == b"content"
    assert encrypted_source.asked[0][0] == f"data.example:{encrypted_source.port}"


def test_a_certificate_for_another_name_is_refused(encrypted_source: Source) -> None:
    encrypted_source.gives("/", b"content")
    access = encrypted_source.access(hosts=["other.example"], credential=bearer_token("token"))

    with pytest.raises(Permanent) as caught:
        fetch_file(encrypted_source.url("/", "other.example"), io.BytesIO(), access=access)

    assert caught.value.code == "tls_failed"
    assert encrypted_source.asked == []


def test_a_certificate_of_an_unknown_authority_is_refused(encrypted_source: Source) -> None:
    assert failure(encrypted_source, encrypted_source.gives("/", b"x"), tls=None).code == "tls_failed"
    assert encrypted_source.asked == []


def test_plain_http_behind_https_is_refused(source: Source) -> None:
    found = failure(replace(source, scheme="https"), source.gives("/", b"x").replace("http:", "https:"))

    assert found.code == "tls_failed"


def test_a_redirect_out_of_tls_is_refused(encrypted_source: Source) -> None:
    url = encrypted_source.on("/", lambda handler: handler.give(302, Location="http://data.example/"))

    assert failure(encrypted_source, url).code == "unencrypted"


def test_a_cut_in_tls_is_noticed_even_without_a_length(encrypted_source: Source) -> None:
    def reply(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nabc")
        handler.wfile.flush()
        assert isinstance(handler.connection, ssl.SSLSocket)
        handler.connection.shutdown(socket.SHUT_RDWR)  # without the closing message of TLS
        handler.close_connection = True

    found = failure(encrypted_source, encrypted_source.on("/", reply))

    assert found.code == "cut_short"


def test_the_rules_of_a_test_are_the_rules_of_everybody() -> None:
    assert LOOPBACK in GUARDED
