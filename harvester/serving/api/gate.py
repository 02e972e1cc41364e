"""The gate before the API: who asks, how often he may, and what browsers of other sites may do (read, without cookies).

ASGI middleware for the paths of the API; all others pass by.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool

from harvester.errors import StorageError
from harvester.model.key import ApiKey
from harvester.serving.api.readers import ANYBODY, Reader
from harvester.serving.limits import App, Message, Receive, Scope, Send
from harvester.serving.problems import Problem
from harvester.serving.rates import Buckets, Ration, address_of, name_of
from harvester.settings import Settings
from storage.store import Store

_log = logging.getLogger(__name__)
_READER = "harvester.reader"
_WRONG_KEYS = 10  # from one address in a minute
_NOTED_EVERY = timedelta(minutes=1)
_ALLOW = b"GET, HEAD, OPTIONS"
_ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", _ALLOW),
    (b"access-control-allow-headers", b"Authorization, X-API-Key, Accept, If-None-Match, Last-Event-ID"),
    (b"access-control-max-age", b"86400"),
    (b"allow", _ALLOW),
]


def reader_of(scope: Any) -> Reader:
    """Who asks."""
    found: Reader = scope[_READER]
    return found


class Gate:
    """The middleware."""

    def __init__(self, app: App, store: Store, settings: Settings) -> None:
        self._app = app
        self._store = store
        self._settings = settings
        self._buckets = Buckets()
        self._noted: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request to the API in, with its reader, or answer that it may not."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = [*_ALWAYS, *_PREFLIGHT]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        added = list(_ALWAYS)

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        try:
            reader, ration = await self._let_in(scope)
            added += ration.headers() if ration else []
        except Problem as problem:
            await problem.response()(scope, receive, adding)
            return
        asked = {**scope, _READER: reader}
        if scope["method"] == "HEAD":  # the server leaves the body out
            asked["method"] = "GET"
            asked["harvester.head"] = True
        await self._app(asked, receive, adding)

    async def _let_in(self, scope: Scope) -> tuple[Reader, Ration | None]:
        address = name_of(address_of(scope, self._settings.trusted_proxies))
        given = _given(scope)
        if given is None:
            return ANYBODY, self._take(f"address {address}", self._settings.api_rate)
        self._take(f"wrong {address}", _WRONG_KEYS, only_look=True)
        key = await run_in_threadpool(self._store.keys.match, given)
        if key is None:
            self._take(f"wrong {address}", _WRONG_KEYS)
            raise Problem("bad-key", "There is no such key, or it was revoked.", headers={"WWW-Authenticate": "Bearer"})
        self._note(key)
        rate = key.rate if key.rate is not None else self._settings.api_key_rate
        return Reader(frozenset(key.scopes)), self._take(f"key {key.id}", rate)

    def _take(self, name: str, rate: int, *, only_look: bool = False) -> Ration | None:
        """Raises Problem where there is nothing left; a rate of 0 is no limit."""
        if not rate:
            return None
        ration = self._buckets.take(name, rate, only_look=only_look)
        if not ration.refused:
            return ration
        headers = {name.decode(): value.decode() for name, value in ration.headers()}
        headers |= {"Retry-After": str(ration.wait_s)}
        raise Problem("too-many-requests", f"{ration.rate} a minute are answered.", headers=headers)

    def _note(self, key: ApiKey) -> None:
        """That a key was used, beside the request: it does not wait for who writes."""
        now = datetime.now(UTC)
        last = self._noted.get(key.id) or key.last_used_at
        if last is None or now - last >= _NOTED_EVERY:
            self._noted[key.id] = now
            task = asyncio.create_task(self._write(key.id, now))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _write(self, key_id: str, now: datetime) -> None:
        try:
            await run_in_threadpool(self._write_now, key_id, now)
        except StorageError as error:
            _log.warning("the use of key %s was not noted: %s", key_id, error)

    def _write_now(self, key_id: str, now: datetime) -> None:
        with self._store.begin(durable=False) as unit:
            self._store.keys.note_use(unit, key_id, now)


def _given(scope: Scope) -> str | None:
    """The key of the request's headers; None without any. An address never holds one: addresses are logged and kept."""
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return str(value.decode("latin-1")).strip()
        if name == b"authorization":
            word, _, rest = value.decode("latin-1").partition(" ")
            return str(rest).strip() if word.lower() == "bearer" else ""
    return None
