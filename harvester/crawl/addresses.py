"""Which network addresses may be connected to: public ones, and exactly what the operator opened.

A host name is resolved once, every address is checked, and the connection is made to the checked
address (`Gate.pinned`), so that a name cannot change its mind between check and connection.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable

from harvester.reach import refusal
from harvester.urls import AddressRefusedError, Target, target

PIN_S = 300.0

Resolve = Callable[[str, int], Awaitable[Iterable[str]]]


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
