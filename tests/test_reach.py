"""Which addresses are public, how long a host asks to wait, and that nothing waits for ever."""

import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from harvester.reach import refusal, retry_after, within

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.0.0.2", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:db8::1", "nonsense",
    ],
)  # fmt: skip
@pytest.mark.fault(87, 88, 89)
def test_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111"])
def test_public(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), ("-5", 0), ("0", 0), ("Mon, 04 May 2026 12:02:00 GMT", 120), ("Mon, 04 May 2026 11:00:00 GMT", 0),
        ("Mon, 04 May 2036 12:02:00 GMT", 86_400), ("999999999999", 86_400), (None, None), ("", None), ("soon", None),
        ("1.5", None), ("+5", 5), ("++5", None), ("\u00b2", None), ("\u0665", None), ("9" * 5_000, None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None), ("Fri, 31 Dec 0001 23:59:59 +2359", 0),
    ],
)  # fmt: skip
@pytest.mark.fault(40)
def test_retry_after(value: str | None, seconds: int | None) -> None:
    assert retry_after(value, NOW) == (None if seconds is None else timedelta(seconds=seconds))


def test_what_takes_too_long_is_cut_and_what_does_not_is_not() -> None:
    slow, far = socket.socketpair()
    quick, other = socket.socketpair()
    with slow, far, quick, other:
        began = time.monotonic()
        with within(60, lambda: quick), within(0.1, lambda: slow):
            assert slow.recv(1) == b""  # it was cut: the other side says nothing
        assert time.monotonic() - began < 30
        with within(0.1, lambda: None):
            pass
        other.send(b"x")
        assert quick.recv(1) == b"x"
