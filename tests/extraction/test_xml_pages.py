"""XML pages: JATS and oai_dc become Records; lists, feeds and attacks do not; the text itself never enters."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from quotes import all_evidence, standing

from harvester.extraction.extract import Extraction, extract
from harvester.model.access import AccessStatus
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.source import GENERIC

CASE = Path(__file__).parents[1] / "sources" / "generic" / "jats-two-languages" / "page.xml"
NAMESPACES = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ali="http://www.niso.org/schemas/ali/1.0/"'


def article(meta: str = "", *, kind: str = "research-article", after: str = "", head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<article {NAMESPACES} article-type="{kind}" xml:lang="en">'
        "<front><journal-meta><journal-title-group><journal-title>Sluice Notes</journal-title></journal-title-group>"
        '</journal-meta><article-meta><article-id pub-id-type="doi">10.5555/sluice.3</article-id>'
        "<title-group><article-title>Sluices of the lower town</article-title></title-group>"
        f"{meta}</article-meta></front>{after}</article>"
    )


def served(body: str | bytes, content_type: str = "application/xml") -> Page:
    data = body.encode() if isinstance(body, str) else body
    url = "https://journal.example/article/3/xml"
    headers = (("content-type", content_type),)
    return Page(url=url, final_url=url, headers=headers, body=data, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))


def read(body: str | bytes, content_type: str = "application/xml") -> Extraction:
    return extract(served(body, content_type), GENERIC)


def record_of(body: str | bytes, content_type: str = "application/xml") -> Record:
    found = read(body, content_type)
    assert found.record is not None, found.reason
    return found.record


AUTHOR = (
    '<contrib-group><contrib contrib-type="author"><name><surname>Vane</surname><given-names>Ida</given-names></name>'
    "</contrib></contrib-group>"
)


def test_every_quote_stands_where_it_says() -> None:
    page = served(CASE.read_bytes())
    record = extract(page, GENERIC).record
    assert record is not None
    quotes = list(all_evidence(record))
    assert len(quotes) > 25
    for evidence in quotes:
        assert standing(page, evidence) == evidence.quote


def test_the_text_itself_enters_no_value() -> None:
    record = record_of(CASE.read_bytes())
    assert "TEXTE-ENTIER" not in record.model_dump_json()


def test_kinds_of_abstracts_are_kept_apart() -> None:
    record = record_of(CASE.read_bytes())
    assert set(record.abstracts) == {"fr", "en"}
    assert [text.kind for text in record.other_abstracts] == ["lay"]
    assert [section.label for section in record.abstracts["fr"].sections] == ["Objectif", "Résultats"]
    assert [person.name for person in record.contributors if not person.family] == ["Veilleurs des Gaves"]


def test_a_full_body_is_no_word_on_access() -> None:
    body = "".join(
        f"<sec><title>{name}</title><p>This article is free to read. {'Long prose of the text. ' * 60}</p></sec>"
        for name in ("Introduction", "Methods", "Results", "Discussion", "References")
    )
    record = record_of(article(AUTHOR, after=f"<body>{body}</body>"))
    assert record.access.status is AccessStatus.UNKNOWN


@pytest.mark.parametrize(
    ("permissions", "status", "licences"),
    [
        (
            '<license xlink:href="https://creativecommons.org/licenses/by/4.0/"/>',
            "open",
            [("CC-BY-4.0", None, "unspecified")],
        ),
        (
            '<license><ali:license_ref start_date="2025-01-01">https://creativecommons.org/licenses/by-nc-nd/4.0/'
            "</ali:license_ref></license>",
            "open",
            [("CC-BY-NC-ND-4.0", "2025-01-01", "unspecified")],
        ),
        (
            '<license><ali:license_ref start_date="2027-01-01">https://creativecommons.org/licenses/by/4.0/'
            "</ali:license_ref></license>",
            "embargoed",
            [("CC-BY-4.0", "2027-01-01", "unspecified")],
        ),
        (
            '<license><ali:license_ref applies_to="tdm">https://creativecommons.org/licenses/by/4.0/'
            "</ali:license_ref></license>",
            "unknown",
            [("CC-BY-4.0", None, "tdm")],
        ),
        ("<ali:free_to_read/>", "free", []),
        ('<ali:free_to_read start_date="2020-05-01"/>', "free", []),
        ('<ali:free_to_read start_date="2026-09-01"/>', "embargoed", []),
        ('<ali:free_to_read start_date="2020-05-01" end_date="2021-05-01"/>', "unknown", []),
        ('<ali:free_to_read start_date="some day"/>', "unknown", []),
        ('<license xlink:href="https://journal.example/terms"/>', "unknown", [(None, None, "unspecified")]),
        ("<copyright-statement>© 2024 Sluice Press. All rights reserved.</copyright-statement>", "unknown", []),
        (
            '<license license-type="open-access"><license-p>An article of the town.</license-p></license>',
            "open",
            [],
        ),
        (
            "<license><license-p>This is an open access article under CC BY 4.0.</license-p></license>",
            "open",
            [("CC-BY-4.0", None, "unspecified")],
        ),
    ],
    ids=["href", "ali-begun", "ali-later", "ali-mining", "free", "free-begun", "free-later", "free-spent",
         "free-unread", "own-terms", "copyright", "type", "words"],
)  # fmt: skip
def test_permissions(permissions: str, status: str, licences: list[tuple[str | None, str | None, str]]) -> None:
    page = served(article(f"{AUTHOR}<permissions>{permissions}</permissions>"))
    record = extract(page, GENERIC).record
    assert record is not None
    assert record.access.status == status
    assert [(one.spdx, one.start, one.applies_to) for one in record.rights.licences] == licences
    for evidence in record.access.evidence:
        assert evidence.quote


def test_a_later_start_is_the_embargos_end() -> None:
    record = record_of(article(f'{AUTHOR}<permissions><ali:free_to_read start_date="2026-09-01"/></permissions>'))
    assert record.access.embargo_until is not None
    assert record.access.embargo_until.isoformat() == "2026-09-01"


OWN = f"<abstract><p>{'Nine weirs were surveyed by boat in two springs. ' * 2}</p></abstract>"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("corrected-article", "isCorrectionOf"),
        ("correction-forward", "hasCorrection"),
        ("retracted-article", "isRetractionOf"),
        ("retraction-forward", "hasRetraction"),
        ("object-of-concern", "isConcernAbout"),
        ("concern-forward", "hasConcern"),
        ("translated-article", "isTranslationOf"),
        ("translation", "hasTranslation"),
        ("preprint", "hasPreprint"),
        ("commentary-article", "isCommentOn"),
        ("companion", "hasRelatedMaterial"),
    ],
)
def test_related_articles(kind: str, expected: str) -> None:
    related = f'<related-article related-article-type="{kind}" ext-link-type="doi" xlink:href="10.5555/OTHER.1"/>'
    record = record_of(article(AUTHOR + related + OWN))
    assert [(r.type, r.target, r.state) for r in record.relations] == [(expected, "10.5555/other.1", "resolved")]


@pytest.mark.parametrize(
    ("kind", "related", "fate"),
    [
        ("research-article", "retraction-forward", "retracted"),
        ("research-article", "correction-forward", "corrected"),
        ("research-article", "concern-forward", "expression_of_concern"),
        ("retraction", "retracted-article", "none"),
        ("correction", "corrected-article", "none"),
    ],
)
def test_the_fate_is_the_articles_own(kind: str, related: str, fate: str) -> None:
    link = f'<related-article related-article-type="{related}" ext-link-type="doi" xlink:href="10.5555/other.1"/>'
    record = record_of(article(AUTHOR + link + OWN, kind=kind))
    assert record.integrity.status == fate
    assert record.type == kind


def test_a_related_article_without_an_identifier_is_no_tie() -> None:
    related = '<related-article related-article-type="companion">See also the note on locks.</related-article>'
    assert not record_of(article(AUTHOR + related)).relations


def test_affiliations_by_reference_or_shared() -> None:
    people = "".join(
        f'<contrib contrib-type="author"><name><surname>{name}</surname><given-names>A</given-names></name></contrib>'
        for name in ("Vane", "Weir")
    )
    shared = "<aff><institution>Mill School</institution>, <country>Wales</country></aff>"
    record = record_of(article(f"<contrib-group>{people}{shared}</contrib-group>"))
    assert [person.affiliations for person in record.contributors] == [("Mill School, Wales",)] * 2


def test_a_translation_in_the_same_file() -> None:
    part = (
        '<sub-article article-type="translation" xml:lang="pt"><front-stub><title-group><article-title>Comportas da '
        "cidade baixa</article-title></title-group><abstract><p>As comportas da cidade baixa foram medidas duas vezes "
        "por ano, e nenhuma delas fecha como os planos diziam que devia fechar.</p></abstract><kwd-group "
        'xml:lang="pt"><kwd>comporta</kwd><kwd>cidade</kwd></kwd-group></front-stub></sub-article>'
    )
    record = record_of(article(AUTHOR, after=part))
    assert record.titles["pt"].value == "Comportas da cidade baixa"
    assert record.abstracts["pt"].known_by == "declared"
    assert record.keywords["pt"].items == ("comporta", "cidade")


def test_a_translated_abstract_without_a_language_is_not_in_the_articles() -> None:
    meta = (
        "<abstract><p>The sluices of the lower town were measured twice a year, and none of them closes in the way "
        "that the plans had said it should.</p></abstract><trans-abstract><p>Les vannes de la ville basse ont été "
        "mesurées deux fois par an, et aucune ne se ferme comme les plans disaient qu'elle le devait.</p>"
        "</trans-abstract>"
    )
    record = record_of(article(AUTHOR + meta))
    assert set(record.abstracts) == {"en", "fr"}


@pytest.mark.parametrize(
    ("encode", "content_type"),
    [
        (lambda text: text.encode(), "application/xml"),
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "text/xml"),
        (lambda text: text.replace("UTF-8", "UTF-16").encode("utf-16"), "application/xml"),
        (lambda text: text.replace("UTF-8", "ISO-8859-1").encode("latin-1"), "text/xml"),
        (lambda text: text.encode("latin-1"), "text/xml; charset=iso-8859-1"),
        (lambda text: text.partition("?>")[2].encode(), "text/plain"),
        (
            lambda text: text.replace("<article ", '<article xmlns="https://jats.example/" ').encode(),
            "text/html",
        ),
        (lambda text: text.encode(), "application/jats+xml"),
    ],
    ids=["utf-8", "bom", "utf-16", "latin-1", "latin-1 by header", "no declaration", "namespace", "jats+xml"],
)
def test_every_way_of_serving(encode, content_type) -> None:  # type: ignore[no-untyped-def]
    text = article(AUTHOR).replace("Sluices of", "Écluses de la cité of")
    assert record_of(encode(text), content_type).titles["en"].value == "Écluses de la cité of the lower town"


FEED = '<?xml version="1.0"?><rss><channel><title>Sluices</title><item><title>One</title></item></channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Sluices</title><entry><title>One</title></entry></feed>'
SITEMAP = '<?xml version="1.0"?><urlset><url><loc>https://journal.example/article/3</loc></url></urlset>'
SEVERAL = f'<?xml version="1.0"?><articles>{2 * article(AUTHOR).partition("?>")[2]}</articles>'
DELETED = (
    '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><header '
    'status="deleted"><identifier>oai:journal.example:3</identifier></header></record></GetRecord></OAI-PMH>'
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (FEED, "no article's record"),
        (ATOM, "no article's record"),
        (SITEMAP, "no article's record"),
        (SEVERAL, "2 records"),
        (DELETED, "no article's record"),
    ],
    ids=["rss", "atom", "sitemap", "several", "deleted"],
)
def test_what_is_no_article(body: str, reason: str) -> None:
    found = read(body)
    assert found.outcome is VisitOutcome.NOT_ARTICLE
    assert reason in found.reason


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("declared", "reference"),
    [
        (f'<!ENTITY l0 "ha">{LAUGHS}', "&l11;"),
        ('<!ENTITY secret SYSTEM "file:///etc/hostname">', "&secret;"),
        ('<!ENTITY % far SYSTEM "http://127.0.0.1:9/x.dtd"> %far;', ""),
    ],
    ids=["laughs", "file", "parameter"],
)
def test_nothing_a_file_declares_is_expanded(declared: str, reference: str) -> None:
    text = article(AUTHOR, head=f"<!DOCTYPE article [{declared}]>").replace("Sluices of", f"Sluices{reference} of")
    assert record_of(text).titles["en"].value == f"Sluices{reference} of the lower town"


def test_names_of_characters_are_characters() -> None:
    dtd = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "JATS.dtd">'
    text = article(AUTHOR, head=dtd).replace("Sluices of", "S&eacute;luices &amp; locks of")
    assert record_of(text).titles["en"].value == "Séluices & locks of the lower town"


@pytest.mark.parametrize("where", ["article-title", "p", "sec"])
def test_deep_nesting_has_an_outcome(where: str) -> None:
    deep = f"<{where}>" * 50_000 + "x" + f"</{where}>" * 50_000
    found = read(article(f"{AUTHOR}<abstract>{deep}</abstract>"))
    assert found.outcome in (VisitOutcome.OK, VisitOutcome.WRONG_CONTENT)


_CC_LINK = '<ext-link xlink:href="https://creativecommons.org/licenses/by/4.0/">CC BY</ext-link>'


@pytest.mark.parametrize(
    "licence",
    [
        '<ali:license_ref applies_to="am">https://creativecommons.org/licenses/by/4.0/</ali:license_ref>',
        f"<license-p>This article is not published under a {_CC_LINK} licence; figures only.</license-p>",
        f"<license-p>Only the supplementary data are licensed under {_CC_LINK}.</license-p>",
        "<license-p>This article is not licensed under CC BY 4.0.</license-p>",
    ],
)
def test_a_licence_of_another_version_of_a_part_or_refused_opens_nothing(licence: str) -> None:
    record = record_of(article(f"<permissions><license>{licence}</license></permissions>"))
    assert record.access.status is AccessStatus.UNKNOWN


def test_a_licence_in_words_opens_the_article() -> None:
    text = f"<license-p>This article is published under a {_CC_LINK} licence; other figures are not.</license-p>"
    record = record_of(article(f"<permissions><license>{text}</license></permissions>"))
    assert record.access.status is AccessStatus.OPEN
