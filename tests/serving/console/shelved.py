"""Articles whose records the console shows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harvester.model.access import AccessConflict, AccessStatus, AccessVerdict, Tier
from harvester.model.page import Page
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
from storage.archive import ArchiveWriter
from storage.archive_index import ArchiveEntry
from storage.store import Store

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


BODY = """<html lang="en"><head><meta name="citation_title" content="Tides"></head><body onload="alert(1)">
<p>It is free.</p><p>A subscription is needed.</p><script>alert(1)</script></body></html>"""


def quoted(quote: str, where: str) -> Evidence:
    return Evidence(vocabulary="page", name="sentence", quote=quote, where=where, language="en")


def disputed() -> AccessVerdict:
    """What `BODY` says of access: two things."""
    against = quoted("A subscription is needed", "/html/body/p[2]")
    conflict = AccessConflict(status=AccessStatus.SUBSCRIPTION, tier=Tier.SENTENCE, rule="en@1", evidence=against)
    because = (quoted("It is free", "/html/body/p[1]"),)
    return AccessVerdict(
        as_of=NOW, decided_by="disputed", tier=Tier.SENTENCE, evidence=because, conflicts=(conflict,), disputed=True
    )


def archived(store: Store, folder: Path, record: Record, body: str = BODY) -> Record:
    """The record with its page in the archive."""
    page = Page(url=record.url, final_url=record.url, body=body.encode(), fetched_at=NOW)
    writer = ArchiveWriter(folder / "archive", record.source_id, f"run-{record.id[:8]}")
    pointer = writer.write_response(page, page.body, cut=False, reason=None)
    writer.close()
    entry = ArchiveEntry(record.source_id, record.url, pointer, NOW, record.id)
    store.transact(lambda unit: store.archive_index.add(unit, [entry]))
    place = {"archive": "kept", "warc_file": pointer.file, "warc_offset": pointer.offset}
    return record.model_copy(update={"provenance": record.provenance.model_copy(update=place)})
