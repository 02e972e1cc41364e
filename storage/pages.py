"""The frontier and what is known of every page: when it is due, and what became of the last visit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Insert,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from harvester.model.page import VisitOutcome
from harvester.model.run import FrontierItem
from storage.bulk import among
from storage.database import Database
from storage.tables import NEVER_AGAIN, Moment, identities, pages, records, upsert
from storage.unit import Unit

Takeover = Literal["refused", "taken", "noted"]

_CHUNK = 500
_LIST = "list"
_DAY = len("2026-01-31")
_AHEAD = timedelta(days=3650)  # earlier than any due date
_FUTURE = timedelta(days=1)
_PATIENCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PageState:
    """What is known of one page. `due` None: not again unless a newer lastmod says so."""

    url: str
    first_seen: datetime
    due: datetime | None
    lastmod: datetime | None
    etag: str | None
    last_modified: str | None
    digest: str | None
    outcome: VisitOutcome | None
    detail: str | None
    failures: int
    record_id: str | None
    claimed_by: str | None
    visited_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageVisit:
    """What became of a visit. With a `digest` (a body was read) validators replace the stored ones, else None keeps.

    `failures` counts visits in a row that brought nothing; `next_due` None: not again.
    """

    source_id: str
    url: str
    outcome: VisitOutcome
    at: datetime
    next_due: datetime | None
    detail: str = ""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    record_id: str | None = None
    failures: int = 0


class Pages:
    """Frontier and page states of all Sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def discover(self, unit: Unit, source_id: str, found: Iterable[tuple[str, datetime | None]], now: datetime) -> int:
        """Note URLs with their lastmod; returns how many were new.

        A new URL is due now, and so is a known one whose lastmod is newer than the last one seen (or than the visit).
        A lastmod more than a day ahead is not believed, and of a page that was found unchanged on the day of such news
        the next is taken up within a week only: some lists say every day that all of it is new.
        """
        unit.lock_pages(source_id)
        latest: dict[str, datetime | None] = {}
        for url, lastmod in found:
            believed = lastmod if lastmod and lastmod <= now + _FUTURE else None
            latest[url] = max(filter(None, (latest.get(url), believed)), default=None)
        known = _known(unit, source_id, list(latest))
        if latest:
            unit.connection.execute(_discover(), [_found_row(source_id, url, mod, now) for url, mod in latest.items()])
        return len(latest) - known

    def note_list(self, unit: Unit, source_id: str, url: str, at: datetime) -> None:
        """Remember that a list of articles was read to its end; a list is never due."""
        row = {"source_id": source_id, "url": url, "kind": _LIST, "failures": 0, "first_seen": at, "visited_at": at}
        noted = upsert(pages).values(row)
        unit.connection.execute(
            noted.on_conflict_do_update(
                index_elements=[pages.c.source_id, pages.c.url], set_={"visited_at": noted.excluded.visited_at}
            )
        )

    def claim(self, unit: Unit, source_id: str, run_id: str, now: datetime, limit: int) -> list[FrontierItem]:
        """Take at most `limit` due URLs, earliest due first, that this Run has not taken before."""
        unit.lock_pages(source_id)
        columns = (pages.c.url, pages.c.etag, pages.c.last_modified, pages.c.failures)
        query = select(*columns).where(
            _due(source_id, now), or_(pages.c.claimed_by.is_(None), pages.c.claimed_by != run_id)
        )
        rows = unit.connection.execute(query.order_by(pages.c.due, pages.c.url).limit(limit)).all()
        for urls in _chunks([row.url for row in rows]):
            mine = update(pages).where(pages.c.source_id == source_id, pages.c.url.in_(urls))
            unit.connection.execute(mine.values(claimed_by=run_id))
        return [FrontierItem(url=r.url, etag=r.etag, last_modified=r.last_modified, failures=r.failures) for r in rows]

    def take_over(
        self, unit: Unit, source_id: str, run_id: str, url: str, via: str, now: datetime, *, is_article: bool
    ) -> Takeover:
        """Claim `url`, to which `via` redirects, out of turn; noted first if it is an article nobody knew of.

        `refused`: this Run has it already, or it is not due and `via` has no lastmod newer than the visit there.
        """
        unit.lock_pages(source_id)
        this = and_(pages.c.source_id == source_id, pages.c.url == url)
        row = unit.connection.execute(select(pages.c.due, pages.c.claimed_by, pages.c.visited_at).where(this)).first()
        mine = update(pages).where(this).values(claimed_by=run_id)
        if row is None and not is_article:
            return "taken"
        if row is None:
            self.discover(unit, source_id, [(url, None)], now)
            unit.connection.execute(mine)
            return "noted"
        if row.claimed_by == run_id:
            return "refused"
        if row.due is None or row.due > now:
            lastmod = select(pages.c.lastmod).where(pages.c.source_id == source_id, pages.c.url == via)
            told = unit.connection.execute(lastmod).scalar()
            if told is None or row.visited_at is None or told <= row.visited_at:
                return "refused"
        unit.connection.execute(mine)
        return "taken"

    def let_go(self, unit: Unit, source_id: str, run_id: str, urls: Sequence[str]) -> None:
        """Forget those that `take_over` noted and no visit was made of, nor any list has dated since."""
        for some in _chunks(list(urls)):
            noted = and_(pages.c.source_id == source_id, pages.c.url.in_(some), pages.c.claimed_by == run_id)
            unvisited = and_(pages.c.visited_at.is_(None), pages.c.lastmod.is_(None))
            unit.connection.execute(delete(pages).where(noted, unvisited))

    def due_count(self, source_id: str, now: datetime) -> int:
        """How many URLs are due."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).where(_due(source_id, now))).scalar_one()

    def agenda(self, source_id: str, limit: int) -> list[PageState]:
        """The pages that are due first, also those due later; at most `limit`."""
        query = select(pages).where(pages.c.source_id == source_id, pages.c.kind != _LIST, pages.c.due.is_not(None))
        with self._database.read() as connection:
            return [_state(row) for row in connection.execute(query.order_by(pages.c.due, pages.c.url).limit(limit))]

    def visited_since(self, source_id: str, moment: datetime) -> int:
        """How many pages were visited at that moment or later."""
        query = select(func.count()).where(
            pages.c.source_id == source_id, pages.c.kind != _LIST, pages.c.visited_at >= moment
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def total(self, source_id: str) -> int:
        """How many pages are known."""
        query = select(func.count()).where(pages.c.source_id == source_id, pages.c.kind != _LIST)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def get(self, source_id: str, url: str) -> PageState | None:
        """State of one page."""
        return self.states(source_id, [url]).get(url)

    def states(self, source_id: str, urls: Sequence[str]) -> dict[str, PageState]:
        """States of the known ones among `urls`."""
        with self._database.read() as connection:
            query = select(pages).where(pages.c.source_id == source_id, among(connection, pages.c.url, urls))
            return {row.url: _state(row) for row in connection.execute(query)}

    def make_all_due(self, unit: Unit, source_id: str, now: datetime, *, afresh: bool = False) -> None:
        """Visit everything again; `afresh` forgets validators and digests, so that every page is read whole."""
        again = update(pages).where(pages.c.source_id == source_id, pages.c.kind != _LIST).values(due=now)
        unit.connection.execute(again.values(etag=None, last_modified=None, digest=None) if afresh else again)

    def make_due(self, unit: Unit, source_id: str, urls: Sequence[str], now: datetime) -> None:
        """Visit these again, before all that is due already."""
        for some in _chunks(list(urls)):
            again = update(pages).where(pages.c.source_id == source_id, pages.c.url.in_(some))
            unit.connection.execute(again.values(due=now - _AHEAD))

    def ask_whole(self, unit: Unit, source_id: str, urls: Sequence[str], now: datetime) -> None:
        """Make these due, and forget their validators and digests, so that they are read whole."""
        for some in _chunks(list(urls)):
            again = update(pages).where(pages.c.source_id == source_id, pages.c.url.in_(some))
            unit.connection.execute(again.values(due=now, etag=None, last_modified=None, digest=None))

    def record_visits(self, unit: Unit, visits: Sequence[PageVisit]) -> None:
        """Store what became of visits; in the unit that saves their records. A later visit of a URL wins."""
        for source_id in sorted({visit.source_id for visit in visits}):
            unit.lock_pages(source_id)
        latest = {(visit.source_id, visit.url): visit for visit in visits}
        if latest:
            unit.connection.execute(_visited(), [_visit_row(visit) for visit in latest.values()])

    def counts(self, source_id: str) -> dict[VisitOutcome, int]:
        """Visited pages by outcome of their last visit."""
        query = select(pages.c.outcome, func.count().label("n")).where(
            pages.c.source_id == source_id, pages.c.outcome.is_not(None)
        )
        with self._database.read() as connection:
            return {VisitOutcome(row.outcome): row.n for row in connection.execute(query.group_by(pages.c.outcome))}

    def of_run(
        self, source_id: str, run_id: str, limit: int, *, outcome: VisitOutcome | None = None, after: str = ""
    ) -> list[PageState]:
        """The pages whose last visit was a Run's, by URL, from the one `after` on; of one outcome or of all."""
        query = select(pages).where(pages.c.source_id == source_id, pages.c.claimed_by == run_id)
        query = query.where(pages.c.url > after, pages.c.outcome.is_not(None))
        query = query if outcome is None else query.where(pages.c.outcome == outcome.value)
        with self._database.read() as connection:
            return [_state(row) for row in connection.execute(query.order_by(pages.c.url).limit(limit))]

    def remove(self, unit: Unit, source_id: str) -> None:
        """Remove every page of a Source, as if it had never been discovered."""
        unit.connection.execute(delete(pages).where(pages.c.source_id == source_id))

    def forget_validators(self, unit: Unit, source_id: str, urls: Sequence[str]) -> None:
        """What was kept of their last visits is not what their records were read from; they are due as before."""
        for some in _chunks(list(urls)):
            here = update(pages).where(pages.c.source_id == source_id, pages.c.url.in_(some))
            unit.connection.execute(here.values(etag=None, last_modified=None, digest=None))

    def forget(self, unit: Unit, source_id: str, urls: Sequence[str]) -> None:
        """Make these due no more and drop what was kept of them; for a record removed on request."""
        for some in _chunks(list(urls)):
            gone = update(pages).where(pages.c.source_id == source_id, pages.c.url.in_(some))
            unit.connection.execute(gone.values(due=None, etag=None, last_modified=None, digest=None, detail=None))


