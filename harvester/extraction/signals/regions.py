"""Walks the region after a label and keeps the open block, until something closes it."""

import re
from functools import lru_cache

from harvester.extraction.access.spoken import speaks_of_access
from harvester.extraction.document import BLOCKS, Element, language_tag, string_value
from harvester.extraction.formulas import FORMS, formula
from harvester.extraction.labels import Label, inline_label, is_section, label_of, may_hold_inline_label, named_language
from harvester.extraction.signals.keyword_blocks import KeywordItems, keyword_items, keyword_items_inside
from harvester.extraction.signals.label_places import LOWEST, SKIPPED, Start, climb, in_navigation, rank_of
from harvester.extraction.survey import CARRYING
from harvester.model.record import Section

_MORE = re.compile(
    r"^\W*(?:read more|show more|lire la suite|view full[- ]?text|full text|show less|see more|\[?more\]?|less|"
    r"mehr(?: anzeigen)?|weniger|weiterlesen|(?:lire|voir|afficher) (?:plus|moins)|(?:leer|ver|mostrar) (?:más|menos)|"
    r"(?:ler|leia|ver) mais|leggi tutto|mostra (?:altro|meno)|(?:lees|toon) meer|"
    r"download)\W*$",
    re.I,
)
_LANGUAGES = frozenset(
    "français english español deutsch italiano português nederlands türkçe русский polski català francés inglés french "
    "spanish german italian portuguese fr en es de it pt nl tr ru pl ca".split()
)
_LONG = 12_000  # characters; longer than any abstract: a block that never closed
_ENDLESS = 5 * _LONG  # what is cut from one text node is never an abstract's
_BEGUN = 100  # characters after which something else may follow an abstract
_TITLE = 5  # words of a bold line under the label of a page's first abstract that may be a title
_LINE = 200  # characters of a line that may speak of access
_BOX = re.compile(
    r"access(?!i)|acc[eè]s(?:$|[-_ ])|acceso|acesso|accesso|zugang|zugriff|toegang|paywall|purchas|subscri|abonn|"
    r"basket|locked|(?:^|[-_ ])(?:buy|cart|shop|price|login|sign-?in|cookies?|newsletter|share|sharing|social|"
    r"downloads?|cite|how-to-cite|related|recommended)(?:$|[-_ ])",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"[\s\d,;–—-]{1,60}")
_LANGUAGE_NAME = 14  # characters
# Words that begin what follows an abstract without any heading between.
_FOLLOWS = re.compile(
    r"\s*(?:correspond(?:ing|ence)\b|how to cite\b|cite this\b|pour citer\b|citation\s*:|copyright\b|©|\(c\)\s*\d{4}|"
    r"original content from this work\b|competing interests?\b|conflicts? of interest\b|received\s*:|accepted\s*:|"
    r"(?:first |latest )?published\s*:|editor\s*:|funding\s*:|this is an open[- ]access article\b|doi\s*[:：]|"
    r"e-?mail\s*:|"
    r"article (?:history|information|metrics)\b|total downloads\b|supplementary (?:information|data|material)\s*:|"
    r"contact\s*:|"
    r"(?:sie haben )?kein(?:en)? zugriff\b|einzelartikel\b|artikel kaufen\b|der zugriff auf\b|zugang zum volltext\b|"
    r"acheter (?:cet|l)\b|accès (?:réservé|libre|restreint|payant|conditionnel)\b|pour lire la suite\b|"
    r"cet article est (?:réservé|en accès|payant|gratuit)|l['’]accès (?:au texte|à cet article|à la totalité)|"
    r"you (?:do not|don['’]t) (?:currently )?have access\b|access to (?:this|the full)\b|"
    r"(?:buy|purchase|rent) (?:this )?(?:article|access|pdf)\b|get access\b|(?:log|sign) in (?:to|or)\b|subscribe to\b|"
    r"comprar (?:este |el )?artículo|acceso (?:restringido|abierto)\b|acquista (?:l|questo)\b|"
    r"acesso (?:restrito|aberto)\b|"
    r"availability(?: and implementation)?\s*:\s*\S+$|received\s+\d|author(?:s)? contributions?\b|"
    r"to whom correspondence)",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?<=[.!?…»”\)])\s{0,3}([^\W\d_][^.!?|:]{3,24}?)\s*\|\s*$")


