"""How the hits of a search are spread over access, language, journal, year and source."""

from collections import Counter
from typing import Any

from sqlalchemy import Select, func, select

from storage.search.index import Reader
from storage.tables import search_entries

_COLUMNS = ("access", "languages", "journal", "year", "source_id")
_NAMES = {"access": "access", "languages": "language", "journal": "journal", "year": "year", "source_id": "source"}
FACETED = 10_000  # of more hits the newest are counted: to count two hundred thousand takes half a second
MOST = 50  # values of one facet, the most frequent


def count(reader: Reader, places: Select[*tuple[Any, ...]]) -> int:
    """How many places there are."""
    return reader.execute(select(func.count()).select_from(places.subquery())).scalar() or 0


def facets(reader: Reader, places: Select[*tuple[Any, ...]], most: int | None) -> dict[str, dict[str, int]]:
    """The values of each facet with their counts, most frequent first, in `most` of the newest places or in all."""
    columns = [search_entries.c[name] for name in _COLUMNS]
    if most is not None:
        places = places.order_by(places.selected_columns[0].desc()).limit(most)
    statement = select(*columns, func.count().label("hits")).where(search_entries.c.place.in_(places))
    counts: dict[str, Counter[str]] = {name: Counter() for name in _COLUMNS}
    for row in reader.execute(statement.group_by(*columns)):
        for name in _COLUMNS:
            value = getattr(row, name)
            for one in value.split() if name == "languages" else [str(value)] if value else []:
                counts[name][one] += row.hits
    return {
        _NAMES[name]: dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST])
        for name, found in counts.items()
    }
