"""Reads JSON-LD: arrays, `@graph`, `mainEntity` and references to nodes; a broken block is repaired, never dropped."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.signals.signal import Signal

_ARTICLE = re.compile(r"(Scholarly)?Article$|^(Medical)?ScholarlyArticle$|^Report$|^Thesis$|^Chapter$|^CreativeWork$")
_MAX_DEPTH = 12
_MAX_SIZE = 5_000_000
_MAX_REPAIR = 150_000  # characters of broken blocks; beyond, repairing takes longer than reading the whole page
_MAX_SIGNALS = 10_000  # of a page
_MAX_QUOTED = 200_000  # characters in which a value is looked for
HIDDEN = frozenset(("articlebody", "text"))  # full text: never a value
_OTHER_TITLES = frozenset(("alternativeheadline", "alternatename"))  # in another language than the node's, mostly
# What an article refers to by `@id` in place of repeating it (JSON-LD 1.1, 3.3), and how many nodes are known so.
_REFERRING = frozenset(("ispartof", "author", "creator", "editor", "contributor", "publisher"))
_MOST_KNOWN, _CHAIN = 5_000, 3
_FOLLOW = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement")


def read(document: Document) -> list[Signal]:
    """Properties of article nodes as Signals named by lower-case dotted path (`ispartof.issn`, `author`).

    People come one Signal each (`author`), value the printed name, `items` (family, given, orcid, affiliation ...).
    `articleBody` is hidden full text and is left out.
    """
    return [*islice(_signals(document), _MAX_SIGNALS)]


def _signals(document: Document) -> Iterator[Signal]:
    repaired = 0
    for script in document.root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip()
        data = _parse(text)
        if data is _BROKEN:
            repaired += len(text)
            data = _repair(text) if repaired <= _MAX_REPAIR else None
        known = _identified(data) if '"@id"' in text else {}
        for node in _nodes(data, 0):
            types = _types(node)
            if is_article(types):
                yield from signals_of_node("json_ld", node, script, known)
            else:  # what else is to be read there the type tells
                yield from (Signal("json_ld", "@type", kind, None, script, None, "") for kind in types if is_news(kind))


_BROKEN = object()


def _parse(text: str) -> Any:
    if not text or len(text) > _MAX_SIZE:
        return None
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError:
        return _BROKEN


def _repair(text: str) -> Any:
    import json_repair

    if text.count("[") + text.count("{") > 20_000:
        return None
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError):
        return None


def _nodes(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for entry in data:
            yield from _nodes(entry, depth + 1)
    elif isinstance(data, dict):
        yield data
        for key in _FOLLOW:
            if isinstance(data.get(key), (dict, list)):
                yield from _nodes(data[key], depth + 1)


def _identified(data: Any) -> dict[str, dict[str, Any]]:
    """The nodes of a block by their `@id`; the first of a name that says more than its name."""
    known: dict[str, dict[str, Any]] = {}
    waiting = [(data, 0)]
    while waiting and len(known) < _MOST_KNOWN:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            name = value.get("@id")
            if isinstance(name, str) and len(value) > 1:
                known.setdefault(name, value)
        if depth <= _MAX_DEPTH and isinstance(value, (dict, list)):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((entry, depth + 1) for entry in inner if isinstance(entry, (dict, list)))
    return known


def _types(node: dict[str, Any]) -> list[str]:
    declared = node.get("@type") or []
    return [str(kind).rsplit("/", 1)[-1] for kind in (declared if isinstance(declared, list) else [declared])]


def is_article(types: Iterable[str]) -> bool:
    """Whether schema.org types name an article or another work that is read as one."""
    return any(_ARTICLE.search(kind) and not is_news(kind) for kind in types)


def is_news(kind: str) -> bool:
    """Whether a schema.org type names what newspapers and blogs print."""
    return kind.endswith(("NewsArticle", "BlogPosting"))


def signals_of_node(
    vocabulary: str, node: dict[str, Any], element: Element, known: Mapping[str, dict[str, Any]] | None = None
) -> Iterator[Signal]:
    """Signals of one article's node. `element` is their place, unless a value is `Words`; `known`: nodes by `@id`."""
    quoted = (element.text or "")[:_MAX_QUOTED] if vocabulary == "json_ld" else ""
    yield from _Node(vocabulary, element, quoted, quoted.lower(), known or {}).signals(node)


