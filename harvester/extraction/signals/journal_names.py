"""Reads the journal's name where no metadata says it: in citations that the page prints, and in the title element.

Run only when nothing else names a journal. A name alone proves nothing, the site has one too: a citation must follow
it, or another place of the page must repeat it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from harvester.extraction.document import BLOCKS, Document, Element, string_value
from harvester.extraction.labels import fact_of
from harvester.extraction.normalise.dates import MONTH_OF
from harvester.extraction.normalise.text import fold, tidy
from harvester.extraction.signals.signal import Signal

_SEPARATOR = re.compile(r"\s+[-–—|»«·:]+\s+|\s*[|»]\s*|:\s+")
_JOURNAL_WORD = re.compile(
    r"\b(?:journal|revue|revista|rivista|zeitschrift|annal\w*|archiv\w*|letters?|bulletin|review|magazine|proceedings|"
    r"transactions|acta|cahiers?|materials|tijdschrift|quarterly|studies|research|science|dergi\w*|журнал|вестник)\b",
    re.IGNORECASE,
)
_NO_JOURNAL = re.compile(
    r"\b(?:full[- ]?text|abstract|html|pdf|article|home|online|library|publish\w*|publications|press|portal|platform|"
    r"repositor\w*|digital|database|collections?|archives? ouvertes|universit\w*|login|search|vol(?:ume)?|issue|"
    r"item|details?|view|open access|doi|project|experiment)\b",
    re.IGNORECASE,
)
# Words before a volume's number.
_VOLUME = (
    r"(?:vol(?:umen?)?|tome|band|jahrgang|jg|año|ano|anno|annata|cilt|том|tom|rocznik|ročník|roč|årgang|årg|svezak|"
    r"évfolyam)"
)
_NAME = r"(?P<journal>[^\W\d_][^\d;:()\[\]|]{2,90}?)"
_PLACES = (
    # Valley Bulletin 2015; 9(3): 101-110 | Chem. Commun., 2012,48, 110 | Valley Research 2012, 14:327
    re.compile(
        rf"^{_NAME}[\s,.;]*\(?(?:19|20)\d\d\)?\s*[A-Z]?[a-z]*\s*\d*[;,:]?\s*\d{{1,4}}\s*(?:\(\s*[\w/–-]+\s*\))?"
        r"\s*(?:[,:;]\s*\w|(?<=\))\.?$)"
    ),
    # Zeitschrift des Tals 61 (2015) 4, S. 22-37
    re.compile(
        rf"^{_NAME}[\s,]+\d{{1,4}}\s*\((?:19|20)\d\d\)\s*,?\s*(?:H(?:eft)?\.?\s*)?\d{{1,3}}(?:[-/–]\d+)?\s*,\s*(?:S|pp?)\.\s*\d"
    ),
    # Valley Res., 13, 1689-1712, 2013 | Valley Geographer, Volume 10, Number 4, December 2011
    re.compile(
        rf"^(?:source\s*:\s*)?{_NAME}\s*,\s*(?:{_VOLUME}\.?\s*)?\d{{1,4}}\s*(?:\([\w/–-]+\))?\s*,"
        r"[^.]{0,80}\b(?:19|20)\d\d\b",
        re.IGNORECASE,
    ),
    # Valley Open / Volume 2 / 2016 | Valley Studies Vol. 4, No. 2 (2019) | Valley Studies, 2019 Vol.4 No.2
    re.compile(
        rf"^{_NAME}[\s,/–-]+(?:(?:19|20)\d\d[\s,]+)?{_VOLUME}\.?\s*(?:\d+|[IVXLC]+)\b",
        re.I,
    ),
    # Dans Valley Review 2009/2 (No 12)
    re.compile(rf"^(?:dans|in|en|em)\s+{_NAME}\s+(?:19|20)\d\d\s*/\s*\d+", re.IGNORECASE),
)
_CITED = re.compile(
    rf"(?:[\s”\"’]{{0,3}}[.,]|(?<=[?!]))[\s”\"’]{{1,3}}{_NAME}\s*,?\s*(?:{_VOLUME}\.?\s*)?\d{{1,4}}\s*\(\s*[\w/–-]+\s*\)",
    re.IGNORECASE,
)
_OF_JOURNAL = re.compile(
    r"^(?:(?:journal|publication|revue|periodical|serial)[-_]?(?:title|name)(?:[-_]?(?:link|text))?|"
    r"(?:tit(?:le|re)|nom)[-_](?:revue|journal))$",
    re.I,
)
# How to cite: Quill A, Lind O. Barges of the valley. Valley Studies. 2022; 1:9.
_TO_CITE = re.compile(
    r"\b(?:how to cite|cite (?:this )?(?:article )?as|citar como|cómo citar|como citar|pour citer[^:]{0,25}|"
    r"zitierweise|to cite this article)\s?:",
    re.IGNORECASE,
)
_AS_CITED = re.compile(
    rf".{{10,400}}?[.?!”\"]\s+{_NAME}[.,]?\s+(?:19|20)\d\d\s*;\s*\d{{1,4}}\s*(?:\([\w/–-]+\))?\s*:\s*\w"
)
_TO_CITE_SEEN = 4  # labels of a citation that are looked behind
_TRAIL = re.compile(r"breadcrumb|ariane|(?:^|[\s_-])fil(?:$|[\s_-])|\btrail\b", re.IGNORECASE)
_OF_ISSUES = re.compile(r"\b(?:issues?|archiv\w*|numéros?|números?|hefte|all|list|journals|revues|current)\b", re.I)
_NUMBERED_LINK = re.compile(r"(?:vol(?:ume)?|tome|band|jahrgang|t|v)\.?\s*\d", re.IGNORECASE)
_SENTENCE_END = re.compile(r"\b[^\W\d_A-ZÀ-Þ]{4,}\. ")  # not an abbreviation: those of names are in capitals
_SEEN = 400_000  # characters of the page that are searched for a citation
_LONGEST_LINE = 240  # characters of a block that is a citation
_BEFORE, _AFTER = 12, 16  # blocks looked at around the title
_ROOT = re.compile(r"^(?:https?://[^/]+)?/?(?:index\.\w+|home)?(?:[?#].*)?$")
_VOLUME_LINE = re.compile(
    r"^(?:(?:19|20)\d\d\s*[,/–-]\s*)?(?:[^\W\d_]+(?:/[^\W\d_]+)?\s+(?:19|20)\d\d\s*,?\s*)?"
    r"(?:vol(?:ume)?|tome|band|jahrgang|volumen|cilt)\.?\s*\d+\b",
    re.IGNORECASE,
)


def read(document: Document, title: Signal | None, *, numbered: bool) -> list[Signal]:
    """One Signal `printed:journal`, or none; `title` is the article's title and where it is printed.

    The name of a site is taken for a journal's only where the page is `numbered`: it states a volume or an ISSN.
    """
    body = document.root.find("body")
    words = " ".join(title.value.split()) if title is not None else ""
    if body is None or title is None or not words:
        return []
    parts = _parts_of_title(document, words)
    printed = title.element if title.attribute is None and title.element.tag != "title" else None
    found = (
        _in_title_element(document, next(filter(_JOURNAL_WORD.search, parts), None))
        or _in_named(document)
        or (_beside(printed, fold(words)) if printed is not None else None)
        or _in_citation(body, words)
        or _in_title_element(document, _repeated(body, parts) if numbered else None)
        or (_in_trail(document) if numbered else None)
    )
    return [found] if found else []


def _in_title_element(document: Document, name: str | None) -> Signal | None:
    return Signal("printed", "journal", name, None, document.root.find("head/title"), None, name) if name else None


def _in_named(document: Document) -> Signal | None:
    """The name in an element whose class or id says that it holds a journal's title."""
    for element in document.named(_names_journal):
        text = " ".join(string_value(element).split())
        if text and _is_name(text) and not _in_reference(element):
            return Signal("printed", "journal", text, None, element, None)
    return None


