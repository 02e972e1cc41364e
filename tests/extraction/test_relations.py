"""Ties to other works and the fate of an article: named from the record's own side, never without words that say so."""

from datetime import UTC, datetime

import pytest
from quotes import all_evidence, standing

from harvester.extraction.extract import extract
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.source import GENERIC

URL = "https://journal.example/article/7"
ABSTRACT = (
    "Nine weirs of the lower valley were surveyed by boat in two successive springs, and their gates were timed by "
    "hand. The oldest of them still answers the tide within an hour, which none of the plans had suggested."
)


def page(body: str = "", head: str = "", title: str = "The weirs of the lower valley", lang: str = "en") -> Page:
    html = (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="citation_title" content="{title}"><meta name="citation_doi" content="10.5555/weirs.7">'
        f"{head}</head>"
        f"<body><h1>{title}</h1>{body}<h2>Abstract</h2><p>{ABSTRACT}</p></body></html>"
    )
    headers = (("content-type", "text/html"),)
    return Page(
        url=URL, final_url=URL, headers=headers, body=html.encode(), fetched_at=datetime(2026, 3, 10, tzinfo=UTC)
    )


def read(served: Page) -> Record:
    found = extract(served, GENERIC)
    assert found.record is not None, found.reason
    for evidence in all_evidence(found.record):
        assert standing(served, evidence) == evidence.quote
    return found.record


def ties(record: Record) -> list[tuple[str, str, str | None]]:
    return [(relation.type, relation.state, relation.target) for relation in record.relations]


OTHER = '<a href="https://doi.org/10.5555/other.9">link</a>'
SENTENCES = [
    ("en", "This article has been retracted.", "hasRetraction", "retracted"),
    ("en", "A retraction note to this article was published.", "hasRetraction", "retracted"),
    ("fr", "Cet article a été rétracté par la revue.", "hasRetraction", "retracted"),
    ("de", "Dieser Artikel wurde zurückgezogen.", "hasRetraction", "retracted"),
    ("es", "Este artículo ha sido retractado.", "hasRetraction", "retracted"),
    ("pt", "Este artigo foi retratado.", "hasRetraction", "retracted"),
    ("it", "Questo articolo è stato ritrattato.", "hasRetraction", "retracted"),
    ("nl", "Dit artikel is ingetrokken.", "hasRetraction", "retracted"),
    ("en", "This article has been withdrawn at the authors' request.", "hasRetraction", "withdrawn"),
    ("fr", "Cet article a été retiré.", "hasRetraction", "withdrawn"),
    ("en", "An expression of concern about this article has been issued.", "hasConcern", "expression_of_concern"),
    ("fr", "Cet article fait l’objet d’une expression de préoccupation.", "hasConcern", "expression_of_concern"),
    ("en", "A correction to this article was published.", "hasCorrection", "corrected"),
    ("en", "This article was corrected on 3 May.", "hasCorrection", "corrected"),
    ("fr", "Un erratum à cet article a été publié.", "hasCorrection", "corrected"),
    ("fr", "Cet article a fait l'objet d'un rectificatif.", "hasCorrection", "corrected"),
    ("de", "Eine Berichtigung zu diesem Artikel ist erschienen.", "hasCorrection", "corrected"),
    ("es", "Se ha publicado una fe de erratas de este artículo.", "hasCorrection", "corrected"),
    ("pt", "Este artigo foi corrigido.", "hasCorrection", "corrected"),
    ("it", "Questo articolo è stato corretto.", "hasCorrection", "corrected"),
    ("nl", "Een correctie op dit artikel is verschenen.", "hasCorrection", "corrected"),
    ("en", "Now published in Waters and Weirs.", "isPreprintOf", "none"),
    ("fr", "Cette prépublication a été publiée dans Eaux vives.", "isPreprintOf", "none"),
    ("de", "Dieser Preprint wurde inzwischen in Wehr und Wasser veröffentlicht.", "isPreprintOf", "none"),
    ("es", "Este preprint ha sido publicado en Aguas.", "isPreprintOf", "none"),
    ("pt", "Este preprint foi publicado em Águas.", "isPreprintOf", "none"),
    ("it", "Questo preprint è stato pubblicato in Acque.", "isPreprintOf", "none"),
    ("nl", "Deze preprint is gepubliceerd in Water.", "isPreprintOf", "none"),
    ("en", "A preprint of this article is available.", "hasPreprint", "none"),
    ("fr", "Une prépublication de cet article est déposée.", "hasPreprint", "none"),
    ("en", "This article is a translation of the French original.", "isTranslationOf", "none"),
    ("fr", "Cet article est la traduction d'un texte anglais.", "isTranslationOf", "none"),
    ("de", "Dieser Beitrag ist eine Übersetzung.", "isTranslationOf", "none"),
    ("es", "Este artículo es una traducción del inglés.", "isTranslationOf", "none"),
    ("pt", "Este artigo é uma tradução do inglês.", "isTranslationOf", "none"),
    ("it", "Questo articolo è la traduzione di un testo.", "isTranslationOf", "none"),
    ("nl", "Dit artikel is een vertaling van een Frans stuk.", "isTranslationOf", "none"),
    ("en", "A French translation of this article is available.", "hasTranslation", "none"),
    ("fr", "Cet article est également disponible en anglais.", "hasTranslation", "none"),
    ("de", "Eine englische Übersetzung dieses Artikels liegt vor.", "hasTranslation", "none"),
    ("es", "Existe una versión en inglés de este artículo.", "hasTranslation", "none"),
    ("pt", "Existe uma versão em inglês deste artigo.", "hasTranslation", "none"),
    ("it", "Esiste una versione in inglese di questo articolo.", "hasTranslation", "none"),
    ("nl", "Er is een Engelse vertaling van dit artikel.", "hasTranslation", "none"),
]


