"""Which language a block is in, and why: little words first, a detector for the doubtful, `und` if nothing is sure."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from functools import cache, cached_property, lru_cache
from heapq import nlargest
from importlib.resources import files
from itertools import accumulate, combinations, starmap
from operator import sub
from typing import Any, NamedTuple

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?…;:]\s+(?=[^\W\d_a-zà-ÿ]|[«“\"(¿¡])|[。！？]\s*(?=\S)")
_SENTENCE = re.compile(r"(?<=[.!?…;:])\s+(?=[^\W\d_a-zà-ÿ]|[«“\"(¿¡])|(?<=[。！？])\s*(?=\S)|\n+")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
)
_PERSIAN = re.compile("[پچژگ\u06a9\u06cc]")  # of the letters that Arabic has not, or writes otherwise
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_SYMBOLS = 8  # letters of other scripts that stand for quantities in any text
_OTHER_FIRST_BYTES = bytes((*range(0xCD, 0xDC), *range(0xE3, 0xEE)))  # of those characters, as UTF-8
_MANY = 6  # little words that no text in another language holds by chance
_SIDE = 80  # characters on each side of a seam
_CERTAIN = 0.99  # of the model that knows all languages
_DENSE = 40  # the same of a script that says more in each
_WRITTEN_ALIKE = {"ja": "zh", "uk": "ru"}  # a sentence alone may be told for the other
_FAR = 400  # characters before the shortest tail in which it is looked for where its first sentence begins
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
def _languages_of_word() -> dict[str, str]:
    """The languages that have a little word, `en nl`, by the word."""
    found: dict[str, list[str]] = {}
    for language, words in _stopwords().items():
        for word in words:
            found.setdefault(word, []).append(language)
    return {word: " ".join(languages) for word, languages in found.items()}


class LittleWords(Counter[str]):
    """The little words of a text, counted by the languages that share them: `{"en": 9, "en nl": 4}`."""

    @cached_property
    def scores(self) -> dict[str, float]:
        """The score of each language; a word shared by n languages counts 1/n for each of them."""
        return self.scores_without("")

    def scores_without(self, language: str) -> dict[str, float]:
        """The scores by those words only that a language has not."""
        scores: defaultdict[str, float] = defaultdict(float)
        for group, count in self.items():
            languages = _parted(group)
            if language not in languages:
                share = count / len(languages)
                for one in languages:
                    scores[one] += share
        return dict(scores)


def little_words(text: str) -> LittleWords:
    """The little words of `text`."""
    return LittleWords(filter(None, map(_languages_of_word().get, _words(text))))


def score(text: str) -> dict[str, float]:
    """Little words of each language in `text`; a word shared by n languages counts 1/n for each of them."""
    return little_words(text).scores


_parted = cache(str.split)


# Most texts in Latin letters fit one byte a character, and bytes are parted into words several times faster.
_CODEC = "cp1252"
_CHARACTERS = bytes(range(256)).decode(_CODEC, "replace")
_LETTERS = "".join(char.lower() if _WORD.fullmatch(char) else " " for char in _CHARACTERS).encode(_CODEC)


def _words(text: str) -> list[str]:
    """The words of a text, runs of letters, case-folded."""
    codec = "ascii" if text.isascii() else _CODEC
    try:
        return text.replace("ß", "ss").encode(codec).translate(_LETTERS).decode(codec).split()
    except UnicodeEncodeError:
        return _WORD.findall(text.casefold())


def detect(
    text: str, among: Collection[str] = (), *, counted: Callable[[str], LittleWords] = little_words
) -> Guess | None:
    """The language of `text`, limited to `among` if given; None when it cannot be told.

    `counted` may stand for `little_words` where texts come again.
    """
    return by_script(text) or _by_words(text, counted(text[:_ENOUGH]).scores, among)


def _by_words(text: str, scores: Mapping[str, float], among: Collection[str] = ()) -> Guess | None:
    """What the little words tell, else the model."""
    wanted = {language: value for language, value in scores.items() if language in among} if among else scores
    return _told_by(wanted) or _by_model(text, among)


def _told_by(scores: Mapping[str, float]) -> Guess | None:
    """The language of the highest score if it is high, and far above the next."""
    if not scores:
        return None
    best = max(scores, key=scores.__getitem__)
    value = scores[best]
    second = sorted(scores.values())[-2] if len(scores) > 1 else 0.0
    return Guess(best, (value - second) / value) if value >= 2 and value >= 1.6 * second else None


def _is_persian(text: str) -> bool:
    """True where letters of Persian alone are more than a few, and none of Urdu's stands among them."""
    return len(_PERSIAN.findall(text)) > 0.03 * len(text) and not re.search("[ٹڈڑےں]", text)


