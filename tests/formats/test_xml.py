"""oai_dc, oai_openaire and JATS: languages, rights by the verdict, relations, and JATS by its DTD."""

from datetime import date
from typing import Any

import pytest
import readers
from articles import ABSTRACTS, KEYWORDS, TITLES, article, licensed, noted, retracted, structured, text, verdict
from lxml import etree
from readers import DATACITE, DC, XML_LANG

from harvester.errors import UsageError
from harvester.formats import jats, oai_dc, oai_openaire
from harvester.formats.tables import table
from harvester.model.record import Container, DateValue, Issn, LangText, Record, Relation

OAIRE = "{http://namespace.openaire.eu/schema/oaire/}"
ALI = "{http://www.niso.org/schemas/ali/1.0/}"
XLINK = "{http://www.w3.org/1999/xlink}"
COAR = "http://purl.org/coar/access_right/"
END = date(2027, 1, 1)

# RECORD.md of the project's vocabulary: status, dates, COAR, start and end of ali:free_to_read (None: no such element)
RIGHTS = [
    ("open", {}, "c_abf2", ("", "")),
    ("free", {}, "c_abf2", ("", "")),
    ("free", {"until": END}, "c_16ec", ("", "2027-01-01")),
    ("embargoed", {"embargo_until": END}, "c_f1cf", ("2027-01-01", "")),
    ("embargoed", {}, "c_f1cf", None),
    ("registration", {}, "c_16ec", None),
    ("subscription", {}, "c_16ec", None),
    ("no_fulltext", {}, "c_14cb", None),
    ("unknown", {}, None, None),
]


def dc(record: Record, name: str) -> list[tuple[str | None, str]]:
    root = etree.fromstring(oai_dc.render(record))
    return [(one.get(XML_LANG), one.text or "") for one in root.iterfind(DC + name)]


def values(record: Record, name: str) -> list[str]:
    return [value for _, value in dc(record, name)]


def front(record: Record) -> Any:
    root = etree.fromstring(jats.render(record))
    tag_set = readers.dtd()
    assert tag_set.validate(root), tag_set.error_log
    return root


def openaire(record: Record) -> Any:
    return etree.fromstring(oai_openaire.render(record))


@pytest.mark.parametrize(("status", "dates", "coar", "ali"), RIGHTS)
def test_rights_follow_the_verdict(
    status: str, dates: dict[str, date], coar: str | None, ali: tuple[str, str] | None
) -> None:
    record = article(access=verdict(status, **dates))
    stated = [value.removeprefix(COAR) for value in values(record, "rights") if value.startswith(COAR)]
    assert stated == ([coar] if coar else [])
    free = front(record).find(f".//{ALI}free_to_read")
    said = None if free is None else (free.get("start_date", ""), free.get("end_date", ""))
    assert said == ali
    if coar:
        assert openaire(record).find(f"{DATACITE}rights").get("rightsURI") == COAR + coar


def test_openaire_has_no_form_for_what_is_not_established() -> None:
    record = article(access=verdict("unknown"))
    assert not oai_openaire.can_render(record)
    with pytest.raises(UsageError, match="oai_dc"):
        oai_openaire.render(record)


def test_every_text_of_dublin_core_says_its_language() -> None:
    assert dc(article(), "title") == list(TITLES.items())
    assert dc(article(), "description") == list(ABSTRACTS.items())
    assert dc(article(), "subject") == [(lang, word) for lang, words in KEYWORDS.items() for word in words]


def test_dublin_core_states_facts() -> None:
    record = licensed()
    assert values(record, "creator") == ["Plume, Ada", "Groupe Cadran"]
    assert values(record, "contributor") == ["de Pierre, Jean"]
    assert values(record, "date") == ["2025-04-11"]
    assert values(record, "identifier")[:2] == ["https://doi.org/10.5555/ombres.12", record.url]
    assert values(record, "language") == ["fr", "en"]
    assert "http://purl.org/coar/resource_type/c_2df8fbb1" in values(record, "type")
    assert "https://creativecommons.org/licenses/by/4.0/" in values(record, "rights")
    assert "Revue des ombres, 92(3), 205-211, ISSN 2049-3630, ISSN 0317-8471" in values(record, "source")


def test_a_retracted_article_is_marked_in_dublin_core_but_not_among_its_abstracts() -> None:
    assert "retracted" in values(retracted(), "type")
    assert "https://doi.org/10.5555/ombres.99" in values(retracted(), "relation")
    assert dc(retracted(), "description") == list(ABSTRACTS.items())


