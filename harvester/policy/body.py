"""Page -> the body the archive may hold: as served, cut, or none, with the reason."""

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import lxml.html
from bs4 import BeautifulSoup
from lxml import etree

from harvester.model.markup import is_xml
from harvester.model.page import Page
from harvester.model.record import AbstractPolicy, Record
from harvester.model.source import SelectorRule
from harvester.policy.abstracts import Cut, cut_abstracts
from harvester.policy.addresses import body_without_addresses, headers_without_addresses, without_addresses
from harvester.policy.fulltext import cut_fulltext, hides, may_hide
from harvester.policy.hints import Look, look
from harvester.policy.phrases import Facts, Phrases
from harvester.policy.rights import abstract_texts, archive_ban, fact_texts, quotes
from harvester.policy.unseen import carries_unseen, cut_unseen, is_closed, may_carry_unseen
from harvester.policy.xml_text import without_text

TREE_LIMIT = 4 * 1024 * 1024  # bytes; a tree for cutting takes thirty times as much memory
_ADDRESSES = "e-mail addresses"
_BANNED = "robots: "
ABSTRACTS = "abstracts"  # how the reason begins where these were cut
_MARK = "data-harvester-fulltext"
_CONTENT_CHARSET = re.compile(r"""\s*;\s*charset\s*=\s*["']?[^"';\s]*["']?""", re.IGNORECASE)


class Kept(NamedTuple):
    """`page` as the archive may hold it (None: not at all), how it relates to what was served, and why."""

    page: Page | None
    state: Literal["kept", "cut", "none"]
    reason: str

    @property
    def is_banned(self) -> bool:
        """Whether the page itself wants to be in no archive."""
        return self.reason.startswith(_BANNED)


def body_to_keep(
    page: Page,
    record: Record,
    *,
    policy: AbstractPolicy,
    robots: Iterable[str],
    fulltext: Sequence[SelectorRule] = (),
) -> Kept:
    """What the archive may hold of a page.

    `record` is what extraction read, abstracts and all; `policy` and `robots` are what `decide` made of it.
    `fulltext` are the source's rules for full text. A body that cannot be cut with certainty is not kept.
    """
    if ban := archive_ban(robots):
        return Kept(None, "none", f"{_BANNED}{ban}")
    encoding = _codec(record.provenance.encoding)
    reasons: list[str] = []
    body = _without_xml_text(page.body, encoding)
    if body is None:
        return Kept(None, "none", "the text of the article could not be cut out of its XML")
    xml = ["full text"] if body is not page.body else []
    seen = look(body)
    closed = is_closed(record) and not is_xml(body, encoding)
    if not policy.keep or _shows_fulltext(seen, encoding, fulltext, closed):
        if len(body) > TREE_LIMIT:
            return Kept(None, "none", f"too large to cut ({len(body)} bytes)")
        cut = _cut(body, encoding, record, policy, fulltext, closed)
        if cut is None:
            return Kept(None, "none", "an abstract that may not be kept could not be cut out")
        text, reasons = cut
        if reasons:
            body, encoding = text.encode("utf-8", "replace"), "utf-8"
            seen = look(body)
            page = page.model_copy(update={"headers": _utf8_headers(page.headers)})
    reasons = [*xml, *reasons]
    clean = body_without_addresses(seen, encoding)
    told = page.headers
    page = headers_without_addresses(page)
    if (clean != body or page.headers is not told) and _ADDRESSES not in reasons:
        reasons.append(_ADDRESSES)
    if clean is not page.body:
        page = page.model_copy(update={"body": clean})
    return Kept(page, "cut", "; ".join(reasons)) if reasons else Kept(page, "kept", "")


def _without_xml_text(body: bytes, encoding: str) -> bytes | None:
    if not is_xml(body, encoding):
        return body
    text = body.decode(encoding, "replace")
    cut = without_text(text)
    return body if cut is text else None if cut is None else cut.encode(encoding, "replace")


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"


def _shows_fulltext(page: Look, encoding: str, rules: Sequence[SelectorRule], closed: bool) -> bool:
    hinted, closed = may_hide(page), closed and may_carry_unseen(page)
    if not (hinted or rules or closed):
        return False
    root = _tree(page.body.decode(encoding, "replace"))
    if root is None:
        return False
    if any(_matches(root, rule) for rule in rules) or (hinted and hides(root, page)):
        return True
    return closed and carries_unseen(root, page)


def _tree(text: str) -> lxml.html.HtmlElement | None:
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError):
        return None


def _matches(root: lxml.html.HtmlElement, rule: SelectorRule) -> list[lxml.html.HtmlElement]:
    found = root.cssselect(rule.css) if rule.css else root.xpath(rule.xpath or "false()")
    return [item for item in found if isinstance(item, lxml.html.HtmlElement)] if isinstance(found, list) else []


def _cut(
    body: bytes,
    encoding: str,
    record: Record,
    policy: AbstractPolicy,
    fulltext: Sequence[SelectorRule],
    closed: bool,
) -> tuple[str, list[str]] | None:
    facts = [*fact_texts(record)]
    cut = Cut(Phrases(abstract_texts(record), spare=facts), Facts(facts, quotes(record)))
    text = body.decode(encoding, "replace").replace("\0", "").removeprefix("\ufeff")
    unseen = closed and policy.keep and (root := _tree(text)) is not None and cut_unseen(root, cut)
    soup = _soup(_markup(root) if unseen else text, is_xml(body, encoding), fulltext)
    reasons = []
    if cut_fulltext(soup, fulltext, cut if policy.keep else Cut(Phrases(()), cut.facts), _MARK) or unseen:
        reasons.append("full text")
    if not policy.keep:
        cut_abstracts(soup, cut)
        reasons.append(f"{ABSTRACTS} (text and data mining reserved, basis {policy.basis})")
    _declare_utf8(soup)
    served = soup.decode()
    text = without_addresses(served)
    if text != served:
        reasons.append(_ADDRESSES)
    if not policy.keep and cut.phrases.within(text):
        return None
    return text, reasons


def _soup(text: str, xml: bool, fulltext: Sequence[SelectorRule]) -> BeautifulSoup:
    if xml:
        return BeautifulSoup(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), "lxml-xml")
    paths = [rule for rule in fulltext if rule.xpath and not rule.css]
    return BeautifulSoup(_marked(text, paths) if paths else text, "lxml")


def _marked(text: str, rules: Sequence[SelectorRule]) -> str:
    root = _tree(text)
    if root is None:
        return text
    for rule in rules:
        for element in _matches(root, rule):
            element.set(_MARK, "1")
    return _markup(root)


def _markup(root: lxml.html.HtmlElement) -> str:
    return str(lxml.html.tostring(root, encoding="unicode", doctype=root.getroottree().docinfo.doctype or None))


def _declare_utf8(soup: BeautifulSoup) -> None:
    """Make the page say what it is written in; a second, older declaration would contradict it."""
    if soup.is_xml:
        return
    for meta in soup.find_all("meta"):
        if meta.has_attr("charset") or str(meta.get("http-equiv", "")).lower() == "content-type":
            meta.decompose()
    if (head := soup.head) is not None:
        head.insert(0, soup.new_tag("meta", attrs={"charset": "utf-8"}))


def _utf8_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _CONTENT_CHARSET.sub("", value) + "; charset=utf-8") if name == "content-type" else (name, value)
        for name, value in headers
    )
