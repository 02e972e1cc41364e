"""The day on which an embargo ends, in seven languages: a month or a year means its last day."""

from datetime import date

import pytest
from access_pages import article, verdict

from harvester.model.access import AccessStatus


@pytest.mark.parametrize(
    ("lang", "words", "end"),
    [
        ("en", "Access restricted until 1 March 2031", date(2031, 3, 1)),
        ("en", "Full text restricted until March 2031.", date(2031, 3, 31)),
        ("en", "Under embargo until 2032", date(2032, 12, 31)),
        ("fr", "Accès restreint jusqu'au 1er mars 2031", date(2031, 3, 1)),
        ("fr", "Accès restreint jusqu'en février 2032", date(2032, 2, 29)),
        ("de", "Zugriff eingeschränkt bis zum 31.12.2031", date(2031, 12, 31)),
        ("es", "Acceso limitado hasta marzo de 2031", date(2031, 3, 31)),
        ("pt", "Acesso restrito até 1 de março de 2031", date(2031, 3, 1)),
        ("it", "Accesso riservato fino a marzo 2031", date(2031, 3, 31)),
        ("nl", "Toegang beperkt tot 1 maart 2031", date(2031, 3, 1)),
    ],
)
def test_the_day_an_embargo_ends(lang: str, words: str, end: date) -> None:
    found = verdict(article(f"<p>{words}</p>"), languages=(lang,))
    assert found.status is AccessStatus.EMBARGOED
    assert found.embargo_until == end


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Access restricted until 1 March 2021"),
        ("fr", "Accès restreint jusqu'au 1er mars 2021"),
        ("de", "Zugang beschränkt bis 1. März 2021"),
        ("it", "Accesso limitato fino al 1 marzo 2021"),
        ("en", "Free full text 12 months after publication"),
    ],
)
def test_a_day_gone_by_or_one_that_is_not_named_says_nothing(lang: str, words: str) -> None:
    assert verdict(article(f"<p>{words}</p>"), languages=(lang,)).status is AccessStatus.UNKNOWN
