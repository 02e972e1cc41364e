"""The server's own sockets."""

import socket

from harvester.serving.server import _listening


def test_a_connection_taken_waits_for_no_acknowledgement() -> None:
    with _listening("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        taken, _ = listening.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
