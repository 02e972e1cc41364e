"""Full text that a page carries hidden, or that its source file points at, is cut before anything is kept."""

import re
from collections.abc import Iterable, Iterator, Sequence

import lxml.html
from bs4 import BeautifulSoup
from bs4.element import Tag
from lxml.etree import XPath

from harvester.model.source import SelectorRule
from harvester.policy.abstracts import Cut, set_script, text_nodes
from harvester.policy.hints import Hint, Look
from harvester.policy.unseen import HIDDEN_PROSE, PROSE, facts_in, is_known

_BODY_KEY = r'"articleBody"\s*:\s*'
_BODY = re.compile(_BODY_KEY + r'".*?(?<!\\)"(?=\s*(?:,\s*"[@\w:-]+"\s*:|\}|\]))', re.DOTALL)
_BODY_BROKEN = re.compile(_BODY_KEY + r'"(?!"\s*[,}]).*', re.DOTALL)
_WALL_NAMES = "paywall(?:ed)?|subscribers?-only|members?-only|premium-content|locked-content|restricted-content"
_BODY_NAMES = "article[-_]?(?:body|text|content|full)|full[-_]?text|body[-_]?text|content[-_]?body|texte[-_]?integral"
_HIDES = r"display\s*:\s*none|visibility\s*:\s*hidden"
_BODY_FILLED = re.compile(rb'"articleBody"\s*:\s*"[^"]')
_NAMES = (b"article", b"full", b"body", b"content", b"integral")
_WALLED = re.compile(rf"(?:^|[\s_-])(?:{_WALL_NAMES})(?:$|[\s_-])", re.IGNORECASE)
_BODY_NAME = re.compile(_BODY_NAMES, re.IGNORECASE)
_HIDDEN_CLASS = frozenset(("hidden", "d-none", "is-hidden"))
_HIDDEN_STYLE = re.compile(_HIDES, re.IGNORECASE)
_NAMED = XPath("//*[@class or @id or @itemprop]")
# By way of the attributes, which are few: to ask every element for them takes twice the time.
_PERHAPS_HIDDEN = XPath("//@hidden/.. | //@style/.. | //@class[contains(., 'hidden') or contains(., 'd-none')]/..")


def may_hide(page: Look) -> bool:
    """A first look at the bytes: False when nothing in them can be hidden full text."""
    return Hint.WALL in page.hints or _may_hide_elements(page) or _is_filled(page)


def _may_hide_elements(page: Look) -> bool:
    return Hint.HIDING in page.hints and any(name in page.lowered for name in _NAMES)


def _is_filled(page: Look) -> bool:
    return Hint.SCRIPT in page.hints and bool(_BODY_FILLED.search(page.body))


def hides(root: lxml.html.HtmlElement, page: Look) -> bool:
    """A closer look at the tree: whether it is worth the price of cutting."""
    return (
        _is_filled(page)
        or (Hint.WALL in page.hints and any(_has_prose(one) for one in _NAMED(root) if _WALLED.search(_names(one))))
        or (_may_hide_elements(page) and any(map(_hides_body, _PERHAPS_HIDDEN(root))))
    )


def _names(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.get(key, "") for key in ("class", "id", "itemprop"))


def _has_prose(element: lxml.html.HtmlElement) -> bool:
    lengths = (len(str(text).strip()) for text in element.itertext())
    return sum(length for length in lengths if length >= PROSE) >= HIDDEN_PROSE


def _hides_body(element: lxml.html.HtmlElement) -> bool:
    hidden = (
        element.get("hidden") is not None
        or _HIDDEN_STYLE.search(element.get("style", ""))
        or not _HIDDEN_CLASS.isdisjoint(element.get("class", "").split())
    )
    if not hidden or element.tag == "input" or not _has_prose(element):
        return False
    if _BODY_NAME.search(_names(element)):
        return True
    around = (*element.iterancestors(), *element.iterdescendants())
    return any(_BODY_NAME.search(f"{one.get('class', '')} {one.get('id', '')}") for one in around)


def cut_fulltext(soup: BeautifulSoup, rules: Sequence[SelectorRule], stays: Cut, marked: str) -> bool:
    """Cut declared full text (`rules`: by XPath the elements carrying the attribute `marked`) and hidden one, in place.

    `stays.phrases` are the abstracts that may be kept, `stays.facts` what the record quotes. True if anything went.
    """
    cut = False
    for element in _declared(soup, rules, marked):
        if element.attrs is not None and element.get_text(strip=True):
            element.clear()
            cut = True
    for element in [*_walled(soup)]:
        cut = _cut_prose(element, stays) or cut
    for script in soup.find_all("script"):
        cut = _cut_article_body(script) or cut
    return cut


def _declared(soup: BeautifulSoup, rules: Sequence[SelectorRule], marked: str) -> Iterator[Tag]:
    for rule in rules:
        if rule.css:
            yield from soup.select(rule.css)
    if any(rule.xpath and not rule.css for rule in rules):
        for element in soup.select(f"[{marked}]"):
            del element[marked]
            yield element


def _walled(soup: BeautifulSoup) -> Iterator[Tag]:
    for tag in soup.find_all(True):
        name = _name(tag)
        if _WALLED.search(name) or (_is_hidden(tag) and _holds_body(tag, name)):
            yield tag


def _name(tag: Tag) -> str:
    classes = tag.get("class") or ()
    names = [classes] if isinstance(classes, str) else [*classes]
    return " ".join([*names, str(tag.get("id", "")), str(tag.get("itemprop", ""))])


def _is_hidden(tag: Tag) -> bool:
    if tag.name == "input":
        return False
    return (
        tag.has_attr("hidden")
        or bool(_HIDDEN_STYLE.search(str(tag.get("style", ""))))
        or not _HIDDEN_CLASS.isdisjoint(tag.get("class") or ())
    )


def _holds_body(tag: Tag, name: str) -> bool:
    if _BODY_NAME.search(name):
        return True
    return any(_BODY_NAME.search(_name(inner)) for inner in (*tag.find_all(True), *_above(tag)))


def _above(tag: Tag) -> Iterable[Tag]:
    return (parent for parent in tag.parents if parent.name not in ("body", "html", "[document]"))


def _cut_prose(element: Tag, stays: Cut) -> bool:
    nodes = text_nodes(element)
    prose = [node for node in nodes if len(node.strip()) >= PROSE and not is_known(node, stays)]
    if sum(len(node.strip()) for node in prose) < HIDDEN_PROSE:
        return False
    for node in nodes:
        if not is_known(node, stays):
            node.replace_with(facts_in(node, stays))
    return True


def _cut_article_body(script: Tag) -> bool:
    raw = script.get_text() if script.string is None else str(script.string)
    if '"articleBody"' not in raw:
        return False
    text = _BODY_BROKEN.sub('"articleBody": ""}', _BODY.sub('"articleBody": ""', raw))
    if text == raw:
        return False
    set_script(script, text)
    return True
