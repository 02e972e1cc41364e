"""An archived page as harmless HTML, with the words that evidence quotes marked where they stand. Pure.

Nothing of the page's markup is passed on. Its tree is read again as extraction reads it, so that the places evidence
names hold, and a new document is written: text, escaped, in elements of a short list, without any of its attributes
but the language. So it has no script, style, picture, link, form or frame, and asks for nothing.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum
from html import escape
from itertools import accumulate
from typing import Any, NamedTuple

from lxml import etree

from harvester.extraction.document import INVISIBLE, Document, language_tag
from harvester.model.page import Page
from harvester.model.signal import Evidence

LARGEST = 2_000_000  # bytes of a body; a tree takes thirty times as much memory
_DEEPEST = 200  # elements within each other; what stands deeper is not parted any more
_AS_THEY_ARE = frozenset(
    "p div section article main aside header footer nav h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tfoot tr"
    " td th caption blockquote q cite em strong b i sub sup small span br hr pre code figure".split()
)
_INSTEAD = {"a": "span", "label": "span", "button": "b", "form": "div", "fieldset": "div", "legend": "b",
            "summary": "p", "details": "div", "center": "div", "option": "div"}  # fmt: skip
_VOID = frozenset(("br", "hr"))
_SILENT = INVISIBLE | frozenset("object applet audio video canvas math datalist noframes frameset".split())
_SILENT_XML = _SILENT - {"title", "head"}  # those are the article's
_INLINE_XML = frozenset(("italic", "bold", "sup", "sub", "xref", "ext-link", "named-content", "styled-content"))
_ELEMENT = re.compile(r"(?:/[\w.*-]+(?:\[\d+\])?)+")
_ATTRIBUTE = re.compile(r"(?P<element>(?:/[\w.*-]+(?:\[\d+\])?)+)/@(?P<name>[\w.:-]+)")

_Node = tuple[Any, bool]  # an element, and whether its tail is meant or its text


class Standing(StrEnum):
    """What became of the words that a piece of evidence quotes."""

    MARKED = "marked"
    UNSEEN = "unseen"  # they stand where no reader of the page sees them: an attribute, a script, a header, the address
    MOVED = "moved"  # marked, though not at the place that was noted: the page was cut, or is another by now
    MISSING = "missing"


class Replica(NamedTuple):
    """The document, and what became of each quote, in their order."""

    html: str
    standings: tuple[Standing, ...]


class _Stretch(NamedTuple):
    start: int
    end: int
    number: int
    is_last: bool


def replica(page: Page, quotes: Sequence[Evidence], title: str) -> Replica:
    """The page with its quotes marked and numbered from 1 (`id="quote-1"`), under a title of ours.

    A body may have LARGEST bytes. Raises nothing for a bad page.
    """
    document = Document(page)
    copy = _Copy(document)
    standings = tuple(copy.mark(one, number) for number, one in enumerate(quotes, 1))
    language = escape(document.language or "", quote=True)
    body = "".join(copy.written())
    return Replica(
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(title)}</title>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n",
        standings,
    )


class _Copy:
    """A document being written anew."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._marks: dict[_Node, list[_Stretch]] = {}
        self._last: tuple[Any, tuple[list[_Node], list[int]]] | None = None
        self._silent = _SILENT_XML if document.is_xml else _SILENT
        self._name = _xml_name if document.is_xml else _html_name

    def mark(self, one: Evidence, number: int) -> Standing:
        """Note where the words stand."""
        if not one.quote or one.where.startswith(("header:", "url", "name(", "file:")):
            return Standing.UNSEEN
        if attribute := _ATTRIBUTE.fullmatch(one.where):
            element = self._element(attribute["element"])
            there = element is not None and one.quote in (element.get(attribute["name"]) or "")
            return Standing.UNSEEN if there else Standing.MISSING
        element = self._element(one.where)
        if element is not None:
            value = self._document.string(element)
            if value[one.offset : one.offset + len(one.quote)] == one.quote:
                is_seen = self._place(element, one.offset, len(one.quote), number)
                return Standing.MARKED if is_seen else Standing.UNSEEN
        body = self._document.body
        offset = self._document.string(body).find(one.quote)
        is_seen = offset >= 0 and self._place(body, offset, len(one.quote), number)
        return Standing.MOVED if is_seen else Standing.MISSING

    def written(self) -> Iterator[str]:
        """The body, element by element; no recursion, for a page may be nested deeper than Python calls."""
        body = self._document.body
        open_: list[str] = []
        silent = 0
        for event, element in etree.iterwalk(body, events=("start", "end", "comment")):
            if event == "start":
                silent += self._is_silent(element)
                written = self._name(element.tag) if not silent and len(open_) < _DEEPEST else ""
                open_.append(written)
                if written:
                    yield f"<{written}{_attributes(element)}>"
                if not silent and element.text:
                    yield from _marked(element.text, self._marks.get((element, False), ()))
                continue
            if event == "end":
                silent -= self._is_silent(element)
                written = open_.pop()
                if written and written not in _VOID:
                    yield f"</{written}>"
            if not silent and element is not body and element.tail:
                yield from _marked(element.tail, self._marks.get((element, True), ()))

    def _element(self, where: str) -> Any:
        if not _ELEMENT.fullmatch(where):
            return None
        try:
            found = self._document.root.getroottree().xpath(where)
        except etree.XPathError:
            return None
        return found[0] if found else None

    def _place(self, element: Any, offset: int, length: int, number: int) -> bool:
        """Part the stretch of an element's string value among its text nodes; False where a reader sees none of it."""
        end, found = offset + length, []
        nodes, bounds = self._parted(element)
        for at in range(bisect_right(bounds, offset) - 1, min(bisect_left(bounds, end), len(nodes))):
            node, start, after = nodes[at], bounds[at], bounds[at + 1]
            if not self._is_within_silence(node):
                found.append((node, max(offset - start, 0), min(end, after) - start))
        for place, (node, first, last) in enumerate(found, 1):
            self._marks.setdefault(node, []).append(_Stretch(first, last, number, place == len(found)))
        return bool(found)

    def _parted(self, element: Any) -> tuple[list[_Node], list[int]]:
        """The text nodes of an element, and where in its string value each begins and the last one ends.

        Kept for the next quote, which is mostly sought in the same place: a hostile page has a million of them.
        """
        if self._last is None or self._last[0] is not element:
            nodes = [*_texts(element)]
            bounds = [0, *accumulate(len(text) for _, text in nodes)]
            self._last = element, ([node for node, _ in nodes], bounds)
        return self._last[1]

    def _is_within_silence(self, node: _Node) -> bool:
        element, is_tail = node
        if is_tail:
            element = element.getparent()
        return any(map(self._is_silent, (element, *element.iterancestors())))

    def _is_silent(self, element: Any) -> bool:
        """Whether a reader sees nothing of it."""
        return isinstance(element.tag, str) and _local(element.tag) in self._silent


