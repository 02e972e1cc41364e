"""Licences of this article, each with the place it stands at."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from harvester.extraction.access import known_licences
from harvester.extraction.access.known_licences import Named
from harvester.extraction.access.licence_names import ANY_KIND, licence_of_url, licence_of_words, place_of_name
from harvester.extraction.access.licence_scope import block_fits, of_a_text, sentence_fits, sentence_start
from harvester.extraction.access.passages import PageText
from harvester.extraction.access.places import Place
from harvester.extraction.access.words import beginning
from harvester.extraction.document import Document, Element, block_of
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import local, words
from harvester.model.record import Licence
from harvester.model.signal import Evidence
from harvester.model.source import AccessRules

_CC_ADDRESS = re.compile(r"creativecommons\.org")
_LINKS, _PASSAGES = 50, 60  # that name a licence: more is an attack
_STATEMENTS = 200  # of rights, likewise
_MAYBE = re.compile(r"[Cc]reative\s?[Cc]ommons|CREATIVE|\b[Cc][Cc][\s0-]")
_MAYBE_KNOWN = re.compile(r"[Ll]icen[cs]|LICEN|[Dd]omain [MmDd]")
_RIGHTS_NAMES = ("rights", "license", "licence", "rights.license", "accessrights", "rights.uri", "rightsuri")
_ANY_LICENCE = "https://creativecommons.org/licenses/"
COLLAPSED = "collapsed licence"  # the name of evidence that a reader sees only after unfolding it


def find_licences(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    *,
    text: PageText,
) -> tuple[Licence, ...]:
    """Licences of this article, best founded first, each once; footers, references and data waivers give none.

    What stands in a collapsed panel ("Copyright and licence information") comes last, its evidence named `COLLAPSED`.
    """
    found: dict[tuple[str, str], Licence] = {}
    stated = _stated(document, signals, rules, text)
    read = [*stated] if document.is_xml else [*_linked(text), *_worded(text), *stated]
    for named, evidence in sorted(read, key=lambda pair: pair[1].name == COLLAPSED):
        key = (named.spdx or named.url, named.applies_to)
        if key not in found:
            found[key] = Licence(**named._asdict(), evidence=(evidence,))
    return tuple(_without_vaguer(found.values()))


def _without_vaguer(licences: Collection[Licence]) -> Iterator[Licence]:
    """Leave out what names less of the one licence that stands there exactly: no version, or not even a kind."""
    exact = [licence for licence in licences if licence.spdx]
    for licence in licences:
        if licence.spdx or not any(_names_less(licence.url, one.url, alone=len(exact) == 1) for one in exact):
            yield licence


def _names_less(vague: str, exact: str, *, alone: bool) -> bool:
    if "creativecommons.org" not in vague or "creativecommons.org" not in exact:
        return False
    if vague == _ANY_LICENCE or exact.startswith(vague):
        return True
    letters, of_exact = (set(url.removeprefix(_ANY_LICENCE).split("/")[0].split("-")) for url in (vague, exact))
    return alone and letters < of_exact


def _stated(
    document: Document, signals: Sequence[Signal], rules: AccessRules, page: PageText
) -> Iterator[tuple[Named, Evidence]]:
    for signal in islice(filter(is_rights, signals), _STATEMENTS):
        if rules.ignore and f"{signal.vocabulary}:{signal.name}" in rules.ignore:
            continue
        link = signal.element
        if link is not None and link.tag == "a" and not (_own_words_fit(link) and _admissible(page, link)):
            continue
        if signal.vocabulary == "jats" and not _jats_sentence_fits(signal):
            continue
        named = licence_of_url(signal.value) or licence_of_words(signal.value)
        if signal.vocabulary == "jats" and signal.name == "license":
            named = _dated(named or _address(signal.value), signal)
        if named:
            yield named, signal.evidence(document)


def _jats_sentence_fits(signal: Signal) -> bool:
    """Whether the words of a licence in a JATS file, or those around a link in them, speak of this article."""
    link = signal.element
    text, at = signal.value, 0
    if signal.name == "license_text":
        found = place_of_name(text)
        at = found.start() if found else 0
    elif signal.name == "license" and link is not None and local(link) in ("ext-link", "uri"):
        paragraph = next((one for one in link.iterancestors() if local(one) in ("license-p", "p")), link)
        text = words(paragraph)
        at = max(text.find(words(link)), 0)
    else:
        return True
    start = sentence_start(text, at)
    return sentence_fits(text[start : max(at, start) + 240])


def _address(text: str) -> Named | None:
    return Named(text, None) if re.fullmatch(r"https?://\S+", text) else None


def _dated(named: Named | None, signal: Signal) -> Named | None:
    """What NISO ALI adds to a licence: the day from which it holds, and the version it holds for."""
    start, applies_to = signal.items
    return named and named._replace(start=start or None, applies_to=applies_to.lower() or "unspecified")


def is_rights(signal: Signal) -> bool:
    """Whether a Signal is the page's own statement of rights."""
    return _names_rights(signal.vocabulary, signal.name)


@lru_cache(maxsize=2_000)
def _names_rights(vocabulary: str, name: str) -> bool:
    if vocabulary in ("json_ld", "microdata"):
        return name in ("license", "license.url", "license.@id", "usageinfo")
    if vocabulary == "jats":
        return name in ("license", "license_text", "accessrights")
    if vocabulary == "link":
        return name == "license"
    last = name.split(".", 1)[-1] if "." in name else name.removeprefix("citation_")
    return last in _RIGHTS_NAMES or name in _RIGHTS_NAMES


def _name(place: Place) -> str:
    return COLLAPSED if place is Place.COLLAPSED else "licence"


def _admissible(page: PageText, element: Element) -> bool:
    return page.places.of(element) <= Place.COLLAPSED and block_fits(beginning(block_of(element), 1_500))


def _linked(page: PageText) -> Iterator[tuple[Named, Evidence]]:
    if b"creativecommons.org" not in page.document.page.body:
        return
    for link in page.links(_CC_ADDRESS, _LINKS):
        named = licence_of_url(link.get("href", ""))
        if named and _own_words_fit(link) and _admissible(page, link):
            name = _name(page.places.of(link))
            yield named, page.document.evidence("link", name, link, link.get("href", ""), attribute="href")


def _own_words_fit(link: Element) -> bool:
    return not re.search(r"waiver|\bdata\b", beginning(link, 200), re.IGNORECASE)


def _worded(page: PageText) -> Iterator[tuple[Named, Evidence]]:
    naming = (one for one in page.speaking if one.place <= Place.COLLAPSED)
    read = islice(((one, said) for one in naming if (said := _said(one.raw))), _PASSAGES)
    for passage, (named, quote) in read:
        yield named, page.document.evidence("text", _name(passage.place), passage.block, quote)


@lru_cache(maxsize=4_000)  # the pages of a site say the same in the same words
def _said(words: str) -> tuple[Named, str] | None:
    """The licence that a passage names as the article's, and the words that do."""
    if not _MAYBE.search(words) and not _MAYBE_KNOWN.search(words):
        return None
    named = licence_of_words(words)
    if named is None and not ANY_KIND.search(words):
        return None
    found = place_of_name(words)
    other = known_licences.place_in(words) if found is None else None
    found = found or other
    if found is None:
        return None
    start = sentence_start(words, found.start())
    sentence = words[start : max(found.end(), start + 240)]
    if other and not of_a_text(sentence, words[start : found.start()]):
        return None
    if not sentence_fits(sentence):
        return None
    return named or Named(_ANY_LICENCE, None), words[start : max(found.end(), start)].strip()[:240]