class Block:
    """One labelled block while it is being read."""

    def __init__(self, label: Label, rank: int, scope: Element, anchor: Element) -> None:
        self.label, self.rank, self.scope, self.anchor = label, rank, scope, anchor
        self.pieces: list[tuple[str | None, list[str]]] = [(None, [])]
        self.first: tuple[Element, str] | None = None
        self.size = 0
        self.items: KeywordItems | None = None

    def add(self, text: str, element: Element) -> None:
        if self.first is None and text.strip():
            self.first = (element, text.strip())
        self.pieces[-1][1].append(text)
        self.size += len(text)

    def open_section(self, label: str) -> None:
        self.pieces.append((label, []))

    def sections(self) -> list[Section]:
        made = [(label, " ".join("".join(parts).split())) for label, parts in self.pieces]
        found = [Section(label=label, text=text) for label, text in made if text]
        if len(found) == 1 and found[0].label and _may_be_title(found[0].label):
            return [Section(label=None, text=found[0].text)]
        return found


def _may_be_title(heading: str) -> bool:
    """True for several words above all of an abstract that are no section's: the title in its language."""
    return len(heading.split()) > 2 and not is_section(heading)


class Closed(Exception):  # noqa: N818 - a signal between walker and reader, not an error
    """The region ends here."""