@pytest.mark.parametrize(("language", "sentence", "kind", "fate"), SENTENCES)
def test_a_sentence_beside_a_doi(language: str, sentence: str, kind: str, fate: str) -> None:
    record = read(page(f"<p>{sentence} {OTHER}</p>", lang=language))
    assert ties(record) == [(kind, "resolved", "10.5555/other.9")]
    assert record.integrity.status == fate


@pytest.mark.parametrize(("language", "sentence", "kind", "fate"), SENTENCES)
def test_without_a_doi_none_is_guessed(language: str, sentence: str, kind: str, fate: str) -> None:
    record = read(page(f"<p>{sentence}</p>", lang=language))
    assert all(relation.target is None and relation.state == "unresolved" for relation in record.relations)
    assert record.integrity.status == fate


@pytest.mark.parametrize(("language", "sentence", "kind", "fate"), SENTENCES)
def test_other_articles_notices_are_theirs(language: str, sentence: str, kind: str, fate: str) -> None:
    record = read(page(f'<aside class="related"><p>{sentence} {OTHER}</p></aside>', lang=language))
    assert not record.relations
    assert record.integrity.status == "none"


def test_several_dois_are_ambiguous() -> None:
    two = f'{OTHER} <a href="https://doi.org/10.5555/other.10">another</a>'
    record = read(page(f"<p>A correction to this article was published. {two}</p>"))
    assert ties(record) == [("hasCorrection", "ambiguous", None)]
    assert record.integrity.status == "corrected"


def test_the_records_own_doi_is_no_target() -> None:
    record = read(page('<p>This article has been retracted. <a href="https://doi.org/10.5555/weirs.7">here</a></p>'))
    assert not record.relations
    assert record.integrity.status == "retracted"


@pytest.mark.parametrize(
    "sentence",
    [
        "This article has been cited 12 times; corrections to the proofs are welcome.",
        "Authors may post a preprint; this article may not be withdrawn after review.",
        "If this article has errors, a correction will be printed.",
        "Now published in three languages, the guide is free.",
    ],
)
def test_neutral_words_say_nothing(sentence: str) -> None:
    record = read(page(f"<p>{sentence}</p>"))
    assert not record.relations
    assert record.integrity.status == "none"


NOTICES = [
    ("Erratum to: The weirs of the lower valley", "isCorrectionOf"),
    ("Correction: The weirs of the lower valley", "isCorrectionOf"),
    ("Author Correction: The weirs of the lower valley", "isCorrectionOf"),
    ("Correction to: The weirs of the lower valley", "isCorrectionOf"),
    ("Corrigendum to “The weirs of the lower valley”", "isCorrectionOf"),
    ("Erratum à « The weirs of the lower valley »", "isCorrectionOf"),
    ("Berichtigung zu: The weirs of the lower valley", "isCorrectionOf"),
    ("Fe de erratas: The weirs of the lower valley", "isCorrectionOf"),
    ("Errata: The weirs of the lower valley", "isCorrectionOf"),
    ("Errata corrige: The weirs of the lower valley", "isCorrectionOf"),
    ("Rectificatie: The weirs of the lower valley", "isCorrectionOf"),
    ("Retraction Note: The weirs of the lower valley", "isRetractionOf"),
    ("Retraction notice to: The weirs of the lower valley", "isRetractionOf"),
    ("Avis de rétractation : The weirs of the lower valley", "isRetractionOf"),
    ("Retractación: The weirs of the lower valley", "isRetractionOf"),
    ("Expression of concern: The weirs of the lower valley", "isConcernAbout"),
]