def _in_trail(document: Document) -> Signal | None:
    """The link of a trail of links (breadcrumb) that calls itself a journal or leads to a volume's link."""
    trails = document.classed(_TRAIL.search) if document.classes else []
    for trail in trails[:4]:
        links = list(islice(trail.iter("a"), 12))
        texts = [" ".join(string_value(link).split()) for link in links]
        for link, text, following in zip(links, texts, [*texts[1:], ""], strict=False):
            journal = _JOURNAL_WORD.search(text) or _NUMBERED_LINK.match(following)
            if journal and _is_name(text) and not _OF_ISSUES.search(text) and not _ROOT.match(link.get("href") or "/"):
                return Signal("printed", "journal", text, None, link, None)
    return None


@lru_cache(maxsize=8192)
def _names_journal(names: str) -> bool:
    return any(map(_OF_JOURNAL.match, names.split()))


def _in_reference(element: Element) -> bool:
    return any(
        ancestor.tag in ("li", "ol", "footer", "nav", "form", "cite")
        or re.search(
            r"referenc|biblio|\bref|cit(?:ed|ation)|related", f"{ancestor.get('class')} {ancestor.get('id')}", re.I
        )
        for ancestor in element.iterancestors()
    )


def _beside(title: Element, words: str) -> Signal | None:
    """The name at the start of a citation that is a block of its own, near the title, and not the title's `words`."""
    for block in (*islice(_lines(title, after=True), _AFTER), *islice(_lines(title, after=False), _BEFORE)):
        text = " ".join(string_value(block).split())
        if len(text) <= _LONGEST_LINE and _VOLUME_LINE.match(text) and (named := _heading_before(block)) is not None:
            heading = " ".join(string_value(named).split())
            if fold(heading) != words:
                return Signal("printed", "journal", heading, None, named, None)
            continue
        for line in (text, *(" ".join(part.split()) for part in _broken(block))):
            if 8 <= len(line) <= _LONGEST_LINE and (name := _named(line)):
                return Signal("printed", "journal", name, None, block, None)
    return None


