"""Prose that the page of a closed article carries unseen: in hidden elements, attributes, scripts and comments; and
what it calls the full text, which other sheets or scripts may hide.

Whatever it is called, it is taken for the full text, unless it is an abstract that may be kept or made of facts. Of
articles that are free to read, and of what readers see, nothing goes: an abstract that today's rules miss can be read
from the archive with tomorrow's.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import NamedTuple

import lxml.html
from lxml import etree
from lxml.etree import XPath

from harvester.model.access import AccessStatus
from harvester.model.record import Record
from harvester.policy.abstracts import BLOCKS, DESCRIBING_KEY, FACTUAL, LITERAL, NAMING, Cut
from harvester.policy.hints import Hint, Look
from harvester.policy.phrases import runs, variants, words

PROSE = 80  # characters of a text node that count as prose and not as a label
HIDDEN_PROSE = 400  # characters of prose in one hidden place that make it a full text
PARAGRAPH = 200  # characters of a script's string that count by themselves: messages of a program are shorter
NO_ABSTRACT = 5_000  # characters of a description from which on it is more than one
MANY = 800  # characters of shorter strings that count together
_NO_LETTER = re.compile(r"[^\w ]")
_LETTERS = 0.9  # share of letters, figures and blanks in prose; code and markup have fewer

STYLE_HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_READABLE = frozenset((AccessStatus.OPEN, AccessStatus.FREE, AccessStatus.NO_FULLTEXT))
_OUT_OF_SIGHT = re.compile(
    r"display:none|visibility:hidden|opacity:0(?![.\d])|font-size:0(?![.\d])|(?:left|top|indent):-\d{3}"
    r"|(?<![\w-])(?:max-)?height:0(?![.\d])|clip:rect\(0|clip-path:(?:inset\((?:50|100)%|circle\(0)"
    r"|filter:blur\(|scale\(0(?![.\d])|color:transparent"
)
_HIDDEN_CLASS = frozenset(
    ("hidden", "d-none", "is-hidden", "visually-hidden", "visuallyhidden", "sr-only", "screen-reader-text", "invisible")
)
_REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)
_EVERYWHERE = re.compile(r"@(?:media\s+(?:only\s+)?(?:all|screen)|supports\b[^{}]*|layer\b[^{}]*)\s*$", re.IGNORECASE)
_CLIPPED = re.compile(r"overflow(?:-y)?:(?:hidden|clip)")
# What a page calls the text itself. On the page of a closed article other sheets or scripts hide it.
_BODY_NAMES = frozenset(
    "fulltext full-text full_text texte-integral texteintegral volltext locked restricted gated articlebody".split()
)
# Shown only where something else cannot be, or after a click.
_SHUT = "noscript template details dialog object video audio canvas desc".split()
_PERHAPS_HIDDEN = XPath(
    " | ".join(f"//{tag}[not(@open)]" for tag in _SHUT)
    + " | //@hidden/.. | //@style/.. | //*[@aria-hidden='true'] | //@class["
    + " or ".join(f"contains(., '{part}')" for part in ("hidden", "d-none", "sr-only", "screen-reader", "invisible"))
    + "]/.. | //@*[(name() = 'itemprop' or name() = 'property' or name() = 'class' or name() = 'id') and ("
    + " or ".join(
        f"contains(., '{part}')" for part in ("ull", "ocked", "ated", "estricted", "ntegral", "olltext", "Body")
    )
    + ")]/.."
)
_NAMES = XPath("//@class | //@id")
_COMPOUND = re.compile(r"([\w-]*)((?:[.#][\w-]+)*)")
_NAME = re.compile(r"[.#][\w-]+")
_LONGEST_SELECTOR = 200  # characters
_MOST_CHOSEN = 5_000  # elements looked at for selectors
_BY_ATTRIBUTE = re.compile(
    r"""[\w-]{0,40}(?:[.#][\w-]{1,60}){0,3}(?:\[[a-zA-Z][\w-]{0,60}(?:[~|^$*]?=(?:"[^"\]]{0,60}"|'[^'\]]{0,60}'|[\w-]{1,60}))?\]){1,3}"""
)
_MOST_BY_ATTRIBUTE = 50  # selectors
# In JSON-LD: the parts of the page that readers must pay for (schema.org, paywalled content).
_PAID_PART = re.compile(r"\{[^{}]*\"cssSelector\"[^{}]*\}")
_NOT_FREE = re.compile(r'"isAccessibleForFree"\s*:\s*"?false', re.IGNORECASE)
_SELECTOR = re.compile(r'"cssSelector"\s*:\s*(?:\[\s*)?"([^"]*)"')
_BODY_META = re.compile(r"article[-_:.]?(?:body|text|content)|full[-_]?text|texte[-_]?integral", re.IGNORECASE)
_NAMED_BY = ("class", "id", "itemprop", "property")
_META_NAMES = ("name", "property", "itemprop")
_LONG_VALUES = XPath(f"//@*[string-length(.) >= {HIDDEN_PROSE}]")
# Looked for in bytes, before there is a tree.
_LONG_VALUE = re.compile(rb"""=\s*(?:"[^"]{%d}|'[^']{%d})""" % (HIDDEN_PROSE, HIDDEN_PROSE))
_ISLANDS = ("/x-", "html", "xml", "template", "plain")  # types of what is no program, and may be shown later
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
    side_by_side: dict[lxml.html.HtmlElement, list[_Block]] = {}  # a rule may hide every paragraph by itself
    for element in outermost(_hidden(root)) if hiding else ():
        side_by_side.setdefault(element.getparent(), []).extend(_blocks_in(element))
    for blocks in side_by_side.values():
        texts = [block.text for block in blocks]
        if _is_prose(texts):
            yield _Place(texts, partial(_set_blocks, blocks))
    for remark in root.iter(etree.Comment):
        if len(remark.text or "") >= HIDDEN_PROSE and _reads_like_prose(remark.text):
            yield _Place([remark.text], partial(_set_blocks, [_Block(remark.text, [(remark, "text")])]))
    for value in _LONG_VALUES(root) if long else ():
        element, name = value.getparent(), value.attrname
        named = element.tag != "meta" or any(_BODY_META.search(element.get(key, "")) for key in _META_NAMES)
        if (
            name not in NAMING
            and (named or len(value) >= NO_ABSTRACT)
            and (_reads_like_prose(value) or _holds_prose(value))
        ):
            yield _Place([str(value)], partial(_set_attribute, element, name))
    for script in root.iter("script"):
        if len(script.text or "") >= HIDDEN_PROSE and (strings := _strings_in(script)):
            yield _Place(strings, partial(_set_strings, script))


def outermost(elements: Iterable[lxml.html.HtmlElement]) -> Iterator[lxml.html.HtmlElement]:
    """Of elements in the order of the page, those that stand within no other: each text is looked at once."""
    within: set[lxml.html.HtmlElement] = set()
    for element in elements:
        if element not in within:
            within.update(element.iter())
            yield element


def _hidden(root: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    found = filter(_is_hidden, _PERHAPS_HIDDEN(root))
    chosen = {*_chosen(root, dict.fromkeys(_selectors(root)))}
    if not chosen:
        return found
    hidden = chosen.union(found)
    return (element for element in root.iter() if element in hidden)


class _Compound(NamedTuple):
    """The part of a selector that speaks of one element: its tag, if said, and its names as `.class` and `#id`."""

    tag: str
    names: frozenset[str]

    def fits(self, element: lxml.html.HtmlElement) -> bool:
        return self.tag in ("", element.tag) and self.names <= _names_of(element)


def _names_of(element: lxml.html.HtmlElement) -> set[str]:
    return {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id', '')}"}


def _chosen(root: lxml.html.HtmlElement, selectors: Iterable[str]) -> Iterator[lxml.html.HtmlElement]:
    """What selectors of tags, classes and ids choose, by name, or of one element's attributes; others can take minutes
    to tell."""
    selectors = [*selectors]
    wanted = [compounds for one in selectors if (compounds := _compounds(one))]
    for selector in islice(filter(_BY_ATTRIBUTE.fullmatch, map(str.strip, selectors)), _MOST_BY_ATTRIBUTE):
        yield from islice(root.cssselect(selector), _MOST_CHOSEN)
    named: dict[str, list[lxml.html.HtmlElement]] = {}
    for value in _NAMES(root) if wanted else ():
        for name in value.split():
            named.setdefault(f"{'.' if value.attrname == 'class' else '#'}{name}", []).append(value.getparent())
    perhaps = ((element, compounds) for compounds in wanted for element in _at_hand(compounds, named))
    for element, (*above, last) in islice(perhaps, _MOST_CHOSEN):
        way = element.iterancestors()
        if last.fits(element) and all(any(map(part.fits, way)) for part in reversed(above)):
            yield element


def _at_hand(
    compounds: list[_Compound], named: Mapping[str, list[lxml.html.HtmlElement]]
) -> Iterator[lxml.html.HtmlElement]:
    """Elements of the last name in a selector, or of its last tag within one of that name."""
    names = next(part.names for part in reversed(compounds) if part.names)
    for element in named.get(min(names), ()):
        yield from [element] if compounds[-1].names else element.iter(compounds[-1].tag)


def _compounds(selector: str) -> list[_Compound]:
    """The parts of a selector, outermost first; none if it is another one."""
    parts = re.split(r"[\s>]+", selector.strip()) if len(selector) <= _LONGEST_SELECTOR else []
    found = [_COMPOUND.fullmatch(part) for part in parts]
    read = [_Compound(one[1].lower(), frozenset(_NAME.findall(one[2]))) for one in found if one and one[0]]
    return read if len(read) == len(found) and any(part.names for part in read) else []


def _selectors(root: lxml.html.HtmlElement) -> Iterator[str]:
    """Of what the page's own style hides on every screen (what other sheets hide is not known here), and of what its
    data say is not free to read."""
    for style in root.iter("style"):
        yield from _hiding(style.text or "")
    for script in root.iter("script"):
        if "cssSelector" in (script.text or ""):
            for part in filter(_NOT_FREE.search, _PAID_PART.findall(script.text)):
                yield from _SELECTOR.findall(part)


def _hiding(sheet: str) -> Iterator[str]:
    """Selectors of the rules that hide; those within a block hold somewhere only, unless it is for every screen."""
    within: list[bool] = []  # of the blocks around: whether it holds everywhere
    for rule in _REMARK.sub("", sheet).split("}"):
        *openings, body = rule.split("{")
        within += [bool(_EVERYWHERE.search(opening)) for opening in openings]
        if openings and all(within[:-1]) and _hides("".join(body.lower().split())):
            yield from openings[-1].rpartition(";")[2].split(",")
        if within:
            within.pop()


def _hides(declarations: str) -> bool:
    """Whether the declarations of a rule, in lower case and without blanks, keep their element out of sight."""
    return bool(_OUT_OF_SIGHT.search(declarations)) or (
        "max-height:" in declarations and bool(_CLIPPED.search(declarations))
    )


def _is_hidden(element: lxml.html.HtmlElement) -> bool:
    if (element.tag in _SHUT and element.get("open") is None) or element.get("hidden") is not None:
        return True
    if any(not _BODY_NAMES.isdisjoint(element.get(key, "").lower().split()) for key in _NAMED_BY):
        return True
    if element.get("aria-hidden") == "true" or not _HIDDEN_CLASS.isdisjoint(element.get("class", "").split()):
        return True
    return bool(_OUT_OF_SIGHT.search("".join(element.get("style", "").lower().split())))


class _Block(NamedTuple):
    """What a block says, whatever stands inline within it, and the places of its pieces."""

    text: str
    pieces: list[tuple[etree._Element, str]]


def _blocks_in(top: lxml.html.HtmlElement) -> Iterator[_Block]:
    """The blocks below `top`, itself one, but menus: where most is linked."""
    owners: dict[etree._Element, etree._Element] = {}
    pieces: dict[etree._Element, list[tuple[etree._Element, str]]] = {}
    for element in top.iter():
        above = owners.get(element.getparent(), top)
        own = owners[element] = element if element.tag in BLOCKS else above
        if isinstance(element.tag, str) and element.tag not in ("script", "style"):
            pieces.setdefault(own, []).append((element, "text"))
        if element is not top:
            pieces.setdefault(above, []).append((element, "tail"))
    for some in pieces.values():
        text = " ".join("".join(_piece(*each) for each in some).split())
        linked = sum(len(one.text or "") for one, place in some if place == "text" and one.tag == "a")
        if text and linked * 2 < len(text):
            yield _Block(text, some)


def _piece(element: etree._Element, place: str) -> str:
    text = getattr(element, place) or ""
    return f" {text}" if place == "tail" and element.tag == "br" else text


def _set_blocks(blocks: list[_Block], others: Mapping[str, str]) -> None:
    for text, pieces in blocks:
        if text in others:
            for element, place in pieces:
                setattr(element, place, None)
            setattr(*pieces[0], others[text])


def _set_attribute(element: etree._Element, name: str, others: Mapping[str, str]) -> None:
    for other in others.values():
        element.set(name, other)


def _strings_in(script: etree._Element) -> list[str]:
    """The strings of a script that read like prose and are not called a description: long ones, or many."""
    source = script.text or ""
    prose = [*_prose_in(source)]
    if sum(map(len, prose)) < MANY:
        prose = [text for text in prose if len(text) >= PARAGRAPH]
    waits = any(part in script.get("type", "") for part in _ISLANDS)
    return [*prose, source] if waits and _reads_like_prose(source) else prose


def _prose_in(source: str) -> Iterator[str]:
    for found in LITERAL.finditer(source):
        text = found[0][1:-1]
        if len(text) < PROSE:
            continue
        if len(text) < NO_ABSTRACT and DESCRIBING_KEY.search(source, max(0, found.start() - 40), found.start()):
            continue
        if _reads_like_prose(text, PROSE):
            yield text


def _set_strings(script: etree._Element, others: Mapping[str, str]) -> None:
    """Empty these strings; facts among them would be no program."""
    source = script.text
    if source not in others:
        source = LITERAL.sub(lambda found: found[0][0] + found[0][-1] if found[0][1:-1] in others else found[0], source)
    script.text = others.get(source, source)


def _holds_prose(value: str) -> bool:
    """Whether an attribute holds data whose strings are prose."""
    return value.lstrip()[:1] in ("{", "[") and sum(map(len, _prose_in(value))) >= HIDDEN_PROSE


def _reads_like_prose(text: str, least: int = PARAGRAPH) -> bool:
    plain = _plain(text)
    if len(plain) < least or plain.count(" ") * 12 < len(plain):
        return False
    return len(_NO_LETTER.findall(plain)) <= (1 - _LETTERS) * len(plain)


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