class RegionReader:
    """Walks a region and keeps the open block."""

    def __init__(self, seen: set[Element]) -> None:
        self.seen = seen
        self.blocks: list[Block] = []
        self.current: Block | None = None
        self.rank = LOWEST
        self.muted = False  # what follows was read as keywords already

    def open(self, label: Label, rank: int, scope: Element, element: Element) -> None:
        self.seen.add(element)
        self.current = Block(label, rank, scope, element)
        self.rank = rank
        self.muted = False
        self.blocks.append(self.current)

    def has_content(self) -> bool:
        return any(block.items or block.first for block in self.blocks)

    def finish(self, scope: Element) -> list[Block]:
        for block in self.blocks:
            block.scope = scope
        return self.blocks

    def after(self, anchor: Element, scope: Element) -> None:
        """All that follows `anchor` inside `scope`, in document order."""
        self.text(anchor.tail, scope)
        for sibling in anchor.itersiblings():
            self.element(sibling)
            if tail := sibling.tail:
                self.text(tail, scope)

    def children(self, element: Element) -> None:
        for child in element:
            self.element(child)
            if tail := child.tail:
                self.text(tail, element)

    def element(self, element: Element) -> None:
        tag = element.tag
        if not isinstance(tag, str) or element in self.seen or (element.attrib and _hidden(element)):
            return
        words = formula(element) if tag in FORMS else None
        if words:
            self._append(words, element)
        if words is not None or tag in SKIPPED or (tag == "sup" and _leads_to_references(element)):
            return
        if tag == "br":
            self._line_break(element)
            return
        if tag == "hr" and self.rank == LOWEST and self.has_content():
            raise Closed
        if tag in CARRYING and self._heads(element):
            return
        edge = tag in BLOCKS
        if edge and _is_link_list(element):
            return
        if edge and element.get("lang"):
            self._open_language(element)
        if edge and self._ends_before(element):
            self.current = None  # labels further on may open other blocks
            return
        if edge:
            self._append("\n\n", element)
        if text := element.text:
            self.text(text, element)
        self.children(element)
        if edge:
            self._append("\n\n", element)

    def _open_language(self, element: Element) -> None:
        """A block that declares another language than the abstract before it was read in: the abstract in that one."""
        block = self.current
        if block is None or block.label.kind != "abstract" or block.first is None or block.size < _BEGUN:
            return
        own, before = language_tag(element.get("lang") or ""), _declared_in(block.first[0])
        if own and before and own != before:
            self.open(Label("abstract", own, True), block.rank, element, element)

    def _line_break(self, element: Element) -> None:
        block = self.current
        listing = block is not None and block.label.kind == "keywords" and block.first is not None and not self.muted
        if block and listing and not "".join(block.pieces[-1][1]).rstrip().endswith((",", ";")):
            self.current = None  # a printed keyword list ends with its line
        self.text("\n", element)

    def _heads(self, element: Element) -> bool:
        """Handle an element that is a label or heading; True if it needs no further reading."""
        words = string_value(element)
        text = " ".join(words.split()) if len(words) <= 200 else ""
        if not text or len(text) > 120:
            return False
        if _MORE.match(text):
            return True
        rank = rank_of(element)
        if len(text) <= _LANGUAGE_NAME and self._in_language(text, rank, element):
            return True
        label = label_of(text)
        if label and rank is None and label.kind == "stop":
            label = None
        if is_section(text) and self._is_inner(rank, text):
            self._section(text)
            return True
        if label and not (label.kind == "stop" and rank is None):
            return self._label(label, rank, element)
        return self._heading(rank, text, element) if rank is not None and self.current else False

    def _in_language(self, text: str, rank: int | None, element: Element) -> bool:
        """`Español`, `EN` alone in a block under an abstract's label: the abstract in that language follows."""
        block = self.current
        if rank is not None and (block is None or block.label.kind == "keywords"):  # those of the abstract before
            block = next((one for one in reversed(self.blocks) if one.label.kind == "abstract"), None)
        if block is None or block.label.kind != "abstract" or (rank is None and element.tag not in BLOCKS):
            return False
        language = named_language(text.strip(" :()[]"))
        if language is None or (block.first is not None and block.label.language is None):
            return False
        if rank is not None and rank < min(block.rank, 6):
            return False
        self.open(Label("abstract", language, True), block.rank, element.getparent(), element)
        return True

    def _heading(self, rank: int, text: str, element: Element) -> bool:
        """A heading that is no known label: the title in the abstract's language, a part of the block, or its end."""
        if rank == self.rank == LOWEST and self._awaits(text) and element.tag in BLOCKS:
            return True
        if rank <= self.rank or (element.tag in ("th", "dt") and self.has_content()):
            raise Closed  # a heading of the same rank, or the facts that follow
        self._section(text)
        return True

    def _awaits(self, text: str) -> bool:
        """True where the label of an abstract was read and nothing after it: `text` is the title in its language."""
        block = self.current
        awaits = block is not None and block.label.kind == "abstract" and block.first is None
        return awaits and (len(self.blocks) > 1 or len(text.split()) >= _TITLE)

    def _is_inner(self, rank: int | None, text: str) -> bool:
        if self.current is None or self.current.label.kind == "keywords":
            return False
        if rank is None:
            return bool(text.rstrip().endswith((":", ".", "—", "-")))
        return rank > self.rank or (rank == self.rank == LOWEST and self.current.first is None)

    def _label(self, label: Label, rank: int | None, element: Element) -> bool:
        if label.kind == "stop":
            raise Closed
        if rank is None and element.tag in ("a", "li", "span") and in_navigation(element):
            return True
        if element.tag == "a" and element.get("href") and rank is None:
            return True
        if rank is not None and rank < self.rank and self.blocks:
            raise Closed
        for inner in element.iter():
            self.seen.add(inner)
        scope = element.getparent()
        self.open(label, min(rank or LOWEST, LOWEST), scope, element)
        if label.kind == "keywords" and self.current:
            self.current.items = keyword_items_inside(element) or keyword_items(climb(Start(element, label, None))[0])
            self.muted = True
        return True

    def _section(self, text: str) -> None:
        if self.current:
            self.current.open_section(text.strip(" :.|—–-"))
            self.current.size += 1

    def text(self, text: str | None, element: Element) -> None:
        if not text or not self.blocks:
            return
        if text.isspace():
            self._append(text[:_ENDLESS], element)
            return
        if self._ends(text):
            raise Closed
        text = text[:_ENDLESS]
        pattern = inline_label()
        match = pattern.search(text) if len(text) > 5 and may_hold_inline_label(text) else None
        while match and (label := label_of(match[1])):
            self._append(text[: match.start()], element)
            self.open(label, self.rank, element, element)
            text = text[match.end() :]
            match = pattern.search(text)
        tail = _trailing_label(text)
        if tail:
            self._append(text[: tail[0]], element)
            self.open(tail[1], self.rank, element, element)
            return
        self._append(text, element)

    def _ends_before(self, element: Element) -> bool:
        """True for what follows an abstract under no heading: a box named for what it sells, a line about access."""
        block = self.current
        if block is None or block.label.kind != "abstract" or block.size < _BEGUN:
            return False
        if _is_box(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return True
        line = _line(element)
        if line and element.find(".//a[@rel='license']") is not None:
            return True
        return bool(line) and speaks_of_access(line) and not _holds_label(line)

    def _ends(self, text: str) -> bool:
        """True where a new paragraph begins something else than the abstract."""
        block = self.current
        if block is None or block.label.kind != "abstract" or block.size < _BEGUN or not text.strip():
            return False
        fresh = block.pieces[-1][1][-1:] == ["\n\n"] or not block.pieces[-1][1]
        return fresh and bool(_FOLLOWS.match(text))

    def _append(self, text: str, element: Element) -> None:
        block = self.current
        if block is None or self.muted:
            return
        if block.label.kind == "keywords" and "\n\n" in text and text.strip() == "" and block.size > 2:
            block.add("\n\n", element)
            if block.first:
                self.current = None  # a keyword list ends with its paragraph
            return
        block.add(text, element)
        if block.size > _LONG:
            raise Closed


def _holds_label(line: str) -> bool:
    """True where another block begins in a line: `... en PDF.Summary |`."""
    if _trailing_label(line):
        return True
    found = inline_label().search(line) if may_hold_inline_label(line) else None
    return found is not None and label_of(found[1]) is not None


def _trailing_label(text: str) -> tuple[int, Label] | None:
    """A label glued to the end of a text (`... en PDF.Summary |`) whose block follows in the next element."""
    match = _TRAILING.search(text[-60:]) if "|" in text[-60:] else None
    if match and (label := label_of(match[1])) and label.kind != "stop":
        return len(text) - len(text[-60:]) + match.start(), label
    return None


def _is_link_list(element: Element) -> bool:
    """True for menus: nearly all the words stand in links, or each item is the name of a language."""
    children = [child for child in element if isinstance(child.tag, str)] if element.tag in ("ul", "ol", "div") else []
    if len(children) > 1 and all(string_value(child).strip().casefold() in _LANGUAGES for child in children[:12]):
        return True
    words = sum([len(string_value(link).strip()) for link in element.iter("a")])
    return words > 0 and words > 0.8 * len("".join(string_value(element).split()))


def _declared_in(element: Element) -> str | None:
    """The language that the nearest `lang` names, the html element's included."""
    said = next((lang for one in (element, *element.iterancestors()) if (lang := one.get("lang"))), None)
    return language_tag(said) if said else None


@lru_cache(maxsize=4096)
def _is_box(names: str) -> bool:
    return len(names) > 1 and _BOX.search(names) is not None


def _leads_to_references(mark: Element) -> bool:
    """True for a raised mark that is nothing but numbers linked to a place on the page."""
    links = [link for link in mark.iter("a") if "#" in (link.get("href") or "")]
    return bool(links) and _NUMBERS.fullmatch(string_value(mark)) is not None


def _line(element: Element) -> str:
    """The words of an element; empty if they are more than a line."""
    parts, size = [], 0
    for text in element.itertext("*"):
        parts.append(text)
        size += len(text.strip())
        if size > _LINE:
            return ""
    return " ".join("".join(parts).split())


def _hidden(element: Element) -> bool:
    style = element.get("style")
    if style and "none" in style and re.search(r"display\s*:\s*none", style):
        return True
    return element.get("hidden") is not None or element.get("aria-hidden") == "true"
