"""JSON-LD 1.1: the record as a schema.org ScholarlyArticle, both languages as language-tagged values.

`isAccessibleForFree` is said of the full text and left out where nothing is established.
"""

import json
from typing import Any

from harvester.formats import choices, citation, notes
from harvester.formats.characters import for_json
from harvester.formats.tables import is_accessible_for_free, relation_in, table, type_in
from harvester.model.access import AccessStatus
from harvester.model.record import Contributor, Record

MEDIA_TYPE = "application/ld+json"
CONTEXT = "https://schema.org"


def render(record: Record) -> bytes:
    """The document as one JSON object on one line."""
    return for_json(json.dumps(document(record), ensure_ascii=False)).encode() + b"\n"


def document(record: Record) -> dict[str, Any]:
    """The document as JSON types; what is not known is left out."""
    own = choices.doi(record)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": type_in(record, "schema_org"),
        "@id": choices.doi_url(own) if own else record.url,
        "url": record.url,
        "identifier": [_identifier(one.scheme, one.value) for one in record.identifiers if one.role == "self"],
        "name": [_tagged(lang, title.value) for lang, title in record.titles.items()],
        "abstract": [_tagged(lang, text.value) for lang, text in record.abstracts.items()],
        "keywords": [_tagged(lang, word) for lang, words in record.keywords.items() for word in words.items],
        "inLanguage": list(record.languages),
        "author": [_person(one) for one in choices.people(record, "author")],
        "editor": [_person(one) for one in choices.people(record, "editor")],
        "isPartOf": _container(record),
        "pagination": record.container.pages or record.container.article_number,
        "datePublished": date.value if (date := choices.issued(record)) else None,
        "publisher": {"@type": "Organization", "name": record.container.publisher}
        if record.container.publisher
        else None,
        "license": [licence.url for licence in record.rights.licences],
        "copyrightNotice": record.rights.copyright,
        "isAccessibleForFree": is_accessible_for_free(record.access),
        "conditionsOfAccess": notes.access(record) if record.access.status is not AccessStatus.UNKNOWN else None,
        "creditText": citation.note(record),
        **_integrity(record),
        **_relations(record),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _tagged(language: str, value: str) -> dict[str, str]:
    return {"@language": language, "@value": value}


def _identifier(scheme: str, value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": scheme, "value": value}


def _person(person: Contributor) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "Person" if person.family else None,
        "name": person.name,
        "familyName": person.family,
        "givenName": person.given,
        "@id": f"https://orcid.org/{person.orcid}" if person.orcid else None,
        "affiliation": [{"@type": "Organization", "name": name} for name in person.affiliations],
    }
    return {name: value for name, value in found.items() if value}


def _container(record: Record) -> dict[str, Any] | None:
    """The issue in its volume in its journal, as far as they are known."""
    box = record.container
    journal = {
        "@type": "Periodical",
        "name": [_tagged(lang, title) for lang, title in box.titles.items()],
        "issn": [one.value for one in box.issns],
    }
    found: dict[str, Any] | None = {name: value for name, value in journal.items() if value}
    if not (box.titles or box.issns):
        found = None
    if box.volume:
        found = {"@type": "PublicationVolume", "volumeNumber": box.volume} | ({"isPartOf": found} if found else {})
    if box.issue:
        found = {"@type": "PublicationIssue", "issueNumber": box.issue} | ({"isPartOf": found} if found else {})
    return found


def _integrity(record: Record) -> dict[str, Any]:
    if record.integrity.status == "none":
        return {}
    row = table("integrity")[record.integrity.status]
    return {"creativeWorkStatus": row["work_status"], "disambiguatingDescription": notes.integrity(record)}


def _relations(record: Record) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for relation in record.relations:
        name = relation_in(relation.type, "schema_org")
        if name and relation.target:
            url = choices.doi_url(relation.target) if relation.target.startswith("10.") else relation.target
            found.setdefault(name, []).append({"@id": url})
    return found
