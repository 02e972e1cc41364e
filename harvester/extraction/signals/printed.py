"""Reads what a page prints near its title without markup that names it: DOI, volume, issue, pages, dates."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from harvester.extraction.document import Document, Element
from harvester.extraction.signals.label_places import beside, names_others
from harvester.extraction.signals.signal import Signal

_DOI_PLACES = etree.XPath("//body//a[contains(@href,'doi.org/10.')]")
_REFERENCE = re.compile(r"referenc|biblio|citation|cited|footnote|related|recommend|reflist|literature|similar", re.I)
_DOI = re.compile(
    r"(?:\bdoi\b\s*[:=]?\s*|\bdoi\.org/)(?:https?://(?:dx\.)?doi\.org/)?\s*(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE
)
# View current issue (Volume 29 Issue 1): what a link to another issue says of that one.
_OF_OTHERS = re.compile(
    r"\b(?:(?:current|latest|newest|previous|next)(?: (?:issue|volume|number))?|"
    r"numéro (?:courant|en cours|précédent|suivant)|"
    r"dernier numéro|aktuelle(?:s|n)? (?:heft|ausgabe)|número (?:actual|atual|anterior)|último número|"
    r"numero (?:corrente|precedente))\W{0,4}$",
    re.IGNORECASE,
)
_LINK = 80  # characters before what it says of that issue
_WHOLE_DOI = re.compile(r"\s*10\.\d{4,9}/[^\s\"<>]+\s*$")
_MOST_TEXTS = 2000  # that hold the beginning of a DOI, and are looked at
_TEXTS_BEFORE = etree.XPath("count(preceding::text())")
_TEXTS_BELOW = etree.XPath("count(descendant::text())")
_MENUS = 20  # lists to choose from that are left out; a page with more is no article's
_BEFORE, _AFTER = 1500, 3000  # characters around the title: a citation further off is another article's
_REFERENCES = re.compile(
    r"\n[ \t]{0,40}+(?=[crblkpл])(?:(?:cited )?references|referencias|referências|références|bibliogra(?:ph|f)\w{1,3}|"
    r"literatur(?:verzeichnis)?|riferimenti|литература|kaynak\w*|piśmiennictwo)\b[^\n]{0,40}\s+"
    r"(?=(?:\[?\d{1,3}[\].)]?\s+)?(?-i:[^\W\d_][\w’'-]+,?\s+[A-ZÀ-ÞА-Я]{1,3}[.,]))",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
_SPACED = 5  # times as many characters are looked at where runs of space are not yet one
_CITED = 300  # characters of a line that cites the article, from its journal's name on
_NODES = 6  # text nodes after the word in which an ISSN stands, if it does
# Appl. Phys. Lett. 84, 657 (2004) | Opt. Express 12, 3340-3346 (2004)
_YEAR_LAST = re.compile(
    r"\b[^\W\d_]{2,}\.? (?P<volume>\d{1,4}) ?, ?(?P<pages>[A-Z]?\d{1,7}(?: ?[-–] ?[A-Z]?\d{1,7})?) ?\((?:19|20)\d\d\)"
)
_CITATIONS = (
    # Volume 83, Issue 2, February 2015, Pages 56–71 | Volume 111, 2013 - Issue 9-11 | Vol. 42 - N° 9-10 - p. 435-440
    re.compile(
        r"\b(?:vol(?:ume)?|tome|band|bd)\.?\s*(?P<volume>\d{1,4}\w?)\b"
        r"(?:[\s,;:.–—-]+(?:\d{4}\s*[-–,;]*\s*)?"
        r"(?:issues?|n(?:umbers?|um[ée]ros?|[°ºo]s?)|nos?|hefte?|iss)\.?\s*"
        r"(?P<issue>(?=[\w/-]{0,11}\d|suppl|spec)[\w/-]{1,12}))?",
        re.IGNORECASE,
    ),
    # Jahrgang 33 (2019), Heft 3, Seite 301 - 322 | roč. 12, č. 3 | Årg. 41, nr. 2 | T. 66, z. 4 (2018) | anno XII, n. 3
    re.compile(
        r"\b(?:jahrgang|jg|rocznik|ročník|roč|årgang|årg|svezak|volumen|annata|anno|año|ano|t|cilt|том|évfolyam|évf)\.?\s*"
        r"(?P<volume>\d{1,4}|[IVXLC]+)\b(?:\s*\(\s*(?:19|20)\d\d\s*\))?[\s,;.–-]{1,3}"
        r"(?:heft|h|zeszyt|z|číslo|č|häfte|h[æe]fte|nr|núm|n[úu]mero|num|n|n[°ºo]|№|sayı|broj|br|szám|выпуск|вып|номер)\.?\s*[:°º]?\s*"
        r"(?P<issue>\d{1,4}(?:[-/–]\d{1,4})?)\b",
        re.IGNORECASE,
    ),
    # 61 (2015) 4, S. 22-37
    re.compile(
        r"\b(?P<volume>\d{1,4})\s*\((?:19|20)\d\d\)\s*,?\s*(?:H(?:eft)?\.?\s*)?(?P<issue>\d{1,3}(?:[-/–]\d+)?)\s*,\s*"
        r"(?:S|pp?)\.\s*(?P<pages>\d{1,6}(?:\s*[-–]\s*\d{1,6})?)\b"
    ),
    # 2014, 79 (3), pp 880–887 | 2012, 14:327 | 12(3): 45-67
    re.compile(
        r"(?:\b(?:19|20)\d\d\b\s*[,;:]?\s*)(?!\d\d?:\d\d(?::| ?(?:[ap]\.?m\b|[A-Z]{2,4}\b)))"  # no time of day
        r"(?P<volume>\d{1,4})\s*(?:\(\s*(?P<issue>[\w/–-]{1,10})\s*\))?\s*[,:]\s*"
        r"(?:pp?\.?\s*)?(?P<pages>[A-Za-z]?\d{1,7}(?:\s*[-–]\s*[A-Za-z]?\d{1,7})?|E\d[A-Z]{2})\b"
    ),
    # 2015 Mar 12;56:120-131
    re.compile(
        r"\b(?:19|20)\d\d [A-Z][a-z]{2}(?:[ -]\w{1,3}){0,2} ?; ?(?P<volume>\d{1,4}) ?"
        r"(?:\( ?(?P<issue>[\w/–-]{1,10}) ?\))? ?: ?(?P<pages>[A-Za-z]?\d{1,7}(?: ?[-–] ?[A-Za-z]?\d{1,7})?)\b"
    ),
    # 68 (4), 2023: 709-718
    re.compile(
        r"\b(?P<volume>\d{1,4}) ?\( ?(?P<issue>\d{1,4}(?:[-/–]\d+)?) ?\) ?, ?(?:19|20)\d\d ?[:,] ?(?:pp?\.? ?)?"
        r"(?P<pages>\d{1,6} ?[-–] ?\d{1,6}|e\d{2,8})\b"
    ),
    re.compile(
        r"\b(?P<volume>\d{1,4})\s*\(\s*(?P<issue>\d{1,4}(?:[-/–]\d+)?)\s*\)\s*[:,]\s*(?:pp?\.?\s*)?(?P<pages>\d{1,6}\s*[-–]\s*\d{1,6}|e\d{2,8})\b"
    ),
    _YEAR_LAST,
)
_PAGES = re.compile(
    r"\b(?:pages?|pp?|seiten?|sidor|sider|strani?|stranice|sayfa|p[áa]ginas|p[áa]gs?|blz|str|стр|pagine|s(?:s|id)?(?=\.))\.?\s*:?\s*(?P<pages>[A-Za-z]?\d{1,7}\s*[-–]\s*[A-Za-z]?\d{1,7})\b",
    re.IGNORECASE,
)
# 2024 May 30;19(5):e0303969 | 2004;14:579-605
_PAGES_OF_CITATION = re.compile(
    r"\b(?:19|20)\d\d(?: [A-Z][a-z]{2}(?:[ -]\w{1,3}){0,2})?; ?\d{1,4} ?(?:\([^()]{1,12}\))? ?: ?"
    r"(?P<pages>e?\d{1,8}(?:[-–]e?\d{1,8})?)\b"
)
_DATES = re.compile(
    r"\b(?P<label>available\s+online|(?:first\s+)?published(?:\s+online)?(?:\s+first)?|first\s+published|"
    r"(?:publication|issue|release)\s+date|date\s+of\s+publication|year\s+published|version\s+of\s+record(?:\s+online)?|"
    r"posted|publié\s+(?:en\s+ligne\s+)?le|paru\s+le|erschienen(?:\s+am)?|mis\s+en\s+ligne\s+le|"
    r"veröffentlicht(?:\s+am)?|publicado\s+(?:en|el|em)|pubblicato\s+il|received|accepted|reçu\s+le|accepté\s+le)"
    r"(?:\s*\([\w\s]{1,20}\))?\s*:?\s*(?:on\s+)?\(?(?P<date>(?:19|20)\d\d\b(?![-/.\d])|(?:\d{1,2}\s+)?[^\W\d_]{3,10}\.?\s+(?:\d{1,2},?\s+)?\d{4}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2})",
    re.IGNORECASE,
)
_DATE = r"(?:(?:\d{1,2}\s+)?[^\W\d_]{3,10}\.?(?:\s*[/–-]\s*[^\W\d_]{3,10}\.?)?\s+)?(?:19|20)\d\d"
# A citation's date: 11 June 2014, 34 (24): | Research 2012, 14:327 | 2014, 79 (3), pp 880 | May/June 2017 Volume 23
# | 2015 Mar 12;56:120-131 | 68 (4), 2023: 709-718 | 68 (4): 709-718 (2023)
# | Volume 278, Issues 4-6, 31 October 1997 | vol.1 no.1 São Paulo June 1967 | Res., 13, 1689-1712, 2013
_CITED_DATES = (
    re.compile(r"\b(?P<date>\d{1,2}\s+[^\W\d_]{3,10}\s+(?:19|20)\d\d)\s*[,|;]\s*(?:\d{1,4}\s*\(|doi\b)", re.I),
    re.compile(
        rf"\b(?P<date>{_DATE})\s*[,;]?\s*(?!\d\d?:\d\d(?!\d|\s?[-–]))(?:vol(?:ume)?\.?\s*)?\d{{1,4}}\s*(?:\([\w\s/–-]{{1,12}}\))?\s*[:,]\s*"
        r"(?:pp?\.\s*)?[e\d]"
    ),
    re.compile(rf"\b(?P<date>{_DATE})\s*[,;]?\s*(?:vol(?:ume)?|tome|band)\b", re.I),
    re.compile(r"\b(?P<date>(?:19|20)\d\d)\s*/\s*\d{1,2}(?:-\d{1,2})?\s*\((?:n|vol|tome)", re.I),
    re.compile(rf"\b(?:vol(?:ume)?|tome|band|jahrgang)\.?\s*(?:\d{{1,4}}|[IVXLC]+)\b[^\n]{{0,50}}?[\s,(](?P<date>{_DATE})\b",
               re.I),
    re.compile(r"\b(?P<date>(?:19|20)\d\d(?: [A-Z][a-z]{2,8})?)\s*;\s*\d{1,4}\s*\(\s*\d{1,3}\s*\)"),
    re.compile(r"\b(?P<date>(?:19|20)\d\d [A-Z][a-z]{2}(?: \d{1,2})?) ?; ?\d{1,4} ?(?:\([^()]{1,12}\))? ?: ?e?\d"),
    re.compile(r"\b\d{1,4} ?\( ?\d{1,4}(?:[-/–]\d+)? ?\) ?, ?(?P<date>(?:19|20)\d\d) ?[:,] ?(?:pp?\.? ?)?e?\d"),
    re.compile(
        r"\b\d{1,4} ?\( ?\d{1,4}(?:[-/–]\d+)? ?\) ?[:,] ?(?:pp?\.? ?)?\d{1,6} ?[-–] ?\d{1,6}(?: ?\(|, ?)"
        r"(?P<date>(?:19|20)\d\d)\b"
    ),
    re.compile(r",\s*\d{1,4}\s*,\s*[A-Z]?\d{1,6}\s*[-–]\s*[A-Z]?\d{1,6}\s*,\s*(?P<date>(?:19|20)\d\d)\b"),
)  # fmt: skip
_DESCRIPTIONS = frozenset(("og:description", "og:title"))
_TEXTS_AROUND = 30  # texts before and after the title
_BARE_DAY = re.compile(
    r"\s*(?:\d{1,2}(?:er|\.|st|nd|rd|th)?\s(?:de\s)?[^\W\d_]{3,10}\.?,?\s(?:de\s)?|[^\W\d_]{3,10}\.?\s\d{1,2},\s)(?:19|20)\d\d\s*$"
)
_ISSN = re.compile(
    r"\b(e|p|l|electronic|print|online)?[\s-]?ISSN\b\W{0,3}(?:\([\w\s]+\)\W{0,3})?(\d{4}[-‐–]\d{3}[\dX])\b",
    re.IGNORECASE,
)

_NEAR_TITLE = frozenset(("doi", "volume", "pages", "date"))


def read(
    document: Document, title: str | None, known: frozenset[str], journal: str | None = None, year: str = ""
) -> list[Signal]:
    """Signals `printed:*` for what is not in `known` (`doi`, `volume`, `pages`, `date`, `issn`).

    `journal` and `year` are those that are stated: the volume may follow them far from the title.
    """
    signals: list[Signal] = []
    body = document.root.find("body")
    if body is None:
        return signals
    near = _near_title(_shown(document), title) if not known >= _NEAR_TITLE else ""
    if "doi" not in known:
        signals.extend(_dois(document, near, body))
    if "volume" not in known:
        signals.extend(_citation(near, body))
        if journal and year and not any(signal.name == "volume" for signal in signals):
            signals.extend(_after_journal(document, journal, year, body))
        if journal and not any(signal.name == "volume" for signal in signals):
            signals.extend(_in_description(document, journal))
    if "pages" not in known and not any(signal.name == "pages" for signal in signals):
        found = _first(_PAGES_OF_CITATION, near) or _first(_PAGES, near) or _first(_YEAR_LAST, near)
        signals.extend(Signal("printed", "pages", m["pages"], None, body, None) for m in found)
    if "date" not in known:
        dates = [*_dates(near, body)]
        if not any(signal.name in ("date.published", "date.online") for signal in dates):
            dates.extend(islice(_cited_date(near, body), 1))
        if not dates:
            dates.extend(_bare_dates(document, title))
        signals.extend(dates)
    if "issn" not in known:
        signals.extend(_issns(document, body))
    return signals


def _issns(document: Document, body: Element) -> Iterator[Signal]:
    """ISSNs beside the word, wherever they stand; more than three are a list of journals."""
    found: dict[str, re.Match[str]] = {}
    for at in _texts_that_hold(document.words, b"issn"):
        near = " ".join(document.texts[max(at - 1, 0) : at + _NODES])
        found.update((match[2], match) for match in _ISSN.finditer(near))
    if len(found) <= 3:
        for value, match in found.items():
            kind = {"e": "issn.electronic", "p": "issn.print"}.get((match[1] or "")[:1].lower(), "issn")
            yield Signal("printed", kind, value, None, body)


def _texts_that_hold(words: bytes, sought: bytes) -> Iterator[int]:
    """Which of a page's texts hold some words, by their place among them."""
    text, last = 0, 0
    while (at := words.find(sought, last)) >= 0:
        text += words.count(b"\0", last, at)
        yield text
        last = words.find(b"\0", at)
        if last < 0:
            return


