"""Connections to sources: a peer that is gone is found."""

import socket

from collection.outgoing.timed import Deadline, connect


def test_connections_are_probed_while_they_are_silent():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with connect(["127.0.0.1"], port, deadline=Deadline(5), seconds=5) as sock:
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 120_000
