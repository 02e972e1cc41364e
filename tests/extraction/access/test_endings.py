"""An access sentence glued to an abstract leaves it; what the abstract itself says of access stays."""

import pytest
from hypothesis import given, settings
from hypothesis.strategies import from_regex

from harvester.extraction.access.endings import without_access
from harvester.extraction.access.entries import Language, lexicon

ABSTRACT = "Grain sizes were measured in nine reaches of the river. They fall from the spring to the mouth."
GLUED = (
    "Access to the full text of this article requires a subscription.",
    "This article is free to read.",
    "L'accès au texte intégral de cet article nécessite un abonnement.",
    "Der Zugang zum Volltext dieses Artikels erfordert ein Abonnement.",
    "El acceso al texto completo de este artículo requiere una suscripción.",
    "O acesso ao texto completo deste artigo requer uma assinatura.",
)


@pytest.mark.parametrize("between", [" ", ""])
@pytest.mark.parametrize("sentence", GLUED, ids=range(len(GLUED)))
def test_a_sentence_of_the_site_is_taken_off(sentence: str, between: str) -> None:
    assert without_access(ABSTRACT + between + sentence) == (ABSTRACT, (sentence,))


def test_two_are_taken_off_in_their_order() -> None:
    assert without_access(" ".join((ABSTRACT, GLUED[2], GLUED[0]))) == (ABSTRACT, (GLUED[2], GLUED[0]))


OWN = (
    "Free access to water was granted in six of the nine towns.",
    "Half of the libraries cancelled a subscription in these years.",
    "In this article we ask who may read what, and why it is free for some readers only.",
    "We found that access to the full text requires a subscription for two of three journals.",
)


@pytest.mark.parametrize("sentence", OWN, ids=range(len(OWN)))
def test_a_sentence_of_the_author_stays(sentence: str) -> None:
    text = f"{ABSTRACT} {sentence}"
    assert without_access(text) == (text, ())


def test_a_text_that_is_nothing_else_stays() -> None:
    assert without_access(GLUED[0]) == (GLUED[0], ())


GOES_ON = (
    "We asked what readers of the notice in bold (or without) the full text of this article is free to read think of.",
    "Nous montrons que pour les lecteurs, la mention « libre » cet article est en accès libre ne dit rien.",
    "We show how few of the readers who were asked take “for all” this article is free to read at its word.",
)


@pytest.mark.parametrize("sentence", GOES_ON, ids=range(len(GOES_ON)))
def test_no_sentence_is_cut_after_a_parenthesis_or_a_quotation(sentence: str) -> None:
    text = f"{ABSTRACT} {sentence}"
    assert without_access(text) == (text, ())
    ended = f"{ABSTRACT[:-1]} (of nine.)"
    assert without_access(f"{ended} {GLUED[1]}") == (ended, (GLUED[1],))


@pytest.mark.parametrize("language", lexicon().languages, ids=lambda language: language.code)
def test_whatever_names_an_article_holds_one_of_its_nouns(language: Language) -> None:
    @settings(max_examples=60, database=None, deadline=None)
    @given(from_regex(language.article, fullmatch=True))
    def holds(words: str) -> None:
        assert any(noun in words for noun in language.nouns)

    holds()
