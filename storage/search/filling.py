"""What is written to the index: entries of records that changed, and their keywords for the thesaurus."""

from collections import Counter
from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import delete, func, select, tuple_

from storage.bulk import Fresh, among
from storage.search.analyser import VERSION, primary
from storage.search.entry import Entry, entry_of
from storage.search.index import Index
from storage.tables import (
    changes,
    records,
    search_entries,
    search_head,
    search_keywords,
    search_languages,
    search_terms,
    upsert,
)
from storage.unit import Unit

_CHUNK = 500
_ENTRIES, _KEYWORDS = Fresh(search_entries), Fresh(search_keywords)


def follow(unit: Unit, index: Index, most: int) -> int:
    """Index what the next Changes, `most` at a time, are about; returns how many were read."""
    unit.lock("search")  # one at a time writes the index
    execute = unit.connection.execute
    seq = execute(select(search_head.c.seq)).scalar() or 0
    after = select(changes.c.seq, changes.c.record_id).where(changes.c.seq > seq)
    read = execute(after.order_by(changes.c.seq).limit(most)).all()
    if not read:
        return 0
    ids = sorted({row.record_id for row in read})
    forget(unit, index, ids)
    live = select(records.c.document).where(among(unit.connection, records.c.id, ids), records.c.deleted_at.is_(None))
    _put(unit, index, [entry_of(orjson.loads(text)) for text in execute(live.order_by(records.c.id)).scalars()])
    head = upsert(search_head).values(id=1, seq=read[-1].seq, analyser=VERSION)
    execute(head.on_conflict_do_update(index_elements=[search_head.c.id], set_={"seq": head.excluded.seq}))
    return len(read)


def forget(unit: Unit, index: Index, record_ids: Sequence[str]) -> None:
    """Take records out, where they are in."""
    unit.lock("search")  # one at a time writes the index
    execute = unit.connection.execute
    held = select(search_entries.c.place).where(among(unit.connection, search_entries.c.record_id, record_ids))
    places = list(execute(held).scalars())
    if not places:
        return
    words = search_keywords.c
    counted = select(words.key, words.language, func.count().label("records")).where(words.place.in_(places))
    _count({(r.key, r.language): -r.records for r in execute(counted.group_by(words.key, words.language))}, unit)
    execute(delete(search_keywords).where(words.place.in_(places)))
    execute(delete(search_entries).where(search_entries.c.place.in_(places)))
    index.remove(unit.connection, places)


def scrub(unit: Unit, index: Index) -> None:
    """As `Index.scrub` says."""
    unit.lock("search")  # one at a time writes the index
    index.scrub(unit.connection)


def clear(unit: Unit, index: Index) -> None:
    """Empty the index; it will follow the change log from its beginning."""
    unit.lock("search")  # one at a time writes the index
    for table in (search_keywords, search_terms, search_languages, search_entries, search_head):
        unit.connection.execute(delete(table))
    index.clear(unit.connection)


def _put(unit: Unit, index: Index, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    execute = unit.connection.execute
    placed = _places(unit, entries)
    _ENTRIES.write(unit.connection, [_row(place, one) for place, one in placed.items()])
    index.put(unit.connection, placed)
    keywords = sorted(
        (k.key, k.language, place, k.position, k.of, k.term) for place, one in placed.items() for k in one.keywords
    )
    if keywords:
        _KEYWORDS.write(unit.connection, keywords)
        _count(Counter((key, language) for key, language, *_ in keywords), unit)
    spoken = sorted({primary(language) for one in entries for language in one.languages})
    if spoken:
        new = upsert(search_languages).on_conflict_do_nothing()
        execute(new, [{"language": language} for language in spoken])


def _places(unit: Unit, entries: Sequence[Entry]) -> dict[int, Entry]:
    """Entries by place; one whose place is taken goes to the next that is free."""
    wanted = sorted(entries, key=lambda one: (one.place, one.record_id))
    places = search_entries.c.place
    held = select(places).where(among(unit.connection, places, [one.place for one in wanted]))
    taken = set(unit.connection.execute(held).scalars())
    placed: dict[int, Entry] = {}
    for one in wanted:
        place = one.place
        while place in placed or place in taken or (place != one.place and _is_taken(unit, place)):
            place += 1
        placed[place] = one
    return dict(sorted(placed.items()))


def _is_taken(unit: Unit, place: int) -> bool:
    found = select(search_entries.c.place).where(search_entries.c.place == place)
    return unit.connection.execute(found).first() is not None


def _row(place: int, one: Entry) -> tuple[object, ...]:
    return place, one.record_id, one.source_id, one.access, " ".join(one.languages), one.journal, one.year


def _count(more: Mapping[tuple[str, str], int], unit: Unit) -> None:
    """Raise or lower how many records carry a keyword; what no record carries goes."""
    rows = [{"key": key, "language": language, "records": n} for (key, language), n in sorted(more.items())]
    if not rows:
        return
    raised = upsert(search_terms)
    unit.connection.execute(
        raised.on_conflict_do_update(
            index_elements=[search_terms.c.key, search_terms.c.language],
            set_={"records": search_terms.c.records + raised.excluded.records},
        ),
        rows,
    )
    lowered = sorted(term for term, n in more.items() if n < 0)
    pair = tuple_(search_terms.c.key, search_terms.c.language)
    for start in range(0, len(lowered), _CHUNK):
        gone = pair.in_(lowered[start : start + _CHUNK])
        unit.connection.execute(delete(search_terms).where(gone, search_terms.c.records <= 0))
