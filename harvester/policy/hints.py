"""A first look at a body: what its words hint at, before anything is looked for in earnest.

All the words are sought in one reading, which takes less time than to seek one of them by itself.
"""

from enum import Enum, auto
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_PIECE = 1 << 16  # bytes read at a time: a body made of nothing but such words does not fill the memory


class Hint(Enum):
    """What must be looked for in a body; without it there is none."""

    WALL = auto()  # an element named as a wall
    HIDING = auto()  # a hidden element
    UNSEEN = auto()  # something else that no reader sees
    SCRIPT = auto()  # the text of an article among the data of a script
    LINK = auto()  # an e-mail address in a link, or in the form that a network puts in its place
    SPELLED = auto()  # an address whose sign is spelled out in brackets
    DOTTED = auto()  # one whose dot is spelled out
    CODED = auto()  # one whose sign is encoded
    LETTER = auto()  # one whose sign is a letter in brackets
    PARTED = auto()  # one that a script puts together
    DRAWN = auto()  # one whose sign is a picture


class Look(NamedTuple):
    """A body, the same in lower case, and its hints."""

    body: bytes
    lowered: bytes
    hints: frozenset[Hint]


def look(body: bytes) -> Look:
    """A first look at a body."""
    lowered = body.lower()
    return Look(body, lowered, hints_of(lowered))


def hints_of(lowered: bytes) -> frozenset[Hint]:
    """What the words of a text in lower case hint at."""
    return frozenset(hint for search in (_WORDS, _SIGNS, _PLACES) for hint in search.found(lowered))


class _Search:
    """Words by what they hint at. Where two overlap in a text, the second may be missed."""

    def __init__(self, words: dict[Hint, tuple[bytes, ...]]) -> None:
        self._hints = [hint for hint, some in words.items() for _ in some]
        every = [word for some in words.values() for word in some]
        self._longest = max(map(len, every))
        # Only leftmost matches are found many bytes at a time; so few words that this is so are in one search.
        self._words = BytesAhoCorasick(every, matchkind=MatchKind.LeftmostFirst)

    def found(self, text: bytes) -> set[Hint]:
        found: set[Hint] = set()
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE + self._longest - 1]
            found.update(self._hints[number] for number, _, _ in self._words.find_matches_as_indexes(piece))
        return found


_WORDS = _Search(
    {
        Hint.WALL: (
            *(
                b"paywall",
                b"is-locked",
                b"blurred",
                b"-gated",
                b"-locked",
                b"-restricted",
                b"metered",
                b"reserve",
                b"acces-re",
            ),
            *(b"for-subs", b"for-memb", b"solo-", b"abonnenten"),
            *(
                who + between + what
                for who, what in (
                    *((who, b"only") for who in (b"subscriber", b"subscribers", b"member", b"members")),
                    *((which, b"content") for which in (b"premium", b"locked", b"restricted", b"gated")),
                )
                for between in (b"-", b"_", b"")
            ),
        ),
        Hint.HIDING: (b"hidden", b"display", b"d-none"),
        Hint.SCRIPT: (b"articlebody",),
        Hint.LINK: (b"mailto", b"email-protection", b"cfemail"),
        Hint.DOTTED: (b" dot ", b" point "),
    }
)
_SIGNS = _Search(
    {
        Hint.SPELLED: tuple(
            left + name + right
            for left, right in ((b"[", b"]"), (b"(", b")"), (b"{", b"}"), (b"&lt;", b"&gt;"))
            for name in (b"at", b" at ", b"chez", b"@", b"arobase", b"arroba", b"\xe0", b"\xc3\xa0", b"&agrave;")
        ),
        Hint.LETTER: (b"(a)", b"[a]"),
        # The last are those of the wide sign in UTF-8, and of its bytes taken for letters.
        Hint.CODED: (
            *(b"&commat;", b"&#64", b"&#0", b"&#x40", b"&#x0", b"%40", b"\\u0040", b"\\x40"),
            *("\uff20".encode(), "\xef\xbc\xa0".encode(), "\ufe6b".encode(), "\xef\xb9\xab".encode()),
        ),
    }
)
_PLACES = _Search(
    {
        Hint.PARTED: (
            *(
                b"uncryptmail",
                b"fromcharcode",
                b'.join("@',
                b".join('@",
                b"data-mail",
                b"data-email",
                b"-mail=",
                b"-email=",
            ),
            *(b"data-domain", b"data-host", b"data-server"),
        ),
        Hint.DRAWN: (b'alt="@', b"alt='@", b"alt=@", b'alt="at"', b'alt="(at'),
        Hint.UNSEEN: (
            *b"<noscript <template <details <dialog <object <video <audio <canvas <desc".split(),
            *(b"sr-only", b"screen-reader", b"invisible", b"cssselector", b"fulltext", b"full-text", b"full_text"),
            *(b"integral", b"locked", b"restricted", b"gated", b"volltext", b'"articlebody'),
            *(b"opacity", b"font-size:0", b"font-size: 0", b"left:", b"top:-", b"top: -"),
            *(b"indent:-", b"indent: -", b"height:0", b"height: 0", b"clip:"),
            *(b"clip-path", b"blur(", b"scale(0", b"transparent"),
        ),
    }
)
