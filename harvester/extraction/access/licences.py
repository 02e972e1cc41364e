"""Licences of this article: addresses and words -> SPDX, with the place they stand at.

SPDX licence list 3; Creative Commons ports keep their country in the identifier only where SPDX knows it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from harvester.extraction.access import known_licences
from harvester.extraction.access.known_licences import Named
from harvester.extraction.access.page import page_text
from harvester.extraction.access.passages import PageText, Passage
from harvester.extraction.access.places import Place
from harvester.extraction.access.words import beginning
from harvester.extraction.document import Document, Element, block_of
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import local, words
from harvester.model.record import Licence
from harvester.model.signal import Evidence
from harvester.model.source import AccessRules

_CC_URL = re.compile(
    r"creativecommons\.org/(?:(?:licen[cs]es?/(?P<kind>by(?:-nc)?(?:-nd|-sa)?|by-(?:nd|sa)-nc|nc|sa|nd(?:-nc)?|nc-sa)"
    r"(?:/(?P<version>\d\.\d))?(?:/(?P<port>(?!rdf)[a-z]{2,3})(?![a-z.]))?)"
    r"|publicdomain/(?P<domain>zero|mark)(?:/(?P<domain_version>\d\.\d))?)",
    re.IGNORECASE,
)
_CC_HOST = "creativecommons.org"
_CC_SHORT = re.compile(
    r"\b(?:cc|creative commons)[\s-]?(?P<kind>by(?:[\s-]?(?:nc|nd|sa)(?![a-z])){0,2})(?![a-z])"
    r"(?:[\s)-]*(?:v\.?\s?)?(?P<version>[1-4]\.\d))?|\bcc-?0(?:\s1\.0)?\b|\bcreative commons zero\b",
    re.IGNORECASE,
)
_CC_WORDS = re.compile(
    r"(?:creative commons|\bcc\b)[\s:,(-]*(?:licen[cs]e[\s:,-]*)?(?P<by>attribution|namensnennung|atribuci[oó]n|"
    r"reconocimiento|atribui[cç][aã]o|attribuzione|naamsvermelding)(?P<rest>[\w\s/(),.:'’–-]{0,90})",
    re.IGNORECASE,
)
_CC_BARE = re.compile(
    r"creative commons (?:licen[cs]e|attribution)|(?:licence|licencia|licen[cç]a|lizenz|licenza|"
    r"licentie) creative commons",
    re.IGNORECASE,
)
_NC = re.compile(
    r"non[\s-]?commerci|pas d.utilisation commerciale|nicht[\s-]?kommerziell|no[\s-]?comercial|"
    r"n[aã]o[\s-]?comercial|niet[\s-]?commercieel",
    re.IGNORECASE,
)
_ND = re.compile(
    r"no[\s-]?deriv|pas de modification|keine bearbeitung|sin[\s-]?(?:obras?[\s-]?)?deriv|sem[\s-]?deriv|"
    r"non opere derivate|geen[\s-]?afgeleide",
    re.IGNORECASE,
)
_SA = re.compile(
    r"share[\s-]?alike|partage (?:dans|a|à)|weitergabe unter|compartir[\s-]?igual|compartilha|"
    r"condividi|gelijk[\s-]?delen",
    re.IGNORECASE,
)
_EARLY = 12  # characters before the subject of a sentence that speaks of a part
_PASSAGES = 60  # that name a licence: more is an attack
_MAYBE = re.compile(r"[Cc]reative\s?[Cc]ommons|CREATIVE|\b[Cc][Cc][\s0-]")
_MAYBE_KNOWN = re.compile(r"[Ll]icen[cs]|LICEN|[Dd]omain [MmDd]")
_STOP = re.compile(r"(?<!\b[A-Z])\.(?= )|\n(?=\n)")  # not the point of an initial
# What may stand before a licence's name in a line that is all about it.
_LEAD = re.compile(
    r"(?:[\W\d_]|\b(?:articles?|artikel|art[ií]c?[gu]lo|artigo|articolo|licen[cs]e[ds]?|lizenz|licencia|licen[cç]a|licenza|licentie|rights|droits|rechte|copyright|"
    r"published|publi[ée]e?|distributed|distribu[ée]e?|diffus[ée]e?|released|made|available|disponible|under|sous|unter|"
    r"selon|terms|termes|conditions|work|oeuvre|text|texte|the|les?|la|de|des|of|an?|is|are|est|as|cc|use|usage)\b)*",
    re.IGNORECASE,
)
# What else has a licence, and words that say it is not this one.
_OTHER_THINGS = re.compile(
    r"\b(?:code|software|logiciel\w*|programs?|programmes?|programm|packages?|scripts?|librar(?:y|ies)|databases?|"
    r"data|datasets?|donn[ée]es|datos|dados|dati|daten|gegevens|contains?|contient|enth[äa]lt|information|contents?|"
    r"contenus?|inhalte|materials?|maps?|cartes?|(?:web)?site|not|except\w*|excluding|sauf|pas|au[ßs]er|salvo|eccetto|"
    r"authors (?:may|can)|may|all articles|submit\w*)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\b([1-4]\.0)\b")
_PORTS = {"au": "AU", "de": "DE", "at": "AT", "nl": "NL", "us": "US", "igo": "IGO", "fr": "FR", "uk": "UK", "jp": "JP"}
_SPDX_PORTED = frozenset(
    [
        "CC-BY-2.5-AU",
        "CC-BY-3.0-AT",
        "CC-BY-3.0-AU",
        "CC-BY-3.0-DE",
        "CC-BY-3.0-IGO",
        "CC-BY-3.0-NL",
        "CC-BY-3.0-US",
        "CC-BY-NC-3.0-DE",
        "CC-BY-NC-ND-3.0-DE",
        "CC-BY-NC-ND-3.0-IGO",
        "CC-BY-NC-SA-2.0-DE",
        "CC-BY-NC-SA-2.0-FR",
        "CC-BY-NC-SA-2.0-UK",
        "CC-BY-NC-SA-3.0-DE",
        "CC-BY-NC-SA-3.0-IGO",
        "CC-BY-ND-3.0-DE",
        "CC-BY-SA-2.0-UK",
        "CC-BY-SA-2.1-JP",
        "CC-BY-SA-3.0-AT",
        "CC-BY-SA-3.0-DE",
        "CC-BY-SA-3.0-IGO",
    ]
)
# Words that say the licence is another thing's: the data, the metadata, the site, one figure, other articles.
_NOT_THIS = re.compile(
    r"data waiver|\bdata (?:is|are|made|associated|set)|\bdatasets?\b|metadata|m[ée]tadonn[ée]es|metadaten|metadatos|"
    r"(?:content|material|text|contenus?|inhalte?|contenido|conte[uú]do) (?:on|of|from|de|du|auf|"
    r"dieser|del|deste|do) (?:this|the|ce|le|der|este|esta|site) ?(?:web)?[\s-]?(?:site|seite|sitio|"
    r"portal|p[aá]gina)?|"
    r"this (?:web ?)?site|ce site|all open[\s-]access|tout contenu en|any open[\s-]access|(?:this|"
    r"the) journal (?:is|applies|uses)|articles in this|all (?:articles|papers|content)|"
    r"tous les articles|"
    r"(?:figure|fig\.|table|image|photo|picture|logo|icon|abstract|review|comment|abbildung|tabelle|tableau|figura|"
    r"imagen|immagine|imagem|afbeelding|maps?|cartes?|karten?|mapa|mappa|kaart|foto|bild|illustration|drawing|dessin|"
    r"video|audio|slide|poster|cover)s?(?: [\w.()-]{1,6})?"
    r"(?: (?:is|are|by|from|credit|est|ist|sont|es|e|è|é)\b| ?[:©])|"
    r"materials (?:prior|published)|unless otherwise (?:noted|stated)[^.]{0,40}\bsite\b|"
    r"may be (?:published|made)|authors (?:can|may)",
    re.IGNORECASE,
)
# A part of the article or words about it: "the metadata of this article" is not the article.
_PART_OF_IT = re.compile(
    r"(?:meta-?data|abstracts?|data|datasets?|supplement\w*|appendi\w+|figures?|tables?|images?|photo\w*|cover|"
    r"m[ée]tadonn[ée]es|r[ée]sum[ée]s?|donn[ée]es|metadaten|zusammenfassung|abbildungen|daten|metadatos|resumen|datos|"
    r"metadados|resumo|dados|metadati|riassunto|dati|metagegevens|samenvatting|gegevens) "
    r"(?:\w+ )?(?:of|for|from|in|to|with|de|du|des|dieses|zu|del|deste|desse|do|di|van|bij)\b",
    re.IGNORECASE,
)
# The licence is refused, or is a part's alone.
_DENIED = re.compile(
    r"\bnot (?:\w+ ){0,2}?(?:published|licen[cs]ed|distributed|released|covered|available|under)\b|"
    r"\bn.est pas (?:publi|diffus|distribu|sous|couvert|plac)|\bnicht (?:\w+ ){0,2}?(?:unter|lizenziert)\b|"
    r"\bno (?:est[áa]|se|ha sido) (?:publica|distribu|licencia|bajo|cubiert)|"
    r"\bn[ãa]o (?:est[áa]|[ée]|foi) (?:publica|distribu|licencia|sob|cobert)|"
    r"\bnon è (?:\w+ )?(?:pubblicat|distribuit|concess|sotto|copert)|\bniet (?:\w+ ){0,2}?(?:onder|gepubliceerd)\b|"
    r"\b(?:only|seule?s?|nur|s[óo]lo|solamente|apenas|somente|soltanto|alleen) "
    r"(?:(?:the|les?|la|die|das|los|las|el|os|as|i|gli|il|de|het) )?(?:\w+ )?"
    r"(?:data|datasets?|figures?|images?|abstracts?|supplement\w*|donn[ée]es|r[ée]sum[ée]s?|"
    r"daten|abbildungen|zusammenfassung|datos|figuras|resumen|dados|resumo|dati|figure|riassunto|gegevens|figuren|"
    r"samenvatting)\b",
    re.IGNORECASE,
)
_THIS_ITEM = re.compile(
    r"this (?:item|article|work|paper|document|publication)|cet article|este art[ií]c?[gu]lo|"
    r"este artigo|dieser artikel|quest.articolo|dit artikel|this is an",
    re.IGNORECASE,
)
_RIGHTS_NAMES = ("rights", "license", "licence", "rights.license", "accessrights", "rights.uri", "rightsuri")


_ANY_LICENCE = "https://creativecommons.org/licenses/"
COLLAPSED = "collapsed licence"  # the name of evidence that a reader sees only after unfolding it


def licence_of_url(url: str) -> Named | None:
    """The licence an address names: a Creative Commons one (percent-encoded or not), or one of the known others."""
    found = _CC_URL.search(url) or (
        _CC_URL.search(unquote(url.replace("\\/", "/"))) if "%" in url or "\\" in url else None
    )
    if found is None:
        return known_licences.of_address(url)
    if found["domain"]:
        version = found["domain_version"] or "1.0"
        zero = found["domain"].lower() == "zero"
        spdx = "CC0-1.0" if zero else None
        return Named(f"https://creativecommons.org/publicdomain/{found['domain'].lower()}/{version}/", spdx)
    return _named(found["kind"].lower(), found["version"], found["port"])


def _named(kind: str, version: str | None, port: str | None = None) -> Named:
    kind = {"by-nd-nc": "by-nc-nd", "by-sa-nc": "by-nc-sa"}.get(kind, kind)
    url = f"https://creativecommons.org/licenses/{kind}/" + (f"{version}/" if version else "")
    if version is None:
        return Named(url, None)
    spdx = f"CC-{kind.upper()}-{version}"
    if port:
        url += f"{port.lower()}/"
        ported = f"{spdx}-{_PORTS.get(port.lower())}"
        spdx = ported if ported in _SPDX_PORTED else spdx
    return Named(url, spdx)


def licence_of_words(text: str) -> Named | None:
    """The licence that words such as "Creative Commons Attribution Non Commercial 4.0" or "CC BY-NC" name."""
    if found := _CC_URL.search(text):
        return licence_of_url(found[0])
    if found := _CC_SHORT.search(text):
        if not found["kind"]:
            return Named("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0")
        letters = re.sub(r"[\s-]", "", found["kind"].lower())
        kind = "-".join(part for part in ("by", "nc", "nd", "sa") if part in letters)
        return _named(kind, found["version"])
    if found := _CC_WORDS.search(text):
        rest = found["rest"]
        kind = "by" + "-nc" * bool(_NC.search(rest)) + ("-nd" if _ND.search(rest) else "-sa" * bool(_SA.search(rest)))
        version = _VERSION.search(rest)
        return _named(kind, version[1] if version else None)
    return known_licences.of_address(text) or known_licences.of_words(text)


def find_licences(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    excluded: Collection[Element] = (),
    *,
    text: PageText | None = None,
) -> tuple[Licence, ...]:
    """Licences of this article, best founded first, each once; footers, references and data waivers give none.

    What stands in a collapsed panel ("Copyright and licence information") comes last, its evidence named `COLLAPSED`.
    """
    page = text or page_text(document, signals, rules, excluded)
    found: dict[tuple[str, str], Licence] = {}
    stated = _stated(document, signals, rules, page)
    read = [*stated] if document.is_xml else [*_linked(page), *_worded(page), *stated]
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
    for signal in signals:
        if not is_rights(signal) or (rules.ignore and f"{signal.vocabulary}:{signal.name}" in rules.ignore):
            continue
        link = signal.element
        if link is not None and link.tag == "a" and not (_own_words_fit(link) and _admissible(page, link)):
            continue
        if signal.vocabulary == "jats" and not _sentence_fits(signal):
            continue
        named = licence_of_url(signal.value) or licence_of_words(signal.value)
        if signal.vocabulary == "jats" and signal.name == "license":
            named = _dated(named or _address(signal.value), signal)
        if named:
            yield named, signal.evidence(document)


def _sentence_fits(signal: Signal) -> bool:
    """Whether the words of a licence in a JATS file, or those around a link in them, speak of this article."""
    link = signal.element
    text, at = signal.value, 0
    if signal.name == "license_text":
        found = _place_of_name(text)
        at = found.start() if found else 0
    elif signal.name == "license" and link is not None and local(link) in ("ext-link", "uri"):
        paragraph = next((one for one in link.iterancestors() if local(one) in ("license-p", "p")), link)
        text = words(paragraph)
        at = max(text.find(words(link)), 0)
    else:
        return True
    start = _sentence_start(text, at)
    return _speaks_of_this(text[start : max(at, start) + 240])


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
    return page.places.of(element) <= Place.COLLAPSED and _of_this(beginning(block_of(element), 1_500))


@lru_cache(maxsize=64)  # several links of one line ask alike
def _of_this(words: str) -> bool:
    if (part := _PART_OF_IT.search(words)) and part.start() < _EARLY:
        return False
    return not _NOT_THIS.search(words) or bool(_THIS_ITEM.search(words) and not re.search("waiver", words))


def _linked(page: PageText) -> Iterator[tuple[Named, Evidence]]:
    if b"creativecommons.org" not in page.document.page.body:
        return
    for link in page.links((_CC_HOST,), 50):
        named = licence_of_url(link.get("href", ""))
        if named and _own_words_fit(link) and _admissible(page, link):
            name = _name(page.places.of(link))
            yield named, page.document.evidence("link", name, link, link.get("href", ""), attribute="href")


def _own_words_fit(link: Element) -> bool:
    return not re.search(r"waiver|\bdata\b", beginning(link, 200), re.IGNORECASE)


def _worded(page: PageText) -> Iterator[tuple[Named, Evidence]]:
    naming = [one for one in page.speaking if _MAYBE.search(one.raw) or _MAYBE_KNOWN.search(one.raw)]
    for passage in naming[:_PASSAGES]:
        if passage.place > Place.COLLAPSED:
            continue
        evidence = _words_evidence(page, passage)
        named = licence_of_words(passage.raw)
        if evidence and (named or _CC_BARE.search(passage.raw)):
            yield named or Named(_ANY_LICENCE, None), evidence


def _words_evidence(page: PageText, passage: Passage) -> Evidence | None:
    found = _place_of_name(passage.raw)
    other = known_licences.place_in(passage.raw) if found is None else None
    found = found or other
    if found is None:
        return None
    start = _sentence_start(passage.raw, found.start())
    sentence = passage.raw[start : max(found.end(), start + 240)]
    if other and not _of_a_text(sentence, passage.raw[start : found.start()]):
        return None
    if not _speaks_of_this(sentence):
        return None
    return page.document.evidence(
        "text", _name(passage.place), passage.block, passage.raw[start : max(found.end(), start)].strip()[:240]
    )


def _place_of_name(text: str) -> re.Match[str] | None:
    return _CC_BARE.search(text) or _CC_WORDS.search(text) or _CC_SHORT.search(text) or _CC_URL.search(text)


def _speaks_of_this(sentence: str) -> bool:
    """Whether a sentence that names a licence says it of the whole of this article."""
    part = _PART_OF_IT.search(sentence)
    if (part and part.start() < _EARLY) or _DENIED.search(sentence):
        return False
    return not _NOT_THIS.search(sentence) or bool(_THIS_ITEM.search(sentence))


def _of_a_text(sentence: str, lead: str) -> bool:
    """Licences of all kinds of things: a sentence that names the article, or says the licence and nothing else."""
    if _OTHER_THINGS.search(sentence):
        return False
    return bool(_THIS_ITEM.search(sentence) or _LEAD.fullmatch(lead))


def _sentence_start(text: str, at: int) -> int:
    starts = [stop.end() for stop in _STOP.finditer(text, 0, at)]
    return max(*starts[-1:], at - 180, 0)
