"""Reads who wrote an article where no metadata says so: elements named authors, the names under the title.

Run only when nothing else names authors: every rule here is a guess that must be sure, for an author who is none is
worse than none.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from harvester.extraction.document import BLOCKS, Document, Element, string_value
from harvester.extraction.labels import fact_of, is_section, label_of
from harvester.extraction.normalise.names import clean_name, looks_like_name, split_names
from harvester.extraction.normalise.text import tidy
from harvester.extraction.signals.label_places import SIDEBAR, rank_of
from harvester.extraction.signals.signal import Signal

_ELEMENTS = 400  # looked at; a page with more names authors of many articles
_NAME = re.compile(
    r"(?:^|[-_a-z0-9])(?:authors?|auteurs?|autor(?:e[ns]?|i)?|bylines?|contrib(?:utor)?s?|creators?)"
    r"(?:$|[-_]?(?:groups?|names?|lists?|strings?|box|info|data|links?|text|items?|line|block|s)$)",
    re.IGNORECASE,
)
_NOT_NAME = re.compile(
    r"bio|affil|corresp|note|email|search|browse|guide|instruct|resource|tool|nav|menu|icon|count|comment|editor|"
    r"avatar|image|photo|more|toggle|button|contribution|title|keyword",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    rf"referenc|biblio|cited|citation|citing|comment|related|recommend|{SIDEBAR}|footer|\bbio|search|similar|also|"
    r"abstract|\btoc\b|listing|results?\b|metrics|modal|popular|latest|breadcrumb|navbar|dropdown|cookie",
    re.IGNORECASE,
)
_DROPPED = frozenset(("sup", "sub", "script", "style", "svg", "noscript", "template", "select", "option", "img"))
_SET_APART = frozenset(("em", "i", "small", "address"))
_PART_OF_NAME = re.compile(r"given|family|surname|first|last|fore|suffix|middle", re.IGNORECASE)
_TRAILING_AND = re.compile(r"\s+(?:and|et|und|y|e|en|og|och|ve|i|и|&)$")
_BREAK = "\x1f"
_INSTITUTION = re.compile(
    r"\b(?:univ\w*|inst|institut\w*|dept|d[ée]part\w*|laborat\w*|hospital\w*|h[ôo]pital\w*|faculty|facult[ée]|school|college|"
    r"cent(?:er|re|ro)|service|clinic\w*|clinique|academy|acad[ée]mie|division|inc|ltd|gmbh|cnrs|inserm|chu|museum|"
    r"escuela|facultad|faculdade|klinik\w*|instituto|istituto|dipartimento|library|research|company|agency|society|planetarium|"
    r"observator\w*|foundation|council|ministry|office|bank|trust|corporation|corp)\b",
    re.IGNORECASE,
)
_SEEN = 400_000  # characters of the page in which the names of `meta author` must stand
_NEAR = 500  # characters after the title
_DROPPED_NAME = re.compile(
    r"affil|\baff\b|address|instit|tooltip|overlay|popup|popover|e-?mail|orcid|\bbio|hidden|sr-only|visually|degree|"
    r"footnote|superscript|note|corresp|role|department|metrics|share|dropblock",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff々·]{2,5}")
_HAS_DIGIT = re.compile(r"\d").search
_ADDRESS = re.compile(r"^(?:mailto:|#|javascript:|https?://(?:www\.)?orcid\.org)", re.IGNORECASE)
_BY = re.compile(
    r"^\s*(?:(?-i:di|von)(?=\s+[A-ZÀ-Þ]\w+\s+[A-ZÀ-Þ]\w)|written\s+by|by|par|por|authors?\s*:|auteurs?(?:\(s\))?\s*:|autor(?:es|en|i)?\s*:)\s+",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"(?<![-‐])\b(?:articles?|papers?|reports?|reviews?|editorials?|letters?|research|original|volumes?|issues?|special|section|"
    r"journal|revue|revista|press|publish\w*|access|open|free|received|accepted|author\w*|editors?|open|pages?|full|text|"
    r"abstract|download|copyright|rights|reserved|login|home|contents|conference|proceedings|workshop|chapter|book|study|"
    r"international|national|and|the|of|in|for|on|from|with|department|et\sal|pdf|html|doi|issn|request|permissions?|january|february|march|"
    r"april|june|july|august|september|october|november|december|monday|friday|news|blog|online|first|view|show|read|"
    r"related|information|corresponding|version|history|metrics|cite|citation|share|print|email|search|article|artículo|"
    r"artigo|artikel|originalarbeit|kurzbericht|numéro|número|tome|communication|brief|short|case|rapid|thesis|"
    r"dissertation|preprint|group|supplement\w*|materials?|methods?|results?|introduction|keywords?)\b(?![-‐])",
    re.IGNORECASE,
)
_AFTER = 14  # blocks after the title among which its authors stand
_LONGEST = 3000  # characters of a list of authors
_SEPARATORS = re.compile(r"^[\s,;|•·/&*†‡§0-9]*(?:(?:and|et|und|y|e|en|og|och|ve|i|и|&)[\s,]*)?$", re.IGNORECASE)


def read(document: Document, crediting: Sequence[Element], title: Signal | None) -> list[Signal]:
    """One Signal `byline:authors` with the names in printed order, or none.

    `crediting` are the elements whose class, id or relation may name authors, `title` is where the title is printed.
    """
    body = document.root.find("body")
    if body is None:
        return []
    printed = title.element if title is not None and title.attribute is None else None
    found = _credited(crediting, printed) or (_under(printed) if printed is not None else None)
    if found is None:
        return _declared(document, body, printed)
    element, names = found
    return [Signal("byline", "authors", "; ".join(names), None, element, None, names[0], names)]


_Found = tuple[Element, tuple[str, ...]]


def _declared(document: Document, body: Element, title: Element | None) -> list[Signal]:
    """`meta author`, often whoever made the page: only names that are printed, one alone only right under the title."""
    meta = next((e for e in document.root.iter("meta") if (e.get("name") or "").lower() == "author"), None)
    value = tidy(meta.get("content", "")) if meta is not None else ""
    names = tuple(name for part in split_names(value) if (name := clean_name(part)))
    if not names or not all(map(is_person, names)):
        return []
    text = " ".join(string_value(body)[:_SEEN].split())
    if len(names) == 1:
        words = " ".join(string_value(title).split()) if title is not None else ""
        at = text.find(words) + len(words) if words and words in text else len(text)
        text = text[at : at + _NEAR]
    if not all(name.replace(",", " ").split()[-1] in text for name in names):
        return []
    return [Signal("byline", "authors", value, None, meta, "content", None, names)]


def _credited(crediting: Sequence[Element], title: Element | None) -> _Found | None:
    """The names in the first element that is named authors, or in all of its kind when each holds one."""
    if len(crediting) > _ELEMENTS:
        return None
    around = frozenset(title.iterancestors()) if title is not None else frozenset()
    elements = [element for element in crediting if not _apart(element, around)]
    for element in elements:
        if not _is_named(element):
            continue
        names = names_of(element, named=True)
        if len(names) > 1:
            return element, names
        if len(names) == 1 and not any(element in other.iterancestors() and _is_named(other) for other in elements):
            return element, _alike(element, elements, names)
    return None


def _alike(element: Element, elements: list[Element], names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of `element` and of the others of its tag and class that are as deep in the page."""
    depth = _depth(element)
    found = dict.fromkeys(names)
    for other in elements:
        same = other.tag == element.tag and other.get("class") == element.get("class")
        if same and other is not element and _depth(other) == depth:
            found.update(dict.fromkeys(names_of(other, named=True)))
    return tuple(found)


