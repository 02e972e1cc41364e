"""JATS 1.1 (ANSI/NISO Z39.96-2015), journal publishing tag set: the front of an article, without its body.

Valid against the DTD: what it demands and nobody knows (ISSN, date, title) stands as an empty element. Access is said
by ali:free_to_read and ali:license_ref where they hold, and by its status in custom-meta always; the day it is free
from or until stands in their attributes. Texts keep their languages.
"""

from lxml import etree

from harvester.formats import choices, notes
from harvester.formats.characters import for_xml
from harvester.formats.markup import Element, add
from harvester.formats.tables import is_free_to_read, relation_in, type_in
from harvester.model.access import AccessStatus
from harvester.model.record import Contributor, DateValue, LangText, Record

MEDIA_TYPE = "application/jats+xml"
NAMESPACE = "http://jats.nlm.nih.gov"
SCHEMA = "https://jats.nlm.nih.gov/publishing/1.1/xsd/JATS-journalpublishing1.xsd"
DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.1 20151215//EN" '
    '"JATS-journalpublishing1.dtd">'
)
_ALI = "http://www.niso.org/schemas/ali/1.0/"
_XLINK = "http://www.w3.org/1999/xlink"
_HREF = f"{{{_XLINK}}}href"
_IDS = {"doi": "doi", "pmid": "pmid", "pmcid": "pmcid", "pii": "pii", "publisher-id": "publisher-id", "arxiv": "arxiv"}
_ISSN = {"print": "ppub", "electronic": "epub"}
_PUBLISHED = {"published": "pub", "print": "ppub", "online": "epub", "preprint": "preprint"}
_HISTORY = {"received": "received", "accepted": "accepted", "revised": "rev-recd", "corrected": "corrected"}
_LINKS = {"10.": "doi", "http": "uri"}


def element(record: Record) -> Element:
    """`article` of one record."""
    root = etree.Element("article", nsmap={"xlink": _XLINK, "ali": _ALI})
    root.set("article-type", type_in(record, "jats"))
    root.set("dtd-version", "1.1")
    if order := choices.languages(record):
        root.set("{http://www.w3.org/XML/1998/namespace}lang", order[0])
    front = add(root, "front")
    _journal(front, record)
    _article(add(front, "article-meta"), record)
    _notes(front, record)
    return root


def render(record: Record) -> bytes:
    """The record as an XML document in UTF-8 with the DOCTYPE of the tag set."""
    body = etree.tostring(element(record), xml_declaration=True, encoding="UTF-8", doctype=DOCTYPE)
    return bytes(body) + b"\n"


def _journal(front: Element, record: Record) -> None:
    box = record.container
    name, order = choices.journal(record), choices.languages(record)
    meta = add(front, "journal-meta")
    printed = choices.issn(record)
    add(meta, "journal-id", printed or record.source_id, journal_id_type="issn" if printed else "harvester-source")
    if name:
        main = next((lang for lang in (*order, *box.titles) if box.titles.get(lang) == name), None)
        group = add(meta, "journal-title-group")
        add(group, "journal-title", name, main)
        for lang, title in box.titles.items():
            if lang != main:
                add(add(group, "trans-title-group", None, lang), "trans-title", title)
    for one in box.issns:
        kind = _ISSN.get(one.kind)
        if one.kind != "linking":
            add(meta, "issn", one.value, **({"pub_type": kind} if kind else {}))
    if all(one.kind == "linking" for one in box.issns):
        add(meta, "issn")
    for one in box.issns:
        if one.kind == "linking":
            add(meta, "issn-l", one.value)
    if box.publisher:
        add(add(meta, "publisher"), "publisher-name", box.publisher)


def _article(meta: Element, record: Record) -> None:
    for one in record.identifiers:
        if one.role == "self" and one.scheme in _IDS:
            add(meta, "article-id", one.value, pub_id_type=_IDS[one.scheme])
    _titles(meta, record)
    _people(meta, record)
    _pub_dates(meta, record)
    _place(meta, record)
    _history(meta, record)
    _permissions(meta, record)
    add(meta, "self-uri").set(_HREF, for_xml(record.url))
    _relations(meta, record)
    _abstracts(meta, record)
    _keywords(meta, record)
    _custom(meta, record)


def _titles(meta: Element, record: Record) -> None:
    titles = [record.titles[lang] for lang in choices.languages(record) if lang in record.titles]
    group = add(meta, "title-group")
    if not titles:
        add(group, "article-title")
    for title in titles[:1]:
        add(group, "article-title", title.value, title.language)
    for title in titles[1:]:
        add(add(group, "trans-title-group", None, title.language), "trans-title", title.value)


def _people(meta: Element, record: Record) -> None:
    people = [*choices.people(record, "author"), *choices.people(record, "editor"), *choices.others(record)]
    if people:
        group = add(meta, "contrib-group")
        for person in people:
            _person(add(group, "contrib", contrib_type=person.role), person)


