"""CSL-JSON 1.0 (Citation Style Language 1.0.2 data schema): an item for citation processors.

`title` and `abstract` are in the main language; every language stands in `custom`, beside access and the edition to
cite.
"""

import json
from typing import Any

from harvester.formats import choices, citation, notes
from harvester.formats.characters import for_json
from harvester.formats.tables import type_in
from harvester.model.record import Contributor, DateValue, Record

MEDIA_TYPE = "application/vnd.citationstyles.csl+json"


def render(record: Record) -> bytes:
    """The item as one JSON object on one line."""
    return for_json(json.dumps(item(record), ensure_ascii=False)).encode() + b"\n"


def item(record: Record) -> dict[str, Any]:
    """The item as JSON types; what is not known is left out."""
    order = choices.languages(record)
    box, span = record.container, choices.pages(record)
    date = choices.issued(record)
    found = {
        "id": record.id,
        "type": type_in(record, "csl"),
        "title": next((record.titles[lang].value for lang in order if lang in record.titles), None),
        "abstract": next((record.abstracts[lang].value for lang in order if lang in record.abstracts), None),
        "language": next(iter(order), None),
        "author": [_name(person) for person in choices.people(record, "author")],
        "editor": [_name(person) for person in choices.people(record, "editor")],
        "issued": _date(date) if date else None,
        "container-title": choices.journal(record),
        "volume": box.volume,
        "issue": box.issue,
        "page": "-".join(filter(None, span)) if span else None,
        "number": box.article_number,
        "publisher": box.publisher,
        "ISSN": choices.issn(record),
        "keyword": "; ".join(word for lang in order if lang in record.keywords for word in record.keywords[lang].items),
        "DOI": choices.doi(record),
        "PMID": record.identifier("pmid"),
        "PMCID": record.identifier("pmcid"),
        "URL": record.url,
        "status": record.integrity.status.replace("_", " ") if record.integrity.status != "none" else None,
        "note": "\n".join((*notes.marks(record), f"{notes.ACCESS}: {notes.access(record)}")),
        "custom": _custom(record),
    }
    return {name: value for name, value in found.items() if value}


def _name(person: Contributor) -> dict[str, str]:
    if not person.family:
        return {"literal": person.name}
    return {"family": person.family} | ({"given": person.given} if person.given else {})


def _date(date: DateValue) -> dict[str, Any]:
    return {"date-parts": [[int(part) for part in date.value.split("-")]]}


def _custom(record: Record) -> dict[str, Any]:
    wanted = citation.preferred(record)
    verdict = record.access.model_dump(mode="json", include={"status", "as_of", "until", "embargo_until"})
    found = {
        "titles": {lang: title.value for lang, title in record.titles.items()},
        "abstracts": {lang: text.value for lang, text in record.abstracts.items()},
        "keywords": {lang: list(words.items) for lang, words in record.keywords.items()},
        "access": {name: value for name, value in verdict.items() if value},
        "integrity": record.integrity.status if record.integrity.status != "none" else None,
        "preferred-citation": wanted._asdict() if wanted else None,
    }
    return {name: value for name, value in found.items() if value}
