"""Keyword lists, one per language; equal-length lists are paired by position, as an inference."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from harvester.extraction.document import Document
from harvester.extraction.fields.abstracts import nearest_language
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.labels import inline_label, label_of, may_hold_inline_label
from harvester.extraction.languages import Known, by_script, detect, same
from harvester.extraction.normalise.keywords import clean_keywords, split_keywords
from harvester.extraction.normalise.text import fold, tidy
from harvester.extraction.signals.signal import Signal
from harvester.model.record import KeywordList

_RANKS = {
    ("selector", "keywords"): 200,
    ("heading", "keywords"): 150,
    ("jats", "keywords"): 150,
    ("jats", "keywords.other"): 70,
    ("highwire", "keywords"): 120,
    ("highwire", "keyword"): 120,
    ("eprints", "keywords"): 110,
    ("bepress", "keywords"): 110,
    ("json_ld", "keywords"): 90,
    ("microdata", "keywords"): 88,
    ("prism", "keyword"): 80,
    ("container", "keywords"): 65,
    ("dc", "subject"): 70,
    ("dcterms", "subject"): 70,
    ("dc", "subject.keyword"): 90,
    ("meta", "keywords"): 20,
}
_WEAK = 60
_ABSTRACTS = (("highwire", "abstract"), ("dcterms", "abstract"), ("dc", "description"), ("eprints", "abstract"),
              ("bepress", "abstract"))  # fmt: skip
_CLASSES = re.compile(r"\b(?:JEL|PACS|MSC|AMS|UDC|УДК)\b.*", re.DOTALL)  # of a scheme, which follow keywords
_MOST_IN_ABSTRACT = 15
_TYPES = (("dc", "type"), ("dcterms", "type"), ("highwire", "article_type"), ("eprints", "type"))  # of the document
_OTHERWISE_WRITTEN = frozenset("ru uk be bg mk sr kk ja zh ko ar fa ur he el hy ka th".split())
_LATIN = re.compile("[A-Za-z]{3}")
_OTHER_SCRIPT = re.compile("[\u0370-\u1fff\u3040-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_ADDRESS = re.compile(r"\s*(?:info:|https?:|urn:)")
_NOTHING = re.compile(
    r"^(?:no (?:keywords|categories|subjects)|none|n/?a|keywords?|aucun|not available)\b|\(fix it\)", re.IGNORECASE
)


class _List(NamedTuple):
    """Keywords gathered from the Signals of one name and one declared language."""

    rank: int
    items: tuple[str, ...]
    signals: list[Signal]
    declared: str | None
    label: str | None = None

    def known(self, languages: list[str]) -> Known:
        """The language of the list; asked only of lists that may be chosen."""
        return keyword_language(self.items, self.declared, self.label, languages)


def choose_keywords(document: Document, index: SignalIndex, languages: list[str]) -> dict[str, KeywordList]:
    """Keyword lists by language; `languages` are those of the abstracts and titles, the article's own first."""
    types = {fold(s.value) for key in _TYPES for s in index.get(*key)}
    lists = sorted(_lists(index), key=lambda entry: -entry.rank)
    lists = [entry for entry in lists if not types.issuperset(map(fold, entry.items))]
    strong = [entry for entry in lists if entry.rank >= _WEAK]
    chosen: dict[str, tuple[_List, Known]] = {}
    for entry in strong or [entry for entry in lists if _confirmed(entry, index)]:
        if _seen(entry, [other for other, _ in chosen.values()]):
            continue
        known = entry.known(languages)
        if known.language in chosen and _may_translate(entry, [other for other, _ in chosen.values()]):
            known = _another(entry, chosen) or known
        if not any(same(known.language, language) for language in chosen):
            chosen[known.language] = entry, known
    return _paired({known.language: _keyword_list(document, entry, known) for entry, known in chosen.values()})


def _lists(index: SignalIndex) -> list[_List]:
    found: list[_List] = []
    for vocabulary, name in index.stated(_RANKS):
        signals, rank = index.get(vocabulary, name), _RANKS[vocabulary, name]
        if vocabulary in ("heading", "selector", "container", "jats"):
            found.extend(filter(None, (_whole(rank, signal) for signal in signals)))
        else:
            found.extend(_by_language(rank, signals))
    found.extend(_in_abstracts(index))
    return [part for entry in found for part in _parted(entry)]


def _in_abstracts(index: SignalIndex) -> Iterator[_List]:
    """Lists that stand at the end of an abstract in the metadata, under a label."""
    for signal in (each for key in _ABSTRACTS for each in index.get(*key)):
        text = tidy(signal.value)
        found = inline_label().finditer(text) if may_hold_inline_label(text) else ()
        labels = [(match, label) for match in found if (label := label_of(match[1]))]
        ends = [*(match.start() for match, _ in labels[1:]), len(text)]
        for (match, label), end in zip(labels, ends, strict=True) if labels else ():
            words = _CLASSES.sub("", text[match.end() : end])
            items = tuple(filter(_is_keyword, clean_keywords(split_keywords(words))))
            if label.kind == "keywords" and 0 < len(items) <= _MOST_IN_ABSTRACT:
                yield _List(_WEAK + 2, items, [signal._replace(quote=items[0])], signal.language, label.language)


