"""Articles whose records the console shows."""

from datetime import UTC, datetime
from typing import Any

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    KeywordList,
    LangText,
    Provenance,
    Record,
    record_id,
)
from harvester.model.signal import Evidence

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SENTENCE = "L'accès au texte intégral de cet article nécessite un abonnement."


def verdict(status: str, quote: str = SENTENCE) -> AccessVerdict:
    said = (Evidence(vocabulary="page", name="sentence", quote=quote, where="/html/body/p", language="fr"),)
    return AccessVerdict(status=AccessStatus(status), as_of=NOW, decided_by="rule@1", evidence=said)


def article(n: int = 1, *, status: str = "subscription", year: int = 2025, **more: Any) -> Record:
    """A bilingual article of 3 March of a year."""
    url = more.pop("url", f"https://publisher.test/article/{n}")
    day = f"{year}-03-03"
    title, titre = more.pop("title", f"Tides and lanterns, part {n}"), more.pop("titre", f"Marées et lanternes, {n}")
    values: dict[str, Any] = {
        "id": record_id("alpha", url),
        "work_id": record_id("alpha", url),
        "source_id": "alpha",
        "url": url,
        "publisher_id": str(n),
        "languages": ("en", "fr"),
        "titles": {"en": LangText(value=title, language="en"), "fr": LangText(value=titre, language="fr")},
        "abstracts": {
            "en": LangText(value=f"Harbour lights were counted every evening, {n} times.", language="en"),
            "fr": LangText(value=f"Les feux du port furent comptés chaque soir, {n} fois.", language="fr"),
        },
        "keywords": {
            "en": KeywordList(items=("Harbour lights", "Tides"), language="en"),
            "fr": KeywordList(items=("Feux du port", "Marées"), language="fr"),
        },
        "contributors": (Contributor(name="Maud Quillfeather", family="Quillfeather", given="Maud", order=1),),
        "container": Container(titles={"en": "Journal of Quays"}, volume="8", issue="2", pages="11-19"),
        "dates": (DateValue(kind="published", value=day, precision="day", raw=day, rule="iso"),),
        "identifiers": (Identifier(scheme="doi", value=f"10.5555/quay.{n}", raw=f"10.5555/quay.{n}"),),
        "access": verdict(status),
        "provenance": Provenance(url=url, fetched_at=NOW, page_digest="sha256:00", rules="1"),
    }
    return Record(**values | more)
