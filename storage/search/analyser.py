"""Text to tokens, the same for what is indexed and what is asked: folded, opened at hyphens, stemmed by language.

A token is a folded word (a form), or its stem and the language it was stemmed in: `malad_fr`. What stands after the
mark `_` never comes from text, so tokens of different kinds cannot meet by chance.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer

VERSION = f"2/{Stemmer.version()}"  # of the tokens an index holds; another version asks for a new index
MARK = "_"
BARRIER = "_"  # between two values of one field: no phrase reaches across
MAX_LENGTH = 20_000  # characters of one value that are indexed

_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "\xad": None, "\u0640": None}
)
# Accents and vowel points; the breve of й is part of a letter of its own, which endings are known by.
_ACCENTS = re.compile(
    r"(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]"
)

# Vowel signs of scripts that write them as marks belong to the word.
_SIGN = (
    r"[\xad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u0900-\u0963\u0981-\u0d7f\u0e31-\u0e3a\u0e47-\u0e4e]"
)
_LETTERS = rf"[^\W_]+(?:{_SIGN}+[^\W_]*)*"
_JOINT = r"['’ʼ‐‑-]"
COMPOUND = re.compile(rf"{_LETTERS}(?:{_JOINT}{_LETTERS})*")
_PART = re.compile(_LETTERS)
_APOSTROPHE = re.compile(r"['’ʼ]")
_HYPHEN = re.compile(r"[‐‑-]")
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    r"\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_LONGEST = 64

_ELIDED = frozenset(
    "c d j l m n s t qu jusqu lorsqu puisqu quoiqu quelqu presqu all dall dell nell sull coll quell un".split()
)
_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_UMLAUT = re.compile(r"(?<![aeq])([aou])e")
_REMEMBERED = 1 << 15  # of running words, by language; numbers and names never end
_REMEMBERED_FORMS = 1 << 12  # names, journals, what is sought

# Words that only say how others hang together: a query of several words does not insist on them.
STOP_WORDS = frozenset(
    """a an and are as at be by for from in into is of on or that the this to was were with
    au aux avec ce ces dans de des du elle en est et il la le les leur ou par pas pour que qui sa se ses son sont sur
    un une vers der die das dem den ein eine einer eines im ist mit nach oder und von vor zu zum zur bei auf
    el los las del al con por para una y da lo gli dei della delle nel nella per che e ed do dos das no na nos
    nas em um uma het een van voor op te""".split()
)


class Parts(NamedTuple):
    """A written word opened: its folded parts in order, and the parts as one word where there are several."""

    forms: tuple[str, ...]
    joined: str | None = None


def fold(text: str) -> str:
    """For comparison: compatibility forms, case and accents gone, ligatures opened."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    parted = unicodedata.normalize("NFKD", plain.translate(_LIGATURES))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", parted)).casefold()


def primary(language: str) -> str:
    """The language a tag names first: `pt` of `pt-BR`."""
    return language.partition("-")[0].lower()


@lru_cache(_REMEMBERED_FORMS)
def opened(word: str) -> Parts:
    """`l'auto-immunité` as `auto`, `immunite`, together `autoimmunite`; text without spaces between words by twos."""
    forms: list[str] = []
    for piece in _HYPHEN.split(word):
        forms += _unelided([form[:_LONGEST] for part in _APOSTROPHE.split(piece) for form in _PART.findall(fold(part))])
    whole = "".join(forms)
    if _IS_UNSPACED.search(whole):
        return Parts(tuple(two for run in _RUN.findall(whole) for two in _by_twos(run)))
    return Parts(tuple(forms), whole if 1 < len(forms) < 5 and len(whole) <= _LONGEST else None)


def _unelided(parts: list[str]) -> list[str]:
    while len(parts) > 1 and parts[0] in _ELIDED:
        parts = parts[1:]
    return parts[:-1] if len(parts) > 1 and parts[-1] == "s" else parts


def _by_twos(run: str) -> list[str]:
    if len(run) < 2 or not _IS_UNSPACED.match(run):
        return [run]
    return [run[n : n + 2] for n in range(len(run) - 1)]


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    name = _ALGORITHMS.get(language)
    return Stemmer.Stemmer(name, 0) if name else None


@lru_cache(_REMEMBERED_FORMS)
def token(form: str, language: str) -> str:
    """The token of a folded word in a language (primary code); the word itself where no stems are known."""
    stemmer = _stemmer(language)
    if stemmer is None or _IS_UNSPACED.match(form):
        return form
    return f"{fold(stemmer.stemWord(form))}{MARK}{language}"


class _Tokens(dict[str, str]):
    """Of text between blanks, in one language: its tokens in a row. Once seen, it is remembered."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.beside: dict[str, list[str]] = {}  # tokens that stand for it without a place

    def __missing__(self, chunk: str) -> str:
        row: list[str] = []
        beside: list[str] = []
        for word in COMPOUND.findall(chunk):
            forms, joined = opened(word)
            stems = [token(form, self.language) for form in forms]
            row += stems
            beside += [form for form, stem in zip(forms, stems, strict=True) if stem.partition(MARK)[0] != form]
            beside += [joined, token(joined, self.language)] if joined else []
        if beside:
            self.beside[chunk] = beside
        found = self[chunk] = " ".join(row)
        return found

    def shed(self) -> None:
        """Begin anew when too much is remembered."""
        if len(self) > _REMEMBERED:
            self.clear()
            self.beside.clear()


_tokens = cache(_Tokens)


def variants(form: str, language: str) -> list[str]:
    """Tokens a folded word of a query stands for in texts of a language: `groesse` is also `größe` in German."""
    found = [token(form, language)]
    if language == "de" and (other := _UMLAUT.sub(r"\1", form)) != form:
        found.append(token(other, language))
    return found


def key(term: str, language: str) -> str:
    """A term in one piece, by which spellings of it meet: `auto-immunes`, `autoimmune` and `auto immune` are one."""
    return "".join(token(form, language).partition(MARK)[0] for form in forms_of(term))[:200]


def forms_of(text: str) -> list[str]:
    """The folded words of a text, compounds opened."""
    return [form for word in COMPOUND.findall(text) for form in opened(word).forms]


def field(values: Sequence[tuple[str, str]]) -> str:
    """(text, language) of one field as its indexed text: tokens of each value in a row, then those beside."""
    rows: list[str] = []
    beside: set[str] = set()
    for text, language in values:
        known = _tokens(primary(language))
        known.shed()
        chunks = text[:MAX_LENGTH].split()
        rows.append(" ".join(map(known.__getitem__, chunks)))
        beside.update(*map(known.beside.__getitem__, known.beside.keys() & chunks))
    if beside:
        rows.append(" ".join(sorted(beside)))
    return f" {BARRIER} ".join(rows)
