"""Bytes and headers -> one parsed tree per page, with the places of everything in it."""

import codecs
import re
from collections.abc import Callable, Collection, Iterable
from functools import cache, cached_property
from html import escape
from html.entities import html5
from typing import Any, cast

from lxml import etree

from harvester.extraction.charset import charset_of
from harvester.extraction.formulas import FORMS, formula
from harvester.model.markup import is_xml
from harvester.model.page import Page
from harvester.model.signal import QUOTE_LIMIT, Evidence

Element = Any  # lxml.etree._Element; its stubs know too little to be worth the casts

BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header html legend li main nav ol option p pre section summary "
    "table tbody td tfoot th thead tr ul".split()
)
INVISIBLE = frozenset(
    ("script", "style", "noscript", "template", "head", "title", "textarea", "select", "svg", "iframe")
)

_PARTING = (
    BLOCKS | INVISIBLE | {"br", "math", "mml:math", "img", etree.Entity}
)  # without these inside, all that an element says is one line

_STRING = etree.XPath("string()", smart_strings=False)
_TEXTS = etree.XPath("descendant::text()")
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?[^>]{0,2000}>|<!--.{0,20000}?-->){0,50}", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]{0,2000}(?:\[.{0,200000}?\]\s{0,2000})?>", re.DOTALL)
_REFERENCE = re.compile(rb"&([A-Za-z_][\w.-]{0,63});")
_PREDEFINED = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))
_BAD_REFERENCES = re.compile(rb"&#(?:0+|x0+);", re.IGNORECASE)


