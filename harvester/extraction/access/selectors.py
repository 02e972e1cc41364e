"""CSS of a source's file, tried only on pages that hold the names it asks for."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from lxml import etree
from lxml.cssselect import CSSSelector

from harvester.extraction.document import Document, Element

_PLAIN = re.compile(r"([.#]?)([\w-]+)")
# Names in any of these ("or", "not", another way to write a letter) need not stand on the page.
_MAY_BE_MISSING = re.compile(r"[,(\\]|!=")
_NOT_A_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+")
_NAME = re.compile(r"([.#])([\w-]+)")
# One or more compounds of tag, ids and classes, each below the one before it.
_CHAIN = re.compile(r"(?:[\w-]+|[.#][\w-]+)(?:[.#][\w-]+)*(?:\s+(?:[\w-]+|[.#][\w-]+)(?:[.#][\w-]+)*)*")
# The attributes are walked at half the price of asking every element.
_CLASSES = etree.XPath("descendant-or-self::*/@class[contains(., $name)]")
_IDS = etree.XPath("descendant-or-self::*/@id[. = $name]")
_TAG = re.compile(rb"<([a-zA-Z][a-zA-Z0-9-]*)[\s/]")
_TAG_LENGTH, _MENTIONS = 600, 400  # bytes of a tag before a name in it; mentions of a name that are looked at


class PlainNames(NamedTuple):
    """CSS that is one name each: an element answers to it by itself, without a search through the page."""

    tags: frozenset[str]
    ids: frozenset[str]
    classes: frozenset[str]

    def fit(self, element: Element) -> bool:
        """Whether one of the names is the element's tag, its id, or one of its classes."""
        if element.tag in self.tags or (self.ids and element.get("id") in self.ids):
            return True
        classes: str = element.get("class", "") if self.classes else ""
        return not self.classes.isdisjoint(classes.split())


@lru_cache(maxsize=2_000)
def plain_names(rules: Sequence[str]) -> tuple[PlainNames, tuple[str, ...]]:
    """What of some CSS is plain names, and the rest."""
    found = [(css, _PLAIN.fullmatch(css)) for css in rules]
    names: dict[str, set[str]] = {"": set(), "#": set(), ".": set()}
    for plain in (plain for _, plain in found if plain):
        names[plain[1]].add(plain[2] if plain[1] else plain[2].lower())
    plain_ones = PlainNames(frozenset(names[""]), frozenset(names["#"]), frozenset(names["."]))
    return plain_ones, tuple(css for css, plain in found if not plain)


@lru_cache(maxsize=2_000)
def _selector(css: str) -> Any:
    return CSSSelector(css, translator="html")


@lru_cache(maxsize=2_000)
def _wanted(css: str) -> tuple[frozenset[str], tuple[bytes, ...]]:
    """The ids and the classes without which `css` finds nothing."""
    found = [] if _MAY_BE_MISSING.search(css) else _NAME.findall(_NOT_A_NAME.sub(" ", css))
    ids = frozenset(name for kind, name in found if kind == "#")
    return ids, tuple(name.encode() for kind, name in found if kind == ".")


def select(document: Document, css: str) -> list[Element]:
    """Elements a rule's CSS finds, in document order."""
    root = document.root
    ids, classes = _wanted(css)
    if not document.is_xml and not (ids <= document.ids and all(name in document.markup for name in classes)):
        return []
    chain = None if document.is_xml else _chain(css)
    if chain is None:
        return list(_selector(css)(root))
    found = (element for element in _candidates(document, chain[-1]) if chain[-1].fits(element))
    return [element for element in found if len(chain) == 1 or _stands_below(element, chain[:-1])]


class _Compound(NamedTuple):
    """A tag, if any, with the ids and classes asked of it."""

    tag: str
    ids: tuple[str, ...]
    classes: frozenset[str]

    def fits(self, element: Element) -> bool:
        """Whether an element answers to all of it."""
        if self.tag and element.tag != self.tag:
            return False
        if self.ids and any(element.get("id") != name for name in self.ids):
            return False
        if not self.classes:
            return True
        names = element.get("class")
        return bool(names) and self.classes.issubset(names.split())


@lru_cache(maxsize=2_000)
def _chain(css: str) -> tuple[_Compound, ...] | None:
    if not _CHAIN.fullmatch(css):
        return None
    compounds = []
    for part in css.split():
        names = _NAME.findall(part)
        ids, classes = ([name for kind, name in names if kind == wanted] for wanted in "#.")
        compounds.append(_Compound(re.split("[.#]", part)[0].lower(), tuple(ids), frozenset(classes)))
    return tuple(compounds)


def _stands_below(element: Element, chain: Sequence[_Compound]) -> bool:
    wanted = list(chain)
    for ancestor in element.iterancestors():
        if wanted[-1].fits(ancestor):
            wanted.pop()
            if not wanted:
                return True
    return False


def _candidates(document: Document, compound: _Compound) -> Iterable[Element]:
    """In document order, all elements that may fit and some that do not."""
    name = next(iter(compound.ids or sorted(compound.classes)), None)
    if name is None:
        return _walk(document.root, (compound.tag,))
    tags = tags_naming(document.markup, re.escape(name), "id" if compound.ids else "class")
    if tags is not None:
        return _walk(document.root, tags)
    attributes = (_IDS if compound.ids else _CLASSES)(document.root, name=name)
    return [attribute.getparent() for attribute in attributes]


def _walk(root: Element, tags: Collection[str]) -> Iterable[Element]:
    return cast(Iterable[Element], root.iter(*tags)) if tags else ()


def tags_naming(markup: bytes, name: str, attribute: str) -> frozenset[str] | None:
    """Tags in whose `attribute` a `name` (a pattern) stands somewhere in the page, None if its bytes cannot tell.

    A walk over the elements of a few tags costs a tenth of one over all of them.
    """
    tags = set()
    for number, found in enumerate(re.finditer(name.encode(), markup)):
        tag = _tag_around(markup, found.start(), attribute.encode()) if number < _MENTIONS else None
        if tag is None:
            return None
        tags.add(tag)
    return frozenset(tags - {""})


def _tag_around(markup: bytes, at: int, attribute: bytes) -> str | None:
    """The tag in whose attribute a place stands, "" for another place, None if it cannot be told."""
    start = markup.rfind(b"<", max(at - _TAG_LENGTH, 0), at)
    before = markup[max(start, at - _TAG_LENGTH, 0) : at]
    _, closed, after = before.rpartition(b">")
    quoted = before.count(b'"') % 2 or before.count(b"'") % 2
    if closed:
        return None if quoted and b"=" in after else ""
    tag, value = _TAG.match(before), max(before.rfind(b'"'), before.rfind(b"'"))
    name = before[: max(value, 0)].rstrip()
    if not (tag and quoted and name.endswith(b"=")):
        return None
    return tag[1].decode().lower() if name[:-1].rstrip().lower().endswith(attribute) else ""
