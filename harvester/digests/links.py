"""Signed links: whoever holds one may do what it says, with no password. No address stands in them.

A token is an HMAC (RFC 2104, SHA-256, 192 bits of it) over what it is for, whose it is, and a number that grows when
older ones are to be void.
"""

import base64
import hashlib
import hmac

from harvester.model.alert import Alert, Delivery, Reader

KEY = "reader links"  # its name in the store
_BYTES = 24


class Links:
    """Links of one installation. `key` is its secret, `base_url` its public address."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._key = key.encode()

    def confirm(self, alert: Alert) -> str:
        """Where a sign-up is confirmed."""
        return self._url("readers/confirm", alert.id, self._token("confirm", alert.id, alert.generation))

    def unsubscribe(self, alert: Alert) -> str:
        """Where an alert is ended; also by one click (RFC 8058)."""
        return self._url("readers/unsubscribe", alert.id, self._token("unsubscribe", alert.id, alert.generation))

    def reader(self, reader: Reader) -> str:
        """A reader's own page."""
        return self._url("readers/mine", reader.id, self._token("reader", reader.id, reader.generation))

    def digest(self, delivery: Delivery) -> str:
        """A digest as a page."""
        return self._url("readers/digest", delivery.id, self._token("digest", delivery.id, 1))

    def feed(self, alert: Alert, form: str) -> str:
        """The private feed of an alert, as `atom` or `json`."""
        token = self._token("feed", alert.id, alert.feed_generation)
        return self._url("feeds/alerts", alert.id, f"{token}.{form}")

    def may_confirm(self, alert: Alert, token: str) -> bool:
        """Whether a token is that of `confirm`."""
        return _same(token, self._token("confirm", alert.id, alert.generation))

    def may_unsubscribe(self, alert: Alert, token: str) -> bool:
        """Whether a token is that of `unsubscribe`, and not of an alert that was ended since."""
        return _same(token, self._token("unsubscribe", alert.id, alert.generation))

    def is_reader(self, reader: Reader, token: str) -> bool:
        """Whether a token is that of `reader`."""
        return _same(token, self._token("reader", reader.id, reader.generation))

    def may_read(self, delivery: Delivery, token: str) -> bool:
        """Whether a token is that of `digest`."""
        return _same(token, self._token("digest", delivery.id, 1))

    def may_follow(self, alert: Alert, token: str) -> bool:
        """Whether a token is that of `feed`, and not a revoked one."""
        return _same(token, self._token("feed", alert.id, alert.feed_generation))

    def _token(self, purpose: str, owner: str, generation: int) -> str:
        digest = hmac.new(self._key, f"{purpose}\0{owner}\0{generation}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:_BYTES]).decode()

    def _url(self, *parts: str) -> str:
        return "/".join((self.base_url, *parts))


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
