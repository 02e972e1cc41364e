"""The labels of blocks (Résumé, Keywords, Objectif ...) in many languages, as data."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from harvester.extraction.normalise.text import fold

BLOCK_KINDS = ("abstract", "lay", "graphical", "highlights", "keywords", "stop")
# Words that pages of any language print above their own texts: the label alone does not prove the language.
_INTERNATIONAL = frozenset(
    ("abstract", "abstracts", "keywords", "keyword", "key words", "summary", "index", "tags", "tag")
)


_LANGUAGE = frozenset(("language", "jeziku", "jezyku", "языке", "мовою"))  # after the name of one


class Label(NamedTuple):
    """One label: what it opens, its language, and whether the word proves that language."""

    kind: str
    language: str | None
    proves: bool


@cache
def _facts() -> dict[str, str]:
    data = tomllib.loads(files("harvester.extraction").joinpath("data/facts.toml").read_text("utf-8"))
    return {fold(word): kind for kind, words in data.items() for word in words}


@lru_cache(maxsize=8192)
def fact_of(text: str) -> str | None:
    """The fact that `text` labels (`authors`, `doi`, `date.published` ...), or None."""
    return _facts().get(fold(text)) if len(text) <= 40 else None


@cache
def _table() -> tuple[dict[str, Label], dict[str, str]]:
    data = tomllib.loads(files("harvester.extraction").joinpath("data/labels.toml").read_text("utf-8"))
    labels: dict[str, Label] = {}
    sections: dict[str, str] = {}
    for language, kinds in data.items():
        for kind in BLOCK_KINDS:
            for word in kinds.get(kind, ()):
                key = fold(word)
                if key in labels and labels[key].language != language:  # shared by two languages: it proves neither
                    labels[key] = Label(labels[key].kind, None, False)
                else:
                    labels[key] = Label(kind, language, kind != "stop" and key not in _INTERNATIONAL)
        for word in kinds.get("sections", ()):
            sections.setdefault(fold(word), language)
    return labels, sections


# \0 stands in no text of a tree: it parts the texts that are searched together. White space and the marks that lists
# and brackets open with are passed over; the last five bytes are no-break space and bullet: no label begins as they do.
_FIRST_WORDS = re.compile(rb"\0[ \t\r\n\[(*\xc2\xa0\xe2\x80\xa2]{0,400}+([\w\x80-\xff]{0,80}+)").findall
_WORD = re.compile(r"\w{0,40}")


def begin_labels(words: bytes) -> Iterator[bool]:
    """A cheap test before the look-up, for each of some texts: False if it begins as no label of a block or fact does.

    `words` are the texts, NUL between, as UTF-8 with ASCII letters in lower case (`Document.words`).
    """
    found: list[bytes] = _FIRST_WORDS(b"\0" + words)
    distinct = set(found)
    begin = distinct & _beginnings()[0]
    begin.update([word for word in distinct if not word.isascii() and _begins(word)])
    return map(begin.__contains__, found)


def _begins(head: bytes) -> bool:
    firsts, initials = _beginnings()
    word = _WORD.match(head.decode("utf-8", "replace").lower())
    return word is not None and (word[0].encode() in firsts or (word[0][:1] in initials and not word[0].isascii()))


@cache
def _beginnings() -> tuple[frozenset[bytes], frozenset[str]]:
    """First words of all labels, folded, as UTF-8, and their first letters as printed in lower case."""
    keys = (*_table()[0], *_facts())
    letters = {key[0] for key in keys} | {unicodedata.normalize("NFC", key)[0] for key in keys} | set("öéèё")
    return frozenset(key.split()[0].encode() for key in keys), frozenset(letters)


@lru_cache(maxsize=8192)
def label_of(text: str) -> Label | None:
    """The block label that `text` is, or None. Trailing `:`, `|`, `.` and surrounding space do not matter."""
    if len(text) > 60:
        return None
    labels, _ = _table()
    key = fold(text)
    return (
        labels.get(key)
        or _in_a_language(key)
        or _bracketed(text)
        or (_of_two(text) if _BETWEEN_LABELS.search(text) else None)
    )


_BETWEEN_LABELS = re.compile(r"\s*[/|·]\s*|\s[–-]\s")


_BRACKET = re.compile(r"\s*([^()\[\]]{3,40}?)\s*[(\[][^()\[\]]{2,30}[)\]]\s*")


def _bracketed(text: str) -> Label | None:
    """`Abstract (provisional)`: whatever else is said of an abstract or of keywords in brackets."""
    found = _BRACKET.fullmatch(text)
    label = _table()[0].get(fold(found[1])) if found else None
    return label if label and label.kind in ("abstract", "keywords") else None


def _of_two(text: str) -> Label | None:
    """`Résumé / Abstract`, `Mots-clés | Keywords`: labels of one kind, which prove no language."""
    parts = [label_of(part) for part in _BETWEEN_LABELS.split(text)]
    kinds = {part.kind if part else None for part in parts}
    kind = parts[0].kind if parts[0] and len(kinds) == 1 and len(parts) > 1 else None
    return Label(kind, None, False) if kind in ("abstract", "keywords") else None


def _in_a_language(key: str) -> Label | None:
    """`Abstract (German)`, `Keywords [sv]`, `Resumen en inglés`: a label and the name or code of a language."""
    head, _, last = key.rpartition(" ")
    if last in _LANGUAGE:
        head, _, last = head.rpartition(" ")
    language = _language_names().get(last)
    if language is None or head in ("", "index", "tag", "tags"):
        return None
    label = _table()[0].get(head) or _table()[0].get(head.rpartition(" ")[0])
    return Label(label.kind, language, True) if label and label.kind in ("abstract", "keywords") else None


def named_language(text: str) -> str | None:
    """The language that `text`, a name or a code, is; None for any other word."""
    return _language_names().get(fold(text))


@cache
def _language_names() -> dict[str, str]:
    data = tomllib.loads(files("harvester.extraction").joinpath("data/languages.toml").read_text("utf-8"))
    return {fold(name): language for language, names in data.items() for name in (language, *names)}


@lru_cache(maxsize=8192)
def is_section(text: str) -> bool:
    """True if `text` is a label inside a structured abstract."""
    if len(text) > 60:
        return False
    _, sections = _table()
    return fold(text) in sections


_CLOSING = (":", "|", "–", "—", "：")  # after an inline label
_DASHED = re.compile(r"\.\s*-")
_FIRST_WORD = re.compile(r"\w{1,40}")
_SENTENCE_START = re.compile(r"(?:^|[.!?…»”\"\)\]])\s*(\w{1,40})")


def may_hold_inline_label(text: str) -> bool:
    """A cheap test before `inline_label`: False if no sentence of `text` begins as a label does, or none is closed."""
    return _closes_inline_label(text) and any(map(_begins_inline_label, _SENTENCE_START.findall(text)))


def may_begin_with_inline_label(text: str) -> bool:
    """The same for a label that `text`, without space before it, begins with."""
    first = _FIRST_WORD.match(text)
    return first is not None and _begins_inline_label(first[0]) and _closes_inline_label(text)


def _closes_inline_label(text: str) -> bool:
    return any(map(text.__contains__, _CLOSING)) or _DASHED.search(text) is not None


@lru_cache(maxsize=8192)
def _begins_inline_label(word: str) -> bool:
    return not word.isascii() or word.lower() in _inline_words()[1]


@cache
def _inline_words() -> tuple[frozenset[str], frozenset[str]]:
    """The labels looked for inside texts, and their first words folded."""
    data = tomllib.loads(files("harvester.extraction").joinpath("data/labels.toml").read_text("utf-8"))
    words = frozenset(
        word
        for kinds in data.values()
        for kind in ("abstract", "keywords")
        for word in kinds.get(kind, ())
        if fold(word) not in ("index", "tag", "tags")
    )
    return words, frozenset(fold(word).split()[0] for word in words)


@cache
def inline_label() -> re.Pattern[str]:
    """Finds a block label glued into running text: at its start or after a sentence, closed by `:` or `|` or a dash."""
    choice = "|".join(
        re.escape(word).replace(r"\ ", r"[\s\xa0-]+").replace("'", "['’]")
        for word in sorted(_inline_words()[0], key=len, reverse=True)
    )
    of_language = r"(?:\s*[(\[][^\W\d_]{2,12}[)\]])?"
    return re.compile(
        rf"(?:^|(?<=[.!?…»”\"\)\]]))\s*((?:{choice}){of_language})\s*(?:\|\s*:?|[:：]|\.\s*[–—-]|[–—]\s)\s*",
        re.IGNORECASE,
    )
