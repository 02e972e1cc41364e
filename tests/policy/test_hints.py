"""What is looked for in a body is hinted at by its words, wherever they stand."""

import pytest

from harvester.policy.hints import Hint, hints_of, look

WORDS = {
    b"members-only": Hint.WALL,
    b"premium-content": Hint.WALL,
    b"hidden": Hint.HIDING,
    b"<noscript": Hint.UNSEEN,
    b"articlebody": Hint.SCRIPT,
    b"mailto": Hint.LINK,
    b" point ": Hint.DOTTED,
    b"( at )": Hint.SPELLED,
    b"&lt;chez&gt;": Hint.SPELLED,
    b"&#064;": Hint.CODED,
    "\uff20".encode(): Hint.CODED,
    b"uncryptmail": Hint.PARTED,
    b'alt="@': Hint.DRAWN,
    b"[a]": Hint.LETTER,
}


@pytest.mark.parametrize("word, hint", WORDS.items())
@pytest.mark.parametrize("before", [0, 1, 65_530, 65_535, 65_536, 200_000])
def test_a_word_hints_alone_and_wherever_it_stands(word: bytes, hint: Hint, before: int) -> None:
    assert hints_of(b"x" * before + word + b"x") == {hint}


def test_every_word_of_many_hints() -> None:
    assert hints_of(b"".join(WORDS) * 20_000) == set(Hint)


def test_a_body_is_looked_at_in_lower_case() -> None:
    page = look(b'<div CLASS="PayWall">a%40B.org')
    assert (page.body, page.hints) == (b'<div CLASS="PayWall">a%40B.org', {Hint.WALL, Hint.CODED})
    assert look(b"<p>Nothing.</p>").hints == frozenset()
