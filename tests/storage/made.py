"""Records to put into a store."""

from datetime import UTC, datetime
from typing import Any

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import Identifier, KeywordList, LangText, Provenance, Record, record_id
from harvester.model.signal import Evidence

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def make_record(
    n: int = 1, *, doi: str | None = None, status: str = "unknown", quote: str = "words", **more: Any
) -> Record:
    url = more.pop("url", f"https://publisher.test/article/{n}")
    said = (Evidence(vocabulary="page", name="sentence", quote=quote, where="/html/body/p"),)
    title = more.pop("title", f"Étude numéro {n}")
    values: dict[str, Any] = {
        "id": record_id("alpha", url),
        "work_id": record_id("alpha", url),
        "source_id": "alpha",
        "url": url,
        "publisher_id": str(n),
        "languages": ("fr", "en"),
        "titles": {
            "fr": LangText(value=title, language="fr"),
            "en": LangText(value=f"Study number {n}", language="en"),
        },
        "abstracts": {"fr": LangText(value=f"Un résumé, le {n}.", language="fr")},
        "keywords": {"fr": KeywordList(items=("cœur", "œdème"), language="fr")},
        "identifiers": (Identifier(scheme="doi", value=doi, raw=doi),) if doi else (),
        "access": AccessVerdict(status=AccessStatus(status), as_of=NOW, decided_by="rule@1", evidence=said),
        "provenance": Provenance(url=url, fetched_at=NOW, page_digest="sha256:00", rules="1"),
    }
    return Record(**values | more)