def _parted(entry: _List) -> list[_List]:
    """The list, or the two that are printed in one: as many keywords in Latin letters as in other ones."""
    if "".join(entry.items).isascii():
        return [entry]
    other = tuple(filter(_OTHER_SCRIPT.search, entry.items))
    latin = tuple(item for item in entry.items if item not in other and _LATIN.search(item))
    if len(other) < 2 or len(other) != len(latin) or len(other) + len(latin) < len(entry.items):
        return [entry]
    return [entry._replace(items=other), entry._replace(items=latin, declared=None, label=None)]


def _whole(rank: int, signal: Signal) -> _List | None:
    items = tuple(
        item for item in clean_keywords(list(signal.items or split_keywords(signal.value))) if _is_keyword(item)
    )
    if not items:
        return None
    declared = signal.language if signal.vocabulary in ("selector", "jats") else nearest_language(signal)
    label = signal.language if signal.vocabulary == "heading" else None
    return _List(rank, items, [signal], declared, label)


def _by_language(rank: int, signals: list[Signal]) -> list[_List]:
    groups: dict[str | None, list[Signal]] = {}
    for signal in signals:
        if not _ADDRESS.match(signal.value):
            groups.setdefault(signal.language, []).append(signal)
    found = []
    for declared, group in groups.items():
        single = len(group) > 1 and all(len(signal.value) < 150 for signal in group)
        if single and not _lines(group):
            parts = [signal.value for signal in group]
        else:
            parts = [item for signal in group for item in split_keywords(signal.value)]
        items = tuple(item for item in clean_keywords(parts) if _is_keyword(item))
        if items:
            found.append(_List(rank, items, group, declared))
    return found


def _lines(group: list[Signal]) -> bool:
    """True if the Signals are lists themselves, not one keyword each."""
    return any(signal.value.count(";") >= 1 or signal.value.count(",") >= 3 for signal in group)


def _is_keyword(item: str) -> bool:
    return bool(_LETTER.search(item)) and not _NOTHING.search(item) and len(item.split()) <= 14


def _confirmed(entry: _List, index: SignalIndex) -> bool:
    """A page's `meta keywords` is often the site's; it counts when Dublin Core or JSON-LD says the same words."""
    said = {
        fold(part)
        for key in (("dc", "subject"), ("json_ld", "keywords"), ("microdata", "keywords"))
        for s in index.get(*key)
        for part in split_keywords(s.value)
    }
    return bool(said) and len(said & {fold(item) for item in entry.items}) >= 0.5 * len(entry.items)


def keyword_language(items: tuple[str, ...], declared: str | None, label: str | None, languages: list[str]) -> Known:
    """Declared, then the label; an international label leaves it to the words, then to the article's languages."""
    if declared:
        return Known(declared, "declared")
    text = " , ".join(items)
    if label:
        return _as_written(text, label)
    likely = list(dict.fromkeys(language.split("-")[0] for language in languages if language != "und"))
    if len(likely) == 1:
        return Known(likely[0], "detected")
    guess = detect(text, likely) if likely else detect(text)
    if guess and guess.margin >= 0.5:
        return Known(guess.language, "detected")
    if likely:
        return Known("en" if "en" in likely else likely[0], "detected")
    return Known(guess.language, "detected") if guess else Known("und", "unknown")


def _as_written(text: str, label: str) -> Known:
    """The label's language; if that is written in Latin letters and the keywords are not, what their script tells."""
    written = by_script(text) if label not in _OTHERWISE_WRITTEN else None
    if written:
        return Known(written.language, "detected", conflict=True)
    return Known(label, "label")


def _may_translate(entry: _List, chosen: list[_List]) -> bool:
    """True for a second list under a label of its own that says no language, with other words than the first."""
    words = {fold(item) for item in entry.items}
    return (
        entry.signals[0].vocabulary == "heading"
        and entry.declared is entry.label is None
        and not any(2 * len(words.intersection(map(fold, other.items))) > len(words) for other in chosen)
    )


def _another(entry: _List, chosen: Collection[str]) -> Known | None:
    """The language of a list that is in none of those `chosen`: `Keywords` beside `Parole chiave`, say."""
    guess = detect(" , ".join(entry.items))
    language = guess.language if guess else "en"
    return Known(language, "detected") if language not in chosen else None


def _seen(entry: _List, chosen: list[_List]) -> bool:
    """True if the same words were chosen under another language from a stronger place."""
    words = {fold(item) for item in entry.items}
    return any(
        len(words & {fold(item) for item in other.items}) > 0.6 * len(words)
        for other in chosen
        if other.rank > entry.rank
    )


def _keyword_list(document: Document, entry: _List, known: Known) -> KeywordList:
    return KeywordList.model_validate(
        {
            "items": entry.items,
            "language": known.language,
            "known_by": known.known_by,
            "evidence": tuple(signal.evidence(document) for signal in entry.signals[:3]),
        }
    )


def _paired(lists: dict[str, KeywordList]) -> dict[str, KeywordList]:
    if len(lists) < 2:
        return lists
    first, *rest = lists
    paired = dict(lists)
    for language in rest:
        if len(lists[language].items) == len(lists[first].items):
            paired[language] = lists[language].model_copy(update={"paired_with": first})
            paired[first] = paired[first].model_copy(update={"paired_with": paired[first].paired_with or language})
    return paired
