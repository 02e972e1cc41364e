"""Prose that the page of a closed article carries unseen: in hidden elements, attributes, scripts and comments.

Whatever it is called, it is taken for the full text, unless it is an abstract that may be kept or made of facts. Of
articles that are free to read, and of what readers see, nothing goes: an abstract that today's rules miss can be read
from the archive with tomorrow's.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import lxml.html
from lxml import etree
from lxml.etree import XPath

from harvester.model.access import AccessStatus
from harvester.model.record import Record
from harvester.policy.abstracts import DESCRIBING_KEY, FACTUAL, LITERAL, NAMING, Cut
from harvester.policy.hints import Hint, Look
from harvester.policy.phrases import runs, variants, words

PROSE = 80  # characters of a text node that count as prose and not as a label
HIDDEN_PROSE = 400  # characters of prose in one hidden place that make it a full text
PARAGRAPH = 200  # characters of a script's string that count: messages of a program are shorter
_LETTERS = 0.9  # share of letters, figures and blanks in prose; code and markup have fewer

_READABLE = frozenset((AccessStatus.OPEN, AccessStatus.FREE, AccessStatus.NO_FULLTEXT))
_OUT_OF_SIGHT = re.compile(
    r"display:none|visibility:hidden|opacity:0(?![.\d])|font-size:0(?![.\d])|(?:left|top|indent):-\d{3}"
    r"|(?<![\w-])(?:max-)?height:0(?![.\d])|clip:rect\(0"
)
_HIDDEN_CLASS = frozenset(("hidden", "d-none", "is-hidden"))
_PERHAPS_HIDDEN = XPath(
    "//noscript | //template | //details[not(@open)] | //@hidden/.. | //@style/.. | //*[@aria-hidden='true']"
    " | //@class[contains(., 'hidden') or contains(., 'd-none')]/.."
)
_CLASSED = XPath("//@class/..")
# A class that the page's own style sheet hides on every screen; what other sheets hide is not known here.
_HIDING_CLASS = re.compile(r"(?:^|[,}/])\s*\.([\w-]+)\s*\{[^{}]*(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_BODY_META = re.compile(r"article[-_:.]?(?:body|text|content)|full[-_]?text|texte[-_]?integral", re.IGNORECASE)
_LONG_VALUES = XPath(f"//@*[string-length(.) >= {HIDDEN_PROSE}]")
# Looked for in bytes, before there is a tree.
_LONG_VALUE = re.compile(rb"""=\s*(?:"[^"]{%d}|'[^']{%d})""" % (HIDDEN_PROSE, HIDDEN_PROSE))
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{500,}={0,2}\s*")
_SOLID = re.compile(r"\S{100}")


class _Place(NamedTuple):
    """A hidden place: its texts, and what puts others there, by the text they replace."""

    texts: list[str]
    replace: Callable[[Mapping[str, str]], None]


def is_closed(record: Record) -> bool:
    """Whether the full text is not known to be free to read."""
    return record.access.status not in _READABLE


def may_carry_unseen(page: Look) -> bool:
    """A first look at the bytes: False when there can be no hidden prose."""
    places = (b"<!--", b"<script")
    return _may_hide(page) or any(place in page.lowered for place in places) or bool(_LONG_VALUE.search(page.body))


def _may_hide(page: Look) -> bool:
    return Hint.HIDING in page.hints or Hint.UNSEEN in page.hints


def carries_unseen(root: lxml.html.HtmlElement, page: Look) -> bool:
    """A look at the tree: whether there is hidden prose, an abstract's perhaps, to be looked at closely."""
    return next(_places(root, _may_hide(page), bool(_LONG_VALUE.search(page.body))), None) is not None


def cut_unseen(root: lxml.html.HtmlElement, stays: Cut) -> bool:
    """Cut hidden prose that is no abstract (`stays.phrases`) and not made of facts, in place. True if anything went."""
    cut = False
    for place in [*_places(root)]:
        unknown = [text for text in place.texts if not is_known(text, stays)]
        if _is_prose(unknown):
            cut = True
            place.replace({text: facts_in(text, stays) for text in unknown})
    return cut


def _is_prose(texts: Iterable[str]) -> bool:
    return sum(len(text) for text in texts if len(text) >= PROSE) >= HIDDEN_PROSE


