"""Bodies of answers: a strong ETag over their bytes, 304 where the client has them, what caches may do; pages."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response

from harvester.model.base import Value
from harvester.model.key import Scope
from harvester.serving.api.gate import reader_of

JSON = "application/json"
VARY = "Accept, Authorization, X-API-Key"
_T = TypeVar("_T")


class Page(Value, Generic[_T]):
    """Part of a list. `next` is the address of the part after it, null at the end."""

    items: tuple[_T, ...]
    next: str | None = None


def answer(request: Request, body: bytes, media_type: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """The body, or 304 (RFC 9110, section 13.1.2)."""
    return finished(body, media_type, reader_of(request.scope).scopes, headers).to(request)


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer that may be given more than once."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]

    def to(self, request: Request) -> Response:
        """The body, or 304 where the client has it."""
        if _has(request.headers.get("if-none-match", ""), self.headers["ETag"]):
            return Response(status_code=304, headers=self.headers)
        return Response(self.body, media_type=self.media_type, headers=self.headers)


def finished(
    body: bytes, media_type: str, scopes: Collection[Scope], headers: Mapping[str, str] | None = None
) -> Finished:
    """An answer with its tag. Caches may keep it, and ask each time whether it still stands.

    What a key opens is for who sent it alone.
    """
    tag = f'"{hashlib.blake2b(body + media_type.encode(), digest_size=16).hexdigest()}"'
    who = "private" if scopes else "public"
    told = {"ETag": tag, "Vary": VARY, "Cache-Control": f"{who}, no-cache", **(headers or {})}
    return Finished(body, media_type, told)


def told(request: Request, value: Value, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    return answer(request, value.model_dump_json(by_alias=True).encode(), headers=headers)


def paged(request: Request, page: Value, following: str | None = None) -> Response:
    """A page, with the address of the next one as a link too (RFC 8288)."""
    return told(request, page, {"Link": f'<{following}>; rel="next"'} if following else None)


def address(base: str, path: str, **query: Any) -> str:
    """An address below `base`; what is None or empty is left out, lists are repeated."""
    said = urlencode(
        {name: _word(value) for name, value in query.items() if value not in (None, "", (), [])}, doseq=True
    )
    return f"{base}{path}{'?' if said else ''}{said}"


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _has(field: str, tag: str) -> bool:
    held = {one.strip().removeprefix("W/") for one in field.split(",")}
    return tag in held or "*" in held
