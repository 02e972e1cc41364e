"""Answers with feeds: 304 where nothing is new, and nothing written twice while nothing has moved."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from threading import Lock
from typing import NamedTuple

from fastapi import Request, Response

from harvester.digests.feeds import ATOM, JSON, Feed, atom, json_feed, updated
from harvester.digests.wording import Wording
from storage.news import Mark
from storage.store import Store

FORMS: dict[str, tuple[str, Callable[[Feed, Wording], bytes]]] = {"atom": (ATOM, atom), "json": (JSON, json_feed)}
_MOST_KEPT = 64  # feeds, of some 100 kB each


class Written(NamedTuple):
    """A feed in one form, as it stood at a mark."""

    mark: Mark
    body: bytes
    tag: str
    moved: datetime


class Answers:
    """Answers with feeds. What was written is kept while nothing that is told of records has moved.

    So a reader that asks again costs one look at the database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Hashable, Written] = OrderedDict()
        self._lock = Lock()

    def give(
        self,
        request: Request,
        name: Hashable,
        make: Callable[[], Feed | None],
        form: str,
        words: Wording,
        *,
        is_private: bool,
    ) -> Response | None:
        """The feed that `make` makes, or 304 (RFC 9110, section 13) where the reader has it; None: there is none.

        `name` says all that the feed depends on beside the records.
        """
        written = self._written((name, form, words.language), make, form, words)
        if written is None:
            return None
        headers = {
            "ETag": written.tag,
            "Last-Modified": format_datetime(written.moved, usegmt=True),
            "Cache-Control": "private, no-cache" if is_private else "public, max-age=300",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        headers |= {"X-Robots-Tag": "noindex, nofollow"} if is_private else {}
        if _has_it(request, written.tag, written.moved):
            return Response(status_code=304, headers=headers)
        return Response(written.body, headers=headers | {"Content-Type": f"{FORMS[form][0]}; charset=utf-8"})

    def _written(self, key: Hashable, make: Callable[[], Feed | None], form: str, words: Wording) -> Written | None:
        mark = self._store.news.mark()
        with self._lock:
            kept = self._kept.get(key)
        if kept and kept.mark == mark:
            return kept
        feed = make()
        if feed is None:
            return None
        body = FORMS[form][1](feed, words)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        moved = max(_last_change(self._store), updated(feed)).replace(microsecond=0)
        written = Written(mark, body, tag, moved)
        with self._lock:
            if not feed.whole:
                return written
            self._kept[key] = written
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return written


def _has_it(request: Request, tag: str, moved: datetime) -> bool:
    if (known := request.headers.get("if-none-match")) is not None:
        tags = [one.strip().removeprefix("W/") for one in known.split(",")]
        return "*" in tags or tag in tags
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (TypeError, ValueError):
        return False
    return moved <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def _last_change(store: Store) -> datetime:
    """When the change log last grew: nothing in a feed changes without, and what left it changes its tag too."""
    head = store.changes.head()
    latest = store.changes.since(head - 1, 1) if head else []
    return latest[0].at if latest else datetime(2000, 1, 1, tzinfo=UTC)
