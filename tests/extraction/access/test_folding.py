"""Folding keeps the way back to the raw words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.extraction.access.dates import read_date
from harvester.extraction.access.entries import lexicon
from harvester.extraction.access.folding import fold


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("L’ACCÈS\u00a0libre", "l'acces libre"),
        ("e\u0301te\u0301", "ete"),
        ("ﬁnd œuvre Straße", "find oeuvre strasse"),
        ("open‑access", "open-access"),
    ],
)
def test_fold(raw: str, folded: str) -> None:
    assert fold(raw).text == folded


@given(st.text(alphabet="aÉé\u0301œﬁß’ \u00a0…Ａ", max_size=30))
def test_every_folded_slice_has_its_raw_words(raw: str) -> None:
    folded = fold(raw)
    assert folded.slice(0, len(folded.text)) in raw
    for at in range(len(folded.text)):
        assert folded.slice(at, len(folded.text)) in raw


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2031-03-01", date(2031, 3, 1)),
        ("1er mars 2031", date(2031, 3, 1)),
        ("march 1st, 2031", date(2031, 3, 1)),
        ("1 de marzo de 2031", date(2031, 3, 1)),
        ("01.03.2031", date(2031, 3, 1)),
        ("31/12/31", date(2031, 12, 31)),
        ("mars 2031", date(2031, 3, 31)),
        ("2031", date(2031, 12, 31)),
        ("31/31/2031", None),
    ],
)
def test_dates_never_end_an_embargo_too_early(text: str, day: date | None) -> None:
    assert read_date(text, lexicon().months) == day
