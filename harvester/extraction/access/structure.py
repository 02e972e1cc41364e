"""Tier 4 from the page's structure: marks, open icons, offered files, the full text itself."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from harvester.extraction.access.folding import fold
from harvester.extraction.access.passages import PageText
from harvester.extraction.access.places import Place
from harvester.extraction.access.statements import Statement
from harvester.extraction.access.words import beginning
from harvester.extraction.css import select
from harvester.extraction.document import Element
from harvester.extraction.normalise.identifiers import doi
from harvester.extraction.signals.signal import Signal
from harvester.model.access import AccessStatus, Tier
from harvester.model.signal import QUOTE_LIMIT
from harvester.model.source import AccessRules

_ICON_WORDS = re.compile(r"acc|lock|open|free|zugang|subscription", re.IGNORECASE)
_OPEN_CLASS = re.compile(
    r"(?:^|[\s_-])(?:is[-_]?|icon[-_]?|group[-_]?)?open[-_]?access(?:[-_]?(?:icon|label|badge|logo|"
    r"article|note|tag|indicator|content|status))?(?=\s|$)",
    re.IGNORECASE,
)
_MAYBE_OPEN = re.compile("open[-_]?access")
_OPEN_WORDS = re.compile(
    r"\W*(?:full |gold |this is an |an )?(?:open[ -]?access|libre acces|acces libre|acceso abierto|"
    r"acesso aberto|accesso aperto|freier zugang|offener zugang)(?: article| logo| icon| badge)?\W*"
)
_FREE_WORDS = re.compile(
    r"\W*(?:free access|free article|free full[ -]?text|free to read|acces gratuit|open archive)(?: icon| badge)?\W*"
)
_LOCK_WORDS = re.compile(
    r"\W*(?:(?:restricted|no|subscription|subscriber|closed|paid|premium) access|access (?:restricted|"
    r"denied)|locked|acces (?:restreint|payant)|subscription required)(?: icon| badge)?\W*"
)
_ABOUT_PROGRAMMES = re.compile(r"polic|publish|option|fee|fund|journals|agreement|submit|author", re.IGNORECASE)

_SECTIONS = re.compile(
    r"^(?:[\divx]+[.)]?\s*)*(?:introduction|background|materials? (?:and|&) methods?|"
    r"methods?(?: and materials?)?|methodology|results?(?: and discussions?)?|"
    r"discussions?|conclusions?|references|literature cited|bibliography|(?:foot)?notes|"
    r"acknowledge?ments?|overview|experimental(?: section)?|future \w+.*|"
    r"introduccion|metodos|materiales y metodos|resultados(?: y discusion)?|discusion|conclusiones|"
    r"referencias|introducao|metodologia|"
    r"materiais? e metodos|resultados e discussao|discussao|conclus(?:ao|oes)|agradecimentos|"
    r"agradecimientos|bibliografia|"
    r"materiel et methodes|methodes?|resultats?|remerciements|bibliographie|references bibliographiques|"
    r"einleitung|methoden|material und methoden|ergebnisse|diskussion|schluss\w*|fazit|literatur(?:verzeichnis)?|"
    r"introduzione|metodi|materiali e metodi|risultati|discussione|conclusioni|inleiding|methode|"
    r"resultaten|discussie|conclusie|literatuur)\W*$"
)
_NUMBERED = re.compile(r"(\d{1,2})(?:\.\d+)*[.)]?\s+[^\W\d]{3,}")
# How an article ends: a structured abstract has Results and Conclusions too, but none of these.
_ENDS = frozenset(
    ("referen", "literat", "bibliog", "notes", "acknowl", "remerci", "agradec", "footnot", "discuss", "riferim")
)
_LEAST_TEXT, _LEAST_PARAGRAPHS, _LEAST_SECTIONS, _PARAGRAPH = 9_000, 12, 3, 200
_LINE = 240
_FILE_SIZE = re.compile(r"\(?\s*\d+(?:[.,]\d+)?\s?(?:k|m|g)(?:i?b(?:ytes)?|o)\b", re.IGNORECASE)
_FILE_ADDRESS = re.compile(r"\.pdf|\.PDF|bitstream")
_REQUEST = re.compile(r"request-?(?:a-)?(?:copy|item)", re.IGNORECASE)
_AT_A_GATE = re.compile(r"log-?in|sign-?in|shibboleth|purchas|checkout|basket|[/?&_-]cart\b|subscri", re.IGNORECASE)
# Where a shopping cart is kept, in an address; what is bought there that is not the text.
_CART = re.compile(
    r"(?:^|[/?&=_.-])(?:add-?_?to-?_?|shopping-?_?)?(?:cart|basket|checkout|panier|warenkorb|carrito|carrello)(?![a-z])",
    re.IGNORECASE,
)
_NOT_TO_READ = re.compile(r"reprint|permission|print|donat", re.IGNORECASE)
_CARTS = (b"cart", b"basket", b"checkout", b"panier", b"warenkorb", b"carrito", b"carrello")
_OWN_NAMES = frozenset(("doi", "identifier", "identifier.doi", "sameas", "bibo:doi", "publication_doi"))
_MOST_CARTS, _SOON = 100, 1_000  # on a page; bytes from the name of one to what is put into it
_FULL_FILE = re.compile(r"\.(?:pdf|ps|epub|djvu)\b", re.IGNORECASE)
_EXTRA_FILE = re.compile(
    r"suppl|appendi|[-_]s\d+\.|sup-\d|additional|figure|table of contents|cover|licen[cs]e", re.IGNORECASE
)


def marks(page: PageText, rules: AccessRules) -> Iterator[Statement]:
    """What the source's file says about elements whose presence is the statement."""
    for mark in rules.marks:
        for element in select(page.document, mark.css)[:1]:
            if page.places.of(element) is not Place.HIDDEN:
                yield _by_element(page, element, AccessStatus(mark.status), "rules.mark@1")