def by_script(text: str) -> Guess | None:
    """The language that the letters of `text` tell; None for Latin ones."""
    head = text[:2000]
    others = _of_other_scripts(head)
    if not others or others <= 0.25 * len(head.encode("ascii", "ignore").translate(None, _NO_LETTERS)):
        return None
    letters = sum(map(str.isalpha, head))
    for language, pattern in _SCRIPTS:
        if len(pattern.findall(head)) > 0.25 * letters:
            return Guess("fa" if language == "ar" and _is_persian(head) else language, 1.0)
    if len(_CYRILLIC.findall(head)) > 0.5 * letters:
        ukrainian = re.search("[іїєґІЇЄҐ]", text)
        return Guess("uk" if ukrainian else "ru", 1.0)
    return None


def _of_other_scripts(text: str) -> int:
    """How many characters of other scripts `text` has at most, told by their first bytes."""
    if text.isascii():
        return 0
    encoded = text.encode("utf-8", "surrogatepass")
    return len(encoded) - len(encoded.translate(None, _OTHER_FIRST_BYTES))


@cache
def _whole_model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=16)
def _model(languages: frozenset[str]) -> Any:
    """The model that reckons with some languages only; None if it knows none of them."""
    model = copy(_whole_model())
    known = languages.intersection(model.labels)
    model.set_languages(known)
    return model if known else None


def _by_model(text: str, among: Collection[str]) -> Guess | None:
    if len(text) < 12:
        return None
    model = _model(frozenset(among or _stopwords()))
    if model is None:
        return None
    (best, value), *others = model.rank(text[:2000])
    second = others[0][1] if others else 0.0
    margin = (value - second) / (value + second)
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
    return known or by_script(text) is not None or score(text[:_ENOUGH]).get(guess.language, 0.0) >= _MANY


def same(one: str, other: str) -> bool:
    """True if two tags name one language, whatever the region."""
    return one.split("-")[0].lower() == other.split("-")[0].lower()


def split_at_seam(text: str, counted: Callable[[str], LittleWords] = little_words) -> list[str]:
    """Cut a text whose head is in one language and whose tail is in another; else the text alone.

    Both sides must be long and clearly of different languages, so a quoted foreign sentence never cuts.
    `counted` may stand for `little_words` where texts come again.
    """
    if len(text) < 200 or _is_of_one_language(text, words := counted(text)):
        return [text]
    totals = words.scores
    sentences = _sentences(text)
    if (between := _between_scripts(text, sentences)) is not None:
        return between
    if len(sentences) < 2 or len(totals) < 2:
        return [text]
    scores = [score(sentence) for sentence in sentences]
    ranked = nlargest(3, totals, key=totals.__getitem__)
    columns = [[entry.get(language, 0.0) for entry in scores] for language in ranked]
    _, seam = max(starmap(_seam, combinations(columns, 2)))
    head, tail = " ".join(sentences[:seam]), " ".join(sentences[seam:])
    pair = _differ(head, scores[:seam], tail, scores[seam:]) if min(len(head), len(tail)) >= _SIDE else None
    if pair is None or _is_foreign(text):
        return [text]
    if later := _without_little_words(sentences, scores, seam, pair):
        head, tail = " ".join(sentences[:later]), " ".join(sentences[later:])
    return [*split_at_seam(head), *split_at_seam(tail)]


def _without_little_words(sentences: list[str], scores: _Scores, seam: int, pair: tuple[str, str]) -> int | None:
    """Where the seam is if sentences after it, in which no little word tells, are the first language's to the model."""
    place = seam
    while place < len(sentences) - 1 and not any(scores[place].get(language) for language in pair):
        guess = _by_model(sentences[place], pair)
        if guess is None or guess.language != pair[0]:
            break
        place += 1
    return place if place > seam else None


