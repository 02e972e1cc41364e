"""The lexicon: one TOML file per language under `lexicon/`, read once, every pattern compiled.

File: `language`, `hints` (pieces of words, in lower case, that a page with such a sentence holds, if the language is
neither declared nor that of its texts), `article` (what "this article" is called), `nouns` (pieces of words, one of
them in all that `article` finds), `authors` (what those who write an abstract call themselves), `negators` (what
turns a sentence round), `costless` (words for "free": to deny them to the registered frees nobody), `future` (what
puts it off: nothing is free yet), optional `foreign` (words of a language that is spelt much alike, in which none of
its sentences is read), `reserved` (who alone may read: free for them is a subscription), `partial` (what
is free is a part, a trial or long past: says nothing), `months`, `triggers` (stem -> what stands around it, see
`stems`: bytes, so an accent is `.{1,2}`), and entries.
Entry: `id`, `version`, `status`, `kind`, `words` (one of them must stand in the folded text), `pattern`, optional
`subject` (the sentence must name the article, or stand in a slot), `negation = false` (the pattern is itself
negative), `after` (status once its date has come), `files = true` (said of the files themselves: no licence opens
them), and test sentences. Patterns are read against folded text; a space
stands for any run of spaces, `{article}`, `{gap}` and `{date}` for the obvious.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain
from typing import Any

from harvester.extraction.access.stems import Around, Sightings
from harvester.extraction.wordlist import WordList
from harvester.model.access import AccessStatus


class Kind(StrEnum):
    """What a matching entry is worth."""

    SENTENCE = "sentence"  # tier 3
    LABEL = "label"  # tier 4: the whole text of an element in the article's head
    ACTION = "action"  # tier 4: a button or line of a purchase box
    JOURNAL = "journal"  # tier 6: about the journal or the house
    HINT = "hint"  # tier 7: never alone
    BANNER = "banner"  # the page was read inside an institution's network
    NEUTRAL = "neutral"  # says nothing, and no other entry may read its words


@dataclass(frozen=True, eq=False)
class Entry:
    """One way to say something about access in one language."""

    id: str
    version: int
    language: str
    status: AccessStatus
    kind: Kind
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    subject: bool
    negation: bool
    after: AccessStatus | None
    files: bool
    rule: str  # how verdicts name it


@dataclass(frozen=True, eq=False)
class Language:
    """The entries of one language and what they share."""

    code: str
    hints: tuple[str, ...]
    article: re.Pattern[str]
    nouns: tuple[str, ...]  # one of them stands in all that `article` finds
    authors: re.Pattern[str]
    negators: re.Pattern[str]
    costless: re.Pattern[str]
    future: re.Pattern[str]
    foreign: re.Pattern[str] | None
    reserved: re.Pattern[str]
    partial: re.Pattern[str]
    months: dict[str, int]
    triggers: dict[str, str]
    neutral: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    words: WordList  # those of all `entries`
    by_word: tuple[tuple[int, ...], ...]  # for each of `words`, which `entries` have it

    def spoken(self, text: str) -> list[Entry]:
        """The entries that have a word standing in folded `text`, in their order."""
        words = self.words.found(text.encode("utf-8", "surrogatepass"))
        return [self.entries[number] for number in sorted({n for word in words for n in self.by_word[word]})]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Languages, the stems of all of them with what must stand around each, and their folded month names."""

    languages: tuple[Language, ...]
    around: Around
    months: dict[str, int]


_DATE = (
    r"(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    r"|\d{1,2}(?:er|st|nd|rd|th|º|\.)? (?:de )?[a-z]{3,10}\.? (?:de )?\d{4}|[a-z]{3,10} \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|[a-z]{3,10}\.? (?:de )?\d{4}|\d{4})"
)
_PRICE = (
    r"(?:(?:us|r|a|c)?[$€£] ?\d|(?:usd|eur|gbp|chf|aud|brl) ?\d"
    r"|\d[\d.,]* ?(?:[$€£]|euros?\b|eur\b|usd\b|gbp\b|chf\b|brl\b|aud\b))"
)
_GAP = r"[^.!?;]{0,80}?"


# In every lexicon: licences are named alike everywhere.
_LICENCE_STEMS = ("creative commons", "creativecommons.org", "cc by", "cc-by", "cc0 ")
_KNOWN_LICENCES = {
    "licen": "licence ouverte|open (?:government|data|database|commons)[a-z ]{0,20} licen|documentation licen|"
    "(?:mit|apache|bsd|clause|user|authorchoice) licen|elsevier user",
    "domain mark": "",
    "public domain ded": "",
}
_FIRST = "en"  # the one language that stands on pages of every other


@lru_cache(maxsize=500)
def lexicon(languages: tuple[str, ...] = ()) -> Lexicon:
    """The lexicon of some languages (BCP 47), always with English; of all when none is known to us."""
    primary = {language.split("-")[0].lower() for language in languages}
    known = frozenset(primary & {language.code for language in _all()})
    return _lexicon(known | {_FIRST} if known else frozenset(language.code for language in _all()))


def sightings(text: bytes) -> Sightings:
    """Where the stems and hints of all languages stand in `Document.words`."""
    return Sightings.of(text, words())