def icons(page: PageText) -> Iterator[Statement]:
    """Open icons, open locks and closed ones in the article's head, by their alternative text or class."""
    if page.title is None:  # no title, no head
        return
    for element in islice(page.body.iter("img", "svg"), 300):
        for attribute in ("alt", "title", "aria-label"):
            words = element.get(attribute)
            status = _icon_status(words) if words else None
            if status and _in_head(page, element):
                evidence = page.document.evidence("icon", attribute, element, words, attribute=attribute)
                yield Statement(status, Tier.STRUCTURE, "structure.icon@1", evidence)
                break
    yield from _open_classes(page)


@lru_cache(maxsize=2_000)
def _icon_status(words: str) -> AccessStatus | None:
    if len(words) > 60 or not _ICON_WORDS.search(words):
        return None
    folded = fold(words.lower()).text
    for pattern, status in (
        (_OPEN_WORDS, AccessStatus.OPEN),
        (_FREE_WORDS, AccessStatus.FREE),
        (_LOCK_WORDS, AccessStatus.SUBSCRIPTION),
    ):
        if pattern.fullmatch(folded):
            return status
    return None


@lru_cache(maxsize=1 << 15)  # a site's pages share their classes
def _says_open(names: str) -> bool:
    return bool(_MAYBE_OPEN.search(names.lower()) and _OPEN_CLASS.search(names))


def _open_classes(page: PageText) -> Iterator[Statement]:
    document = page.document
    if page.body.tag != "body" or not _MAYBE_OPEN.search(" ".join(document.classes).lower()):
        return
    for element in document.classed(_says_open)[:40]:
        names = element.get("class", "")
        if element.tag in ("li", "body", "html") or not _in_head(page, element):
            continue
        words = beginning(element, 1_500)
        if len(words) < 1_500 and not _ABOUT_PROGRAMMES.search(words[:60]):
            evidence = document.evidence("icon", "class", element, names[:QUOTE_LIMIT], attribute="class")
            yield Statement(AccessStatus.OPEN, Tier.STRUCTURE, "structure.open-class@1", evidence)
            return


def _in_head(page: PageText, element: Element) -> bool:
    if page.title_at is None or page.places.of(element) is not Place.ARTICLE or _menu_entry(element):
        return False
    return page.in_head(page.node_index(element))


def cart(page: PageText, signals: Sequence[Signal]) -> Element | None:
    """The form or link that puts this very article, named by its DOI, into a shopping cart; dialogs may hold it."""
    if not _may_hold_a_cart(page.document.page.body.lower()):
        return None
    own = {name for signal in signals if signal.name in _OWN_NAMES and (name := doi(signal.value))}
    forms = islice(page.body.iter("form"), _MOST_CARTS) if own else ()
    for form in forms:
        address = form.get("action") or ""
        if _CART.search(address) and not _NOT_TO_READ.search(address):
            sent = (address, *(field.get("value") or "" for field in islice(form.iter("input", "button"), _MOST_CARTS)))
            if any(doi(value) in own for value in sent) and page.places.of(form) is not Place.ELSEWHERE:
                return form
    for link in page.links(_CART, _MOST_CARTS) if own else ():
        address = link.get("href", "")
        if doi(address) in own and not _NOT_TO_READ.search(address) and page.places.of(link) is not Place.ELSEWHERE:
            return link
    return None


def _may_hold_a_cart(body: bytes) -> bool:
    """Whether what may be a DOI follows soon on the name of a cart."""
    for name in _CARTS:
        at, tries = body.find(name), 0
        while at >= 0 and tries < _MOST_CARTS:
            if body.find(b"10.", at, at + _SOON) >= 0:
                return True
            at, tries = body.find(name, at + len(name)), tries + 1
    return False


