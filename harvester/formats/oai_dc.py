"""oai_dc: unqualified Dublin Core (DCMES 1.1) as OAI-PMH 2.0 demands of every repository.

Each title, description and subject says its language; descriptions are the abstracts and nothing else (a lay summary
could not be told apart). Access is a COAR access right and the licence, in dc:rights; what became of the article is a
dc:type, and with the edition to cite a sentence in dc:relation. Blank values are left out.
"""

from lxml import etree

from harvester.formats import choices, notes
from harvester.formats.markup import XSI, Element, add, document
from harvester.formats.tables import coar_access, coar_type
from harvester.model.record import Record

MEDIA_TYPE = "application/xml"
NAMESPACE = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
DC = "http://purl.org/dc/elements/1.1/"
_OWN_URI = {"pmid": "info:pmid/{}", "handle": "info:hdl/{}", "arxiv": "https://arxiv.org/abs/{}"}


def element(record: Record) -> Element:
    """`oai_dc:dc` of one record."""
    root = etree.Element(f"{{{NAMESPACE}}}dc", nsmap={"oai_dc": NAMESPACE, "dc": DC, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    _texts(root, record)
    _people(root, record)
    _facts(root, record)
    _rights(root, record)
    _relations(root, record)
    return root


def render(record: Record) -> bytes:
    """The record as an XML document in UTF-8."""
    return document(element(record))


def _dc(root: Element, name: str, text: str | None, lang: str | None = None) -> None:
    if text and text.strip():
        add(root, f"{{{DC}}}{name}", text, lang)


def _texts(root: Element, record: Record) -> None:
    order = choices.languages(record)
    for lang in order:
        if lang in record.titles:
            _dc(root, "title", record.titles[lang].value, lang)
    for lang in order:
        for keyword in record.keywords[lang].items if lang in record.keywords else ():
            _dc(root, "subject", keyword, lang)
    for lang in order:
        if lang in record.abstracts:
            _dc(root, "description", record.abstracts[lang].value, lang)


def _people(root: Element, record: Record) -> None:
    for person in choices.people(record, "author"):
        _dc(root, "creator", choices.inverted(person))
    for person in (*choices.people(record, "editor"), *choices.others(record)):
        _dc(root, "contributor", choices.inverted(person))


def _facts(root: Element, record: Record) -> None:
    _dc(root, "publisher", record.container.publisher)
    if date := choices.any_date(record):
        _dc(root, "date", date.value)
    kind = coar_type(record)
    _dc(root, "type", kind.label, "en")
    _dc(root, "type", kind.uri)
    if record.integrity.status != "none":
        _dc(root, "type", record.integrity.status.replace("_", " "), "en")
    if own := choices.doi(record):
        _dc(root, "identifier", choices.doi_url(own))
    _dc(root, "identifier", record.url)
    for one in record.identifiers:
        if one.role == "self" and one.scheme in _OWN_URI:
            _dc(root, "identifier", _OWN_URI[one.scheme].format(one.value))
    for lang in record.languages:
        _dc(root, "language", lang)
    _dc(root, "source", _source(record))


def _source(record: Record) -> str | None:
    """The journal, its number and its pages in words, as in a printed reference."""
    box = record.container
    name = choices.journal(record)
    if not name:
        return None
    volume = f"{box.volume or ''}({box.issue})" if box.issue else box.volume
    parts = [name, volume, box.pages or box.article_number]
    numbers = [f"ISSN {one.value}" for one in box.issns]
    return ", ".join(part for part in (*parts, *numbers) if part)


def _rights(root: Element, record: Record) -> None:
    if right := coar_access(record.access):
        _dc(root, "rights", right.label, "en")
        _dc(root, "rights", right.uri)
        _dc(root, "rights", f"{notes.ACCESS}: {notes.access(record)}")  # COAR has one word for several statuses
    for licence in record.rights.licences:
        _dc(root, "rights", licence.url)
    _dc(root, "rights", record.rights.copyright)


def _relations(root: Element, record: Record) -> None:
    for told in notes.marks(record):  # no description: it would pass for an abstract
        _dc(root, "relation", told)
    for relation in record.relations:
        target = relation.target
        if target:
            _dc(root, "relation", choices.doi_url(target) if target.startswith("10.") else target)
    for one in record.container.issns:
        _dc(root, "relation", f"urn:ISSN:{one.value}")
