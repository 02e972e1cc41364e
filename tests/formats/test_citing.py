"""Which edition to cite, and what those who cite are told: RIS and BibTeX as people read them."""

import pytest
from articles import article, evidence, licensed, noted, retracted, text, verdict

from harvester.formats import bibtex, choices, citation, json_ld, notes, ris
from harvester.model.record import Contributor, Identifier, Record, Relation

OTHER = "10.5555/jbspin.77"


def test_until_it_is_established_the_own_doi_stands_beside_the_note() -> None:
    record = noted("unresolved")
    assert citation.cite_as(record) == "https://doi.org/10.5555/ombres.12"
    assert citation.note(record) == "Preferred citation: Joint Bone Spine (its DOI is not established)."


def test_once_established_the_preferred_edition_is_named() -> None:
    record = noted("resolved")
    assert citation.preferred(record) == ("Joint Bone Spine", OTHER)
    assert citation.cite_as(record) == f"https://doi.org/{OTHER}"
    assert citation.note(record) == f"Preferred citation: Joint Bone Spine (https://doi.org/{OTHER})."


def test_an_ambiguous_doi_is_never_named() -> None:
    relation = noted().relations[0].model_copy(update={"state": "ambiguous", "target": OTHER})
    record = article(relations=(relation,))
    assert citation.preferred(record) == ("Joint Bone Spine", None)
    assert OTHER not in citation.note(record) + citation.cite_as(record)


@pytest.mark.parametrize(
    "relation",
    [
        Relation(
            type="isVariantFormOf", target=OTHER, state="resolved", evidence=(evidence(name="related.alt-language"),)
        ),
        Relation(type="isTranslationOf", target=OTHER, state="resolved"),
        Relation(type="isTranslationOf", target_text="A title"),
    ],
)
def test_another_edition_that_is_only_named_is_not_the_one_to_cite(relation: Relation) -> None:
    record = article(relations=(relation,))
    assert citation.preferred(record) is None
    assert citation.cite_as(record) == "https://doi.org/10.5555/ombres.12"


def test_without_a_doi_the_landing_page_is_cited() -> None:
    assert citation.cite_as(article(identifiers=())) == article().url


@pytest.mark.parametrize("state", ["unresolved", "resolved"])
def test_the_other_reference_gets_nothing_of_this_edition(state: str) -> None:
    """One reference per record: its DOI, journal, volume, pages and abstract are this edition's."""
    text_of_ris = ris.render(noted(state)).decode()
    assert "DO  - 10.5555/ombres.12\r\n" in text_of_ris
    assert "T2  - Revue des ombres\r\n" in text_of_ris
    assert f"DO  - {OTHER}" not in text_of_ris
    entry = bibtex.render(noted(state)).decode()
    assert "doi = {10.5555/ombres.12}" in entry
    assert "journal = {Revue des ombres}" in entry
    document = json_ld.document(noted(state))
    assert document["@id"] == "https://doi.org/10.5555/ombres.12"


def test_a_doi_in_a_url_is_encoded() -> None:
    assert (
        choices.doi_url("10.1002/(sici)1<3::aid-x>2.0.co;2-#%")
        == "https://doi.org/10.1002/(sici)1%3C3::aid-x%3E2.0.co;2-%23%25"
    )


def test_ris_is_lines_of_tags_that_end_a_record() -> None:
    lines = ris.render(retracted()).decode().split("\r\n")
    assert lines[0] == "TY  - JOUR"
    assert lines[-3:] == ["ER  - ", "", ""]
    assert all(line[2:6] == "  - " for line in lines[:-2])
    assert "N1  - This article has been retracted. 2026-01-02 Retracted at the authors' wish" in lines
    assert "N1  - harvester-access: subscription" in lines


def test_bibtex_keeps_capitals_and_marks_what_is_to_be_known() -> None:
    entry = bibtex.render(retracted()).decode()
    assert entry.startswith("@article{e169af28b60d0a6df375,\n")
    assert r"title = {{Les cadrans solaires de la vallée : pierre, ombre \& mémoire}}" in entry
    assert "note = {This article has been retracted." in entry
    assert "harvester-access: subscription}" in entry


@pytest.mark.parametrize(
    "value", ["}", "{", "}{", "{}", "{{}", "a}b{c{d}e", "\\}", "\\{", "}}}{{{", "%}", "@article{x, y = {"]
)
def test_braces_of_bibtex_balance_as_bibtex_counts_them(value: str) -> None:
    depth, lowest = 0, 0
    for character in bibtex.escaped(value):
        depth += {"{": 1, "}": -1}.get(character, 0)
        lowest = min(lowest, depth)
    assert (depth, lowest) == (0, 0)


@pytest.mark.parametrize(
    ("person", "printed"),
    [
        (Contributor(name="Ada Plume", family="Plume", given="Ada", order=1), "Plume, Ada"),
        (Contributor(name="Plume", family="Plume", order=1), "Plume"),
        (Contributor(name="Ombres and Sons", order=1), "{Ombres and Sons}"),
        (Contributor(name="Ada Rand and Co", family="Rand and Co", given="Ada", order=1), "{Rand and Co}, Ada"),
        (Contributor(name="Jean Roi, fils", family="Roi, fils", given="Jean", order=1), "{Roi, fils}, Jean"),
    ],
)
def test_names_in_bibtex(person: Contributor, printed: str) -> None:
    assert f"author = {{{printed}}}" in bibtex.render(article(contributors=(person,))).decode()


@pytest.mark.parametrize(
    ("printed", "first", "last"),
    [
        ("205-211", "205", "211"),
        ("205–211", "205", "211"),
        (" S12 - S18 ", "S12", "S18"),
        ("e7", "e7", None),
        ("1-3, 9", "1-3, 9", None),
    ],
)
def test_pages(printed: str, first: str, last: str | None) -> None:
    record = article(container=article().container.model_copy(update={"pages": printed}))
    assert choices.pages(record) == (first, last)


@pytest.mark.parametrize(
    ("record", "order"),
    [
        (article(), ["fr", "en"]),
        (article(languages=("en", "fr")), ["en", "fr"]),
        (article(titles={"fr": text("fr", "T"), "en": text("en", "T", role="original")}), ["en", "fr"]),
        (article(titles={"en": text("en", "T")}, languages=("fr", "en")), ["en", "fr"]),
        (article(titles={}, abstracts={}, keywords={}), []),
    ],
)
def test_the_main_language_is_that_of_the_original_else_of_the_page(record: Record, order: list[str]) -> None:
    assert choices.languages(record) == order


def test_access_in_notes_has_its_day() -> None:
    from datetime import date

    assert notes.access(licensed("free", until=date(2027, 1, 1))) == "free; until 2027-01-01"
    assert (
        notes.access(article(access=verdict("embargoed", embargo_until=date(2027, 1, 1))))
        == "embargoed; until 2027-01-01"
    )
    assert notes.access(article()) == "subscription"


def test_an_identifier_of_the_other_edition_is_not_ours() -> None:
    theirs = Identifier(scheme="doi", value=OTHER, raw=OTHER, role="other_edition")
    assert choices.doi(article(identifiers=(theirs,))) is None