def sold(page: PageText, element: Element) -> Statement:
    """What a shopping cart for this article says: it is sold, so it is not free."""
    attribute = "action" if element.tag == "form" else "href"
    evidence = page.document.evidence(
        "structure", "cart", element, element.get(attribute, "")[:QUOTE_LIMIT], attribute=attribute
    )
    return Statement(AccessStatus.SUBSCRIPTION, Tier.STRUCTURE, "structure.cart@1", evidence)


def _menu_entry(element: Element) -> bool:
    item = next(element.iterancestors("li"), None)
    return item is not None and item.getparent() is not None and len(item.getparent()) > 3


def _by_element(page: PageText, element: Element, status: AccessStatus, rule: str) -> Statement:
    raw = "".join(element.itertext()).strip()
    if raw:
        quote = raw[:QUOTE_LIMIT]
        evidence = page.document.evidence("structure", element.tag, element, quote)
    else:
        name = next((key for key in ("class", "alt", "title", "id", "src") if element.get(key)), None)
        quote = (element.get(name) if name else "")[:QUOTE_LIMIT]
        evidence = page.document.evidence("structure", element.tag, element, quote, attribute=name)
    return Statement(status, Tier.STRUCTURE, rule, evidence)


def full_text(page: PageText) -> Statement | None:
    """The article's own text standing on the page: long paragraphs under several of an article's headings."""
    if len("".join(page.texts)) < _LEAST_TEXT:
        return None
    headings = page.body.iter("h2", "h3", "h4", "h5")
    found = [(element, name) for element in headings if (name := _section(beginning(element, 100)))]
    if len({name for _, name in found}) < _LEAST_SECTIONS or not any(name in _ENDS for _, name in found):
        return None
    if len(list(islice(_long_paragraphs(page), _LEAST_PARAGRAPHS))) < _LEAST_PARAGRAPHS:
        return None
    element = next((one for one, _ in found if page.places.of(one) <= Place.ASIDE), None)
    if element is None:
        return None
    quote = "".join(element.itertext()).strip()[:QUOTE_LIMIT]
    evidence = page.document.evidence("structure", "full text", element, quote)
    return Statement(AccessStatus.FREE, Tier.STRUCTURE, "structure.full-text@1", evidence, about_article=False)


@lru_cache(maxsize=2_000)  # the articles of a site have sections of the same names
def _section(words: str) -> str | None:
    """A short name if a heading is one of an article's sections, by its words or by its number."""
    if not words or len(words) > 90:
        return None
    folded = fold(words).text
    if _SECTIONS.match(folded):
        name = re.sub(r"[\W\d_]+", " ", folded).split()
        return name[0][:7] if name else None
    numbered = _NUMBERED.match(words)
    return numbered[1] if numbered else None


def _long_paragraphs(page: PageText) -> Iterator[Element]:
    for paragraph in page.body.iter("p", "div"):
        long = len(paragraph.text or "") > _PARAGRAPH or (
            paragraph.tag == "p" and len(beginning(paragraph, _PARAGRAPH + 1)) > _PARAGRAPH
        )
        if long and page.places.of(paragraph) <= Place.ASIDE:
            yield paragraph


def _beside(link: Element) -> str:
    """The words next to a link: its own line, when the line is short."""
    block = link.getparent()
    words = beginning(block, _LINE + 1) if block is not None else ""
    return words if len(words) < _LINE else " ".join((link.tail or "").split())[:40]


def offered_file(page: PageText, *, files_open: bool) -> Statement | None:
    """A file of the text itself: named and sized as repositories list theirs, or, by the source's word, any.

    One that has to be asked for is shut; where another is open, that one counts.
    """
    shut: Statement | None = None
    for link in page.links(_FILE_ADDRESS, 60):
        words = beginning(link, _LINE)
        size = _beside(link)
        place = page.places.of(link)
        if place in (Place.HIDDEN, Place.ELSEWHERE) or _EXTRA_FILE.search(words):
            continue
        named = _FULL_FILE.search(words) and _FILE_SIZE.search(f"{words} {size}")
        quote = link.get("href", "")[:QUOTE_LIMIT]
        if not (named or files_open) or _AT_A_GATE.search(quote):
            continue
        evidence = page.document.evidence("structure", "file", link, quote, attribute="href")
        if _REQUEST.search(quote):
            rule = "structure.file-on-request@1"
            shut = shut or Statement(AccessStatus.SUBSCRIPTION, Tier.STRUCTURE, rule, evidence)
            continue
        rule = "structure.file-by-name@1" if named else "rules.files-open@1"
        return Statement(AccessStatus.FREE, Tier.STRUCTURE, rule, evidence, about_article=False)
    return shut