def _person(contrib: Element, person: Contributor) -> None:
    if person.orcid:
        add(contrib, "contrib-id", f"https://orcid.org/{person.orcid}", contrib_id_type="orcid")
    if person.family:
        name = add(contrib, "name")
        add(name, "surname", person.family)
        if person.given:
            add(name, "given-names", person.given)
    else:
        add(add(contrib, "name-alternatives"), "string-name", person.name)  # a person or a group: nobody knows
    for affiliation in person.affiliations:
        add(contrib, "aff", affiliation)


def _pub_dates(meta: Element, record: Record) -> None:
    dated = [date for date in record.dates if date.kind in _PUBLISHED]
    shown = choices.issued(record)
    if not dated and shown is None:
        add(add(meta, "pub-date"), "year")
    if not dated and shown:
        _date(add(meta, "pub-date", pub_type="pub"), shown)
    for date in dated:
        _date(add(meta, "pub-date", pub_type=_PUBLISHED[date.kind]), date)


def _history(meta: Element, record: Record) -> None:
    dated = [date for date in record.dates if date.kind in _HISTORY]
    if dated:
        history = add(meta, "history")
        for date in dated:
            _date(add(history, "date", date_type=_HISTORY[date.kind]), date)


def _date(parent: Element, date: DateValue) -> None:
    parent.set("iso-8601-date", date.value)
    year, *rest = date.value.split("-")
    for tag, value in reversed(list(zip(("month", "day"), rest, strict=False))):
        add(parent, tag, value)
    add(parent, "year", year)


def _place(meta: Element, record: Record) -> None:
    box = record.container
    if box.volume:
        add(meta, "volume", box.volume)
    if box.issue:
        add(meta, "issue", box.issue)
    span = choices.pages(record)
    if span:
        add(meta, "fpage", span.first)
        if span.last:
            add(meta, "lpage", span.last)
    elif box.article_number:
        add(meta, "elocation-id", box.article_number)


def _permissions(meta: Element, record: Record) -> None:
    free, licences, said = is_free_to_read(record.access), record.rights.licences, record.rights.copyright
    if not (free or licences or said):
        return
    permissions = add(meta, "permissions")
    if said:
        add(permissions, "copyright-statement", said)
    if free:
        _free_to_read(permissions, record)
    for licence in licences:
        named = add(permissions, "license")
        named.set(_HREF, for_xml(licence.url))
        reference = add(named, f"{{{_ALI}}}license_ref", licence.url)
        if licence.start:
            reference.set("start_date", licence.start)
        add(named, "license-p", licence.spdx or licence.url)


def _free_to_read(permissions: Element, record: Record) -> None:
    verdict = record.access
    free = add(permissions, f"{{{_ALI}}}free_to_read")
    if verdict.status is AccessStatus.EMBARGOED and verdict.embargo_until:
        free.set("start_date", verdict.embargo_until.isoformat())
    if verdict.until:
        free.set("end_date", verdict.until.isoformat())


def _relations(meta: Element, record: Record) -> None:
    for relation in record.relations:
        kind = relation_in(relation.type, "jats")
        if not kind:
            continue
        related = add(meta, "related-article", related_article_type=kind)
        if relation.target:
            scheme = next((name for start, name in _LINKS.items() if relation.target.startswith(start)), "other")
            related.set("ext-link-type", scheme)
            related.set(_HREF, for_xml(relation.target))
        elif relation.target_text:
            related.text = for_xml(relation.target_text)


def _abstracts(meta: Element, record: Record) -> None:
    ordered = [record.abstracts[lang] for lang in choices.languages(record) if lang in record.abstracts]
    main = choices.languages(record)[:1]
    for text in (*ordered, *record.other_abstracts):
        if [text.language] == main:
            _abstract(meta, "abstract", text)
    for text in (*ordered, *record.other_abstracts):
        if [text.language] != main:
            _abstract(meta, "trans-abstract", text)


def _abstract(meta: Element, tag: str, text: LangText) -> None:
    kind = {} if text.kind == "abstract" else {"abstract_type": text.kind}
    abstract = add(meta, tag, None, text.language, **kind)
    if not text.sections:
        add(abstract, "p", text.value)
    for section in text.sections:
        if section.label is None:
            add(abstract, "p", section.text)
            continue
        part = add(abstract, "sec")
        add(part, "title", section.label)
        add(part, "p", section.text)


def _keywords(meta: Element, record: Record) -> None:
    for lang in choices.languages(record):
        if lang in record.keywords:
            group = add(meta, "kwd-group", None, lang, kwd_group_type="author")
            for keyword in record.keywords[lang].items:
                add(group, "kwd", keyword)


def _custom(meta: Element, record: Record) -> None:
    told = {notes.ACCESS: notes.access(record)}
    if record.integrity.status != "none":
        told["harvester-integrity"] = record.integrity.status
    group = add(meta, "custom-meta-group")
    for name, value in told.items():
        one = add(group, "custom-meta")
        add(one, "meta-name", name)
        add(one, "meta-value", value)


def _notes(front: Element, record: Record) -> None:
    if told := notes.marks(record):
        group = add(front, "notes")
        for line in told:
            add(group, "p", line)