def test_openaire_states_facts() -> None:
    root = openaire(licensed())
    titles = [(one.get(XML_LANG), one.text) for one in root.iter(f"{DATACITE}title")]
    assert titles == list(TITLES.items())
    assert [one.text for one in root.iter(f"{DATACITE}nameIdentifier")] == ["0000-0002-1825-0097"]
    assert [(one.get("identifierType"), one.text) for one in root.iter(f"{DATACITE}identifier")] == [
        ("DOI", "https://doi.org/10.5555/ombres.12")
    ]
    assert [one.text for one in root.iter(f"{DC}language")] == ["fra", "eng"]
    assert root.findtext(f"{OAIRE}citationStartPage") == "205"
    assert root.findtext(f"{OAIRE}citationEndPage") == "211"
    licence = root.find(f"{OAIRE}licenseCondition")
    assert (licence.get("uri"), licence.get("startDate")) == (
        "https://creativecommons.org/licenses/by/4.0/",
        "2025-04-11",
    )
    issns = {one.get("relatedIdentifierType"): one.text for one in root.iter(f"{DATACITE}relatedIdentifier")}
    assert issns == {"EISSN": "2049-3630", "ISSN": "0317-8471"}


def test_openaire_says_when_an_embargo_ends() -> None:
    root = openaire(article(access=verdict("embargoed", embargo_until=END)))
    dates = {one.get("dateType"): one.text for one in root.iter(f"{DATACITE}date")}
    assert dates == {"Issued": "2025-04-11", "Available": "2027-01-01"}


@pytest.mark.parametrize("record", [noted("resolved"), retracted()])
def test_openaire_names_related_articles(record: Record) -> None:
    named = [one.text for one in openaire(record).iter(f"{DATACITE}relatedIdentifier")]
    assert record.relations[0].target in named


def test_jats_keeps_languages_names_dates_and_rights() -> None:
    root = front(licensed())
    assert root.get(XML_LANG) == "fr"
    assert root.get("article-type") == "research-article"
    assert {one.get("pub-type"): one.text for one in root.iter("issn")} == {"epub": "2049-3630", "ppub": "0317-8471"}
    assert root.findtext(".//contrib-id") == "https://orcid.org/0000-0002-1825-0097"
    assert [one.get("iso-8601-date") for one in root.iter("pub-date", "date")] == ["2025-04-11", "2025-01"]
    assert root.findtext(".//fpage") == "205"
    assert root.find(".//license").get(f"{XLINK}href") == "https://creativecommons.org/licenses/by/4.0/"
    assert root.findtext(".//copyright-statement") == "© 2025 Les autrices"


def test_jats_keeps_the_sections_of_an_abstract() -> None:
    abstract = front(structured()).find(".//abstract")
    assert abstract.findtext("p") == "D'abord."
    sections = [(part.findtext("title"), part.findtext("p")) for part in abstract.iter("sec")]
    assert sections == [("Objectif", "Compter les cadrans."), ("Méthodes", "Une échelle <3 m & un carnet.")]


def test_jats_points_at_the_notice_and_at_the_edition_to_cite() -> None:
    def related(record: Record) -> dict[str, str]:
        found = front(record).iter("related-article")
        return {one.get("related-article-type"): one.get(f"{XLINK}href") for one in found}

    assert related(retracted()) == {"retraction-forward": "10.5555/ombres.99"}
    assert related(noted("resolved")) == {"alt-language": "10.5555/jbspin.77"}


BARE: dict[str, Any] = {
    "titles": {},
    "abstracts": {},
    "keywords": {},
    "contributors": (),
    "dates": (),
    "identifiers": (),
}


LINKING = Container(titles={"fr": "Revue", "en": "Review"}, issns=(Issn(value="0317-8471", kind="linking"),))
YEAR = DateValue(kind="shown_on_page", value="2025", precision="year", raw="2025", rule="iso")
UNRESOLVED = Relation(type="isPreprintOf", target_text="Somewhere")
UNHEARD_OF = Relation(type="isUnheardOf", target="10.5555/x")


@pytest.mark.parametrize(
    "record",
    [
        article(**BARE, container=Container(), languages=()),
        article(container=Container(titles={"fr": "Revue sans numéro"})),
        article(container=LINKING),
        article(container=Container(article_number="e12")),
        article(titles={}),
        article(abstracts={"de": text("de", "Nur deutsch.")}, titles={}),
        article(other_abstracts=(LangText(value="Pour tous.", language="fr", kind="lay"),)),
        article(dates=(YEAR,)),
        article(relations=(UNRESOLVED, UNHEARD_OF)),
        *(article(relations=(Relation(type=kind, target="10.5555/x"),)) for kind in table("relations")),
        *(article(type=kind) for kind in table("types")),
    ],
)
def test_jats_is_valid_whatever_is_missing(record: Record) -> None:
    assert front(record).tag == "article"
    etree.fromstring(oai_dc.render(record))
    if oai_openaire.can_render(record):
        openaire(record)
