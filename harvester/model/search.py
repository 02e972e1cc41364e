"""Words of a search: what is asked, what was found, and why."""

from datetime import date
from enum import StrEnum

from harvester.model.access import AccessStatus
from harvester.model.base import Value


class Sort(StrEnum):
    """Order of hits. Among equals the newer publication is first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"  # by day of publication; records without one come last


class Door(StrEnum):
    """Who is given the answer: what may not be shown there is not found there either."""

    OPERATOR = "operator"
    SIGNED_IN = "signed_in"
    PUBLIC = "public"  # anybody: only abstracts that may be passed on


class Query(Value):
    """What is asked. `text` is what a person types (words, "phrases", prefix*, -without, title:word, OR, brackets).

    All else narrows it: `published_from` and `published_until` are days, both included; `listed` leaves out what a
    page asks not to list in public (robots noindex); of abstracts only those that may go through the `door` are
    looked into and shown. `cursor` goes on after an earlier answer to the same query.
    Hits are counted up to `count_to`, those of a phrase newest first only up to `limit`, with `facets` to the last
    one. `snippets` asks for the places where words stand; `abstracts=False` leaves abstracts out of them, for readers
    whom they may not be passed on to.
    """

    text: str = ""
    access: tuple[AccessStatus, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    journal: str = ""
    author: str = ""
    published_from: date | None = None
    published_until: date | None = None
    listed: bool = False
    door: Door = Door.OPERATOR
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    count_to: int = 100
    cursor: str | None = None
    thesaurus: bool = True
    facets: bool = False
    snippets: bool = False
    abstracts: bool = True


class Snippet(Value):
    """Part of a field with the words that match. `marks` are (start, end) in code points of `text`."""

    field: str  # title | keyword | abstract | author | journal
    language: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    cut: tuple[bool, bool] = (False, False)  # text was left out before, after


class Hit(Value):
    """One record found. `score` compares within one answer only; 0 where hits are sorted by date."""

    record_id: str
    score: float = 0.0
    snippets: tuple[Snippet, ...] = ()


class Expansion(Value):
    """A keyword of the query that was also looked for by its name in another language.

    `records`: how many records carry both names.
    """

    term: str
    language: str
    to: str
    to_language: str
    records: int


class Found(Value):
    """An answer. `total` is exact unless `at_least`; `behind` counts Changes that are not searchable yet.

    `ranked`: by relevance only so many of the newest hits are compared, and listed; 0: all hits are listed.
    `faceted`: the facets count only so many of the newest hits; 0: all hits are counted.
    """

    hits: tuple[Hit, ...]
    total: int
    at_least: bool = False
    ranked: int = 0
    facets: dict[str, dict[str, int]] = {}
    faceted: int = 0
    expanded: tuple[Expansion, ...] = ()
    cursor: str | None = None
    behind: int = 0
