"""Reads what a Source's or Platform's file declares: one Signal per match of a selector rule."""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from harvester.extraction.css import select, within
from harvester.extraction.document import Document, Element, visible_text
from harvester.extraction.normalise.keywords import split_keywords
from harvester.extraction.normalise.names import split_names
from harvester.extraction.signals.signal import Signal
from harvester.model.source import ReadRules, SelectorRule

_TEXT_FIELDS = ("title", "abstract", "keywords", "authors", "affiliations", "doi", "journal", "publisher", "issn",
                "volume", "issue", "pages", "date", "type", "citation_note")  # fmt: skip


@lru_cache(maxsize=1024)
def _xpath(expression: str) -> etree.XPath:
    return etree.XPath(expression)


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def read(document: Document, rules: ReadRules) -> list[Signal]:
    """Signals of vocabulary `selector`, named after the field."""
    signals: list[Signal] = []
    for field in _TEXT_FIELDS:
        for rule in getattr(rules, field):
            found = [signal for element in find(document, rule) for signal in _read(field, rule, element)]
            signals.extend(_one_list(found) if field == "keywords" and not rule.attr else found)
    return signals


def _one_list(signals: list[Signal]) -> list[Signal]:
    """Keywords of an element each, side by side, are one list; elements that hold lists stay as they are.

    Where most elements hold one keyword, each does: a comma inside one is its own.
    """
    if len(signals) < 2 or 2 * sum(len(signal.items) == 1 for signal in signals) <= len(signals):
        return signals
    by_parent: dict[Element, list[Signal]] = {}
    for signal in signals:
        by_parent.setdefault(signal.element.getparent(), []).append(signal)
    return [group[0] if len(group) == 1 else _joined(group, parent) for parent, group in by_parent.items()]


def _joined(group: list[Signal], parent: Element) -> Signal:
    items = tuple(signal.value for signal in group)
    return group[0]._replace(value=" ".join(items), element=parent, items=items)


def find(document: Document, rule: SelectorRule) -> list[Element]:
    """Elements a rule finds, in document order."""
    if rule.css:
        return select(document, rule.css)
    found = _xpath(rule.xpath)(document.root) if rule.xpath else ()
    return [element for element in found if isinstance(element, etree._Element)]


def _read(field: str, rule: SelectorRule, element: Element) -> Iterator[Signal]:
    dropped = frozenset(found for css in rule.drop for found in within(css)(element))
    if rule.attr:
        raw = element.get(rule.attr, "")
    elif element.tag == "script":  # never shown, but a rule that names it wants its words
        raw = element.text or ""
    else:
        raw = visible_text(element, dropped)
    if not raw.strip():
        return
    value = _narrowed(rule, raw)
    if value is None:
        return
    language = rule.lang
    if field == "authors" and not rule.attr:
        yield Signal("selector", field, value, language, element, None, None, tuple(_parts(rule, value)))
        return
    items = tuple(split_keywords(value)) if field == "keywords" and not rule.split else ()
    if rule.split:
        items = tuple(part.strip() for part in re.split(rule.split, value) if part and part.strip())
    name = f"{field}.{rule.kind}" if rule.kind and field in ("date", "issn") else field
    if field == "date" and rule.order:
        name = f"{name}@{rule.order}"
    yield Signal("selector", name, value, language, element, rule.attr, None, items)


def _narrowed(rule: SelectorRule, raw: str) -> str | None:
    if not rule.pattern:
        return raw
    match = _pattern(rule.pattern).search(raw)
    if not match:
        return None
    groups = match.groupdict()
    if "value" in groups:
        return groups["value"]
    return match[1] if match.re.groups else match[0]


def _parts(rule: SelectorRule, value: str) -> list[str]:
    if rule.split:
        return [part.strip() for part in re.split(rule.split, value) if part and part.strip()]
    return split_names(value)