@pytest.mark.parametrize(("title", "kind"), NOTICES)
def test_the_title_of_a_notice(title: str, kind: str) -> None:
    record = read(page(title=title))
    assert ties(record) == [(kind, "unresolved", None)]
    assert record.relations[0].target_text == "The weirs of the lower valley"
    assert record.integrity.status == "none"


@pytest.mark.parametrize(("title", "kind"), NOTICES)
def test_a_notice_names_its_original(title: str, kind: str) -> None:
    body = f"<p>The original article can be found at {OTHER}.</p><p>This article has been retracted.</p>"
    record = read(page(body, title=title))
    assert (kind, "resolved", "10.5555/other.9") in ties(record)
    assert record.integrity.status == "none"  # what a notice says is said of another article


@pytest.mark.parametrize(("title", "kind"), NOTICES)
def test_a_notice_without_a_text_of_its_own_is_no_article(title: str, kind: str) -> None:
    served = page(f"<p>The original article can be found at {OTHER}.</p>", title=title)
    bare = served.body.decode().replace(ABSTRACT, "").replace("<h2>Abstract</h2>", "")
    found = extract(served.model_copy(update={"body": bare.encode()}), GENERIC)
    assert (found.outcome, found.record) == (VisitOutcome.NOT_ARTICLE, None)
    assert "another article" in found.reason


@pytest.mark.parametrize(
    ("title", "fate"),
    [
        ("RETRACTED: The weirs of the lower valley", "retracted"),
        ("RETRACTED ARTICLE: The weirs of the lower valley", "retracted"),
        ("[Retracted] The weirs of the lower valley", "retracted"),
        ("ARTICLE RÉTRACTÉ : The weirs of the lower valley", "retracted"),
        ("WITHDRAWN: The weirs of the lower valley", "withdrawn"),
    ],
)
def test_the_title_of_a_retracted_article(title: str, fate: str) -> None:
    record = read(page(title=title))
    assert record.integrity.status == fate
    assert not record.relations


@pytest.mark.parametrize(
    "title",
    [
        "Correction of river beds in the lower valley",
        "Corrections to the theory of weirs",
        "Retraction of the palmar fascia in millers",
        "Withdrawn from the mill: weirs after the war",
        "Erratic boulders of the lower valley",
    ],
)
def test_titles_that_only_begin_alike(title: str) -> None:
    record = read(page(title=title))
    assert not record.relations
    assert record.integrity.status == "none"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<meta name="DCTERMS.isVersionOf" content="https://doi.org/10.5555/other.9">',
            ("isVersionOf", "resolved", "10.5555/other.9"),
        ),
        (
            '<meta name="DC.relation.isReplacedBy" content="https://journal.example/article/8">',
            ("isReplacedBy", "resolved", "https://journal.example/article/8"),
        ),
        (
            '<meta name="DCTERMS.replaces" content="doi:10.5555/OTHER.9">',
            ("replaces", "resolved", "10.5555/other.9"),
        ),
        (
            '<script type="application/ld+json">{"@type": "ScholarlyArticle", "headline": "The weirs", '
            '"translationOfWork": {"@id": "https://doi.org/10.5555/other.9"}}</script>',
            ("isTranslationOf", "resolved", "10.5555/other.9"),
        ),
        (
            '<script type="application/ld+json">{"@type": "ScholarlyArticle", "headline": "The weirs", '
            '"workTranslation": {"@type": "ScholarlyArticle", "@id": "https://doi.org/10.5555/other.9"}}</script>',
            ("hasTranslation", "resolved", "10.5555/other.9"),
        ),
    ],
    ids=["isVersionOf", "isReplacedBy", "replaces", "translationOfWork", "workTranslation"],
)
def test_ties_in_metadata(head: str, expected: tuple[str, str, str]) -> None:
    assert ties(read(page(head=head))) == [expected]


@pytest.mark.parametrize("value", ["10.5555/weirs.7", "some words", "urn:isbn:9780000000002"])
def test_a_tie_to_itself_or_to_words_is_none(value: str) -> None:
    assert not read(page(head=f'<meta name="DCTERMS.isVersionOf" content="{value}">')).relations
