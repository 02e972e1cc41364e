"""Keys of the HTTP API: a secret that is told once, kept as its hash."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe

from sqlalchemy import Row, or_, select, update

from harvester.errors import UsageError
from harvester.model.key import ApiKey, Scope
from storage.database import Database
from storage.tables import api_keys
from storage.unit import Unit

_PREFIX = "hk"  # so that a key is known for one wherever it turns up
_NOBODY = hashlib.sha256(b"").hexdigest()
_NOTED_EVERY = timedelta(minutes=1)


class Keys:
    """All keys, revoked ones too. A key is `hk_ID_SECRET`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, unit: Unit, owner: str, scopes: Sequence[Scope], now: datetime, rate: int | None = None
    ) -> tuple[ApiKey, str]:
        """A new key, and the text its owner sends: it can never be read again."""
        key = ApiKey(id=token_hex(6), owner=owner, scopes=tuple(sorted(set(scopes))), rate=rate, created_at=now)
        secret = token_urlsafe(32)
        row = key.model_dump() | {"hash": _hash(secret), "scopes": " ".join(key.scopes)}
        unit.connection.execute(api_keys.insert(), row)
        return key, f"{_PREFIX}_{key.id}_{secret}"

    def list(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
            return [_key(row) for row in rows]

    def revoke(self, unit: Unit, key_id: str, now: datetime) -> bool:
        """Shut a key for good; False if it was shut already. Raises UsageError for an unknown id."""
        held = select(api_keys.c.revoked_at).where(api_keys.c.id == key_id)
        row = unit.connection.execute(held).first()
        if row is None:
            raise UsageError(f"there is no key {key_id}", remedy="`harvester keys list` lists them")
        unit.connection.execute(
            update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        return row.revoked_at is None

    def match(self, text: str) -> ApiKey | None:
        """The key that is meant, unless it is wrong or revoked. How long this takes says nothing of the secret."""
        prefix, key_id, secret = (*text.split("_", 2), "", "")[:3]
        with self._database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == key_id[:16])).first()
        is_right = hmac.compare_digest(_hash(secret), row.hash if row else _NOBODY)
        return _key(row) if row and is_right and prefix == _PREFIX and row.revoked_at is None else None

    def note_use(self, unit: Unit, key_id: str, now: datetime) -> None:
        """Note when a key was used, once in a minute at most."""
        before = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < now - _NOTED_EVERY)
        unit.connection.execute(update(api_keys).where(api_keys.c.id == key_id, before).values(last_used_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Row[*tuple[object, ...]]) -> ApiKey:
    values = dict(row._mapping)
    del values["hash"]
    return ApiKey.model_validate(values | {"scopes": tuple(str(values["scopes"]).split())})
