"""Text as it is stored: NFC, one kind of space, no markup, no invisible characters; and folding for comparison."""

import html
import re
import unicodedata
from functools import cache, lru_cache

_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]{0,500}|!--.*?--)>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Zero-width, bidi controls, soft hyphen, BOM: they are never part of a word's meaning.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_MOJIBAKE = re.compile(
    "[ÃÂâÅÐÑ][\u0080-\u00bf\u20ac\u201a-\u201e\u2020-\u2026\u2030\u2039\u203a\u2122\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018\u2019\u201c\u201d\u2022]"
)
_WORDS = re.compile(r"\w+")
_ASCII_WORDS = {code: " " for code in range(128) if not _WORDS.match(chr(code))}
# Combining marks of the scripts we meet (Latin, Greek, Cyrillic, Hebrew, Arabic and their extensions).
_COMBINING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]+"
)
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)

_SHORT = 80  # characters of a name, a label or a keyword, which are folded again and again
_LIGATURE = re.compile("[œŒæÆßøØłŁ]")


def tidy(text: str) -> str:
    """NFC text on one line without markup, entities or control characters; mojibake (UTF-8 read as cp1252) repaired."""
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
        if "&" in text and _ENTITY.search(text):  # escaped twice on the site
            text = html.unescape(text)
    if "<" in text and _TAG.search(text):
        text = strip_markup(text)
    plain = text.isprintable()  # then nothing in it is invisible or controls anything
    if not text.isascii():
        if not plain:
            text = _INVISIBLE.sub("", text)
        if _MOJIBAKE.search(text):
            text = _unmojibake(text)
            plain = False
        text = unicodedata.normalize("NFC", text)
    if plain and "  " not in text:  # the one space that can be printed is the common one
        return text.strip()
    return " ".join((text if plain else _CONTROL.sub("", text)).split())


def strip_markup(text: str) -> str:
    """The words of an HTML fragment that stands inside a value, such as a `citation_abstract` with paragraphs."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "lxml")
    for element in soup.find_all(["script", "style", "annotation", "annotation-xml", "tex-math", "jats:tex-math"]):
        element.decompose()
    for element in soup.find_all(
        ["p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "title", "sec", "jats:p", "jats:title"]
    ):
        element.insert_after(" ")
    return str(soup.get_text())


def _unmojibake(text: str) -> str:
    import ftfy

    return str(ftfy.fix_encoding(text))


def has_mojibake(text: str) -> bool:
    """True if text still carries the traces of a wrong decoding."""
    return not text.isascii() and ("\ufffd" in text or bool(_MOJIBAKE.search(text)))


def fold(text: str) -> str:
    """The form two printings of the same words share: NFKD, case-folded, no accents, words with single spaces."""
    return _folded_short(text) if len(text) <= _SHORT else _folded(text)


def folded_words(text: str) -> list[str]:
    """The words of `fold`."""
    if text.isascii():
        return text.lower().translate(_ASCII_WORDS).split()
    try:
        folded = text.encode(_CODEC).translate(_folded_characters())
    except UnicodeEncodeError:
        return _folded_words(text)
    return _folded_words(text) if _SPECIAL in folded else folded.decode("ascii").split()


def _folded_words(text: str) -> list[str]:
    if _LIGATURE.search(text):
        text = text.translate(_LIGATURES)
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _COMBINING.sub("", plain)
    return plain.translate(_ASCII_WORDS).split() if plain.isascii() else _WORDS.findall(plain)


# Most texts in Latin letters fit one byte a character, and bytes are folded several times faster.
_CODEC = "cp1252"
_SPECIAL = b"\0"  # a character that is folded to no single one


@cache
def _folded_characters() -> bytes:
    """For each byte the character it is folded to, or a space."""
    table = bytearray()
    for char in bytes(range(256)).decode(_CODEC, "replace"):
        words = _folded_words(f"a{char}a")  # a space parts words, a combining mark does not
        between = " " if words == ["a", "a"] else words[0][1:-1]
        table += between.encode() if between.isascii() and len(between) == 1 else _SPECIAL
    return bytes(table)


def _folded(text: str) -> str:
    return " ".join(folded_words(text))


_folded_short = lru_cache(maxsize=1 << 13)(_folded)