class Document:
    """One parsed Page. The tree is read by everybody and changed by nobody: paths in evidence rest on it.

    `root` is an HTML tree as `lxml.html` parses it (`is_xml` False) or an XML tree parsed without entities, DTD or
    network.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.charset = charset_of(page.body, page.header("content-type"))
        self.markup = page.body  # what the parser reads: for tests that are cheaper on bytes than on the tree
        self.is_xml = is_xml(page.body, self.charset.name)
        self.root = self._parse_xml() if self.is_xml else self._parse_html()
        self._tree = self.root.getroottree()
        self._where: dict[Element, str] = {}
        self._strings: dict[Element, str] = {}
        self._stated: dict[str, list[Any]] = {}

    def _parse_html(self) -> Element:
        body = self.markup
        charset = self.charset.name
        if charset != "utf-8" or self.charset.suspect:
            body = body.decode(charset, "replace").encode("utf-8", "replace")
        if b"\0" in body:
            body = body.replace(b"\0", b"")
        if b"&#0" in body or b"&#x0" in body:
            body = _BAD_REFERENCES.sub(b"", body)
        self.markup = body
        # Plain elements, not lxml.html's: those ask Python for a class at every step through the tree.
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, collect_ids=False)
        try:
            root = etree.fromstring(body or b"<html></html>", parser)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            root = None
        return root if root is not None else etree.fromstring(b"<html><body></body></html>", parser)

    def _parse_xml(self) -> Element:
        body = self.markup
        if self.charset.name != "utf-8":
            body = body.decode(self.charset.name, "replace").encode("utf-8", "replace")
        self.markup = body = _without_entities(body.removeprefix(codecs.BOM_UTF8).lstrip())
        parser = etree.XMLParser(
            encoding="utf-8",
            recover=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(body, parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            root = None
        return root if root is not None else etree.Element("empty")

    @cached_property
    def text(self) -> str:
        """The string value of the whole page, scripts and all: for tests that are cheaper on it than on the tree."""
        return self.string(self.root)

    @cached_property
    def body(self) -> Element:
        """The body element; of an XML tree, and of a page without one, the root: a JATS body is the text itself."""
        body = None if self.is_xml else self.root.find("body")
        return self.root if body is None else body

    @cached_property
    def texts(self) -> list[str]:
        """The text nodes of the body in document order, as lxml gives them; those of scripts and styles are empty."""
        texts: list[str] = _TEXTS(self.body)
        at = 0
        for element in self.body.iter("script", "style"):
            if element.text:
                try:
                    at = texts.index(element.text, at)
                except ValueError:  # comments part it
                    continue
                texts[at] = ""
        return texts

    @cached_property
    def words(self) -> bytes:
        """`texts` to be searched (`as_words`)."""
        return as_words(self.texts)

    @cached_property
    def elements(self) -> list[Element]:
        """All elements in document order; held, so that none is made twice."""
        return list(self.root.iter(etree.Element))

    def stated(self, attribute: str) -> list[Any]:
        """The values of an attribute wherever it stands, each with `getparent`; faster than asking every element."""
        values = self._stated.get(attribute)
        if values is None:
            stands = attribute.encode() in self._lower_markup
            values = self._stated[attribute] = _values_of(attribute)(self.root) if stands else []
        return values

    @cached_property
    def _lower_markup(self) -> bytes:
        return self.markup.lower()

    @cached_property
    def ids(self) -> frozenset[str]:
        """All ids of the page."""
        return frozenset(self.stated("id"))

    @cached_property
    def _class_attributes(self) -> frozenset[str]:
        return frozenset(self.stated("class"))

    @cached_property
    def classes(self) -> frozenset[str]:
        """Every single class of the page."""
        return frozenset(" ".join(self._class_attributes).split())

    def named(self, fits: Callable[[str], object]) -> list[Element]:
        """The elements whose class attribute or id `fits`, in document order; it is asked once for each value."""
        classed, identified = self.classed(fits), self.identified(filter(fits, self.ids))
        return self.in_order({*classed, *identified}) if classed and identified else classed or identified

    def classed(self, fits: Callable[[str], object]) -> list[Element]:
        """The elements whose class attribute `fits`, in document order; it is asked once for each value."""
        return self._with_value("class", filter(fits, self._class_attributes))

    def identified(self, names: Iterable[str]) -> list[Element]:
        """The elements that have one of some ids, in document order."""
        return self._with_value("id", self.ids.intersection(names))

    def _with_value(self, attribute: str, values: Iterable[str]) -> list[Element]:
        wanted = frozenset(values)
        return [value.getparent() for value in self.stated(attribute) if value in wanted] if wanted else []

    def in_order(self, elements: Collection[Element]) -> list[Element]:
        """The elements of a set in document order."""
        return [element for element in self.elements if element in elements] if elements else []

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """The contents of all meta elements by name as it is spelled."""
        found: dict[str, list[str]] = {}
        for _, said in self.meta_elements:
            found.setdefault(said.get("name", ""), []).append(said.get("content", ""))
        return found

    @cached_property
    def meta_elements(self) -> list[tuple[Element, dict[str, str]]]:
        """All meta elements in document order, each with its attributes."""
        return [(meta, dict(meta.items())) for meta in self.root.iter("meta")]

    @cached_property
    def language(self) -> str | None:
        """The page language as declared: html lang, else the Content-Language header or meta."""
        html = self.root
        declared = html.get("lang") or html.get("{http://www.w3.org/XML/1998/namespace}lang") or html.get("xml:lang")
        if not declared and (header := self.page.header("content-language")):
            declared = header.split(",")[0]
        return language_tag(declared)

    def string(self, element: Element) -> str:
        """XPath 1.0 string value of an element; kept, for evidence often stands in one element."""
        value = self._strings.get(element)
        if value is None:
            value = self._strings[element] = string_value(element)
        return value

    def where(self, element: Element, attribute: str | None = None) -> str:
        """XPath of an element, or of its attribute."""
        path = self._where.get(element)
        if path is None:
            path = self._tree.getpath(element)
            path = self._where[element] = _without_prefixes(path, element) if self.is_xml else path
        if attribute and attribute.startswith("{"):
            return f"{path}/@*[local-name()='{attribute.partition('}')[2]}']"
        return f"{path}/@{attribute}" if attribute else path

    def evidence(
        self,
        vocabulary: str,
        name: str,
        element: Element,
        quote: str,
        *,
        attribute: str | None = None,
        language: str | None = None,
    ) -> Evidence:
        """Evidence for `quote` as it stands, spaces and all, in the attribute or in the string value of the element.

        Words that were tidied are found again whatever white space parts them; if not all of them stand there in one
        run (a mark was dropped between them), the quote is the longest head that does.
        """
        value = element.get(attribute, "") if attribute else self.string(element)
        raw, offset = place_of(quote, value)
        where = self.where(element, attribute)
        return Evidence(vocabulary=vocabulary, name=name, quote=raw, language=language, where=where, offset=offset)


@cache
def _values_of(attribute: str) -> etree.XPath:
    return etree.XPath(f"descendant-or-self::*/@{attribute}")


def _without_entities(body: bytes) -> bytes:
    """XML without a document type: names of characters become characters, any other reference stays as it is spelled.

    So nothing that a document declares for itself is ever expanded or looked up.
    """
    prolog = _PROLOG.match(body)
    start = prolog.end() if prolog else 0
    if declared := _DOCTYPE.match(body, start):
        body = body[:start] + body[declared.end() :]
    return _REFERENCE.sub(_spelled_out, body) if b"&" in body else body


def _spelled_out(reference: re.Match[bytes]) -> bytes:
    name = reference[1]
    if name in _PREDEFINED:
        return reference[0]
    character = html5.get(name.decode("utf-8", "replace") + ";")
    if character is None:
        return b"&amp;" + name + b";"
    return escape(character).encode()


def _without_prefixes(path: str, element: Element) -> str:
    """A path that can be followed without knowing a prefix: by position where a name needs one."""
    if ":" not in path:
        return path
    steps = []
    for one in (element, *element.iterancestors()):
        parent = one.getparent()
        steps.append("*" if parent is None else f"*[{1 + sum(1 for _ in one.itersiblings('*', preceding=True))}]")
    return "/" + "/".join(reversed(steps))


def place_of(quote: str, value: str) -> tuple[str, int]:
    """(raw words, offset) of `quote` in `value`: at most QUOTE_LIMIT code points, empty at 0 if none stands there."""
    quote = quote[:QUOTE_LIMIT]
    offset = value.find(quote)
    if offset >= 0:
        return quote, offset
    words, folded = quote.split(), " ".join(value.split())
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if " ".join(words[:middle]) in folded:
            low = middle
        else:
            high = middle - 1
    if not low:
        return "", 0
    head = " ".join(words[:low])
    at = folded.find(head)
    offset = _unfolded(at, folded, value)
    return value[offset : _unfolded(at + len(head) - 1, folded, value) + 1][:QUOTE_LIMIT], offset


def _unfolded(at: int, folded: str, value: str) -> int:
    """Where the character `at` of the folded text, no space, stands in the text that it was folded from."""
    before = folded.count(" ", 0, at)
    rest = value.split(None, before)[-1]  # from the word on that the character is in
    return len(value) - len(rest) + at - (folded.rfind(" ", 0, at) + 1)


def block_of(element: Element) -> Element:
    """The nearest block-level element, `element` itself included."""
    while element.tag not in BLOCKS:
        parent = element.getparent()
        if parent is None:
            return element
        element = parent
    return element


def as_words(texts: Iterable[str]) -> bytes:
    """Texts, NUL between, as UTF-8 with ASCII letters in lower case: searched faster than characters."""
    return "\0".join(texts).encode("utf-8", "surrogatepass").lower()


def string_value(element: Element) -> str:
    """XPath 1.0 string value: all text below, comments left out."""
    return cast(str, _STRING(element))


def language_tag(declared: str | None) -> str | None:
    """A declared language as a BCP 47 tag, None when it is none.

    The region is left out (`en_US` -> `en`): an abstract is in English wherever it was written; a script stays.
    """
    if not declared:
        return None
    tag = declared.strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        return None
    primary, *rest = tag.lower().split("-")
    scripts = [part.title() for part in rest if len(part) == 4 and part.isalpha()]
    return "-".join([_THREE_LETTER.get(primary, primary), *scripts])


# ISO 639-2 and 639-3 codes met in metadata that have a two-letter code (BCP 47 wants the shortest).
_THREE_LETTER = {
    "eng": "en", "fre": "fr", "fra": "fr", "ger": "de", "deu": "de", "spa": "es", "por": "pt", "ita": "it",
    "dut": "nl", "nld": "nl", "tur": "tr", "rus": "ru", "pol": "pl", "cat": "ca", "chi": "zh", "zho": "zh",
    "jpn": "ja", "ara": "ar", "gre": "el", "ell": "el", "lat": "la", "ron": "ro", "rum": "ro", "cze": "cs", "ces": "cs",
}  # fmt: skip


def visible_text(element: Element, drop: frozenset[Element] = frozenset()) -> str:
    """Text below an element as a reader sees it: runs of space folded, block boundaries are a space at least."""

    def unseen(one: Element) -> bool:
        return one in drop or not isinstance(one.tag, str) or one.tag in INVISIBLE

    if unseen(element):
        return ""
    if not drop and _PARTING.isdisjoint([one.tag for one in element.iterdescendants()]):
        return " ".join(string_value(element).split())
    return text_below(element, unseen, lambda one: one.tag in BLOCKS or one.tag == "br")


def text_below(element: Element, silent: Callable[[Element], bool], apart: Callable[[Element], bool]) -> str:
    """Text below an element on one line, without what is `silent`; what stands `apart` has a space on either side.

    Of a formula one form is read (`formula`).
    """
    pieces: list[str] = []
    waiting: list[Element | str] = [element]  # no recursion: a page may be nested deeper than Python calls
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
        elif item.tag in FORMS and (words := formula(item)) is not None:
            pieces.append(words)
        elif item is element or not silent(item):
            if apart(item):
                pieces.append(" ")
                waiting.append(" ")
            if item.text:
                pieces.append(item.text)
            for child in item.iterchildren(reversed=True):
                if child.tail:
                    waiting.append(child.tail)
                waiting.append(child)
    return " ".join("".join(pieces).split())
