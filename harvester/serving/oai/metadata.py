"""Formats by prefix, and the metadata and about of one record as XML. Pure."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree

from harvester.formats import jats, oai_dc, oai_openaire
from harvester.formats.markup import XSI, Element, add
from harvester.model.record import Record
from harvester.policy import redistributed

_OAI = "http://www.openarchives.org/OAI/2.0/"
_PROVENANCE = f"{_OAI}provenance"
_RIGHTS = f"{_OAI}rights/"
_XHTML = "http://www.w3.org/1999/xhtml"
# Vocabularies that only pages of that kind have.
_READ_AS = {"jats": jats.NAMESPACE}


class Format(NamedTuple):
    """One metadata format. `element` makes it of a record for which `can_render` holds."""

    prefix: str
    namespace: str
    schema: str
    element: Callable[[Record], Element]
    can_render: Callable[[Record], bool]


def _always(_: Record) -> bool:
    return True


def _jats(record: Record) -> Element:
    """JATS in a namespace: the protocol's schema takes nothing without one (metadata is ##other)."""
    bare = jats.element(record)
    namespace = f"{{{jats.NAMESPACE}}}"
    root = etree.Element(
        f"{namespace}{bare.tag}", dict(bare.attrib), nsmap={**bare.nsmap, None: jats.NAMESPACE, "xsi": XSI}
    )
    root.set(f"{{{XSI}}}schemaLocation", f"{jats.NAMESPACE} {jats.SCHEMA}")
    root.extend(list(bare))
    for child in root.iterdescendants(etree.Element):
        if not child.tag.startswith("{"):
            child.tag = f"{namespace}{child.tag}"
    return root


FORMATS = {
    one.prefix: one
    for one in (
        Format("oai_dc", oai_dc.NAMESPACE, oai_dc.SCHEMA, oai_dc.element, _always),
        Format(
            "oai_openaire", oai_openaire.NAMESPACE, oai_openaire.SCHEMA, oai_openaire.element, oai_openaire.can_render
        ),
        Format("jats", jats.NAMESPACE, jats.SCHEMA, _jats, _always),
    )
}


def formats_of(record: Record) -> tuple[str, ...]:
    """Prefixes a record can be had in."""
    return tuple(prefix for prefix, one in FORMATS.items() if one.can_render(record))


def rendered(record: Record, prefix: str) -> bytes:
    """`metadata` and `about` of a record as it may be passed on, for a document in the protocol's namespace."""
    leaving = redistributed(record)
    parts = (_octets(FORMATS[prefix].element(leaving)), _octets(_provenance(record)), _octets(_rights(record, leaving)))
    return b"<metadata>%b</metadata><about>%b</about><about>%b</about>" % parts


def _octets(element: Element) -> bytes:
    return bytes(etree.tostring(element, encoding="UTF-8", xml_declaration=False))


def _rooted(namespace: str, name: str, schema: str) -> Element:
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{namespace} {schema}")
    return root


def _provenance(record: Record) -> Element:
    """Where the record was read: the publisher's site, its page, when, and what kind of document that is."""
    read = record.provenance
    root = _rooted(_PROVENANCE, "provenance", f"{_OAI}provenance.xsd")
    moment = read.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    origin = etree.SubElement(root, f"{{{_PROVENANCE}}}originDescription", harvestDate=moment, altered="true")
    site = urlsplit(read.url)
    kinds = (_READ_AS.get(said.vocabulary) for title in record.titles.values() for said in title.evidence)
    told = {
        "baseURL": f"{site.scheme}://{site.netloc}/" if site.netloc else read.url,
        "identifier": read.url,
        "datestamp": moment,
        "metadataNamespace": next(filter(None, kinds), _XHTML),
    }
    for name, value in told.items():
        add(origin, f"{{{_PROVENANCE}}}{name}", value)
    return root


def _rights(record: Record, leaving: Record) -> Element:
    """What may be done with the description itself: the licence of metadata if the page names one, else in words."""
    root = _rooted(_RIGHTS, "rights", f"{_OAI}rights.xsd")
    licence = next((one.url for one in record.rights.licences if one.applies_to == "metadata"), None)
    if licence:
        add(root, f"{{{_RIGHTS}}}rightsReference", ref=licence)
        return root
    root.append(rights_in_words(_said_of(record, leaving)))
    return root


def rights_in_words(sentences: list[str]) -> Element:
    """`rightsDefinition` as dc:rights, one for each sentence."""
    definition = etree.Element(f"{{{_RIGHTS}}}rightsDefinition", nsmap={None: _RIGHTS})
    dc = etree.SubElement(
        definition, f"{{{oai_dc.NAMESPACE}}}dc", nsmap={"oai_dc": oai_dc.NAMESPACE, "dc": oai_dc.DC, "xsi": XSI}
    )
    dc.set(f"{{{XSI}}}schemaLocation", f"{oai_dc.NAMESPACE} {oai_dc.SCHEMA}")
    for sentence in sentences:
        add(dc, f"{{{oai_dc.DC}}}rights", sentence, "en")
    return definition


FACTS = "Names, titles, keywords, identifiers, dates and access are facts read from the publisher's public page."


def _said_of(record: Record, leaving: Record) -> list[str]:
    said = [FACTS]
    if leaving.abstracts or leaving.other_abstracts:
        said.append("Abstracts remain their authors' or publisher's.")
    elif not record.rights.abstract_policy.redistribute:
        said.append("Abstracts are not passed on.")
    tdm = record.rights.tdm
    if tdm and tdm.reserved:
        policy = f", policy: {tdm.policy_url}" if tdm.policy_url else ""
        said.append(f"The publisher reserves text and data mining of the page{policy}.")
    return said
