"""Names as printed -> family and given names, whatever the order, case and script."""

import re
import unicodedata
from functools import lru_cache
from html.entities import html5
from typing import NamedTuple

_DEGREES = re.compile(
    r"(?:,|\s)\s*(?:M\.?D\.?|Ph\.?D\.?|D\.?Phil\.?|M\.?Sc\.?|B\.?Sc\.?|M\.?P\.?H\.?|F\.?R\.?C\.?[A-Z]\.?|Dr\.?|Prof\.?|MSN?|MBBS|RN|BSN|DNP|FACS|DVM|DDS|PharmD|MBA)(?=$|[\s,;])\.?"
)
_TITLES = re.compile(
    r"^(?:(?:Dr|Prof|Pr|PD|Mr|Mrs|Ms|Mme)\.?\s+|(?:med|phil|rer|nat|jur|habil|univ)\.\s+)+(?=\S+\s+\S)", re.IGNORECASE
)
_SUFFIX = re.compile(r"^(?:Jr|Sr|I{2,3}|IV)\.?$", re.IGNORECASE)
_PARTICLES = frozenset(
    "de du des d la le les van von der den dem ter ten te zu zum zur da das do dos di del della dello degli dei el al "
    "bin ibn ben af av vom y e lo saint sainte mac بن ابن vande vanden vander op".split()
)
# Those that are also written with a capital. A given name stands before them.
_LEADING_PARTICLES = frozenset(
    "van von vande vanden vander ten ter den der op de del della di da do dos das du la le el al st saint sainte san "
    "ben ibn bin abu abou mac".split()
)
_MARKS = re.compile(r"[*†‡§¶#∗⁎⁺¹²³⁰-⁹ᵃ-ᶻ☆⊥✉️]+")
_FOOTNOTE = re.compile(r"(?<=[\w.])\s*\^?\(?\[?\d{1,2}(?:\s*,\s*\d{1,2})*\]?\)?$|\s*\[[^\[\]]{2,30}\]$")
_AND = re.compile(r"^(?:and|et|und|y|e|by|par)\s+(?=\S)")
_GROUP = re.compile(
    r"\b(?:group|groupe|consortium|collaborat\w+|committee|comité|network|réseau|team|équipe|investigators|society|"
    r"société|association|organi[sz]ation|working party|study|university|université|initiative|task force|"
    r"collective|collectif)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:universit\w*|universidad\w*|institut\w*|department|département|laborator\w*|laboratoire|hospital|hôpital|"
    r"college|school|faculty|faculté|cent(?:er|re)|engineering|sciences?|journal|abstract|view|show|sign|article)\b",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"^(?:(?:[^\W\d_]\.[-‐‑]?)+|[^\W\d_])$")
_ALL_DOTTED = re.compile(r"(?:[^\W\d_]\.[-‐‑]?\s?)+")
_ONE_DOTTED = re.compile(r"[^\W\d_]\.")
_INITIALS = re.compile(r"^(?:[^\W\d_]\.?[-‐‑]?){1,4}$")
_CYRILLIC = re.compile("^[\u0400-\u04ff]")
_PATRONYMIC = re.compile(r"(?:вич|вна|ична|инична|оглы|кызы)$", re.IGNORECASE)
_CYRILLIC_FAMILY = re.compile(
    r"(?:ов|ова|ев|ева|ёв|ёва|ин|ина|ский|ская|цкий|цкая|енко|чук|юк|ий|ая|ых|их)$", re.IGNORECASE
)
_CHINESE = re.compile("^[\u4e00-\u9fff]{2,4}$")
_DOUBLE_FAMILY = frozenset("欧阳 司马 诸葛 上官 皇甫 令狐 慕容 夏侯 东方 尉迟 公孙 歐陽 司馬 諸葛".split())
_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Name(NamedTuple):
    """A name as printed, and its parts when they can be told; a group has neither part."""

    printed: str
    family: str | None
    given: str | None


def clean_name(text: str) -> str:
    """A printed name without footnote marks, degrees, titles and surrounding punctuation."""
    text = _MARKS.sub(" ", _decoded(text).replace("\xa0", " "))
    text = " ".join(_DEGREES.sub("", text).split()).strip(" ,;·•|/")
    if text and (text[-1] in ")]" or text[-1].isdigit()):
        text = _FOOTNOTE.sub("", text)
    text = _AND.sub("", text)
    return _TITLES.sub("", text).strip(" ,;")


@lru_cache(maxsize=1024)  # the lists of one page repeat each other's names
def read_name(text: str) -> Name:
    """Split one printed name. `Family, Given`; `DUPONT É.`; `Ordonez LN`; `É. Dupont`; `Jean de La Tour`."""
    printed = clean_name(text.replace("،", ","))
    if "," in printed:
        return _inverted(printed)
    words = printed.split()
    if len(words) < 2:
        family = _chinese_family(printed)
        return Name(printed, family or printed or None, printed.removeprefix(family) if family else None)
    if is_group(printed):
        return Name(printed, None, None)
    suffix = ""
    if _SUFFIX.match(words[-1]) and len(words) > 2:
        suffix = words.pop()
    if _ASIAN.search(printed) or _family_first(words):
        family, given = words[0], " ".join(words[1:])
    else:
        family, given = _split(words)
    return Name(printed, f"{family} {suffix}".strip() if suffix else family, given or None)


def _chinese_family(printed: str) -> str | None:
    """The family name of a Chinese name printed without a space, or None: one character, or two of the few doubles.

    Of four characters without such a double it cannot be told: most are Japanese.
    """
    if not _CHINESE.match(printed):
        return None
    if printed[:2] in _DOUBLE_FAMILY and len(printed) > 2:
        return printed[:2]
    return printed[:1] if len(printed) < 4 else None


