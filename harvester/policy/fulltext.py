"""Full text that a page carries hidden, or that its source file points at, is cut before anything is kept."""

import re
from collections.abc import Iterator, Sequence

import lxml.html
from bs4 import BeautifulSoup
from bs4.element import Tag
from lxml.etree import XPath

from harvester.model.source import SelectorRule
from harvester.policy.abstracts import Cut, set_script, text_nodes
from harvester.policy.hints import Hint, Look
from harvester.policy.unseen import HIDDEN_PROSE, PROSE, STYLE_HIDES, facts_in, is_known, outermost

_BODY_KEY = r'"articleBody"\s*:\s*'
_BODY = re.compile(_BODY_KEY + r'".*?(?<!\\)"(?=\s*(?:,\s*"[@\w:-]+"\s*:|\}|\]))', re.DOTALL)
_BODY_BROKEN = re.compile(_BODY_KEY + r'"(?!"\s*[,}]).*', re.DOTALL)
_WALL_NAMES = (
    "paywall(?:ed)?|is[-_]locked|blurred|(?:subscribers?|members?)[-_]?only"
    "|(?:premium|locked|restricted|gated|metered)[-_]?content|(?:content|article)[-_](?:gated|locked|restricted)"
    "|(?:reserve|reserved|reserviert)[-_](?:aux[-_])?(?:abonnes?|subscribers?|abonnenten)|acces[-_](?:restreint|reserve)"
    "|(?:only[-_])?for[-_](?:subscribers|members)(?:[-_]only)?|solo[-_](?:suscriptores|abbonati)|nur[-_](?:fuer[-_])?abonnenten"
)
_BODY_NAMES = "article[-_]?(?:body|text|content|full)|full[-_]?text|body[-_]?text|content[-_]?body|texte[-_]?integral"
_BODY_FILLED = re.compile(rb'"articleBody"\s*:\s*"[^"]')
_NAMES = (b"article", b"full", b"body", b"content", b"integral")
_WALLED = re.compile(rf"(?:^|[\s_-])(?:{_WALL_NAMES})(?:$|[\s_-])", re.IGNORECASE)
_BODY_NAME = re.compile(_BODY_NAMES, re.IGNORECASE)
_HIDDEN_CLASS = frozenset(("hidden", "d-none", "is-hidden"))
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
        or (Hint.WALL in page.hints and any(map(_has_prose, outermost(filter(_is_walled, _NAMED(root))))))
        or (_may_hide_elements(page) and any(map(_holds_body, outermost(filter(_hides, _PERHAPS_HIDDEN(root))))))
    )


def _names(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.get(key, "") for key in ("class", "id", "itemprop"))


def _has_prose(element: lxml.html.HtmlElement) -> bool:
    lengths = (len(str(text).strip()) for text in element.itertext())
    return sum(length for length in lengths if length >= PROSE) >= HIDDEN_PROSE


def _is_walled(element: lxml.html.HtmlElement) -> bool:
    return bool(_WALLED.search(_names(element)))


def _hides(element: lxml.html.HtmlElement) -> bool:
    hidden = (
        element.get("hidden") is not None
        or STYLE_HIDES.search(element.get("style", ""))
        or not _HIDDEN_CLASS.isdisjoint(element.get("class", "").split())
    )
    return bool(hidden) and element.tag != "input"


def _holds_body(element: lxml.html.HtmlElement) -> bool:
    if not _has_prose(element):
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
    """The outermost elements that a wall names, or that are hidden and have to do with a body; told in one walk."""
    around, within = _near_bodies(soup)
    done: set[int] = set()
    for tag in soup.find_all(True):
        if id(tag.parent) in done:
            done.add(id(tag))
        elif _WALLED.search(_name(tag)) or (_is_hidden(tag) and (id(tag) in around or id(tag) in within)):
            done.add(id(tag))
            yield tag


def _near_bodies(soup: BeautifulSoup) -> tuple[set[int], set[int]]:
    """By `id`, the elements that are named for a body or hold one that is, and those that are or stand within one."""
    around: set[int] = set()
    within: set[int] = set()
    for tag in soup.find_all(True):
        if _BODY_NAME.search(_name(tag)):
            within.add(id(tag))
            holder: Tag | None = tag
            while holder is not None and id(holder) not in around:
                around.add(id(holder))
                holder = holder.parent
        elif tag.parent is not None and tag.parent.name not in ("body", "html") and id(tag.parent) in within:
            within.add(id(tag))
    return around, within


def _name(tag: Tag) -> str:
    classes = tag.get("class") or ()
    names = [classes] if isinstance(classes, str) else [*classes]
    return " ".join([*names, str(tag.get("id", "")), str(tag.get("itemprop", ""))])


def _is_hidden(tag: Tag) -> bool:
    if tag.name == "input":
        return False
    return (
        tag.has_attr("hidden")
        or bool(STYLE_HIDES.search(str(tag.get("style", ""))))
        or not _HIDDEN_CLASS.isdisjoint(tag.get("class") or ())
    )


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
