"""Licences: addresses and words to SPDX, and whose they are."""

import pytest
from access_pages import article, assert_stands, document, verdict

from harvester.extraction.access.licence_names import licence_of_url, licence_of_words
from harvester.extraction.access.licences import find_licences
from harvester.extraction.access.page import open_page
from harvester.extraction.signals import json_ld, links, meta_tags
from harvester.model.access import AccessStatus
from harvester.model.source import AccessRules


@pytest.mark.parametrize(
    ("url", "spdx"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("https://www.creativecommons.org/licenses/by-nc-nd/3.0/deed.fr", "CC-BY-NC-ND-3.0"),
        ("https://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0-DE"),
        ("https://creativecommons.org/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        ("https://creativecommons.org/licenses/by-nc/2.5/es/", "CC-BY-NC-2.5"),
        ("creativecommons.org%2Flicenses%2Fby-sa%2F4.0", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
    ],
)
def test_addresses(url: str, spdx: str) -> None:
    named = licence_of_url(url)
    assert named is not None
    assert named.spdx == spdx


@pytest.mark.parametrize(
    ("words", "spdx"),
    [
        ("CC BY 4.0", "CC-BY-4.0"),
        ("CC-BY-NC-ND 4.0", "CC-BY-NC-ND-4.0"),
        ("Creative Commons Attribution 3.0 licence", "CC-BY-3.0"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International", "CC-BY-NC-ND-4.0"),
        ("Creative Commons Attribution Non Commercial (CC BY-NC 3.0) license", "CC-BY-NC-3.0"),
        ("licence Creative Commons Attribution - Partage dans les Mêmes Conditions 4.0", "CC-BY-SA-4.0"),
        ("CC0", "CC0-1.0"),
    ],
)
def test_words(words: str, spdx: str) -> None:
    named = licence_of_words(words)
    assert named is not None
    assert named.spdx == spdx


def test_words_that_are_no_licence() -> None:
    assert licence_of_words("All rights reserved") is None
    assert licence_of_words("The CC bypass was closed") is None


def found(body: str, head: str = "") -> list[str | None]:
    page = document(body, head)
    signals = [*meta_tags.read(page), *json_ld.read(page), *links.read(page)]
    text = open_page(page, signals, AccessRules()).text
    licences = find_licences(page, signals, AccessRules(), text=text)
    for licence in licences:
        for evidence in licence.evidence:
            assert_stands(page, evidence)
    return [licence.spdx for licence in licences]


LINK = "<a href='https://creativecommons.org/licenses/by/4.0/'>CC BY</a>"


def test_places_that_state_the_articles_licence() -> None:
    assert found(article(f"<p>This work is under {LINK}</p>")) == ["CC-BY-4.0"]
    assert found(article(f"<p>{LINK.replace('<a', '<a rel=license')}</p>")) == ["CC-BY-4.0"]
    assert found(article(""), "<link rel='license' href='https://creativecommons.org/licenses/by/4.0/'>") == [
        "CC-BY-4.0"
    ]
    assert found(article(""), "<meta name='DC.rights' content='https://creativecommons.org/licenses/by/4.0/'>") == [
        "CC-BY-4.0"
    ]
    script = '{"@type":"ScholarlyArticle","headline":"x","license":"https://creativecommons.org/licenses/by/4.0/"}'
    assert found(article(""), f"<script type='application/ld+json'>{script}</script>") == ["CC-BY-4.0"]


def test_licences_of_other_things() -> None:
    assert found(article("") + f"<footer>{LINK}</footer>") == []
    assert found(article(f"<ol class='references'><li>{LINK}</li></ol>")) == []
    assert found(article(f"<figure><figcaption>Photo: {LINK}</figcaption></figure>")) == []
    waiver = "<a href='https://creativecommons.org/publicdomain/zero/1.0/'>CC0 data waiver</a>"
    assert found(article(f"<p>The data are available under a {waiver}</p>")) == []
    assert found(article(f"<p>Content on this site is licensed under {LINK}</p>")) == []


def test_what_is_seen_goes_before_what_meta_says_and_both_are_kept() -> None:
    head = "<meta name='dc.rights' content='http://creativecommons.org/licenses/by/3.0/'>"
    assert found(article(f"<p>This article: {LINK}</p>"), head) == ["CC-BY-4.0", "CC-BY-3.0"]


@pytest.mark.parametrize(
    ("words", "spdx"),
    [
        ("Licence Creative Commons Attribution - Pas d'Utilisation Commerciale 4.0 International", "CC-BY-NC-4.0"),
        ("Creative Commons Namensnennung - Nicht-kommerziell - Keine Bearbeitungen 4.0", "CC-BY-NC-ND-4.0"),
        ("Licencia Creative Commons Reconocimiento-NoComercial-SinObraDerivada 4.0", "CC-BY-NC-ND-4.0"),
        ("Creative Commons Attribuzione - Condividi allo stesso modo 4.0", "CC-BY-SA-4.0"),
        ("Creative Commons Naamsvermelding-NietCommercieel 4.0", "CC-BY-NC-4.0"),
        ("Creative Commons BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY-ND-NC 4.0", "CC-BY-NC-ND-4.0"),
        ("a licence (CC BY) 4.0", "CC-BY-4.0"),
        ("Creative Commons Zero", "CC0-1.0"),
    ],
)
def test_licences_by_name(words: str, spdx: str) -> None:
    named = licence_of_words(words)
    assert named is not None
    assert named.spdx == spdx


@pytest.mark.parametrize(
    "words",
    [
        "Figure 2 is licensed under CC BY 4.0.",
        "The metadata of this article are available under CC0 1.0.",
        "Le résumé de cet article est sous licence CC BY 4.0.",
    ],
)
def test_licence_of_a_part_is_not_the_articles(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status is AccessStatus.UNKNOWN
