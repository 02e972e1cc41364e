"""Which language a block is in, and why: little words first, a detector for the doubtful, `und` if nothing is sure."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate, permutations, starmap
from operator import sub
from typing import NamedTuple

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?…;:]\s+(?=[^\W\d_a-zà-ÿ]|[«“\"(¿¡])")
_SENTENCE = re.compile(r"(?<=[.!?…;:])\s+(?=[^\W\d_a-zà-ÿ]|[«“\"(¿¡])|\n+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
)
_OTHER_SCRIPT = re.compile("[\u0370-\u06ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_MANY = 6  # little words that no text in another language holds by chance
_SIDE = 80  # characters on each side of a seam
_ENOUGH = 3000  # characters; a language is told by so many
LONG = 60  # characters; below it detection alone is not believed (RECORD.md, Languages)
_Scores = Sequence[Mapping[str, float]]  # of sentences


class Guess(NamedTuple):
    """A language, and how much surer it is than the next one (0..1)."""

    language: str
    margin: float


@cache
def _stopwords() -> dict[str, frozenset[str]]:
    table = tomllib.loads(files("harvester.extraction").joinpath("data/stopwords.toml").read_text("utf-8"))
    return {language: frozenset(words.split()) for language, words in table.items()}


@cache
def _languages_of_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in _stopwords().items():
        for word in words:
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def score(text: str) -> dict[str, float]:
    """Little words of each language in `text`; a word shared by n languages counts 1/n for each of them."""
    groups: dict[tuple[str, ...], int] = {}
    for languages in filter(None, map(_languages_of_word().get, _words(text))):
        groups[languages] = groups.get(languages, 0) + 1
    scores: dict[str, float] = {}
    for languages, count in groups.items():
        share = count / len(languages)
        for language in languages:
            scores[language] = scores.get(language, 0.0) + share
    return scores


# Most texts in Latin letters fit one byte a character, and bytes are parted into words several times faster.
_CODEC = "cp1252"
_CHARACTERS = bytes(range(256)).decode(_CODEC, "replace")
_LETTERS = "".join(char.lower() if _WORD.fullmatch(char) else " " for char in _CHARACTERS).encode(_CODEC)


def _words(text: str) -> list[str]:
    """The words of a text, runs of letters, case-folded."""
    try:
        return text.replace("ß", "ss").encode(_CODEC).translate(_LETTERS).decode(_CODEC).split()
    except UnicodeEncodeError:
        return _WORD.findall(text.casefold())


def detect(text: str, among: Collection[str] = ()) -> Guess | None:
    """The language of `text`, limited to `among` if given; None when it cannot be told."""
    return _by_script(text) or _by_words(text, score(text[:_ENOUGH]), among)


def _by_words(text: str, scores: Mapping[str, float], among: Collection[str] = ()) -> Guess | None:
    """What the little words tell, else the model."""
    ranked = sorted((item for item in scores.items() if not among or item[0] in among), key=lambda item: -item[1])
    if ranked:
        best, value = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        if value >= 2 and value >= 1.6 * second:
            return Guess(best, (value - second) / value)
    return _by_model(text, among)


def _by_script(text: str) -> Guess | None:
    if text.isascii() or not _OTHER_SCRIPT.search(text, 0, 2000):
        return None
    letters = sum(1 for char in text[:2000] if char.isalpha())
    if not letters:
        return None
    for language, pattern in _SCRIPTS:
        if len(pattern.findall(text[:2000])) > 0.25 * letters:
            return Guess(language, 1.0)
    if len(_CYRILLIC.findall(text[:2000])) > 0.5 * letters:
        ukrainian = re.search("[іїєґІЇЄҐ]", text)
        return Guess("uk" if ukrainian else "ru", 1.0)
    return None


@cache
def _model() -> object:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _by_model(text: str, among: Collection[str]) -> Guess | None:
    if len(text) < 12:
        return None
    ranked = _model().rank(text[:2000])  # type: ignore[attr-defined]
    allowed = set(among) or set(_stopwords())
    ranked = [(language, float(value)) for language, value in ranked if language in allowed]
    if not ranked:
        return None
    best, value = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    total = value + second
    if total <= 0:
        return None
    margin = (value - second) / total
    return Guess(best, margin) if margin > 0.4 else None


class Known(NamedTuple):
    """A block's language, how it is known, and whether detection on a long text says otherwise."""

    language: str
    known_by: str  # declared | label | detected | unknown
    conflict: bool = False