def _shown(document: Document) -> list[str]:
    """The page's texts without what can be chosen from lists (the names of all issues, say) and lists of others."""
    shown = document.texts.copy()
    before = _TEXTS_BEFORE(document.body)
    others = [element for element in document.named(names_others) if element.tag not in ("html", "body")]
    for options in (*islice(document.body.iter("select"), _MENUS), *others[:_MENUS]):
        start = int(_TEXTS_BEFORE(options) - before)
        for at in range(start, min(start + int(_TEXTS_BELOW(options)), len(shown))):
            shown[at] = ""
    return shown


def _near_title(texts: list[str], title: str | None) -> str:
    text = "\n".join(texts)
    at = max(_find_words(text, (title or "").split()), 0)
    before = " ".join(text[max(0, at - _SPACED * _BEFORE) : at].split())
    after = text[at : at + _SPACED * _AFTER]
    if end := _REFERENCES.search(after):  # from there on it is others' volumes and dates
        after = after[: end.start()]
    return f"{before[-_BEFORE:]} {' '.join(after.split())[:_AFTER]}"


def _find_words(text: str, words: list[str]) -> int:
    """Where words stand in a text one after the other, whatever white space parts them; -1 if they do not."""
    at = text.find(words[0]) if words else -1
    while at >= 0:
        end = at + len(words[0])
        for word in words[1:]:
            space = _SPACE.match(text, end)
            if space is None or not text.startswith(word, space.end()):
                break
            end = space.end() + len(word)
        else:
            return at
        at = text.find(words[0], at + 1)
    return -1


