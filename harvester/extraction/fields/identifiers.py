"""Identifiers of this edition, and of others when the page says they are others'."""

import re
from urllib.parse import unquote

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import AGREEMENT, SignalIndex
from harvester.extraction.normalise.identifiers import doi, other_identifier
from harvester.extraction.signals.signal import Signal
from harvester.model.record import Identifier

_DOI_RANKS = {
    ("selector", "doi"): 200,
    ("jats", "doi"): 130,
    ("highwire", "doi"): 120,
    ("bepress", "doi"): 118,
    ("eprints", "doi"): 110,
    ("eprints", "id_number"): 106,
    ("prism", "doi"): 108,
    ("dc", "identifier.doi"): 108,
    ("link", "cite-as"): 105,
    ("meta", "doi"): 100,
    ("highwire", "id"): 60,
    ("dc", "identifier"): 90,
    ("dcterms", "identifier"): 85,
    ("json_ld", "@id"): 80,
    ("json_ld", "identifier"): 85,
    ("json_ld", "identifier.value"): 85,
    ("json_ld", "sameas"): 84,
    ("json_ld", "url"): 60,
    ("json_ld", "doi"): 90,
    ("fact", "doi"): 75,
    ("printed", "doi"): 55,
    ("link", "canonical"): 50,
    ("opengraph", "url"): 48,
    ("dc", "source"): 40,
}
_VIEW = re.compile(r"/(?:abstract|full|pdf|epdf|meta|html|abs|fulltext)$")
_PMID = {("highwire", "pmid"), ("meta", "pmid"), ("jats", "pmid")}
_PII = {("highwire", "pii"), ("meta", "pii"), ("jats", "pii")}
_PLAIN = {("jats", "publisher-id"), ("jats", "arxiv")}
_SCHEMED = {
    ("highwire", "pmcid"),
    ("jats", "pmcid"),
    ("dc", "identifier"),
    ("dc", "identifier.uri"),
    ("dcterms", "identifier"),
    ("eprints", "id_number"),
}
_OTHERS = _PMID | _PII | _PLAIN | _SCHEMED


def choose_identifiers(document: Document, index: SignalIndex, publisher_id: str | None) -> tuple[Identifier, ...]:
    """The DOI that ranks and agrees best, then PMID, PMCID, PII, Handle, HAL, arXiv and the publisher's own id."""
    found = [identifier for identifier in (_doi(document, index),) if identifier]
    seen: set[tuple[str, str]] = set()
    wanted = frozenset(index.stated(_OTHERS))
    for signal in index.all if wanted else ():
        for scheme, value in _named(signal) if signal[:2] in wanted else ():
            if (scheme, value) not in seen and scheme not in {i.scheme for i in found}:
                seen.add((scheme, value))
                found.append(_identifier(document, scheme, value, signal))
    if publisher_id and "publisher-id" not in {i.scheme for i in found}:
        found.append(Identifier(scheme="publisher-id", value=publisher_id, raw=publisher_id))
    return tuple(found)


def _doi(document: Document, index: SignalIndex) -> Identifier | None:
    scores: dict[str, tuple[int, Signal, set[str]]] = {}
    for rank, signal in index.ranked(_DOI_RANKS):
        value = doi(unquote(signal.value) if signal.vocabulary in ("link", "opengraph") else signal.value)
        if value is None:
            continue
        value = _VIEW.sub("", value) if rank < 100 else value
        best, witness, vocabularies = scores.get(value, (0, signal, set()))
        if rank > best:
            best, witness = rank, signal
        scores[value] = (best, witness, vocabularies | {signal.vocabulary})
    if not scores:
        return None
    value, (_, signal, _) = max(scores.items(), key=lambda item: item[1][0] + AGREEMENT * (len(item[1][2]) - 1))
    return _identifier(document, "doi", value, signal)


def _named(signal: Signal) -> list[tuple[str, str]]:
    key = (signal.vocabulary, signal.name)
    value = signal.value.strip()
    if key in _PMID and re.fullmatch(r"\d{1,9}", value):
        return [("pmid", value)]
    if key in _PII and re.fullmatch(r"[A-Z0-9().-]{8,30}", value):
        return [("pii", value)]
    if key in _PLAIN and re.fullmatch(r"\S{1,100}", value):
        return [(signal.name, value)]
    if key in _SCHEMED:
        found = other_identifier(value if not value.isdigit() or key[1] != "pmcid" else f"PMC{value}")
        return [found] if found else []
    return []


def _identifier(document: Document, scheme: str, value: str, signal: Signal) -> Identifier:
    return Identifier(scheme=scheme, value=value, raw=signal.value.strip()[:200], evidence=(signal.evidence(document),))
