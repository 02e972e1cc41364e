"""Records as formats meet them: both languages, every field, and the hard cases of editions, access and integrity."""

from datetime import UTC, date, datetime
from typing import Any

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    Integrity,
    Issn,
    KeywordList,
    LangText,
    Licence,
    Location,
    Provenance,
    Record,
    Relation,
    Rights,
    Section,
    record_id,
)
from harvester.model.signal import Evidence

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
URL = "https://revue.example/article/12"
TITLES = {
    "fr": "Les cadrans solaires de la vallée : pierre, ombre & mémoire",
    "en": "Sundials of one valley: a promising RECORD of DNA",
}
ABSTRACTS = {
    "fr": "On repeint un cadran à chaque génération, soit 12 % du fonds.",
    "en": "A dial is painted again once in a generation (p < 0.05, n = 40).",
}
KEYWORDS = {"fr": ("cadran solaire", "mémoire, paroisse"), "en": ("sundial", "parish_memory")}


def text(language: str, value: str, **more: Any) -> LangText:
    return LangText(value=value, language=language, **more)


def evidence(quote: str = "nécessite un abonnement", name: str = "sentence") -> Evidence:
    return Evidence(vocabulary="sentence", name=name, quote=quote, where="/html/body/p")


def verdict(status: str = "subscription", **more: Any) -> AccessVerdict:
    return AccessVerdict(status=AccessStatus(status), as_of=NOW, evidence=(evidence(),), **more)


def article(**more: Any) -> Record:
    """A whole bilingual article; `more` replaces fields."""
    values: dict[str, Any] = {
        "id": record_id("alpha", URL),
        "work_id": record_id("alpha", URL),
        "source_id": "alpha",
        "url": URL,
        "type": "research-article",
        "languages": ("fr", "en"),
        "titles": {lang: text(lang, value, kind="title") for lang, value in TITLES.items()},
        "abstracts": {lang: text(lang, value) for lang, value in ABSTRACTS.items()},
        "keywords": {lang: KeywordList(items=words, language=lang) for lang, words in KEYWORDS.items()},
        "contributors": (
            Contributor(
                name="Ada Plume",
                family="Plume",
                given="Ada",
                orcid="0000-0002-1825-0097",
                affiliations=("Institut des ombres",),
                order=1,
            ),
            Contributor(name="Groupe Cadran", order=2),
            Contributor(name="Jean de Pierre", family="de Pierre", given="Jean", role="editor", order=1),
        ),
        "container": Container(
            titles={"fr": "Revue des ombres"},
            issns=(Issn(value="2049-3630", kind="electronic"), Issn(value="0317-8471", kind="print")),
            publisher="Maison d'exemple",
            volume="92",
            issue="3",
            pages="205-211",
        ),
        "dates": (
            DateValue(kind="published", value="2025-04-11", precision="day", raw="11/04/25", rule="day-first"),
            DateValue(kind="accepted", value="2025-01", precision="month", raw="01/2025", rule="day-first"),
        ),
        "identifiers": (
            Identifier(scheme="doi", value="10.5555/ombres.12", raw="10.5555/ombres.12"),
            Identifier(scheme="pmid", value="12345678", raw="12345678"),
        ),
        "locations": (Location(url=URL, content="landing"), Location(url=f"{URL}.pdf", content="fulltext_pdf")),
        "access": verdict(),
        "provenance": Provenance(url=URL, fetched_at=NOW, page_digest="sha256:00", rules="1"),
    }
    return Record(**values | more)


def noted(state: str = "unresolved") -> Record:
    """The French edition that asks to cite the English one, whose DOI is (`resolved`) or is not established."""
    other = "10.5555/jbspin.77"
    resolved = state == "resolved"
    relation = Relation(
        type="isVariantFormOf",
        target=other if resolved else None,
        target_text="Joint Bone Spine",
        state="resolved" if resolved else "unresolved",
        evidence=(evidence("Ne pas utiliser, pour citation, la référence française", "cite_other_edition"),),
    )
    own = Identifier(scheme="doi", value="10.5555/ombres.12", raw="10.5555/ombres.12")
    theirs = Identifier(scheme="doi", value=other, raw=other, role="other_edition")
    return article(relations=(relation,), identifiers=(own, theirs) if resolved else (own,))


def retracted(status: str = "retracted") -> Record:
    notice = Relation(type="hasRetraction", target="10.5555/ombres.99", state="resolved", evidence=(evidence(),))
    integrity = Integrity.model_validate(
        {"status": status, "notice": "Retracted at the authors' wish", "date": "2026-01-02"}
    )
    return article(integrity=integrity, relations=(notice,))


def structured() -> Record:
    parts = (
        Section(label=None, text="D'abord."),
        Section(label="Objectif", text="Compter les cadrans."),
        Section(label="Méthodes", text="Une échelle <3 m & un carnet."),
    )
    value = "D'abord. Objectif : Compter les cadrans. Méthodes : Une échelle <3 m & un carnet."
    return article(abstracts={"fr": text("fr", value, sections=parts)})


def licensed(status: str = "open", **dates: date) -> Record:
    licence = Licence(url="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0", start="2025-04-11")
    rights = Rights(licences=(licence,), copyright="© 2025 Les autrices")
    return article(access=verdict(status, **dates), rights=rights)
