"""How often one may ask, and who asks: a bucket of tokens for each key or address, filled again as time goes by."""

import ipaddress
import time
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

WINDOW_S = 60
_MOST = 50_000  # buckets; then the full ones, which say nothing, are forgotten


class Ration(NamedTuple):
    """What became of one request: how many may follow, and seconds until the bucket is full or, refused, one may."""

    rate: int
    left: int
    wait_s: int
    refused: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit fields (draft-ietf-httpapi-ratelimit-headers)."""
        policy, state = f'"requests";q={self.rate};w={WINDOW_S}', f'"requests";r={self.left};t={self.wait_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class Buckets:
    """Tokens by name; of one event loop. `now` gives seconds that only go on."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._held: dict[str, tuple[float, float, int]] = {}  # tokens, as of, rate

    def take(self, name: str, rate: int, *, only_look: bool = False) -> Ration:
        """One request of `name`, who may make `rate` of them in a minute; not counted where it is `only_look`."""
        now = self._now()
        tokens, since, _ = self._held.get(name, (float(rate), now, rate))
        tokens = min(float(rate), tokens + (now - since) * rate / WINDOW_S)
        refused = tokens < 1
        if not (refused or only_look):
            tokens -= 1
        self._keep(name, (tokens, now, rate))
        missing = (1 - tokens) if refused else rate - tokens
        return Ration(rate, int(tokens), max(1, round(missing * WINDOW_S / rate + 0.5)), refused)

    def _keep(self, name: str, bucket: tuple[float, float, int]) -> None:
        if len(self._held) >= _MOST and name not in self._held:
            now = self._now()
            full = [one for one, (tokens, since, rate) in self._held.items() if _is_full(tokens, now - since, rate)]
            for one in full or [next(iter(self._held))]:
                del self._held[one]
        self._held[name] = bucket


def _is_full(tokens: float, seconds: float, rate: int) -> bool:
    return tokens + seconds * rate / WINDOW_S >= rate


def name_of(address: str) -> str:
    """Whom an address stands for: one IPv4 address, or the /64 that one IPv6 subscriber has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def address_of(scope: Any, trusted_proxies: Collection[str]) -> str:
    """Of the client (`scope` of ASGI); what a proxy says of it is believed of those that are trusted."""
    peer = str((scope.get("client") or ("unknown", 0))[0])
    if peer not in trusted_proxies:
        return peer
    said = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    hops = [hop.strip() for hop in said.decode("latin-1").split(",") if hop.strip()]
    return next((hop[:64] for hop in reversed(hops) if hop not in trusted_proxies), peer)