def _texts(element: Any) -> Iterator[tuple[_Node, str]]:
    """The text nodes that make up the string value of an element, in order."""
    for event, one in etree.iterwalk(element, events=("start", "end", "comment")):
        if event == "start" and one.text:
            yield (one, False), one.text
        elif event != "start" and one is not element and one.tail:
            yield (one, True), one.tail


def _html_name(tag: str) -> str:
    return tag if tag in _AS_THEY_ARE else _INSTEAD.get(tag, "")


def _local(tag: str) -> str:
    """A name without its namespace; names in HTML may be anything (`o:p`)."""
    return tag.rpartition("}")[2]


def _xml_name(tag: str) -> str:
    return "span" if _local(tag) in _INLINE_XML else "div"


def _attributes(element: Any) -> str:
    declared = element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang")
    language = language_tag(declared)
    direction = (element.get("dir") or "").lower()
    named = f' lang="{language}"' if language else ""
    return f'{named} dir="{direction}"' if direction in ("ltr", "rtl", "auto") else named


def _marked(text: str, stretches: Sequence[_Stretch]) -> Iterator[str]:
    """Escaped text with its marks; of two that overlap the first counts, and the second is marked in what is left."""
    at = 0
    for start, end, number, is_last in sorted(stretches):
        yield escape(text[at:start], quote=False)
        if max(at, start) < end:
            yield f'<mark id="quote-{number}">{escape(text[max(at, start) : end], quote=False)}</mark>'
        if is_last:
            yield f"<sup>[{number}]</sup>"
        at = max(at, end)
    yield escape(text[at:], quote=False)
