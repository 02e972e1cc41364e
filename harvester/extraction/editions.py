"""Relations to other editions and works, and what the page says of the article's integrity."""

import re
from typing import NamedTuple

from lxml import etree

from harvester.extraction.access.stems import Sightings
from harvester.extraction.document import Document, Element, visible_text
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.normalise.text import fold
from harvester.extraction.relations import read_ties
from harvester.model.record import Identifier, Integrity, LangText, Relation
from harvester.model.signal import QUOTE_LIMIT

# "Do not cite the French reference of this article but the English one of JOURNAL with the DOI above."
_CITE_OTHER = re.compile(
    r"(?:ne\s+pas\s+utiliser,?\s+pour\s+citation,?\s+la\s+référence|"
    r"(?:do\s+not|don['’]t)\s+(?:use|cite)\b[^.]{0,60}\breference|"
    r"(?:pour|merci\s+de)\s+citer\b[^.]{0,40}\b(?:la\s+)?(?:référence|version|édition)\s+(?:anglaise|originale)|"
    r"please\s+cite\s+the\s+(?:english|french|original)\s+(?:version|edition|reference))"
    r"[^.]{0,400}",
    re.IGNORECASE,
)
CUES = (b"utiliser", b"citer", b"please")  # looked for in a page's words
_POUR_CITER = re.compile(rb"citer\b[^.]{0,400}(?:anglaise|originale)")
_PLEASE_CITE = re.compile(rb"please\W{0,200}cite\W{0,200}the\b")
_NOT_CITE = re.compile(rb"do(?:\W{1,200}not|n\W{1,4}t)\W{0,200}(?:use|cite)\b[^.]{0,400}reference")
_CITING = etree.XPath(
    "//body[text()[contains(., 'citation') or contains(., 'citer') or contains(., 'cite ')]]|"
    "//body//*[self::p or self::div or self::td or self::li or self::span or self::pre or self::section]"
    "[text()[contains(., 'citation') or contains(., 'citer') or contains(., 'cite ')]]"
)
_JOURNAL = re.compile(
    r"(?:r[ée]f[ée]rence\s+anglaise\s+(?:de|du|dans)|article\s+original\s+paru\s+dans|paru(?:e)?\s+dans|"
    r"published\s+in|version\s+(?:anglaise\s+)?(?:de|dans)|reference\s+(?:of|in))\s+(?:la\s+revue\s+)?(.{3,120}?)"
    r"(?:\s+(?:avec|en\s+utilisant|with|using)\b|\s*[,;(]|\s*$)",
    re.IGNORECASE,
)
_DOI_ABOVE = re.compile(r"\bDOI\b[^.]{0,20}(?:ci-dessus|above)", re.IGNORECASE)


class Editions(NamedTuple):
    """Relations, the identifiers with their roles settled, and the integrity of the article."""

    relations: tuple[Relation, ...]
    identifiers: tuple[Identifier, ...]
    integrity: Integrity


def read_editions(
    document: Document,
    index: SignalIndex,
    identifiers: tuple[Identifier, ...],
    titles: tuple[LangText, ...],
    journals: tuple[str, ...],
    languages: tuple[str, ...],
    seen: Sightings,
) -> Editions:
    """What the page states of other editions. `journals` name the record's own journal, `languages` are its texts'.

    `seen` are the sightings of the page's words.
    """
    note = _citation_note(document, index, seen)
    relations: list[Relation] = []
    if note:
        relation, identifiers = _settled(_other_edition(document, *note), note[1], identifiers, journals)
        relations.append(relation)
    own = next((i.value for i in identifiers if i.scheme == "doi" and i.role == "self"), None)
    ties = read_ties(document, index, titles, own, languages, seen)
    return Editions((*relations, *ties.relations), identifiers, ties.integrity)


def _citation_note(document: Document, index: SignalIndex, seen: Sightings) -> tuple[Element, str] | None:
    for signal in index.get("selector", "citation_note"):
        if _CITE_OTHER.search(signal.value):
            return signal.element, signal.value
    if document.is_xml or not _may_cite_other(seen):
        return None
    for element in _CITING(document.root):
        text = visible_text(element)
        if len(text) < 20_000 and (match := _CITE_OTHER.search(text)):
            return element, match[0]
    return None


def _may_cite_other(seen: Sightings) -> bool:
    """A cheap test on all words of the page: False if no sentence of `_CITE_OTHER` can stand among them."""
    words = seen.text
    return (
        (seen.holds(b"utiliser") and b"citation" in words)
        or (seen.holds(b"citer") and bool(_POUR_CITER.search(words)))
        or (seen.holds(b"please") and bool(_PLEASE_CITE.search(words)))
        or (b"reference" in words and bool(_NOT_CITE.search(words)))
    )


def _other_edition(document: Document, element: Element, note: str) -> Relation:
    match = _CITE_OTHER.search(note)
    words = (match[0] if match else note).strip()
    named = _JOURNAL.search(words)
    value = document.string(element)
    quote = next(
        (words[:size] for size in (QUOTE_LIMIT, 120, 60, 30) if words[:size] in value), value.strip()[:QUOTE_LIMIT]
    )
    return Relation(
        type="isVariantFormOf",
        target_text=named[1].strip() if named else words[:300],
        state="unresolved",
        evidence=(document.evidence("sentence", "cite_other_edition", element, quote),),
    )


def _settled(
    relation: Relation, note: str, identifiers: tuple[Identifier, ...], journals: tuple[str, ...]
) -> tuple[Relation, tuple[Identifier, ...]]:
    """Whose the DOI is that a "cite the other edition" note points to.

    It is the other edition's only if its journal code agrees with the journal the note names and not with the record's
    own; otherwise it stays the record's own, and the relation is ambiguous: a DOI is never guessed.
    """
    shown = next((i for i in identifiers if i.scheme == "doi"), None)
    if shown is None or not _DOI_ABOVE.search(note):
        return relation, identifiers
    code = _journal_code(shown.value)
    if code and agrees(code, relation.target_text) and not any(agrees(code, journal) for journal in journals):
        others = tuple(i.model_copy(update={"role": "other_edition"}) if i is shown else i for i in identifiers)
        return relation.model_copy(update={"target": shown.value, "state": "resolved"}), others
    return relation.model_copy(update={"state": "ambiguous"}), identifiers


_CODE = re.compile(r"^10\.\d{4,9}/(?:j\.)?([a-z]{2,12})\.")


def _journal_code(value: str) -> str | None:
    found = _CODE.match(value)
    return found[1] if found else None


def agrees(code: str, journal: str) -> bool:
    """True if a journal code is made of heads of the journal's words in order (`jbspin`: Joint Bone Spine)."""
    rest = code.lower()
    for word in fold(journal).split():
        common = 0
        while common < min(len(word), len(rest)) and word[common] == rest[common]:
            common += 1
        rest = rest[common:]
    return not rest
