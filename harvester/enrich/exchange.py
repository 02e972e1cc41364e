"""One guarded HTTP exchange: a public address that was checked, no redirect, bounded in bytes and in time."""

import socket
import ssl
import time
from collections.abc import Callable, Collection
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.reach import refusal, within
from harvester.urls import AddressRefusedError, Target, target

LIMIT = 2_000_000  # bytes of an answer; Crossref's longest have some hundred thousand
_TIMEOUT_S = 10.0  # for the next bytes
_TOTAL_S = 30.0


class Answer(NamedTuple):
    """What came: status, body and the value of Retry-After."""

    status: int
    body: bytes
    retry_after: str | None


class TooLargeError(Exception):
    """The body is longer than anything the registry should answer."""


class UnansweredError(Exception):
    """No whole answer came; the message says what was in the way."""


def get(url: str, agent: str, private_allow: Collection[str] = ()) -> Answer:
    """Ask once. Raises UnansweredError, TooLargeError, and AddressRefusedError for an address that is not public.

    `private_allow` names `host:port` pairs that may be private, and may be asked without TLS.
    """
    where = target(url)
    try:
        with closing(_connected(where, where.host_port in private_allow)) as connection:
            return _exchanged(connection, url, agent)
    except (OSError, HTTPException, ValueError) as error:
        raise UnansweredError(f"{type(error).__name__}: {error}") from error


def _connected(where: Target, is_allowed: bool) -> HTTPConnection:
    if where.scheme != "https" and not is_allowed:
        raise AddressRefusedError(f"{where.origin} is asked with TLS only", remedy="write https://")
    addresses = [str(found[4][0]) for found in socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)]
    reasons = [reason for one in addresses if not is_allowed and (reason := refusal(one))]
    if reasons:
        raise AddressRefusedError(
            f"{where.origin}: {reasons[0]}", remedy=f"name {where.host_port} in HARVESTER_PRIVATE_ALLOW to open it"
        )
    connection = HTTPConnection(where.host, where.port, timeout=_TIMEOUT_S)
    connection.sock = _line(where, addresses)
    return connection


def _line(where: Target, addresses: Collection[str]) -> socket.socket:
    """Connected to one of the addresses that were checked: the name is not looked up again."""
    plain = _first(partial(socket.create_connection, timeout=_TIMEOUT_S), where.port, addresses)
    if where.scheme != "https":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=where.host)
    except BaseException:
        plain.close()
        raise


def _first(connect: Callable[[tuple[str, int]], socket.socket], port: int, addresses: Collection[str]) -> socket.socket:
    failed: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return connect((address, port))
        except OSError as error:
            failed = error
    raise failed


def _exchanged(connection: HTTPConnection, url: str, agent: str) -> Answer:
    line, ends, parts = connection.sock, time.monotonic() + _TOTAL_S, urlsplit(url)
    headers = {"Host": parts.netloc, "User-Agent": agent, "Accept": "application/json", "Connection": "close"}
    with within(_TOTAL_S, lambda: line):
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        with connection.getresponse() as response:
            body = response.read(LIMIT + 1)
            answer = Answer(response.status, body, response.getheader("Retry-After"))
            is_short = bool(response.length) and len(body) <= LIMIT
    if len(answer.body) > LIMIT:
        raise TooLargeError(f"its answer is longer than {LIMIT} bytes")
    if time.monotonic() >= ends or is_short:
        raise OSError("its answer was cut short")
    return answer