def hinted(seen: Sightings, languages: Collection[str]) -> tuple[str, ...]:
    """Languages besides `languages` that a page's frame may speak: one of their hints stands on it."""
    return tuple(code for code, hints in _hints() if code not in languages and seen.any_of(hints))


@cache
def _hints() -> tuple[tuple[str, frozenset[int]], ...]:
    """The languages, and which of `_words` are the hints of each."""
    numbers = words().numbers
    return tuple((one.code, frozenset(numbers[hint.encode()] for hint in one.hints)) for one in _all())


def with_nouns(text: str) -> list[Language]:
    """The languages that may name an article in folded `text`: one of their nouns stands in it."""
    nouns, by_noun = _nouns()
    codes = {code for noun in nouns.found(text.encode("utf-8", "surrogatepass")) for code in by_noun[noun]}
    return [language for language in _all() if language.code in codes] if codes else []


@cache
def _nouns() -> tuple[WordList, tuple[tuple[str, ...], ...]]:
    """The nouns of all languages, and for each the codes of those that have it."""
    nouns = WordList(noun.encode() for language in _all() for noun in language.nouns)
    codes = (tuple(one.code for one in _all() if noun.decode() in one.nouns) for noun in nouns.words)
    return nouns, tuple(codes)


@cache
def words() -> WordList:
    """All stems and hints there are."""
    lists = ((*language.triggers, *language.hints) for language in _all())
    return WordList(word.encode() for word in (*_LICENCE_STEMS, *_KNOWN_LICENCES, *chain.from_iterable(lists)))


@cache
def _lexicon(codes: frozenset[str]) -> Lexicon:
    languages = tuple(language for language in _all() if language.code in codes)
    triggers = {stem: [pattern] for stem, pattern in {**dict.fromkeys(_LICENCE_STEMS, ""), **_KNOWN_LICENCES}.items()}
    for language in languages:
        for stem, pattern in language.triggers.items():
            triggers.setdefault(stem, []).append(pattern.replace(" ", r"\s+"))
    months = {name: number for language in languages for name, number in language.months.items()}
    around = {words().numbers[stem.encode()]: _any_of(patterns) for stem, patterns in triggers.items()}
    return Lexicon(languages, around, months)


def _any_of(patterns: Collection[str]) -> re.Pattern[bytes] | None:
    """One pattern for all, None where one of them is empty and takes every place."""
    return None if "" in patterns else re.compile("|".join(patterns).encode())


@cache
def _all() -> tuple[Language, ...]:
    folder = files("harvester.extraction.access") / "lexicon"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(_language(tomllib.loads((folder / name).read_text("utf-8"))) for name in names)


def _language(data: dict[str, Any]) -> Language:
    entries = [_entry(entry, data) for entry in data["entry"]]
    speaking = tuple(entry for entry in entries if entry.kind is not Kind.NEUTRAL)
    by_word: dict[bytes, tuple[int, ...]] = {}
    for number, entry in enumerate(speaking):
        for word in entry.words:
            by_word[word.encode()] = (*by_word.get(word.encode(), ()), number)
    return Language(
        data["language"],
        tuple(data.get("hints", ())),
        compile_pattern(data["article"], data),
        tuple(data["nouns"]),
        compile_pattern(data["authors"], data),
        compile_pattern(data["negators"], data),
        compile_pattern(data["costless"], data),
        compile_pattern(data["future"], data),
        compile_pattern(data["foreign"], data) if "foreign" in data else None,
        compile_pattern(data["reserved"], data),
        compile_pattern(data["partial"], data),
        data["months"],
        data["triggers"],
        tuple(entry for entry in entries if entry.kind is Kind.NEUTRAL),
        speaking,
        WordList(by_word),
        tuple(by_word.values()),
    )


def _entry(entry: dict[str, Any], data: dict[str, Any]) -> Entry:
    after = entry.get("after")
    return Entry(
        entry["id"],
        entry["version"],
        data["language"],
        AccessStatus(entry.get("status", "unknown")),
        Kind(entry.get("kind", "sentence")),
        tuple(entry["words"]),
        compile_pattern(entry["pattern"], data),
        entry.get("subject", False),
        entry.get("negation", True),
        AccessStatus(after) if after else None,
        entry.get("files", False),
        f"lexicon/{data['language']}.{entry['id']}@{entry['version']}",
    )


def compile_pattern(pattern: str, data: dict[str, Any]) -> re.Pattern[str]:
    """A pattern of a language file as a regular expression over folded text."""
    pattern = pattern.replace("{article}", r"\b" + data["article"]).replace("{gap}", _GAP).replace("{price}", _PRICE)
    for number in range(pattern.count("{date}")):
        pattern = pattern.replace("{date}", _DATE.replace("?P<date>", f"?P<date{number}>"), 1)
    pattern = pattern.replace("[ -]", r"[\s-]").replace(" ?", r"\s*")
    return re.compile(pattern.replace(" ", r"\s+"))


def date_words(found: re.Match[str]) -> str | None:
    """The date an entry's pattern captured."""
    return next((words for name, words in found.groupdict().items() if words and name.startswith("date")), None)
