"""Do the selectors of a file parse? cssselect and lxml are asked, and only loaded for that."""

import re
from collections.abc import Callable, Iterator

from harvester.model.source import Platform, ReadRules, SelectorRule, Source
from harvester.sources.files import Finding, Key


def rule_findings(rules: Platform | Source) -> Iterator[Finding]:
    """Selectors and the like of both kinds of file."""
    css = css_check()
    for name in ReadRules.model_fields:
        if name != "boilerplate":
            for index, rule in enumerate(getattr(rules.read, name)):
                yield from _selector_rule(("read", name, index), rule, css)
    places: list[tuple[Key, str | None]] = [
        *(((("access", "slots", i)), text) for i, text in enumerate(rules.access.slots)),
        *((("access", "outside", i), text) for i, text in enumerate(rules.access.outside)),
        *((("access", "marks", i, "css"), mark.css) for i, mark in enumerate(rules.access.marks)),
        *((("detect", "elements", i), text) for i, text in enumerate(rules.detect.elements)),
    ]
    yield from selector_findings(places, css)
    for index, text in enumerate(rules.access.ignore):
        if not re.fullmatch(r"[a-z_]+:\S+", text):
            key: Key = ("access", "ignore", index)
            yield key, f'"{text}" is not vocabulary:name', 'write it as in "meta:citation_fulltext_world_readable"'


def _selector_rule(key: Key, rule: SelectorRule, css: Callable[[str], str | None]) -> Iterator[Finding]:
    if (rule.css is None) == (rule.xpath is None):
        yield key, "needs either css or xpath, and not both", 'write css = "h1.title"'
    if rule.xpath is not None:
        wrong = _xpath_fault(rule.xpath)
        if wrong:
            yield (*key, "xpath"), f'"{rule.xpath}" is not an XPath expression: {wrong}', "correct the expression"
    drops = [((*key, "drop", i), text) for i, text in enumerate(rule.drop)]
    yield from selector_findings([((*key, "css"), rule.css), *drops], css)


def selector_findings(places: list[tuple[Key, str | None]], css: Callable[[str], str | None]) -> Iterator[Finding]:
    for key, text in places:
        wrong = css(text) if text is not None else None
        if wrong:
            yield (
                key,
                f'"{text}" is not a CSS selector: {wrong}',
                "correct the selector; quote attribute values: a[href='x']",
            )


def css_check() -> Callable[[str], str | None]:
    from cssselect import HTMLTranslator
    from cssselect.parser import SelectorError

    to_xpath = HTMLTranslator().css_to_xpath

    def fault(text: str) -> str | None:
        try:
            to_xpath(text)
        except SelectorError as error:
            return str(error)
        return None

    return fault


def _xpath_fault(text: str) -> str | None:
    from lxml.etree import XPath, XPathSyntaxError

    try:
        XPath(text)
    except XPathSyntaxError as error:
        return str(error)
    return None
