"""What registries said of closed articles by DOI, and when to ask again: a cache that follows the change log.

Nothing of it is part of a Record: no revision, no Change, no verdict comes of what a registry says.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, select, update

from harvester.model.access import AccessStatus
from harvester.model.open_copy import Registry, Statement
from harvester.model.record import Record
from storage.changes import place_of, put_place
from storage.database import Database
from storage.documents import from_text
from storage.identity import chunks, doi_key
from storage.tables import changes, identities, lookups, records, upsert
from storage.unit import Unit

# An article that is free at its publisher's needs no other copy, and one that is an abstract only has none.
LOOKED_UP = frozenset(
    (AccessStatus.SUBSCRIPTION, AccessStatus.REGISTRATION, AccessStatus.EMBARGOED, AccessStatus.UNKNOWN)
)
_AT_ONCE = 2000  # Changes
_DOI = re.compile(r"10\.[0-9]{4,9}(\.[0-9]+)*/\S{1,500}")


class Lookups:
    """By registry and DOI: the last answer, and when it is to be asked for again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def follow(self, unit: Unit, registry: Registry, now: datetime) -> bool:
        """Note what a portion of the change log brings: which DOIs are to be looked up; False when none is left."""
        name = f"lookups {registry}"
        unit.lock(name)
        query = select(changes.c.seq, changes.c.record_id).where(changes.c.seq > place_of(unit, name))
        portion = unit.connection.execute(query.order_by(changes.c.seq).limit(_AT_ONCE)).all()
        if not portion:
            return False
        latest = {row.record_id: row.seq for row in portion}
        wanted: dict[str, int] = {}
        rest: set[str] = set()
        for some in chunks(sorted(latest)):
            texts = select(records.c.document).where(records.c.id.in_(some))
            for text in unit.connection.execute(texts).scalars():
                record = from_text(text)
                if (doi := doi_of(record)) and is_looked_up(record):
                    wanted[doi] = max(latest[record.id], wanted.get(doi, 0))
                elif doi:
                    rest.add(doi)
        self._rest(unit, registry, rest - wanted.keys())
        self._want(unit, registry, wanted, now)
        put_place(unit, name, portion[-1].seq)
        return True

    def due(self, registry: Registry, now: datetime, most: int) -> list[str]:
        """DOIs to be looked up now, those of the newest records first."""
        query = select(lookups.c.doi).where(lookups.c.registry == registry.value, lookups.c.expires_at <= now)
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(lookups.c.seq.desc(), lookups.c.doi).limit(most)).scalars())

    def answered(self, unit: Unit, statement: Statement, expires_at: datetime) -> None:
        """Keep an answer, good until `expires_at`."""
        unit.lock("lookups")
        said = statement.model_dump_json(include={"copies", "notices"})
        this = _this(statement.registry, statement.doi)
        before = unit.connection.execute(select(lookups.c.said).where(*this)).scalar()
        values: dict[str, Any] = {"fetched_at": statement.asked_at, "expires_at": expires_at, "failures": 0}
        if said != before:
            latest = unit.connection.execute(select(func.max(lookups.c.changed))).scalar() or 0
            values |= {"said": said, "changed": latest + 1}
        unit.connection.execute(update(lookups).where(*this).values(values))

    def failures(self, registry: Registry, doi: str) -> int:
        """How many look-ups in a row came to nothing that could be used."""
        with self._database.read() as connection:
            return connection.execute(select(lookups.c.failures).where(*_this(registry, doi))).scalar() or 0

    def failed(self, unit: Unit, registry: Registry, doi: str, expires_at: datetime) -> None:
        """One more look-up that came to nothing: what was known stays, and is asked for again at `expires_at`."""
        values = {"failures": lookups.c.failures + 1, "expires_at": expires_at}
        unit.connection.execute(update(lookups).where(*_this(registry, doi)).values(values))

    def said(self, found: Iterable[Record]) -> dict[str, tuple[Statement, ...]]:
        """By record id, what registries say of those records that are not open at their publisher's; in no Record."""
        dois = {record.id: doi for record in found if is_looked_up(record) and (doi := doi_of(record))}
        if not dois:
            return {}
        by_doi: dict[str, list[Statement]] = {}
        with self._database.read() as connection:
            for some in chunks(sorted(set(dois.values()))):
                query = select(lookups).where(lookups.c.doi.in_(some), lookups.c.said.is_not(None))
                for row in connection.execute(query.order_by(lookups.c.registry)):
                    by_doi.setdefault(row.doi, []).append(_statement(row))
        return {record_id: tuple(by_doi[doi]) for record_id, doi in dois.items() if doi in by_doi}

    @staticmethod
    def _want(unit: Unit, registry: Registry, wanted: dict[str, int], now: datetime) -> None:
        rows = [
            {"registry": registry.value, "doi": doi, "seq": seq, "expires_at": now, "failures": 0, "changed": 0}
            for doi, seq in wanted.items()
        ]
        if not rows:
            return
        put = upsert(lookups)
        again = {"seq": put.excluded.seq, "expires_at": func.coalesce(lookups.c.expires_at, put.excluded.expires_at)}
        unit.connection.execute(
            put.on_conflict_do_update(index_elements=[lookups.c.doi, lookups.c.registry], set_=again), rows
        )

    @staticmethod
    def _rest(unit: Unit, registry: Registry, dois: Collection[str]) -> None:
        """Ask no more for these, unless another Source has a closed edition of the same DOI."""
        closed = (records.c.deleted_at.is_(None), records.c.access.in_([one.value for one in LOOKED_UP]))
        for some in chunks(sorted(dois)):
            keys = [doi_key(doi) for doi in some]
            others = select(identities.c.key).join(records, records.c.id == identities.c.record_id)
            wanted = set(unit.connection.execute(others.where(identities.c.key.in_(keys), *closed)).scalars())
            resting = [doi for doi in some if doi_key(doi) not in wanted]
            these = (lookups.c.registry == registry.value, lookups.c.doi.in_(resting))
            unit.connection.execute(update(lookups).where(*these).values(expires_at=None))


def forget(unit: Unit, record: Record) -> None:
    """Drop what is known of a record that has to go."""
    unit.connection.execute(delete(lookups).where(lookups.c.doi == doi_of(record)))


def doi_of(record: Record) -> str:
    """The own DOI as it is looked up (DOIs compare without regard to case); empty where there is none that can be."""
    doi = (record.identity_doi or "").strip().lower()
    return doi if _DOI.fullmatch(doi) and doi.isprintable() else ""


def is_looked_up(record: Record) -> bool:
    """Whether another copy would help its readers."""
    return record.deleted_at is None and record.access.status in LOOKED_UP


def _this(registry: Registry, doi: str) -> Sequence[Any]:
    return lookups.c.doi == doi, lookups.c.registry == registry.value


def _statement(row: Any) -> Statement:
    about = {"registry": row.registry, "doi": row.doi, "asked_at": row.fetched_at}
    return Statement.model_validate(orjson.loads(row.said) | about)
