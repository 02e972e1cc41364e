"""Content codings (RFC 9110) undone strictly: never more than the limit, never half a body. Pure."""

import zlib
from collections.abc import Sequence

ACCEPT_ENCODING = "gzip, deflate"
_MOST_CODINGS = 3
_CHUNK = 1 << 16
_NO_CODINGS = frozenset(("", "identity", "none", "utf-8", "utf8", "iso-8859-1", "windows-1252"))


class DecodingError(Exception):
    """The body is in a coding we did not ask for, or is not what its coding says."""


class DamagedError(DecodingError):
    """The coded body began well and is damaged further on."""


class CutShortError(DecodingError):
    """The coded body ends before its end."""


class TooLargeError(DecodingError):
    """The body is larger than the limit once unpacked."""


def codings(values: Sequence[str]) -> list[str]:
    """Names of the codings in the order they were applied, from the values of `Content-Encoding`.

    Some servers name there what codes nothing, or the charset.
    """
    names = [name.strip().lower() for value in values for name in value.split(",")]
    return [name for name in names if name not in _NO_CODINGS]


def decoded(body: bytes, names: Sequence[str], limit: int) -> bytes:
    """`body` with its codings undone, the last applied first; raises `DecodingError` or one of its children."""
    if len(names) > _MOST_CODINGS:
        raise DecodingError(f"{len(names)} codings on one body")
    for name in reversed(names):
        body = _undone(body, name, limit)
    if len(body) > limit:
        raise TooLargeError(f"more than {limit} bytes")
    return body


def _undone(body: bytes, name: str, limit: int) -> bytes:
    if name in {"gzip", "x-gzip"}:
        return _inflated(body, zlib.MAX_WBITS | 16, limit)
    if name == "deflate":
        # RFC 9110 means the zlib format; some servers send the bare stream, which has no such first byte.
        bare = not body or body[0] & 0x0F != 8
        return _inflated(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS, limit)
    raise DecodingError(f"coding {name!r} was not asked for")


def _inflated(body: bytes, wbits: int, limit: int) -> bytes:
    """Every member of the stream, unpacked piece by piece so that a bomb stops at the limit."""
    found = bytearray()
    rest = body
    while rest:
        stream = zlib.decompressobj(wbits)
        while not stream.eof and rest:
            try:
                found += stream.decompress(rest, _CHUNK)
            except zlib.error as error:
                is_other = "header check" in str(error)  # never was in that coding: the next answer will not be either
                raise (DecodingError if is_other else DamagedError)(f"damaged body: {error}") from error
            if len(found) > limit:
                raise TooLargeError(f"more than {limit} bytes once unpacked")
            rest = stream.unconsumed_tail
        if not stream.eof:
            raise CutShortError("the compressed body ends early")
        rest = stream.unused_data.lstrip(b"\0")
    return bytes(found)
