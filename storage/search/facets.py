"""How the hits of a search are spread over access, language, journal, year and source."""

from collections import Counter
from typing import Any

from sqlalchemy import Select, func, select

from storage.search.index import Reader
from storage.tables import search_entries

_COLUMNS = ("access", "languages", "journal", "year", "source_id")
_NAMES = {"access": "access", "languages": "language", "journal": "journal", "year": "year", "source_id": "source"}
MOST = 50  # values of one facet, the most frequent


def facets(reader: Reader, places: Select[*tuple[Any, ...]]) -> tuple[int, dict[str, dict[str, int]]]:
    """How many places there are, and the values of each facet with their counts, most frequent first."""
    columns = [search_entries.c[name] for name in _COLUMNS]
    statement = select(*columns, func.count().label("hits")).where(search_entries.c.place.in_(places))
    counts: dict[str, Counter[str]] = {name: Counter() for name in _COLUMNS}
    total = 0
    for row in reader.execute(statement.group_by(*columns)):
        total += row.hits
        for name in _COLUMNS:
            value = getattr(row, name)
            for one in value.split() if name == "languages" else [str(value)] if value else []:
                counts[name][one] += row.hits
    return total, {
        _NAMES[name]: dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST])
        for name, found in counts.items()
    }