def looks_like_name(text: str) -> bool:
    """True for two to six words that could be a person's name, as against a label, a place or a sentence."""
    words = text.split()
    if not 1 < len(words) <= 6 or len(text) > 60 or any(char.isdigit() or char in "@:/" for char in text):
        return False
    if _PLACE.search(text):
        return False
    return text[0].isalpha() and all(
        word[0].isupper() or not word[0].islower() or word.strip("'’.").casefold() in _PARTICLES for word in words
    )


def _family_first(words: list[str]) -> bool:
    """True for `Иванова Мария Петровна` and `Соколов Антон`: the family name leads and looks like one."""
    if not _CYRILLIC.search(words[0]):
        return False
    return bool(_PATRONYMIC.search(words[-1])) or (
        bool(_CYRILLIC_FAMILY.search(words[0])) and not _CYRILLIC_FAMILY.search(words[-1])
    )


def is_group(printed: str) -> bool:
    """True for consortia and the like, which have no family name."""
    return len(printed.split()) > 1 and bool(_GROUP.search(printed))


def _inverted(printed: str) -> Name:
    family, _, given = printed.partition(",")
    family, given = family.strip(), given.strip()
    if _SUFFIX.match(given):
        parts = family.split()
        return Name(printed, f"{parts[-1]} {given}", " ".join(parts[:-1]) or None)
    head, _, tail = given.rpartition(",")
    if head and _SUFFIX.match(tail.strip()):
        return Name(printed, f"{family} {tail.strip()}", head.strip() or None)
    return Name(printed, family, given or None)


def _split(words: list[str]) -> tuple[str, str]:
    if trailing := _trailing_initials(words):
        return " ".join(words[:-trailing]), " ".join(words[-trailing:])
    capitals = [_is_capitals(word) for word in words]
    if any(capitals) and (capitals.count(True) == 1 or not all(map(_is_capitals_or_initial, words))):
        if capitals[0]:  # DUPONT Émile
            end = capitals.index(False)
            return " ".join(words[:end]), " ".join(words[end:])
        if capitals[-1]:  # Émile DUPONT, Émile de LA TOUR
            start = _particle_start(words, capitals.index(True))
            return " ".join(words[start:]), " ".join(words[:start])
    start = _particle_start(words, len(words) - 1)
    return " ".join(words[start:]), " ".join(words[:start])


def _trailing_initials(words: list[str]) -> int:
    """How many words at the end are initials after a family name: 1 for `Ordonez LN`, 0 for `J. Smith`."""
    last = words[-1].strip(".")
    if len(words[0].strip(".")) <= 2 and _INITIALS.match(words[0]):
        return 0
    dotted = _ALL_DOTTED.fullmatch(words[-1]) is not None
    bare = last.isupper() and len(last) <= 3 and not any(_is_capitals(word) for word in words[:-1])
    single = len(last) == 1 and last.isupper()
    if not (dotted or bare or single):
        return 0
    count = 1
    while count < len(words) - 1 and _ONE_DOTTED.fullmatch(words[-count - 1]):
        count += 1
    return count


def _is_capitals_or_initial(word: str) -> bool:
    return _is_capitals(word) or _DOTTED.match(word) is not None


def _is_capitals(word: str) -> bool:
    if word[1:].islower():  # as most are
        return False
    letters = [char for char in word if char.isalpha()]
    if _DOTTED.match(word) or len(letters) <= 2 or not any(char.isupper() for char in letters):
        return False
    return all(char.isupper() or unicodedata.category(char) == "Lo" for char in letters)


def _particle_start(words: list[str], start: int) -> int:
    while start > 1 and words[start - 1].casefold().strip("'’.") in _PARTICLES and words[start - 1][0].islower():
        start -= 1
    while start > 1 and words[start - 1].casefold().strip(".") in _LEADING_PARTICLES:
        start -= 1
    return start


_NAME_LIST = re.compile(r"\s*;\s*|\s*\|\s*|\s*[,،]?\s+(?:and|et|und|ve|och|og|&)\s+(?=\S)|\s*[,،、，；]\s*(?=\S)")


_SHORT_AND = re.compile(r"\s+(?:[yei]|и|та|en)\s+")


def _two_names(text: str) -> list[str]:
    """Cut at `y`, `e` and `i`, words that stand inside names too, only between two whole names."""
    parts = _SHORT_AND.split(text)
    return parts if len(parts) == 1 or all(len(part.split()) > 1 for part in parts) else [text]


# A letter by the name of its entity, as one publisher's old metadata write it: Kn|[ouml]|pfel.
_CODED = re.compile(r"\|\[([A-Za-z]{2,8})\]\|")


def _decoded(text: str) -> str:
    return _CODED.sub(lambda coded: html5.get(f"{coded[1]};", coded[0]), text) if "|[" in text else text


def split_names(text: str) -> list[str]:
    """Cut a list of printed names. A semicolon outranks the comma, which then belongs to `Family, Given`."""
    text = _decoded(text).strip().strip(";, ")
    if ";" in text:
        return [part for part in re.split(r"\s*;\s*", text) if part]
    if "|" in text:
        return [part for part in re.split(r"\s*\|\s*", text) if part]
    parts = [name for part in _NAME_LIST.split(text) if part and part.strip() for name in _two_names(part)]
    if all(map(_CHINESE.match, parts)):
        return parts
    if len(parts) == 2 and "," in text and len(parts[0].split()) == 1 and not re.search(r"\b(?:and|et|&)\b", text):
        return [text]  # one inverted name
    return parts
