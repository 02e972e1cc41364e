"""Which licence an address or words name -> SPDX.

SPDX licence list 3; Creative Commons ports keep their country in the identifier only where SPDX knows it.
"""

import re
from urllib.parse import unquote

from harvester.extraction.access import known_licences
from harvester.extraction.access.known_licences import Named

_CC_URL = re.compile(
    r"creativecommons\.org/(?:(?:licen[cs]es?/(?P<kind>by(?:-nc)?(?:-nd|-sa)?|by-(?:nd|sa)-nc|nc|sa|nd(?:-nc)?|nc-sa)"
    r"(?:/(?P<version>\d\.\d))?(?:/(?P<port>(?!rdf)[a-z]{2,3})(?![a-z.]))?)"
    r"|publicdomain/(?P<domain>zero|mark)(?:/(?P<domain_version>\d\.\d))?)",
    re.IGNORECASE,
)
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
ANY_KIND = re.compile(
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


def place_of_name(text: str) -> re.Match[str] | None:
    return ANY_KIND.search(text) or _CC_WORDS.search(text) or _CC_SHORT.search(text) or _CC_URL.search(text)