def _places(root: lxml.html.HtmlElement, hiding: bool = True, long: bool = True) -> Iterator[_Place]:
    """The hidden places that have enough prose."""
    for element in outermost(_hidden(root)) if hiding else ():
        texts = [*_texts_in(element)]
        if _is_prose(text for text, _, _ in texts):
            yield _Place([text for text, _, _ in texts], partial(_set_texts, texts))
    for remark in root.iter(etree.Comment):
        if len(remark.text or "") >= HIDDEN_PROSE and _reads_like_prose(remark.text):
            yield _Place([remark.text], partial(_set_texts, [(remark.text, remark, "text")]))
    for value in _LONG_VALUES(root) if long else ():
        element, name = value.getparent(), value.attrname
        named = element.tag != "meta" or _BODY_META.search(element.get("name") or element.get("property") or "")
        if name not in NAMING and named and _reads_like_prose(value):
            yield _Place([str(value)], partial(_set_attribute, element, name))
    for script in root.iter("script"):
        if len(script.text or "") >= HIDDEN_PROSE and (strings := [*_strings_in(script)]):
            yield _Place(strings, partial(_set_strings, script))


def outermost(elements: Iterable[lxml.html.HtmlElement]) -> Iterator[lxml.html.HtmlElement]:
    """Of elements in the order of the page, those that stand within no other: each text is looked at once."""
    within: set[lxml.html.HtmlElement] = set()
    for element in elements:
        if element not in within:
            within.update(element.iter())
            yield element


def _hidden(root: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    yield from filter(_is_hidden, _PERHAPS_HIDDEN(root))
    sheets = ((style.text or "").partition("@media")[0] for style in root.iter("style"))
    if classes := {name for sheet in sheets for name in _HIDING_CLASS.findall(sheet)}:
        yield from (one for one in _CLASSED(root) if not classes.isdisjoint(one.get("class").split()))


def _is_hidden(element: lxml.html.HtmlElement) -> bool:
    if element.tag in ("noscript", "template", "details") or element.get("hidden") is not None:
        return True
    if element.get("aria-hidden") == "true" or not _HIDDEN_CLASS.isdisjoint(element.get("class", "").split()):
        return True
    return bool(_OUT_OF_SIGHT.search("".join(element.get("style", "").lower().split())))


def _texts_in(top: lxml.html.HtmlElement) -> Iterator[tuple[str, etree._Element, str]]:
    """Each text, the element it is of, and whether it is that one's `text` or its `tail`."""
    for element in top.iter():
        if isinstance(element.tag, str) and element.tag not in ("script", "style") and (element.text or "").strip():
            yield element.text.strip(), element, "text"
        if element is not top and (element.tail or "").strip():
            yield element.tail.strip(), element, "tail"


def _set_texts(texts: list[tuple[str, etree._Element, str]], others: Mapping[str, str]) -> None:
    for text, element, where in texts:
        if text in others:
            setattr(element, where, others[text])


def _set_attribute(element: etree._Element, name: str, others: Mapping[str, str]) -> None:
    for other in others.values():
        element.set(name, other)


def _strings_in(script: etree._Element) -> Iterator[str]:
    """The long strings of a script that read like prose and are not called a description."""
    source = script.text or ""
    for found in LITERAL.finditer(source):
        if found.end() - found.start() < PARAGRAPH or DESCRIBING_KEY.search(
            source, max(0, found.start() - 40), found.start()
        ):
            continue
        if _reads_like_prose(found[0][1:-1]):
            yield found[0][1:-1]
    waits = "/x-" in script.get("type", "") or "html" in script.get("type", "")  # markup that is shown later
    if waits and _reads_like_prose(source):
        yield source


def _set_strings(script: etree._Element, others: Mapping[str, str]) -> None:
    """Empty these strings; facts among them would be no program."""
    source = script.text
    if source not in others:
        source = LITERAL.sub(lambda found: found[0][0] + found[0][-1] if found[0][1:-1] in others else found[0], source)
    script.text = others.get(source, source)


def _reads_like_prose(text: str) -> bool:
    plain = _plain(text)
    if len(plain) < PARAGRAPH or plain.count(" ") * 12 < len(plain):
        return False
    return sum(letter.isalnum() or letter == " " for letter in plain) >= _LETTERS * len(plain)


def _plain(text: str) -> str:
    """The words behind escapes, markup and base64."""
    if _SOLID.match(text) and _BASE64.fullmatch(text):
        try:
            text = base64.b64decode(text).decode()
        except ValueError:
            return ""
    *_, plain = variants(text)
    return " ".join(plain.split())


def is_known(text: str, stays: Cut) -> bool:
    """Whether most of the words are an abstract's that may be kept, or facts."""
    stream = words(_plain(text))
    known = zip(stays.phrases.marks(stream), stays.facts.cover(stream, least=2), strict=True)
    return sum(map(any, known)) >= FACTUAL * len(stream)


def facts_in(text: str, stays: Cut) -> str:
    """Of words that go, the facts that stand among them: a verdict may rest on one."""
    stream = words(text)
    return " ".join(text[stream[a].start : stream[b - 1].end] for a, b in runs(stays.facts.cover(stream, least=2)))
