"""Where an answer goes on: opaque to who holds it, and of use with the same query only."""

import base64
import binascii
import hashlib
import json
from typing import NamedTuple

from harvester.errors import UsageError
from harvester.model.search import Query

_NOT_THE_QUESTION = {"cursor", "limit", "count_to", "facets", "snippets", "abstracts"}


class Cursor(NamedTuple):
    """The last hit of an answer; the next one is below it."""

    score: float
    place: int


def write(query: Query, last: Cursor) -> str:
    """As text for an address or a command line."""
    return base64.urlsafe_b64encode(json.dumps([_digest(query), *last]).encode()).decode().rstrip("=")


def read(query: Query) -> Cursor | None:
    """The query's cursor; raises UsageError for one that was not given with an answer to the same query."""
    if query.cursor is None:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        digest, score, place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if digest == _digest(query) and 0 <= int(place) < 1 << 62:
            return Cursor(float(score), int(place))
    except (ValueError, TypeError, binascii.Error):
        pass
    raise UsageError("this cursor does not belong to this query", remedy="ask without a cursor, from the first hit")


def _digest(query: Query) -> str:
    asked = query.model_dump_json(exclude=_NOT_THE_QUESTION)
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:12]