def _is_foreign(text: str) -> bool:
    """True for a text in a language whose little words are not known: those of others in it tell nothing."""
    (best, value), *_ = _whole_model().rank(text[:2000])
    return value > _CERTAIN and best not in _stopwords() and not _of_other_scripts(text)


def _between_scripts(text: str, sentences: list[str]) -> list[str] | None:
    """The two sides of a text whose sentences are in one script up to one place, and in another from there on."""
    if _of_other_scripts(text) <= _DENSE:
        return None
    guesses = [by_script(sentence) for sentence in sentences]
    scripts = [_WRITTEN_ALIKE.get(guess.language, guess.language) if guess else "" for guess in guesses]
    seams = [place for place in range(1, len(scripts)) if scripts[place] != scripts[place - 1]]
    if len(seams) != 1:
        return None
    at = text.find(sentences[seams[0]], sum(map(len, sentences[: seams[0]])))
    sides = [text[:at].strip(), text[at:].strip()]
    shortest = [_SIDE if script in ("", "ru", "el") else _DENSE for script in (scripts[0], scripts[-1])]
    if any(len(side) < least for side, least in zip(sides, shortest, strict=True)):
        return None
    return [part for side in sides for part in split_at_seam(side)]


def _is_of_one_language(text: str, words: LittleWords) -> bool:
    """A cheap test before a seam is looked for: True if neither side of one could be told to be in another language.

    Every side holds the text's first sentences or its last. Where those are in the main language, another one comes
    near its score only by words of its own: what the two share counts the same for both.
    """
    main = _told_by(words.scores)
    if main is None or _of_other_scripts(text) > _SYMBOLS:
        return False
    ends = [score(end) for end in _shortest_sides(text)]
    if any((told := _told_by(end)) is None or told.language != main.language for end in ends):
        return False
    others = words.scores_without(main.language).values()
    return 2 * max(others, default=0.0) < min(end[main.language] for end in ends)


def _shortest_sides(text: str) -> tuple[str, str]:
    """What every head before a seam begins with, and what every tail after one ends with."""
    if "\n" in text:  # where sentences end is not so cheaply said
        return text[:_SIDE], text[-_SIDE:]
    head = _SENTENCE_END.search(text, _SIDE - 1)
    last = len(text) - _SIDE
    begin = max(last - _FAR, 0)
    for end in _SENTENCE_END.finditer(text, begin, last + 1):
        begin = end.end()
    return text[: head.start() + 1] if head else text, text[begin:]


def _sum(scores: _Scores) -> dict[str, float]:
    totals: dict[str, float] = {}
    for entry in scores:
        for language, value in entry.items():
            totals[language] = totals.get(language, 0.0) + value
    return totals


def _told(text: str, scores: _Scores) -> Guess | None:
    """`detect` for a text whose sentences are scored already."""
    return by_script(text) or _by_words(text, score(text[:_ENOUGH]) if len(text) > _ENOUGH else _sum(scores))


def _sentences(text: str) -> list[str]:
    if "\n" in text:
        return [part for part in _SENTENCE.split(text) if part and part.strip()]
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        parts.append(text[start : end.start() + 1])
        start = end.end()
    return [part for part in (*parts, text[start:]) if part.strip()]


def _seam(first: list[float], second: list[float]) -> tuple[float, int]:
    """(gain, number of sentences before it) of the best place for a seam between two languages, whichever comes first.

    They are given by the scores of the sentences.
    """
    gains = list(map(sub, first, second))
    total = sum(gains)
    sides = [running - (total - running) for running in accumulate(gains[:-1])]
    highest, lowest = max(sides), min(sides)
    return max((highest, sides.index(highest) + 1), (-lowest, sides.index(lowest) + 1))


def _differ(head: str, head_scores: _Scores, tail: str, tail_scores: _Scores) -> tuple[str, str] | None:
    """The languages of two sides, if they are sure and not one."""
    one = _told(head, head_scores)
    if one is None or one.margin < 0.5:
        return None
    other = _told(tail, tail_scores)
    if other is None or other.margin < 0.5 or same(one.language, other.language):
        return None
    return one.language, other.language
