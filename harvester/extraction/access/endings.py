"""Sentences on access that a page has glued to the end of an abstract."""

import re
from typing import NamedTuple

from harvester.extraction.access.entries import Kind, Language, with_nouns
from harvester.extraction.access.folding import fold

_SENTENCES = 2  # so many may be glued on
_LENGTH = 300  # characters of a sentence
_OPENING = 40  # characters of a sentence in which what it says of access begins
_BOUNDARY = re.compile(
    r"[.!?…»”)](?:"
    r"(?:(?<=[.!?…])|(?<=[.!?…][»”)]))\s+(?=\S)"
    r"|(?<=[»”)])\s+(?=[^\sa-zß-ÿ])"  # a sentence goes on after a parenthesis or a quotation
    r"|(?=[A-ZÀ-Þ]))"
)


class Parted(NamedTuple):
    """A text, and what followed it."""

    text: str
    said: tuple[str, ...]


def without_access(text: str) -> Parted:
    """`text` without the whole sentences at its end that say who may read this article's full text.

    They are no evidence for a verdict: whoever writes an abstract may write them too.
    """
    said: list[str] = []
    for _ in range(_SENTENCES):
        boundaries = [*_BOUNDARY.finditer(text, max(0, len(text) - _LENGTH), len(text) - 1)]
        if not boundaries or not _speaks_of_access(text[boundaries[-1].end() :]):
            break
        said.insert(0, text[boundaries[-1].end() :])
        text = text[: boundaries[-1].start() + 1]
    return Parted(text, tuple(said))


def _speaks_of_access(sentence: str) -> bool:
    folded = fold(sentence).text
    return any(
        language.article.search(folded) and not language.authors.search(folded) and _says(language, folded)
        for language in with_nouns(folded)
    )


def _says(language: Language, folded: str) -> bool:
    found = (entry.pattern.search(folded) for entry in language.spoken(folded) if entry.kind is Kind.SENTENCE)
    return any(match is not None and match.start() <= _OPENING for match in found)
