"""The address of a page of hits <-> what is asked of the search."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple, Self
from urllib.parse import urlencode

from harvester.model.access import AccessStatus
from harvester.model.search import Door, Query, Sort

PAGE = 20
FACETS = ("access", "language", "journal", "year", "source")
_LONGEST = 500  # characters of one value
_SORTS = tuple(map(str, Sort))


class Asked(NamedTuple):
    """What the address says, each value as text; `facets` has one value or none of each."""

    words: str = ""
    facets: Mapping[str, str] = {}
    since: str = ""
    until: str = ""
    sort: str = ""
    plain: bool = False  # without the thesaurus
    cursor: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Self:
        """From the query part of an address; what is not understood is left out."""
        given = {name: value.strip()[:_LONGEST] for name, value in parameters.items() if value.strip()}
        sort = given.get("sort", "")
        return cls(
            words=given.get("q", ""),
            facets={name: given[name] for name in FACETS if name in given and _is_value(name, given[name])},
            since=given.get("from", "") if _day(given.get("from", "")) else "",
            until=given.get("until", "") if _day(given.get("until", "")) else "",
            sort=sort if sort in _SORTS else "",
            plain=given.get("thesaurus") == "no",
            cursor=given.get("cursor", ""),
        )

    def query(self) -> Query:
        """The question for the search: what is listed in public only, withheld abstracts neither quoted nor found."""
        year = int(self.facets.get("year", 0))
        since, until = _day(self.since), _day(self.until)
        first, last = (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)
        return Query(
            text=self.words,
            access=(AccessStatus(self.facets["access"]),) if "access" in self.facets else (),
            languages=(self.facets["language"],) if "language" in self.facets else (),
            sources=(self.facets["source"],) if "source" in self.facets else (),
            journal=f'"{_unquoted(self.facets["journal"])}"' if "journal" in self.facets else "",
            published_from=max(filter(None, (since, first)), default=None),
            published_until=min(filter(None, (until, last)), default=None),
            listed=True,
            door=Door.PUBLIC,
            sort=Sort(self.order),
            limit=PAGE,
            cursor=self.cursor or None,
            thesaurus=not self.plain,
            facets=not self.cursor,
            snippets=bool(self.words),
        )

    @property
    def order(self) -> str:
        """The order that applies: the best first where words are given."""
        return self.sort or str(Sort.RELEVANCE if self.words else Sort.NEWEST)

    def fields(self) -> Iterator[tuple[str, str]]:
        """Names and values for an address, the cursor left out."""
        wanted = {"q": self.words, **self.facets, "from": self.since, "until": self.until, "sort": self.sort}
        yield from ((name, value) for name, value in wanted.items() if value)
        if self.plain:
            yield "thesaurus", "no"

    def alert(self, language: str) -> Iterator[tuple[str, str]]:
        """Names and values for the form of an alert that asks the same, as far as its words can say it."""
        since, until = self.since[:4], self.until[:4]
        years = [f"year:{since}-{until}"] if since and until and since <= until else []
        narrowed = [f"{name}:{self.facets[name]}" for name in ("year", "source") if name in self.facets]
        yield "query", " ".join(filter(None, (self.words, *years, *narrowed)))
        named = {"journals": "journal", "languages": "language", "access": "access"}
        yield from ((name, self.facets[facet]) for name, facet in named.items() if facet in self.facets)
        yield from (("news", "new"), ("language", language))

    def address(self) -> str:
        """The query part of an address, with its question mark; empty where nothing is asked."""
        fields = [*self.fields(), *([("cursor", self.cursor)] if self.cursor else [])]
        return f"?{urlencode(fields)}" if fields else ""

    def narrowed(self, facet: str, value: str) -> Self:
        """The same question with one value of a facet more."""
        return self._replace(facets={**self.facets, facet: value}, cursor="")

    def widened(self, name: str) -> Self:
        """The same question without one facet."""
        return self._replace(facets={key: value for key, value in self.facets.items() if key != name}, cursor="")

    def ordered(self, order: str) -> Self:
        """The same question in another order."""
        return self._replace(sort=order, cursor="")

    def worded(self, *, plain: bool) -> Self:
        """The same question with or without the thesaurus."""
        return self._replace(plain=plain, cursor="")

    def at(self, cursor: str) -> Self:
        """The page of hits that a cursor leads to; the first without one."""
        return self._replace(cursor=cursor)


def _is_value(facet: str, value: str) -> bool:
    if facet == "access":
        return value in tuple(map(str, AccessStatus))
    return facet != "year" or (value.isdecimal() and value.isascii() and 1 <= int(value) <= 9999)


def _day(text: str) -> date | None:
    """A day as browsers send it (`2026-01-31`)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _unquoted(text: str) -> str:
    return text.replace('"', " ")