def _heading_before(block: Element) -> Element | None:
    """The heading or link right before a block that begins with a volume: what the volume is of."""
    element = block
    for _ in range(3):
        before = element.getprevious()
        if before is not None:
            text = " ".join(string_value(before).split())
            inner = next(before.iter("a", "h1", "h2", "h3", "h4"), None)
            # A box with more in it than the one link is a byline.
            named = inner is not None and " ".join(string_value(inner).split()) == text
            return before if named and len(text) <= 90 and _is_name(text) else None
        element = element.getparent()
        if element is None or element.tag == "body":
            return None
    return None


def _named(line: str) -> str | None:
    for pattern in _PLACES:
        found = pattern.search(line)
        if found:
            name = found["journal"].strip(" ,.;/–-")
            return name if _is_name(name) else None
    return None


def _is_name(name: str) -> bool:
    if not 3 <= len(name) <= 100 or not name[0].isupper() or _NO_JOURNAL.search(name):
        return False
    if re.search(r"[>»<@]|https?:", name) or set(re.split(r"[/\s]+", fold(name))) & MONTH_OF.keys():
        return False
    return not re.search(
        r"\b(?:published|received|accepted|copyright|©|available|posted|submitted|by|pages?)\b", name, re.I
    )


def _broken(block: Element) -> Iterator[str]:
    """The lines of a block that `br` breaks."""
    if next(block.iter("br"), None) is None:
        return
    line: list[str] = []
    for event in block.iter():
        if event.tag == "br":
            yield "".join(line)
            line = [event.tail or ""]
        elif isinstance(event.tag, str) and event is not block:
            line.append(event.text or "")
            line.append(event.tail or "")
        elif event is block:
            line.append(event.text or "")
    yield "".join(line)


def _lines(title: Element, *, after: bool) -> Iterator[Element]:
    """Innermost blocks and spans after the title, or before it from the nearest on."""
    element = title
    for _ in range(5):
        for sibling in islice(element.itersiblings(preceding=not after), _AFTER):
            if isinstance(sibling.tag, str) and sibling.tag not in ("script", "style", "nav", "form", "select", "ol"):
                yield from _leaves(sibling)
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "html"):
            return
        element = parent


def _leaves(element: Element) -> Iterator[Element]:
    inner = [child for child in element if isinstance(child.tag, str) and child.tag in BLOCKS and child.tag != "ol"]
    if not inner:
        yield element
        return
    for child in islice(inner, _AFTER):
        yield from _leaves(child)


def _in_citation(body: Element, title: str) -> Signal | None:
    """The name after the title in a citation of this article: `Title. Name, 7(2), 10-31`."""
    text = " ".join(string_value(body)[:_SEEN].split())
    at = text.find(title)
    while at >= 0:
        found = _CITED.match(text, at + len(title), at + len(title) + 200)
        if found and _is_name(name := found["journal"].strip(" ,.;")):
            return Signal("printed", "journal", name, None, body, None)
        at = text.find(title, at + 1)
    ends = (label.end() for label in islice(_TO_CITE.finditer(text), _TO_CITE_SEEN))
    found = next((cited for end in ends if (cited := _AS_CITED.match(text[end : end + 600]))), None)
    if found and _is_name(name := _SENTENCE_END.split(found["journal"])[-1].strip(" ,.;")):
        return Signal("printed", "journal", name, None, body, None)
    return None


def _parts_of_title(document: Document, title: str) -> list[str]:
    """What the title element holds beside the article's title and could be a journal's name."""
    element = document.root.find("head/title")
    text = tidy(element.text or "") if element is not None else ""
    at = text.casefold().find(title.casefold()[:80])
    if not text or at < 0:
        return []
    rest = f"{text[at + len(title) :]} | {text[:at]}"
    parts = [re.sub(r"\s*\([^)]*\)\s*$", "", part).strip(" -–—|:,.") for part in _SEPARATOR.split(rest)]
    parts = [part for part in parts if 3 < len(part) < 100 and not part[0].isdigit() and not _NO_JOURNAL.search(part)]
    return [part for part in parts if not fact_of(part)]  # `Journal: Valley Papers` names it after its label


def _repeated(body: Element, parts: list[str]) -> str | None:
    """The part that a heading of the page holds too, or a link of several words that leads into the site."""
    if not parts:
        return None
    headings = {fold(string_value(heading)) for heading in islice(body.iter("h1", "h2", "h3"), 60)}
    if name := next((part for part in parts if fold(part) in headings), None):
        return name
    links = {fold(string_value(a)) for a in islice(body.iter("a"), 400) if not _ROOT.match(a.get("href") or "/")}
    return next((part for part in parts if " " in part and fold(part) in links), None)