class Words(str):
    """A value that knows the element and attribute it stands in (None: its text), and the language declared there."""

    element: Element
    attribute: str | None
    language: str | None

    @classmethod
    def of(cls, value: str, element: Element, attribute: str | None, language: str | None) -> "Words":
        """The value with its place."""
        made = cls(value)
        made.element, made.attribute, made.language = element, attribute, language
        return made


class _Node(NamedTuple):
    """Where the values of a node stand; `script` is the text of a JSON-LD block, as it is and in lower case."""

    vocabulary: str
    element: Element
    script: str
    lowered: str
    known: Mapping[str, dict[str, Any]]

    def signals(self, node: dict[str, Any]) -> Iterator[Signal]:
        language = language_tag(_text(node.get("inLanguage")))
        for kind in _types(node):
            yield Signal(self.vocabulary, "@type", kind, None, self.element, None, "")
        for key, value in node.items():
            name = key.lower()
            if name in HIDDEN or (key.startswith("@") and self.vocabulary == "json_ld"):
                continue
            if self.known and name in _REFERRING:
                value = self._meant(value, 0)  # noqa: PLW2901
            if name in ("author", "creator", "editor", "contributor"):
                yield from self._people(name, value)
            elif key != "@type":
                yield from self._values(name, value, None if name in _OTHER_TITLES else language, 0)

    def _meant(self, value: Any, depth: int) -> Any:
        """A value with the nodes in place of what only refers to them, along `isPartOf`."""
        if isinstance(value, list):
            return [self._meant(entry, depth) for entry in value]
        bare = isinstance(value, dict) and value.keys() <= {"@id", "@type"}
        node = self.known.get(_text(value.get("@id")) if bare else value) if bare or isinstance(value, str) else value
        node = value if node is None else node
        if isinstance(node, dict) and "isPartOf" in node and depth < _CHAIN:
            return {**node, "isPartOf": self._meant(node["isPartOf"], depth + 1)}
        return node

    def _values(self, name: str, value: Any, language: str | None, depth: int) -> Iterator[Signal]:
        if depth > 4 or value is None:
            return
        if isinstance(value, list):
            for entry in value:
                yield from self._values(name, entry, language, depth)
        elif isinstance(value, dict):
            if "@value" in value:
                own = language_tag(_text(value.get("@language"))) or language
                yield self._leaf(name, value["@value"], own)
                return
            own = language_tag(_text(value.get("inLanguage"))) or language
            for key, entry in value.items():
                if key.lower() not in HIDDEN:
                    yield from self._values(f"{name}.{key.lower()}", entry, own, depth + 1)
        else:
            yield self._leaf(name, value, language)

    def _leaf(self, name: str, value: Any, language: str | None) -> Signal:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self._signal(name, text, language, value)

    def _people(self, role: str, value: Any) -> Iterator[Signal]:
        for person in value if isinstance(value, list) else [value]:
            if isinstance(person, str):
                yield self._signal(role, str(person), None, person)
            elif isinstance(person, dict):
                family, given = _text(person.get("familyName")), _text(person.get("givenName"))
                name = _text(person.get("name")) or " ".join(part for part in (given, family) if part)
                if name:
                    items = (family, given, _orcid(person), *_affiliations(person.get("affiliation")))
                    place = next((v for key in ("name", "familyName") if (v := _one(person.get(key)))), name)
                    yield self._signal(role, name, None, place)._replace(items=items)

    def _signal(self, name: str, text: str, language: str | None, value: Any) -> Signal:
        if not isinstance(value, Words):
            return Signal(self.vocabulary, name, text, language, self.element, None, self._quote(name, text))
        own = value.language or language
        return Signal(self.vocabulary, name, text, own, value.element, value.attribute, str(value))

    def _quote(self, name: str, text: str) -> str:
        """The words as they stand in the script: the value if it stands unescaped, else the key."""
        start = text.split("\n", 1)[0][:200]
        if start and start in self.script:
            return start
        key = f'"{name.rpartition(".")[2].lower()}"'
        at = self.lowered.find(key)
        found = self.script[at : at + len(key)] if at >= 0 else ""
        return found if found.lower() == key else ""


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _orcid(person: dict[str, Any]) -> str:
    texts = [_text(person.get(key)) for key in ("@id", "sameAs", "identifier", "url")]
    return next((text for text in texts if "orcid.org" in text), "")


def _affiliations(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [name for entry in entries if (name := _text(entry.get("name") if isinstance(entry, dict) else entry))]


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("value") or value.get("@value") or value.get("name") or value.get("alternateName") or ""
    return value.strip() if isinstance(value, str) else ""