def language_of(
    text: str,
    *,
    declared: str | None = None,
    label: str | None = None,
    page: str | None = None,
    only_block: bool = False,
    among: Collection[str] = (),
    guessed: Callable[[str], Guess | None] = detect,
) -> Known:
    """The ladder of RECORD.md: declared near the block, its label, the page if there is one block, detection, `und`.

    A label or page language gives way to a sure detection on a long text; a declared one stays and is flagged.
    `guessed` may stand for `detect` where texts come again.
    """
    guess = guessed(text) if len(text) >= LONG else None
    sure = guess is not None and guess.margin >= 0.5
    if declared:
        return Known(declared, "declared", sure and guess is not None and _denied(text, declared, guess))
    for prior, how in ((label, "label"), (page if only_block else None, "declared")):
        if prior and not (sure and guess and _denied(text, prior, guess)):
            return Known(prior, how)
        if prior and guess:
            return Known(guess.language, "detected", conflict=True)
    if guess and (sure or not among or guess.language in among):
        return Known(guess.language, "detected")
    if among and (narrow := detect(text, among)):
        return Known(narrow.language, "detected")
    return Known("und", "unknown")


def _denied(text: str, prior: str, guess: Guess) -> bool:
    """True if a sure guess contradicts; a language that detection does not know gives way to many little words only."""
    if same(guess.language, prior):
        return False
    known = prior.split("-")[0] in _stopwords() or any(prior.startswith(language) for language, _ in _SCRIPTS)
    return known or _by_script(text) is not None or score(text[:_ENOUGH]).get(guess.language, 0.0) >= _MANY


def same(one: str, other: str) -> bool:
    """True if two tags name one language, whatever the region."""
    return one.split("-")[0].lower() == other.split("-")[0].lower()


def split_at_seam(text: str) -> list[str]:
    """Cut a text whose head is in one language and whose tail is in another; else the text alone.

    Both sides must be long and clearly of different languages, so a quoted foreign sentence never cuts.
    """
    if len(text) < 200:
        return [text]
    sentences = _sentences(text)
    if len(sentences) < 2:
        return [text]
    scores = [score(sentence) for sentence in sentences]
    totals = _sum(scores)
    ranked = sorted(totals, key=lambda language: -totals[language])[:3]
    columns = [[entry.get(language, 0.0) for entry in scores] for language in ranked]
    if len(columns) < 2:
        return [text]
    _, seam = max(starmap(_seam, permutations(columns, 2)))
    head, tail = " ".join(sentences[:seam]), " ".join(sentences[seam:])
    if min(len(head), len(tail)) < _SIDE or not _differ(head, scores[:seam], tail, scores[seam:]):
        return [text]
    return [*split_at_seam(head), *split_at_seam(tail)]


def _sum(scores: _Scores) -> dict[str, float]:
    totals: dict[str, float] = {}
    for entry in scores:
        for language, value in entry.items():
            totals[language] = totals.get(language, 0.0) + value
    return totals


def _told(text: str, scores: _Scores) -> Guess | None:
    """`detect` for a text whose sentences are scored already."""
    return _by_script(text) or _by_words(text, score(text[:_ENOUGH]) if len(text) > _ENOUGH else _sum(scores))


def _sentences(text: str) -> list[str]:
    if "\n" in text:
        return [part for part in _SENTENCE.split(text) if part and part.strip()]
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        parts.append(text[start : end.start() + 1])
        start = end.end()
    return [part for part in (*parts, text[start:]) if part.strip()]


def _seam(first: list[float], second: list[float]) -> tuple[float, int]:
    """(gain, number of sentences before it) of the best place for a seam between two languages, by their scores."""
    gains = list(map(sub, first, second))
    total = sum(gains)
    sides = [running - (total - running) for running in accumulate(gains[:-1])]
    best = max(sides)
    return best, sides.index(best) + 1


def _differ(head: str, head_scores: _Scores, tail: str, tail_scores: _Scores) -> bool:
    one = _told(head, head_scores)
    if one is None or one.margin < 0.5:
        return False
    other = _told(tail, tail_scores)
    return other is not None and other.margin >= 0.5 and not same(one.language, other.language)
