"""Many words found in one reading of a text."""

from harvester.extraction import wordlist
from harvester.extraction.wordlist import WordList


def test_places_of_all_words_also_where_they_overlap() -> None:
    words = WordList([b"access", b"open access", b"cc", b"access"])
    text = b"open access, no access"
    assert sorted(words.places(text)) == [
        (number, at)
        for number, word in enumerate((b"access", b"open access", b"cc"))
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    assert words.found(b"no access") == {0, 2}
    assert words.found(b"none") == set()


def test_a_word_across_the_border_of_two_pieces_is_found_once() -> None:
    words = WordList([b"subscription", b"script"])
    for before in range(wordlist._PIECE - 14, wordlist._PIECE + 3):
        text = b"." * before + b"subscription" + b"." * 20
        assert sorted(words.places(text)) == [(0, before), (1, before + 3)]