def _first(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    found = pattern.search(text)
    return [found] if found else []


def _of_this(pattern: re.Pattern[str], near: str) -> re.Match[str] | None:
    """The first match that is not in a link to another issue."""
    matches = pattern.finditer(near)
    return next((m for m in matches if not _OF_OTHERS.search(near, max(0, m.start() - _LINK), m.start())), None)


def _citation(near: str, body: Element) -> Iterator[Signal]:
    for pattern in _CITATIONS:
        if found := _of_this(pattern, near):
            for name, value in found.groupdict().items():
                if value:
                    yield Signal("printed", name, value, None, body, None)
            return


def _after_journal(document: Document, journal: str, year: str, body: Element) -> Iterator[Signal]:
    """Volume, issue and pages in a line that begins with the journal's name and holds the year of the article."""
    name = " ".join(journal.split())
    for at, text in enumerate(document.texts):
        if name in text:
            line = " ".join(" ".join(document.texts[at : at + _NODES]).split())
            after = line[line.find(name) + len(name) :][:_CITED].partition(name)[0]
            found = _CITATIONS[0].match(after.lstrip(" ,;:.–—-"))
            if found and found["issue"] and year in after:
                for key, value in found.groupdict().items():
                    yield Signal("printed", key, value, None, body, None)
                yield from (Signal("printed", "pages", m["pages"], None, body, None) for m in _first(_PAGES, after))
                return


def _in_description(document: Document, journal: str) -> Iterator[Signal]:
    """Volume, issue and pages behind the journal's name in the citation that a page gives as its description."""
    for element, said in document.meta_elements:
        text = " ".join(said.get("content", "").split())
        if said.get("property") in _DESCRIPTIONS and (at := text.find(journal)) >= 0:
            after = text[at + len(journal) :][:_CITED]
            if found := _CITATIONS[0].match(after.lstrip(" ,;:.–—-")):
                for key, value in found.groupdict().items():
                    if value:
                        yield Signal("printed", key, value, None, element, "content", None)
                return


def _bare_dates(document: Document, title: str | None) -> Iterator[Signal]:
    """The one day that stands near the title, alone in its element, as `8 Mar 2018`."""
    at = next((n for n, text in enumerate(document.texts) if title and title in " ".join(text.split())), None)
    near: list[Any] = document.texts[max(0, (at or 0) - _TEXTS_AROUND) : (at or 0) + _TEXTS_AROUND]
    days = {" ".join(text.split()): text for text in near if 8 <= len(text.strip()) <= 24 and _BARE_DAY.match(text)}
    if at is not None and len(days) == 1:
        ((day, text),) = days.items()
        if text.is_text and not len(text.getparent()) and not beside(text.getparent()):
            yield Signal("printed", "date.published", day, None, text.getparent())


def _dates(near: str, body: Element) -> Iterator[Signal]:
    for found in _DATES.finditer(near):
        label = found["label"].lower()
        kind = "received" if label.startswith(("received", "reçu")) else "published"
        kind = "accepted" if label.startswith(("accept",)) else kind
        kind = "online" if "online" in label or "ligne" in label or "record" in label else kind
        yield Signal("printed", f"date.{kind}", found["date"], None, body, None)


def _cited_date(near: str, body: Element) -> Iterator[Signal]:
    for pattern in _CITED_DATES:
        if found := _of_this(pattern, near):
            yield Signal("printed", "date.published", found["date"], None, body, None)


def _dois(document: Document, near: str, body: Element) -> Iterator[Signal]:
    """The DOI printed near the title; else the only one that stands alone, or is linked, outside of references."""
    values = list(dict.fromkeys(match[1] for match in _DOI.finditer(near)))
    if values:
        yield Signal("printed", "doi", values[0], None, body, None)
        return
    alone = {text.strip(): text for text in _standing_alone(document)}
    if len(alone) == 1:  # at the end of a trail, say, which names the page by its DOI
        ((value, text),) = alone.items()
        yield Signal("printed", "doi", value, None, text.getparent(), None)
        return
    links = {link.get("href", "").lower(): link for link in _DOI_PLACES(document.root)[:60] if not _in_references(link)}
    if len(links) == 1:
        link = next(iter(links.values()))
        yield Signal("printed", "doi", link.get("href"), None, link, "href")


def _standing_alone(document: Document) -> Iterator[Any]:
    """The texts that are a DOI and nothing else, outside of references; as lxml gives them, with `getparent`."""
    for at in islice(_texts_that_hold(document.words, b"10."), _MOST_TEXTS):
        text: Any = document.texts[at]
        if _WHOLE_DOI.match(text) and not _in_references(text.getparent()):
            yield text


def _in_references(element: Element) -> bool:
    for ancestor in [element, *element.iterancestors()]:
        if ancestor.tag in ("ol", "footer", "aside"):
            return True
        if _REFERENCE.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False