def _depth(element: Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _is_named(element: Element) -> bool:
    if element.tag in ("input", "form", "meta", "script", "label", "body", "html", "img", "button"):
        return False
    if element.get("rel") == "author" or element.get("itemprop") in ("author", "creator"):
        return True
    names = [*(element.get("class") or "").split(), element.get("id") or ""]
    return any(name and _NAME.search(name) and not _NOT_NAME.search(name) for name in names)


def _apart(element: Element, around: frozenset[Element]) -> bool:
    """True in references, menus and the like; what is around the title too is around the article."""
    for ancestor in (element, *element.iterancestors()):
        if ancestor in around:
            return False
        if ancestor.tag in ("nav", "footer", "aside", "form"):
            return True
        if ancestor.tag not in ("body", "html") and _ELSEWHERE.search(
            f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"
        ):
            return True
    return False


def names_of(element: Element, *, named: bool = False) -> tuple[str, ...]:
    """The names that an element holds and nothing else: marks, buttons and addresses of institutions are left out.

    Affiliations may be set apart by type, or may follow the last name: one name before an address is believed only in
    an element that is `named` authors.
    """
    if len(string_value(element)) > 3 * _LONGEST or _begins_with_mark(element):
        return ()
    for dropped in (_DROPPED, _DROPPED | _SET_APART):
        parts = _parts("".join(_pieces(element, dropped)))
        people = [part for part in parts if is_person(part) or (named and _is_unspaced(part))]
        if people and len(people) >= 0.8 * len(parts):
            return tuple(dict.fromkeys(people))
        leading = tuple(takewhile(is_person, parts))
        if leading and len(leading) < len(parts) and _BY.match(element.text or "") and _HAS_DIGIT(parts[len(leading)]):
            return tuple(dict.fromkeys(leading))
        if len(leading) > (0 if named else 1) and len(leading) < len(parts) and _is_address(parts[len(leading)]):
            return tuple(dict.fromkeys(leading))
    return ()


def _begins_with_mark(element: Element) -> bool:
    """True where a raised mark comes before any word: a list of addresses."""
    for inner in element.iter():
        if inner.tag == "sup":
            return True
        if (inner.text or "").strip():
            return False
    return False


def _parts(text: str) -> list[str]:
    pieces = [piece for part in text.split(_BREAK) if (piece := _BY.sub("", tidy(part)).strip(" ,;"))]
    if sum(map(len, pieces)) > _LONGEST:
        return []
    people = [*takewhile(lambda piece: not _is_address(piece), pieces)]
    inverted = len(people) > 1 and all(piece.count(",") == 1 for piece in people)
    names = pieces if inverted else [name for piece in pieces for name in split_names(piece)]
    parts = (_TRAILING_AND.sub("", clean_name(name)) for name in names)
    return [part for part in parts if part and not _SEPARATORS.match(part) and not _BY.match(f"{part} ")]


def _is_address(text: str) -> bool:
    return bool(_INSTITUTION.search(text)) and not is_person(text)


def _is_unspaced(text: str) -> bool:
    """True for what may be a name in Han, Kana or Hangul; only where authors are expected, for any word looks so."""
    return bool(_UNSPACED.fullmatch(text)) and not label_of(text) and not fact_of(text)


def is_person(name: str) -> bool:
    """True for a printed name; labels, kinds of article and sentences are none."""
    plain = name.replace(",", " ")
    if (
        any(char in "():[]{}!?" for char in name)
        or _NO_PERSON.search(plain)
        or label_of(name)
        or fact_of(name)
        or is_section(name)
    ):
        return False
    return looks_like_name(plain) and any(len(word.strip(".")) > 1 for word in plain.split())


def _pieces(element: Element, dropped: frozenset[str]) -> Iterator[str]:
    """Text with breaks between elements that are a name each: items, blocks, links or spans with nothing between."""
    yield element.text or ""
    before = bool((element.text or "").strip())
    for child in element:
        if isinstance(child.tag, str) and child.tag not in dropped and not _is_dropped(child):
            alone = child.tag in BLOCKS or _stands_alone(child)
            if child.tag == "br" or child.tag in BLOCKS or (before and alone):
                yield _BREAK
            yield from _pieces(child, dropped)
            if alone:
                yield _BREAK
            before = True
        elif child.tag == "sup" and (child.tail or "").lstrip()[:1].isupper():
            yield _BREAK  # names with only marks between them
        yield child.tail or ""


def _is_dropped(element: Element) -> bool:
    if element.tag == "button":
        return not looks_like_name(" ".join(string_value(element).split()))
    if element.tag == "a" and _ADDRESS.match(element.get("href") or ""):
        words = string_value(element).strip()
        return not (len(words) > 3 and looks_like_name(words))
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(names) > 1 and bool(_DROPPED_NAME.search(names)) and not _NAME.search(names.strip().split()[0])


def _stands_alone(element: Element) -> bool:
    """True for a link or span that holds a whole name, with nothing but separators after it."""
    words = " ".join(string_value(element).split())
    if _PART_OF_NAME.search(element.get("class") or ""):
        return False
    whole = len(words.split()) > 1 or _UNSPACED.fullmatch(words) is not None
    return whole and bool(_SEPARATORS.match(element.tail or ""))


def _under(title: Element) -> _Found | None:
    """The first block after the title that holds names and nothing else; one name alone must be marked."""
    for count, block in enumerate(_blocks_after(title)):
        if count >= _AFTER:
            return None
        text = " ".join(string_value(block).split())
        if not text:
            continue
        if label_of(text) or len(text) > _LONGEST:
            return None
        if block.tag == "td" and block.getnext() is not None and rank_of(block) is not None:
            continue  # the bold label of a row
        names = names_of(block)
        if len(names) == 1:
            names = _with_siblings(block, names)
        if len(names) > 1 or (names and _is_marked(block, text)):
            return block, names
        if people := _with_addresses(block):
            return block, people
    return None


def _with_siblings(block: Element, names: tuple[str, ...]) -> tuple[str, ...]:
    """A name and those of the blocks of its kind right beside it, each with one."""
    found = dict.fromkeys(names)
    for sibling in islice(block.itersiblings(block.tag), 60):
        if sibling.get("class") != block.get("class") or len(more := names_of(sibling)) != 1:
            break
        found.update(dict.fromkeys(more))
    return tuple(found)


def _with_addresses(block: Element) -> tuple[str, ...]:
    """The names of lines that are `Name, Institution` each; lines with mail addresses may stand between."""
    lines = [line for part in "".join(_pieces(block, _DROPPED)).split(_BREAK) if (line := tidy(part))]
    if 1 < len(lines) <= 4 and is_person(clean_name(lines[0])) and _is_address(lines[1]):
        return (clean_name(lines[0]),)
    found: list[str] = []
    for line in lines:
        name, comma, rest = line.partition(",")
        if comma and is_person(clean_name(name)) and _INSTITUTION.search(rest):
            found.append(clean_name(name))
        elif not re.search(r"@|\[at\]|\bat\b|^https?:", line):
            return ()
    return tuple(dict.fromkeys(found))


def _is_marked(block: Element, text: str) -> bool:
    """`By Amara Quill`, a name with a mark of affiliation, or a link that leads to an author's page."""
    if _BY.match(text) or next(block.iter("sup"), None) is not None:
        return True
    return any(re.search(r"author|people|person|profile|contrib", link.get("href") or "") for link in block.iter("a"))


def _blocks_after(title: Element) -> Iterator[Element]:
    """Innermost blocks that follow the title in document order."""
    element = title
    for _ in range(4):
        for sibling in islice(element.itersiblings(), _AFTER):
            if isinstance(sibling.tag, str):
                yield from leaves(sibling)
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "html"):
            return
        element = parent


def leaves(element: Element) -> Iterator[Element]:
    """The innermost blocks of an element, itself if it holds none."""
    inner = [child for child in element if isinstance(child.tag, str) and child.tag in BLOCKS]
    if not inner or (element.tag in ("ul", "p", "ol") and len(inner) < 40):
        yield element
        return
    if _BY.match(element.text or ""):
        yield element
    for child in islice(inner, _AFTER):
        yield from leaves(child)
