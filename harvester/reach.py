"""What all who ask other machines keep to: their name, which addresses are public, how long to wait, and to try."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from ipaddress import IPv4Address, IPv6Address, ip_address

RETRY_AFTER_CAP = timedelta(hours=24)
_SECONDS = re.compile(r"[+-]?[0-9]{1,20}")


def user_agent(contact: str) -> str:
    """The one honest name every request carries: product, version, operator (RFC 9110, 10.1.5)."""
    try:
        number = version("harvester")
    except PackageNotFoundError:  # a checkout that was never installed
        number = "0"
    return f"Harvester/{number} (+{contact})"


def refusal(address: str) -> str | None:
    """Why `address` (IPv4 or IPv6 text) must not be connected to, or None for a public unicast address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!r} is not an IP address"
    return next((reason for part in _with_embedded(ip) if (reason := _not_public(part))), None)


def _with_embedded(ip: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(ip, IPv4Address):
        return [ip]
    if ip.ipv4_mapped:
        return [ip.ipv4_mapped]
    found: list[IPv4Address | IPv6Address] = [ip]
    if ip.sixtofour:
        found.append(ip.sixtofour)
    if ip.teredo:
        found.extend(ip.teredo)
    if int(ip) >> 32 in (0x64FF9B << 64, 0):  # NAT64 and the old IPv4-compatible form
        found.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return found


def _not_public(ip: IPv4Address | IPv6Address) -> str | None:
    kinds = (
        ("loopback", ip.is_loopback),
        ("unspecified", ip.is_unspecified),
        ("link-local", ip.is_link_local),
        ("multicast", ip.is_multicast),
        ("reserved", ip.is_reserved),
        ("private", not ip.is_global),
    )
    return next((f"{ip} is a {kind} address" for kind, true in kinds if true), None)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long `Retry-After` (seconds or HTTP date) asks to wait: 0 to 24 hours, None when absent or unreadable."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return _bounded(timedelta(seconds=min(int(text), 10**9)))
    try:
        moment = parsedate_to_datetime(text)
        return _bounded((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now)
    except (TypeError, ValueError, OverflowError):
        return None


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, timedelta(0)), RETRY_AFTER_CAP)


@contextmanager
def within(seconds: float, line: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cut the connection when what is done within takes longer: a server may answer a byte at a time."""
    ticket = object()
    _watch.add(ticket, time.monotonic() + seconds, line)
    try:
        yield
    finally:
        _watch.drop(ticket)


class _Watch:
    """Looks after the connections of all threads, several times a second, as long as there are any.

    A timer for each would cost a thread for each, which is a fifth of what it takes to send a mail.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[object, tuple[float, Callable[[], socket.socket | None]]] = {}
        self._thread: threading.Thread | None = None

    def add(self, ticket: object, ends: float, line: Callable[[], socket.socket | None]) -> None:
        with self._lock:
            self._watched[ticket] = ends, line
            if self._thread is None or not self._thread.is_alive():  # none outlives a fork
                self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
                self._thread.start()

    def drop(self, ticket: object) -> None:
        with self._lock:
            self._watched.pop(ticket, None)

    def _look(self) -> None:
        while True:
            time.sleep(_LOOKS_S)
            with self._lock:
                now = time.monotonic()
                late = [ticket for ticket, (ends, _) in self._watched.items() if ends <= now]
                lines = [self._watched.pop(ticket)[1] for ticket in late]
                if not self._watched:
                    self._thread = None
            for line in lines:
                with suppress(OSError, AttributeError):
                    line().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
            if self._thread is not threading.current_thread():
                return


_LOOKS_S = 0.2
_watch = _Watch()