def _known(unit: Unit, source_id: str, urls: list[str]) -> int:
    count = select(func.count()).where(pages.c.source_id == source_id)
    return sum(unit.connection.execute(count.where(pages.c.url.in_(some))).scalar_one() for some in _chunks(urls))


def _due(source_id: str, now: datetime) -> ColumnElement[bool]:
    known_as = and_(identities.c.key == literal("url:") + pages.c.url, identities.c.source_id == pages.c.source_id)
    removed = (
        select(identities.c.key)
        .join(records, records.c.id == identities.c.record_id)
        .where(known_as, records.c.deletion_reason.in_(NEVER_AGAIN))
    )
    return and_(pages.c.source_id == source_id, pages.c.due <= now, ~exists(removed.correlate(pages)))


def _found_row(source_id: str, url: str, lastmod: datetime | None, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {"source_id": source_id, "url": url, "lastmod": lastmod, "first_seen": now, "due": now}
    return row | {"patiently": now + _PATIENCE}


def _visit_row(visit: PageVisit) -> dict[str, object]:
    return {
        "source_id": visit.source_id,
        "url": visit.url,
        "kind": "article",
        "outcome": visit.outcome.value,
        "detail": visit.detail,
        "etag": visit.etag,
        "last_modified": visit.last_modified,
        "digest": visit.digest,
        "record_id": visit.record_id,
        "failures": visit.failures,
        "first_seen": visit.at,
        "visited_at": visit.at,
        "due": visit.next_due,
    }


def _state(row: Row[*tuple[object, ...]]) -> PageState:
    values = {name: row._mapping[name] for name in PageState.__slots__}
    values["outcome"] = VisitOutcome(row.outcome) if row.outcome else None
    return PageState(**values)


def _chunks(urls: list[str]) -> list[list[str]]:
    return [urls[n : n + _CHUNK] for n in range(0, len(urls), _CHUNK)]


@cache
def _discover() -> Insert:
    new = upsert(pages).values(kind="article", failures=0)
    later = func.coalesce(pages.c.lastmod, "") < new.excluded.lastmod
    news = new.excluded.lastmod > func.coalesce(pages.c.lastmod, pages.c.visited_at)
    cried_wolf = and_(
        pages.c.outcome == VisitOutcome.NOT_MODIFIED.value,
        pages.c.lastmod > pages.c.first_seen,
        func.substr(pages.c.lastmod, 1, _DAY) == func.substr(pages.c.visited_at, 1, _DAY),
    )
    patiently = bindparam("patiently", type_=Moment)
    sooner = or_(pages.c.due.is_(None), pages.c.due > patiently)
    again = and_(news, cried_wolf)
    return new.on_conflict_do_update(
        index_elements=[pages.c.source_id, pages.c.url],
        set_={
            # Several lists may date the same page; the latest counts, else they would be news to each other.
            "lastmod": case((again, pages.c.lastmod), (later, new.excluded.lastmod), else_=pages.c.lastmod),
            "due": case(
                (and_(again, sooner), patiently), (again, pages.c.due), (news, new.excluded.due), else_=pages.c.due
            ),
            # News that the site's list knows of outrank an unchanged validator, which some servers keep sending.
            "etag": case((again, pages.c.etag), (news, None), else_=pages.c.etag),
            "last_modified": case((again, pages.c.last_modified), (news, None), else_=pages.c.last_modified),
        },
        where=new.excluded.lastmod.is_not(None),
    )


@cache
def _visited() -> Insert:
    visit = upsert(pages)
    read = visit.excluded.digest.is_not(None)
    return visit.on_conflict_do_update(
        index_elements=[pages.c.source_id, pages.c.url],
        set_={name: visit.excluded[name] for name in ("outcome", "detail", "due", "failures", "visited_at")}
        | {
            name: case((read, visit.excluded[name]), else_=func.coalesce(visit.excluded[name], pages.c[name]))
            for name in ("etag", "last_modified")
        }
        | {name: func.coalesce(visit.excluded[name], pages.c[name]) for name in ("digest", "record_id")},
    )
