"""Ties to other works that a page states: by its metadata, by the head of its title, by a sentence beside a DOI.

Types are named from the record's own side, as Crossref does. A target is an identifier that stands in the statement or
right beside it; without one the tie stays unresolved, with several it is ambiguous: no identifier is ever guessed.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from harvester.extraction.access.stems import Sightings
from harvester.extraction.document import Document, Element, block_of, string_value
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.normalise.identifiers import doi
from harvester.extraction.normalise.text import tidy
from harvester.extraction.signals.signal import Signal
from harvester.extraction.wordlist import WordList
from harvester.model.record import Integrity, LangText, Relation
from harvester.model.signal import Evidence

NOTICES = ("isCorrectionOf", "isRetractionOf", "isConcernAbout")  # ties of a notice to the article it is about
_GRAVEST = ("retracted", "withdrawn", "expression_of_concern", "corrected")
_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "title"))
_WINDOW = 200  # bytes on either side of a sentence's subject
_SUBJECTS = 60  # of one page
_BLOCK = 1_000  # characters of a block that is a notice, not a text
_DEEPEST = 400
_FOUND = 5  # places of one sentence
_ELSEWHERE = (
    "reference",
    "biblio",
    "citation",
    "related",
    "recommend",
    "aside",
    "comment",
    "footer",
    "abstract",
    "nav",
)


class Entry(NamedTuple):
    """What one row of the table says: a tie, what it tells of the article itself, and whether only a DOI proves it."""

    type: str | None
    integrity: str | None
    needs_doi: bool
    pattern: re.Pattern[str]
    lowered: re.Pattern[str]  # the same for text in lower case


class Ties(NamedTuple):
    """Relations, and what became of the article itself."""

    relations: tuple[Relation, ...]
    integrity: Integrity


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("harvester.extraction").joinpath("data/relations.toml").read_text("utf-8"))


@cache
def _types(vocabulary: str) -> dict[str, str]:
    """Their word -> ours."""
    return {theirs: ours for ours, words in _table()[vocabulary].items() for theirs in words}


@cache
def _entries(kind: str) -> tuple[Entry, ...]:
    return tuple(map(_entry, _table()[kind]))


def _entry(row: dict[str, Any]) -> Entry:
    patterns = tuple(row["patterns"])
    return Entry(
        row.get("type"), row.get("integrity"), row.get("needs_doi", False), _compiled(patterns), _compiled(patterns, 0)
    )


@cache
def _compiled(patterns: tuple[str, ...], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


def read_ties(
    document: Document,
    index: SignalIndex,
    titles: Sequence[LangText],
    own: str | None,
    languages: Sequence[str],
    seen: Sightings,
) -> Ties:
    """What a page states of other works. `own` is the record's DOI: no tie leads to itself.

    `languages` are those of its texts: sentences are looked for in them, in the page's own and in English. `seen` are
    the sightings of the page's words.
    """
    said = [*_stated(document, index, own), *_of_titles(document, titles, own)]
    if not document.is_xml:
        said += _of_sentences(document, own, languages, seen)
    notice = _table_of_types(index) or any(relation.type in NOTICES for relation, _ in said if relation)
    fates = [fate for _, fate in said if fate and not notice]  # what a notice says is said of another article
    fates.sort(key=lambda fate: _GRAVEST.index(fate.status))
    relations: dict[tuple[str, str], Relation] = {}
    for relation in (relation for relation, _ in said if relation):
        if relation.target or not any(kind == relation.type for kind, _ in relations):
            relations.setdefault((relation.type, relation.target or ""), relation)
    return Ties(tuple(_without_vaguer(relations.values())), fates[0] if fates else Integrity())


def _without_vaguer(relations: Collection[Relation]) -> Iterator[Relation]:
    """A tie without a target says nothing beside the same tie with one."""
    known = {relation.type for relation in relations if relation.target}
    return (relation for relation in relations if relation.target or relation.type not in known)


def _table_of_types(index: SignalIndex) -> bool:
    kind = index.first(("jats", "type"))
    return kind is not None and kind.value in ("correction", "retraction", "expression-of-concern", "addendum")


_Said = tuple[Relation | None, Integrity | None]


def _stated(document: Document, index: SignalIndex, own: str | None) -> Iterator[_Said]:
    for signal in index.all:
        kind = _type_of(signal)
        if kind is None:
            continue
        target = _target(signal)
        if target and target != own:
            text = signal.items[1] if signal.vocabulary == "jats" else ""
            evidence = signal.evidence(document)
            yield _relation(kind, target, text, evidence), _fate(kind, text, evidence)


def _type_of(signal: Signal) -> str | None:
    if signal.vocabulary == "jats" and signal.name.startswith("related."):
        return _types("jats").get(signal.name.removeprefix("related."))
    if signal.vocabulary in ("dc", "dcterms"):
        return _types("dc").get(signal.name.removeprefix("relation."))
    if signal.vocabulary in ("json_ld", "microdata"):
        name, _, part = signal.name.partition(".")
        return _types("schema_org").get(name) if part in ("", "@id", "url", "sameas", "identifier") else None
    return None


def _target(signal: Signal) -> str | None:
    """The DOI stated, else an absolute address, else an identifier with its scheme."""
    value = signal.value.strip()
    if found := doi(value):
        return found
    if re.fullmatch(r"https?://\S+", value):
        return value
    scheme = signal.items[0] if signal.vocabulary == "jats" else ""
    return f"{scheme}:{value}" if scheme in ("pmid", "pmcid", "pmc") and re.fullmatch(r"\w+", value) else None


def _relation(kind: str, target: str | None, text: str, evidence: Evidence | None, state: str = "") -> Relation:
    return Relation.model_validate(
        {
            "type": kind,
            "target": target,
            "target_text": text[:300],
            "state": state or ("resolved" if target else "unresolved"),
            "evidence": (evidence,) if evidence else (),
        }
    )


def _fate(kind: str, notice: str, evidence: Evidence) -> Integrity | None:
    status = next((status for status, kinds in _table()["integrity"].items() if kind in kinds), None)
    return _integrity(status, notice, evidence) if status else None


def _integrity(status: str, notice: str, *evidence: Evidence) -> Integrity:
    return Integrity.model_validate({"status": status, "notice": notice[:500] or None, "evidence": evidence})


def _of_titles(document: Document, titles: Sequence[LangText], own: str | None) -> Iterator[_Said]:
    for title in titles:
        for entry in _entries("title"):
            if not (found := entry.pattern.match(title.value)):
                continue
            if entry.integrity:
                yield None, _integrity(entry.integrity, title.value, *title.evidence[:1])
            elif entry.type:
                targets = _of_original(document, own)
                state = "ambiguous" if len(targets) > 1 else ""
                named = tidy(title.value[found.end() :]).strip(" :\"'«»“”‘’")
                target = targets[0] if len(targets) == 1 else None
                evidence = title.evidence[0] if title.evidence else None
                yield _relation(entry.type, target, named, evidence, state), None
            break


def _of_original(document: Document, own: str | None) -> list[str]:
    """DOIs beside the words that name the original of a notice."""
    pattern = _compiled(tuple(_table()["original"]["patterns"]))
    if document.is_xml or not pattern.search(document.text):
        return []
    found = [target for element in _places(document, pattern) for target in _dois(element, own)]
    return list(dict.fromkeys(found))


def _of_sentences(document: Document, own: str | None, languages: Sequence[str], seen: Sightings) -> Iterator[_Said]:
    near = _near_subjects(document, languages, seen)
    if not near:
        return
    for entry in _entries("sentence"):
        if not entry.lowered.search(near):
            continue
        for element in _places(document, entry.pattern):
            words = " ".join(string_value(element).split())
            found = entry.pattern.search(words)
            if found is None:
                continue
            targets = _dois(element, own)
            if entry.needs_doi and len(targets) != 1:
                continue
            evidence = document.evidence("sentence", entry.type or "integrity", element, found[0])
            if entry.type and (targets or not entry.integrity):
                target, state = (targets[0], "") if len(targets) == 1 else (None, "ambiguous" if targets else "")
                yield _relation(entry.type, target, words, evidence, state), None
            if entry.integrity:
                yield None, _integrity(entry.integrity, words, evidence)
            break


def subjects() -> list[bytes]:
    """The subjects of all sentences, which are looked for in a page's words."""
    return [subject.encode() for language in _table()["subjects"].values() for subject in language]


