"""Which text nodes are worth reading: those in which a stem stands where a sentence on access may."""

import pytest
from access_pages import document, verdict

from harvester.extraction.access.entries import lexicon, sightings
from harvester.model.access import AccessStatus

PROSE = "Grain sizes were measured in nine reaches of the river and in the lake that it fills. " * 6


def nodes(*texts: str) -> list[int]:
    """Indices of the nodes in which the lexicon of all languages may read something."""
    return sightings("\0".join(texts).encode().lower()).nodes(lexicon().around)


def test_a_long_node_speaks_of_access_at_its_ends_only() -> None:
    said = "A subscription is required. "
    assert nodes(PROSE, said + PROSE, PROSE + said, PROSE + said + PROSE, said) == [1, 2, 4]


def test_one_word_of_a_node_is_enough_and_a_node_is_read_once() -> None:
    assert nodes("Free access. Subscribe. Buy this article.", "none", "Free access") == [0, 2]


@pytest.mark.parametrize("space", ["", "\n", "\n" + " " * 60])
def test_a_node_begins_after_the_space_before_its_words(space: str) -> None:
    assert nodes("Prix", f"{space}Accès") == [1]


@pytest.mark.parametrize("sentence", ["ABONNEZ-VOUS POUR LIRE LA SUITE", "Abonnez-vous pour lire la suite"])
def test_a_language_of_the_frame_is_heard_in_capitals_too(sentence: str) -> None:
    page = f"<main><h1>Sediment transport in alpine rivers</h1><p>{sentence}</p></main>"
    assert verdict(page, lang="en").status is AccessStatus.SUBSCRIPTION


def test_a_page_of_nothing_but_stems_is_cut() -> None:
    found = sightings(document("<p>" + "$ " * 200_000 + "</p>").words)
    assert len(found.places) < 100_000
    assert nodes(*["free access"] * 5_000) == [*range(300), *range(4_700, 5_000)]
