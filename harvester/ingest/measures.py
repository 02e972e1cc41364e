"""What the records of a Run were like, field by field: counts from which drift is seen. Pure, and flat in memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harvester.model.access import AccessStatus
from harvester.model.record import Record

_MOST_ABSTRACTS = 10_000  # remembered; further ones are only looked up among these
# Fields whose value should differ between articles, as something that can be compared; a false one says nothing.
_VARYING: dict[str, Callable[[Record], object]] = {
    "keywords": lambda read: tuple(words.items for words in read.keywords.values()),
    "authors": lambda read: tuple(person.name for person in read.contributors),
    "doi": lambda read: read.identifier("doi"),
    "verdict": lambda read: read.access.status is not AccessStatus.UNKNOWN and read.access.status.value,
}
FIELDS = (
    "titles",
    "titles_in_two",
    "abstract",
    "abstract_in_two",
    "keywords",
    "keywords_in_two",
    "authors",
    "doi",
    "journal",
    "date",
    "verdict",
)


def in_words(name: str) -> str:
    """A field as a note names it."""
    return "DOI" if name == "doi" else name.replace("_in_two", " in two languages").replace("_", " ")


def shown(record: Record) -> Iterator[str]:
    """The names of what a record has; `two` means in two languages or more."""
    had = {
        "titles": bool(record.titles),
        "titles_in_two": len(record.titles) > 1,
        "abstract": bool(record.abstracts),
        "abstract_in_two": len(record.abstracts) > 1,
        "keywords": bool(record.keywords),
        "keywords_in_two": len(record.keywords) > 1,
        "authors": bool(record.contributors),
        "doi": record.identifier("doi") is not None,
        "journal": bool(record.container.titles or record.container.issns),
        "date": bool(record.dates),
        "verdict": record.access.status is not AccessStatus.UNKNOWN or record.access.disputed,
    }
    return (name for name, has in had.items() if has)


def losses(known: Record, read: Record) -> tuple[str, ...]:
    """What the stored record has and the page, as it is read now, does not; a verdict may end, so it is not among."""
    now = {*shown(read), "verdict"}
    return tuple(name for name in shown(known) if name not in now)


@dataclass(slots=True)
class Measures:
    """Counts of a Run over the pages that were read whole.

    `records`; by field how many had it; `status:NAME` by verdict; `had:F` and `lost:F` of known records whose page was
    read again; `duplicate_abstracts`; `same:F` for a field of which all records that have it show one value.
    """

    counts: Counter[str] = field(default_factory=Counter)
    _abstracts: dict[int, int] = field(default_factory=dict)  # abstract -> title, as hashes
    _first: dict[str, tuple[int, int]] = field(default_factory=dict)  # by field: value and title, as hashes
    _others: Counter[str] = field(default_factory=Counter)  # by field: articles after the first that show its value
    _vary: set[str] = field(default_factory=set)

    def copy(self) -> "Measures":
        """The same, to go on from."""
        copies = (self.counts.copy(), self._abstracts.copy(), self._first.copy(), self._others.copy(), {*self._vary})
        return Measures(*copies)

    def note(self, read: Record, known: Record | None) -> None:
        """Count a record as its page shows it; `known` is what was stored of it."""
        self.counts["records"] += 1
        self.counts.update(shown(read))
        self.counts[f"status:{read.access.status.value}"] += 1
        if known and known.deleted_at is None:
            self.counts.update(f"had:{name}" for name in shown(known))
            self.counts.update(f"lost:{name}" for name in losses(known, read))
        title = hash(" ".join(sorted(text.value for text in read.titles.values())))
        self._note_abstracts(read, title)
        self._note_varying(read, title)

    def seen(self) -> dict[str, int]:
        """What is kept with the Run."""
        same = {f"same:{name}": self._others[name] + 1 for name in self._first if name not in self._vary}
        return {"records": 0} | dict(self.counts) | same

    def _note_abstracts(self, read: Record, title: int) -> None:
        for abstract in read.abstracts.values():
            key = hash(" ".join(abstract.value.casefold().split()))
            if self._abstracts.get(key, title) != title:
                self.counts["duplicate_abstracts"] += 1
                return
            if len(self._abstracts) < _MOST_ABSTRACTS:
                self._abstracts.setdefault(key, title)

    def _note_varying(self, read: Record, title: int) -> None:
        for name, value_of in _VARYING.items():
            if name in self._vary or not (value := value_of(read)):
                continue
            first, first_title = self._first.setdefault(name, (hash(value), title))
            if first != hash(value):
                self._vary.add(name)
            elif title != first_title:
                self._others[name] += 1
