"""Licences that are data: how they are named, and what they say of access."""

import pytest
from access_pages import article, verdict

from harvester.extraction.access.known_licences import effect
from harvester.extraction.access.licence_names import licence_of_url, licence_of_words
from harvester.model.access import AccessStatus


@pytest.mark.parametrize(
    ("url", "spdx"),
    [
        ("https://www.etalab.gouv.fr/licence-ouverte-open-licence", None),
        ("https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf", "etalab-2.0"),
        ("https://www.gnu.org/licenses/fdl-1.3.html", "GFDL-1.3-only"),
        ("http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/", "OGL-UK-3.0"),
        ("https://open.canada.ca/en/open-government-licence-canada", None),
        ("http://opendatacommons.org/licenses/odbl/1.0/", "ODbL-1.0"),
        ("https://opendatacommons.org/licenses/by/1-0/", "ODC-By-1.0"),
        ("https://opendatacommons.org/licenses/pddl/", "PDDL-1.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://spdx.org/licenses/BSD-3-Clause.html", "BSD-3-Clause"),
        ("http://rightsstatements.org/vocab/InC-NC/1.0/", None),
    ],
)
def test_addresses(url: str, spdx: str | None) -> None:
    named = licence_of_url(url)
    assert named is not None
    assert named.spdx == spdx
    assert named.url.startswith("https://")
    assert effect(named.url) is effect(url)


@pytest.mark.parametrize(
    ("words", "spdx"),
    [
        ("Licence Ouverte / Open Licence 2.0", "etalab-2.0"),
        ("Licence ouverte (Etalab)", None),
        ("GNU Free Documentation License, Version 1.2 or any later version", "GFDL-1.2-or-later"),
        ("GNU Free Documentation License 1.3", "GFDL-1.3-only"),
        ("Open Government Licence v3.0", "OGL-UK-3.0"),
        ("Open Government Licence - Canada version 2.0", "OGL-Canada-2.0"),
        ("Open Data Commons Attribution License (ODC-By) v1.0", "ODC-By-1.0"),
        ("Open Database License (ODbL)", "ODbL-1.0"),
        ("Public Domain Dedication and License", "PDDL-1.0"),
        ("CC Zero", "CC0-1.0"),
        ("the MIT License", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
    ],
)
def test_names(words: str, spdx: str | None) -> None:
    named = licence_of_words(words)
    assert named is not None
    assert named.spdx == spdx


@pytest.mark.parametrize(
    "words",
    [
        "This article is published under the Open Government Licence v3.0.",
        "Cet article est diffusé sous Licence Ouverte / Open Licence 2.0.",
        "Licence : Licence Ouverte Etalab 2.0",
        "This paper is under the GNU Free Documentation License.",
        "This work: Public Domain Mark 1.0",
    ],
)
def test_an_open_licence_of_the_text_opens_it(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status is AccessStatus.OPEN


@pytest.mark.parametrize(
    "words",
    [
        "The source code of this article is available under the MIT License.",
        "This article describes a database published under the Open Database License (ODbL).",
        "Contains public sector information licensed under the Open Government Licence v3.0.",
        "Les données sont diffusées sous Licence Ouverte 2.0.",
        "Image: Public Domain Mark 1.0",
        "Map by J. Doe: CC BY 4.0",
        "Carte : CC BY 4.0",
        "The text of other articles is under the GNU Free Documentation License.",
        "This article is not covered by the Open Government Licence v3.0.",
        "The software is free under the Apache License, Version 2.0.",
        "This article is a government work and is in the public domain in that country.",
    ],
)
def test_licences_of_code_data_and_others_open_nothing(words: str) -> None:
    assert verdict(article(f"<p>{words}</p>")).status is AccessStatus.UNKNOWN


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://www.etalab.gouv.fr/licence-ouverte-open-licence", AccessStatus.OPEN),
        ("http://www.elsevier.com/open-access/userlicense/1.0/", AccessStatus.FREE),
        ("https://www.publisher.example/tdm/userlicense/1.0/", AccessStatus.UNKNOWN),
        ("http://rightsstatements.org/vocab/InC/1.0/", AccessStatus.UNKNOWN),
        ("https://opensource.org/licenses/MIT", AccessStatus.UNKNOWN),
    ],
)
def test_what_metadata_say(address: str, status: AccessStatus) -> None:
    head = f"<meta name='DC.rights' content='{address}'>"
    assert verdict(article(""), head).status is status
