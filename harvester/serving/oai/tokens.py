"""Resumption tokens: where a list goes on, signed (HMAC-SHA256, 128 bits), so that nothing has to be remembered.

One is good for ever, after a restart and in every process on the same database, and gives the same page again.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from harvester.serving.oai.arguments import RefusedError

_LONGEST = 2000
_SIGNATURE = 16


class Token(NamedTuple):
    """A list by verb and arguments, after which number (of sets: which spec) it goes on, and how many were given."""

    verb: str
    prefix: str = ""
    start: int | None = None
    until: int | None = None
    spec: str | None = None
    after: int = 0
    after_set: str = ""
    cursor: int = 0


class Signer:
    """Writes and reads tokens with one secret."""

    def __init__(self, secret: str) -> None:
        self._key = bytes.fromhex(secret)

    def write(self, token: Token) -> str:
        """The token as letters, figures, `-` and `_`."""
        return self._sealed(json.dumps(token, separators=(",", ":")).encode())

    def read(self, text: str, verb: str) -> Token:
        """What `write` was given. Raises RefusedError (badResumptionToken) for all else, and for another verb's."""
        body = _body(text)
        if not body or not hmac.compare_digest(self._sealed(body).encode(), text.encode()):
            raise RefusedError("badResumptionToken", "this is no token of this repository: begin the list anew")
        token = Token(*json.loads(body))
        if token.verb != verb:
            raise RefusedError("badResumptionToken", f"this token goes on with {token.verb}, not with {verb}")
        return token

    def _sealed(self, body: bytes) -> str:
        signature = hmac.digest(self._key, body, "sha256")[:_SIGNATURE]
        return urlsafe_b64encode(signature + body).rstrip(b"=").decode()


def _body(text: str) -> bytes:
    """The part that was signed; empty where there is none."""
    if not text.isascii() or len(text) > _LONGEST:
        return b""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))[_SIGNATURE:]
    except (binascii.Error, ValueError):
        return b""
