"""oai_openaire: OpenAIRE Guidelines for Literature Repositories 4.0 (application profile of oaire, DataCite 4 and DC).

The profile demands an access right, so a record whose access is not established has no such form.
"""

from lxml import etree

from harvester.errors import UsageError
from harvester.formats import choices, notes
from harvester.formats.markup import XSI, Element, add, document
from harvester.formats.tables import coar_access, coar_type_1, iso639_3, relation_in
from harvester.model.record import Contributor, Record

MEDIA_TYPE = "application/xml"
NAMESPACE = "http://namespace.openaire.eu/schema/oaire/"
SCHEMA = "https://www.openaire.eu/schema/repo-lit/4.0/openaire.xsd"
DATACITE = "http://datacite.org/schema/kernel-4"
DC = "http://purl.org/dc/elements/1.1/"
ORCID = "https://orcid.org"
_ISSN_TYPES = {"print": "ISSN", "electronic": "EISSN", "linking": "LISSN", "unknown": "ISSN"}
_ALTERNATE = {"doi": "DOI", "pmid": "PMID", "pmcid": "PMCID", "handle": "Handle", "arxiv": "arXiv", "pii": "PII"}


def can_render(record: Record) -> bool:
    """False where the mandatory access right or title is missing (OAI-PMH: cannotDisseminateFormat)."""
    return coar_access(record.access) is not None and bool(record.titles)


def element(record: Record) -> Element:
    """`oaire:resource` of one record; raises UsageError where `can_render` is False."""
    if not can_render(record):
        raise UsageError(
            f"{record.id} has no form in oai_openaire: its access or title is not established",
            remedy="ask for oai_dc or jats",
        )
    root = etree.Element(
        f"{{{NAMESPACE}}}resource", nsmap={"oaire": NAMESPACE, "datacite": DATACITE, "dc": DC, "xsi": XSI}
    )
    root.set(f"{{{XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    for part in (_titles, _people, _identifiers, _dates, _words, _access, _journal):
        part(root, record)
    for group in [child for child in root if len(child) == 0 and not child.text]:
        root.remove(group)
    return root


def render(record: Record) -> bytes:
    """The record as an XML document in UTF-8; raises UsageError where `can_render` is False."""
    return document(element(record))


def _datacite(parent: Element, tag: str, text: str | None = None, lang: str | None = None, **named: str) -> Element:
    return add(parent, f"{{{DATACITE}}}{tag}", text, lang, **named)


def _oaire(parent: Element, tag: str, text: str | None, **named: str) -> None:
    if text and text.strip():
        add(parent, f"{{{NAMESPACE}}}{tag}", text, **named)


def _titles(root: Element, record: Record) -> None:
    group = _datacite(root, "titles")
    for lang in choices.languages(record):
        if title := record.titles.get(lang):
            kind = {"titleType": "TranslatedTitle"} if title.role == "translation" else {}
            _datacite(group, "title", title.value, lang, **kind)


def _people(root: Element, record: Record) -> None:
    if authors := choices.people(record, "author"):
        group = _datacite(root, "creators")
        for person in authors:
            _person(_datacite(group, "creator"), "creatorName", person)
    further = [*choices.people(record, "editor"), *choices.others(record)]
    if further:
        group = _datacite(root, "contributors")
        for person in further:
            kind = "Editor" if person.role == "editor" else "Other"
            _person(_datacite(group, "contributor", contributorType=kind), "contributorName", person)


def _person(parent: Element, tag: str, person: Contributor) -> None:
    kind = {"nameType": "Personal"} if person.family else {}
    _datacite(parent, tag, choices.inverted(person), **kind)
    if person.given and person.family:
        _datacite(parent, "givenName", person.given)
        _datacite(parent, "familyName", person.family)
    if person.orcid:
        _datacite(parent, "nameIdentifier", person.orcid, nameIdentifierScheme="ORCID", schemeURI=ORCID)
    for affiliation in person.affiliations:
        _datacite(parent, "affiliation", affiliation)


def _identifiers(root: Element, record: Record) -> None:
    own = choices.doi(record)
    main = choices.doi_url(own) if own else record.url
    _datacite(root, "identifier", main, identifierType="DOI" if own else "URL")
    others = [
        (kind, i.value) for i in record.identifiers for kind in [_ALTERNATE.get(i.scheme)] if i.role == "self" and kind
    ]
    group = _datacite(root, "alternateIdentifiers")
    for kind, value in others:
        _datacite(group, "alternateIdentifier", value, alternateIdentifierType=kind)
    if own:
        _datacite(group, "alternateIdentifier", record.url, alternateIdentifierType="URL")
    _related(root, record)


def _related(root: Element, record: Record) -> None:
    group = _datacite(root, "relatedIdentifiers")
    for one in record.container.issns:
        kind = _ISSN_TYPES[one.kind]
        _datacite(group, "relatedIdentifier", one.value, relatedIdentifierType=kind, relationType="IsPartOf")
    for relation in record.relations:
        meant = relation_in(relation.type, "datacite")
        if relation.target and meant:
            kind = "DOI" if relation.target.startswith("10.") else "URL"
            if kind == "DOI" or relation.target.startswith("http"):
                _datacite(group, "relatedIdentifier", relation.target, relatedIdentifierType=kind, relationType=meant)


def _dates(root: Element, record: Record) -> None:
    group = _datacite(root, "dates")
    if date := choices.any_date(record):
        _datacite(group, "date", date.value, dateType="Issued")
    if record.access.embargo_until:
        _datacite(group, "date", record.access.embargo_until.isoformat(), dateType="Available")


def _words(root: Element, record: Record) -> None:
    order = choices.languages(record)
    for lang in order[:1] if not record.languages else record.languages:
        add(root, f"{{{DC}}}language", iso639_3(lang))
    if record.container.publisher:
        add(root, f"{{{DC}}}publisher", record.container.publisher)
    for lang in order:
        if lang in record.abstracts:
            add(root, f"{{{DC}}}description", record.abstracts[lang].value, lang)
    for told in notes.marks(record):
        add(root, f"{{{DC}}}description", told, "en")
    group = _datacite(root, "subjects")
    for lang in order:
        for keyword in record.keywords[lang].items if lang in record.keywords else ():
            _datacite(group, "subject", keyword, lang)
    kind = coar_type_1(record)
    _oaire(root, "resourceType", kind.label, resourceTypeGeneral="literature", uri=kind.uri)


def _access(root: Element, record: Record) -> None:
    right = coar_access(record.access)
    assert right is not None  # can_render
    _datacite(root, "rights", right.label, rightsURI=right.uri)
    for licence in record.rights.licences:
        start = {"startDate": licence.start} if licence.start else {}
        _oaire(root, "licenseCondition", licence.spdx or licence.url, uri=licence.url, **start)


def _journal(root: Element, record: Record) -> None:
    box = record.container
    _oaire(root, "citationTitle", choices.journal(record))
    _oaire(root, "citationVolume", box.volume)
    _oaire(root, "citationIssue", box.issue)
    if span := choices.pages(record):
        _oaire(root, "citationStartPage", span.first)
        _oaire(root, "citationEndPage", span.last)
