"""Reads JSON-LD: arrays, `@graph` and `mainEntity`; a broken block is repaired, never dropped."""

import json
import re
from collections.abc import Iterator
from typing import Any

from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.signals.signal import Signal

_ARTICLE = re.compile(r"(Scholarly)?Article$|^(Medical)?ScholarlyArticle$|^Report$|^Thesis$|^Chapter$|^CreativeWork$")
_MAX_DEPTH = 12
_MAX_SIZE = 5_000_000
_HIDDEN = frozenset(("articlebody", "text"))  # full text: never a value
_FOLLOW = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement")


def read(document: Document) -> list[Signal]:
    """Properties of article nodes as Signals named by lower-case dotted path (`ispartof.issn`, `author`).

    People come one Signal each (`author`), value the printed name, `items` (family, given, orcid, affiliation ...).
    `articleBody` is hidden full text and is left out.
    """
    signals: list[Signal] = []
    for script in document.root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        for node in _nodes(_parse(script.text or ""), 0):
            if _is_article(node):
                signals.extend(_read_node(node, script))
    return signals


def _parse(text: str) -> Any:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    if not text or len(text) > _MAX_SIZE:
        return None
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        return None
    except ValueError:
        return _repair(text)


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


def _types(node: dict[str, Any]) -> list[str]:
    declared = node.get("@type") or []
    return [str(kind).rsplit("/", 1)[-1] for kind in (declared if isinstance(declared, list) else [declared])]


def _is_article(node: dict[str, Any]) -> bool:
    return any(_ARTICLE.search(kind) and not kind.startswith("News") for kind in _types(node))


def _read_node(node: dict[str, Any], script: Element) -> Iterator[Signal]:
    language = language_tag(_text(node.get("inLanguage")))
    for kind in _types(node):
        yield Signal("json_ld", "@type", kind, None, script, None, "")
    for key, value in node.items():
        name = key.lower()
        if name in _HIDDEN or key.startswith("@"):
            continue
        if name in ("author", "creator", "editor", "contributor"):
            yield from _people(name, value, script)
        else:
            yield from _values(name, value, script, language, 0)


def _values(name: str, value: Any, script: Element, language: str | None, depth: int) -> Iterator[Signal]:
    if depth > 4 or value is None:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _values(name, entry, script, language, depth)
    elif isinstance(value, dict):
        if "@value" in value:
            own = language_tag(_text(value.get("@language"))) or language
            yield _leaf(name, value["@value"], script, own)
            return
        own = language_tag(_text(value.get("inLanguage"))) or language
        for key, entry in value.items():
            if key.lower() not in _HIDDEN:
                yield from _values(f"{name}.{key.lower()}", entry, script, own, depth + 1)
    else:
        yield _leaf(name, value, script, language)


def _leaf(name: str, value: Any, script: Element, language: str | None) -> Signal:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Signal("json_ld", name, text, language, script, None, _raw(script.text or "", name, text))


def _raw(script: str, name: str, text: str) -> str:
    """The words as they stand in the script: the value if it stands unescaped, else the key."""
    start = text.split("\n")[0][:200]
    if start and start in script:
        return start
    key = name.rsplit(".", 1)[-1]
    found = re.search(rf'"{re.escape(key)}"', script, re.IGNORECASE)
    return found[0] if found else ""


def _people(role: str, value: Any, script: Element) -> Iterator[Signal]:
    for person in value if isinstance(value, list) else [value]:
        if isinstance(person, str):
            yield Signal("json_ld", role, person, None, script, None, _raw(script.text or "", role, person))
        elif isinstance(person, dict):
            family, given = _text(person.get("familyName")), _text(person.get("givenName"))
            name = _text(person.get("name")) or " ".join(part for part in (given, family) if part)
            if name:
                items = (family, given, _orcid(person), *_affiliations(person.get("affiliation")))
                quote = _raw(script.text or "", role, name)
                yield Signal("json_ld", role, name, None, script, None, quote, items)


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
