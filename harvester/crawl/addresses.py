"""Which network addresses may be connected to: public ones, and exactly what the operator opened.

A host name is resolved once, every address is checked, and the connection is made to the checked
address (`Gate.pinned`), so that a name cannot change its mind between check and connection.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from harvester.urls import AddressRefusedError, Target, target

PIN_S = 300.0

Resolve = Callable[[str, int], Awaitable[Iterable[str]]]


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


async def system_resolve(host: str, port: int) -> list[str]:
    """Addresses of `host` as the operating system resolves it; raises OSError when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Gate:
    """Admits hosts before they are connected to. `private_allow` names `host:port` pairs that may be private."""

    def __init__(self, private_allow: Iterable[str] = (), *, resolve: Resolve = system_resolve) -> None:
        self._allow = {entry.strip().lower() for entry in private_allow}
        self._resolve = resolve
        self._pins: dict[tuple[str, int], tuple[float, tuple[str, ...]]] = {}

    def opened(self, where: Target) -> bool:
        """Whether the operator opened exactly this host and port."""
        return where.host_port in self._allow

    async def admit(self, url: str) -> Target:
        """Resolve, check and pin the host of `url`; raises `AddressRefusedError`, or OSError when it has no address."""
        where = target(url)
        if self.pinned(where.host, where.port):
            return where
        addresses = tuple(await self._resolve(where.host, where.port))
        if not self.opened(where):
            for address in addresses:
                if reason := refusal(address):
                    raise AddressRefusedError(
                        f"{url}: {reason}", remedy=f"name {where.host_port} in HARVESTER_PRIVATE_ALLOW to open it"
                    )
        self._pins[(where.host, where.port)] = (time.monotonic() + PIN_S, addresses)
        return where

    def pinned(self, host: str, port: int) -> tuple[str, ...]:
        """The checked addresses of an admitted host; empty when it was never admitted or too long ago."""
        until, addresses = self._pins.get((host, port), (0.0, ()))
        return addresses if time.monotonic() < until else ()
