"""Keys of the HTTP API: who holds one, and what it opens."""

from enum import StrEnum

from harvester.model.base import Utc, Value


class Scope(StrEnum):
    """What a key opens beyond what everybody may read."""

    READ = "read"  # the same, more often
    ABSTRACTS = "abstracts"  # abstracts that may be shown to signed-in readers and not be passed on
    OPERATE = "operate"  # records that are not listed, the past of deleted ones, notes of Runs


class ApiKey(Value):
    """A key without its secret. `rate`: requests in a minute, None for what the settings say."""

    id: str
    owner: str
    scopes: tuple[Scope, ...]
    rate: int | None = None
    created_at: Utc
    last_used_at: Utc | None = None  # to the minute
    revoked_at: Utc | None = None
