"""One page's record beside its label: which labelled units match.

Titles folded and equal; abstracts by ordered three-word shingles; keywords as bags; family names in order; everything
else equal after folding, at the label's precision. Other readings printed on the page (`*_alt`) are as good.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from harvester.model.record import Record

Label = Mapping[str, Any]
_ABSTRACT_F1, _KEYWORDS_F1, _LOOSE_KEYWORDS_F1 = 0.9, 0.95, 0.6
_WORDS = re.compile(r"\w+")
_GENERATION = re.compile(r" (jr|sr|ii|iii|iv)$")
_DOI_PREFIX = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:)")


class Unit(NamedTuple):
    """One comparison; `why` says what was wanted and what was read."""

    field: str
    hit: bool
    why: str
    language: str = ""


class Read:
    """A record in the plain shapes labels have; of no record every part is empty."""

    def __init__(self, record: Record | None) -> None:
        self.record = record

    @cached_property
    def titles(self) -> dict[str, str]:
        return {lang: text.value for lang, text in self.record.titles.items()} if self.record else {}

    @cached_property
    def abstracts(self) -> dict[str, str]:
        return {lang: text.value for lang, text in self.record.abstracts.items()} if self.record else {}

    @cached_property
    def keywords(self) -> dict[str, Sequence[str]]:
        return {lang: words.items for lang, words in self.record.keywords.items()} if self.record else {}

    @cached_property
    def doi(self) -> str | None:
        return self.record.identifier("doi") if self.record else None

    @cached_property
    def families(self) -> list[str]:
        people = self.record.contributors if self.record else ()
        return [fold(one.family or one.name) for one in people if one.role == "author"]

    @cached_property
    def container(self) -> dict[str, list[str]]:
        """Values a field may match, by the label's field name."""
        if self.record is None:
            return {}
        place = self.record.container
        found: dict[str, list[str | None]] = {
            "journal": list(place.titles.values()),
            "volume": [place.volume],
            "issue": [place.issue],
            "pages": [place.pages, place.article_number],
            "issns": [issn.value for issn in place.issns],
        }
        return {name: [value for value in values if value] for name, values in found.items()}

    @cached_property
    def dates(self) -> list[str]:
        return [date.value for date in self.record.dates] if self.record else []

    @cached_property
    def access(self) -> str:
        return self.record.access.status.value if self.record else "unknown"


def units(label: Label, read: Read) -> Iterator[Unit]:
    """Every labelled unit but access, compared."""
    for field in (_title, _abstract, _keywords, _people, _identifiers, _place, _published):
        yield from field(label, read)


def _title(label: Label, read: Read) -> Iterator[Unit]:
    alternatives = label.get("titles_alt") or {}
    for lang, text in (label["titles"] or {}).items():
        also = alternatives.get(lang) if isinstance(alternatives, dict) else alternatives
        accepted = {fold(value) for value in [text, *_several(also)]}
        got = read.titles.get(lang)
        yield Unit("title", fold(got or "") in accepted, f"{lang}: {got!r}"[:160], lang)
        elsewhere = any(fold(value) in accepted for value in read.titles.values())
        yield Unit("title_any_lang", elsewhere, "in no language")


def _abstract(label: Label, read: Read) -> Iterator[Unit]:
    for lang, text in (label["abstracts"] or {}).items():
        accepted = [text, *_several((label.get("abstracts_alt") or {}).get(lang))]
        likeness = {
            got: max(similarity(one, value) for one in accepted) for got, value in read.abstracts.items() if value
        }
        own = likeness.get(lang, 0.0)
        best = max((similarity(text, value) for value in read.abstracts.values() if value), default=0.0)
        why = f"{lang}: {own:.2f} (best in any language {best:.2f}, languages {list(read.abstracts)})"
        yield Unit("abstract", own >= _ABSTRACT_F1, why, lang)
        yield Unit("abstract_any_lang", best >= _ABSTRACT_F1, why)


def _keywords(label: Label, read: Read) -> Iterator[Unit]:
    enough = _LOOSE_KEYWORDS_F1 if label.get("keywords_loose") else _KEYWORDS_F1
    for lang, words in (label["keywords"] or {}).items():
        got = read.keywords.get(lang) or read.keywords.get("und") or ()
        likeness = f1(map(fold, words), map(fold, got))
        why = f"{lang}: {likeness:.2f}"
        yield Unit("keywords", likeness >= enough, why, lang)


def _people(label: Label, read: Read) -> Iterator[Unit]:
    if label["authors"]:
        want = [_bare(fold(one.get("family") or one.get("name"))) for one in label["authors"]]
        got = [_bare(family) for family in read.families]
        hit = len(want) == len(got) and all(_same_family(*pair) for pair in zip(want, got, strict=True))
        yield Unit("authors", hit, f"want {len(want)} got {len(got)} {got[:3]}")


def _identifiers(label: Label, read: Read) -> Iterator[Unit]:
    if label["doi"]:
        yield Unit("doi", _plain_doi(read.doi) == _plain_doi(label["doi"]), str(read.doi))
    if label["issns"]:
        got = read.container.get("issns", [])
        yield Unit("issn", bool(set(label["issns"]) & set(got)), str(got))


def _place(label: Label, read: Read) -> Iterator[Unit]:
    for field in ("journal", "volume", "issue", "pages"):
        want = label.get(field)
        if want:
            accepted = {fold(value) for value in [want, *_several(label.get(f"{field}_alt"))]}
            got = read.container.get(field, [])
            why = f"want {want!r} got {got}"
            yield Unit(field, bool(accepted & set(map(fold, got))), why)


def _published(label: Label, read: Read) -> Iterator[Unit]:
    if label["published"]:
        want = {str(value)[:10] for value in [label["published"], *_several(label.get("published_alt"))]}
        hit = any(_same_date(one, value) for one in want for value in read.dates)
        yield Unit("published", hit, f"want {sorted(want)} got {sorted(read.dates)}")


def fold(text: object) -> str:
    """Words only: no case, no accents, no punctuation, ligatures spelt out."""
    letters = unicodedata.normalize("NFKD", str(text)).casefold().replace("œ", "oe").replace("æ", "ae")
    return " ".join(_WORDS.findall("".join(char for char in letters if not unicodedata.combining(char))))


def similarity(label: str | Mapping[str, Any], text: str) -> float:
    """F1 of the ordered three-word shingles of two texts; a label may bring its shingles instead of its text."""
    want = label["shingles"] if isinstance(label, Mapping) else _shingles(label)
    return f1(want, _shingles(text))


def f1(want: Iterable[str], got: Iterable[str]) -> float:
    """Harmonic mean of precision and recall of two bags."""
    left, right = Counter(want), Counter(got)
    common = (left & right).total()
    return 2 * common / (left.total() + right.total()) if common else 0.0


def _shingles(text: str) -> list[str]:
    words = _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
    return [" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))]


def _several(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [one for one in value if one]
    return [value] if value else []


def _bare(family: str) -> str:
    return _GENERATION.sub("", family)


def _same_family(want: str, got: str) -> bool:
    return want == got or want in got.split(" ") or got.endswith(want)


def _plain_doi(text: str | None) -> str | None:
    return _DOI_PREFIX.sub("", (text or "").strip().lower()) or None


def _same_date(want: str, got: str) -> bool:
    """Equal at the coarser precision of the two, a year at least."""
    got = got[:10]
    return want == got or (min(len(want), len(got)) >= 4 and (want.startswith(got) or got.startswith(want)))