def _near_subjects(document: Document, languages: Sequence[str], seen: Sightings) -> str:
    """The words around all subjects of sentences that have a verb of such a sentence near them."""
    table, verbs = _table()["subjects"], _verbs()
    page = (document.language or "").split("-")[0]
    wanted = dict.fromkeys(("en", page, *(language.split("-")[0] for language in languages)))
    pieces: list[str] = []
    for subject in (text.encode() for language in wanted for text in table.get(language, ())):
        end = 0
        for at in seen.places_of(subject):
            if at < end or len(pieces) == _SUBJECTS:
                continue
            end = at + _WINDOW
            window = seen.text[max(at - _WINDOW, 0) : end]
            if verbs.found(window):
                pieces.append(" ".join(window.decode("utf-8", "ignore").lower().split()))
    return "\n".join(pieces)


@cache
def _verbs() -> WordList:
    return WordList(stem.encode() for stem in _table()["verbs"]["stems"])


def _places(document: Document, pattern: re.Pattern[str]) -> Iterator[Element]:
    """The innermost short blocks whose words match, in places that speak of this article."""
    body = document.root.find("body")
    waiting: list[tuple[Element, int]] = [(document.root if body is None else body, 0)]
    found = 0
    while waiting and found < _FOUND:
        element, depth = waiting.pop()
        if not pattern.search(" ".join(string_value(element).split())):
            continue
        shown = [child for child in element.iterchildren(reversed=True) if child.tag not in _UNSEEN]
        inner = [child for child in shown if isinstance(child.tag, str) and pattern.search(_folded(child))]
        if inner and depth < _DEEPEST:
            waiting.extend((child, depth + 1) for child in inner)
            continue
        block = block_of(element)
        if len(_folded(block)) <= _BLOCK and not _is_elsewhere(block):
            found += 1
            yield block


def _folded(element: Element) -> str:
    return " ".join(string_value(element).split())


def _dois(block: Element, own: str | None) -> list[str]:
    """DOIs of a block's links and words, each once, the record's own left out."""
    links = [doi(link.get("href") or "") for link in block.iter("a")]
    printed = [doi(word) for word in string_value(block).split() if "10." in word]
    return [value for value in dict.fromkeys((*links, *printed)) if value and value != own]


def _is_elsewhere(element: Element) -> bool:
    for ancestor in (element, *element.iterancestors()):
        names = f"{ancestor.get('class') or ''} {ancestor.get('id') or ''} {ancestor.tag}".lower()
        if ancestor.tag != "body" and any(word in names for word in _ELSEWHERE):
            return True
    return False
