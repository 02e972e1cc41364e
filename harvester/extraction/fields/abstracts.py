"""Abstracts, one per language: cleaned of labels and of the site's own sentences, never two languages in one value."""

import re
import tomllib
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import NamedTuple

from harvester.extraction.access.endings import without_access
from harvester.extraction.document import Document
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.labels import Label, inline_label, label_of, may_hold_inline_label
from harvester.extraction.languages import Known, LittleWords, detect, language_of, little_words, same, split_at_seam
from harvester.extraction.memo import Memo
from harvester.extraction.normalise.text import fold, tidy
from harvester.extraction.signals.signal import Signal
from harvester.extraction.wordlist import WordList
from harvester.model.record import LangText, Section

# A labelled block and a declared selector name the abstract; descriptions are only said to be about the page.
_RANKS = {
    ("selector", "abstract"): 200,
    ("jats", "abstract"): 160,
    ("heading", "abstract"): 150,
    ("container", "abstract"): 110,
    ("highwire", "abstract"): 120,
    ("eprints", "abstract"): 120,
    ("bepress", "abstract"): 120,
    ("dcterms", "abstract"): 115,
    ("dc", "description.abstract"): 115,
    ("json_ld", "abstract"): 110,
    ("meta", "abstract"): 100,
    ("dc", "description"): 80,
    ("json_ld", "description"): 70,
    ("dcterms", "description"): 70,
    ("opengraph", "description"): 50,
    ("meta", "description"): 45,
    ("twitter", "description"): 40,
}
_WEAK = 60  # below it a text must be long and must not be a teaser or the site's own words
_OTHER_KINDS = ("lay", "graphical", "highlights")
_MINIMUM = 25
_SPACED_LABEL = re.compile(r"(?<=[.!?)»”\]])\s{2,}([^\W\d_][\w -]{3,24}?)\s{2,}(?=[^\W\d_a-z])")
_LIKE = 150  # characters; what is only said to describe the page must be as long to be an abstract
_MOST = 100  # texts that are compared; a page with more lists articles
_ENDLESS = 60_000  # characters; no abstract is as long
_ENDING = 700  # characters at the end in which the site's words are looked for


class _Candidate(NamedTuple):
    text: str
    rank: int
    signal: Signal
    known: Known
    sections: tuple[Section, ...]  # as they are read; `_settled` cleans those of what is chosen
    boilerplate: tuple[str, ...]


class _Boilerplate(NamedTuple):
    hints: WordList
    last_words: WordList
    sentences: re.Pattern[str]
    endings: re.Pattern[str]
    empty: re.Pattern[str]


@cache
def _boilerplate() -> _Boilerplate:
    table = tomllib.loads(files("harvester.extraction").joinpath("data/boilerplate.toml").read_text("utf-8"))
    sentences = re.compile("|".join(f"(?:{pattern})" for pattern in table["sentences"]), re.IGNORECASE)
    endings = re.compile(r"\s*(?:" + "|".join(f"(?:{pattern})" for pattern in table["endings"]) + r")\s*$")
    empty = re.compile("|".join(f"(?:{pattern})" for pattern in table["empty"]), re.IGNORECASE)
    return _Boilerplate(_word_list(table["hints"]), _word_list(table["last_words"]), sentences, endings, empty)


def _word_list(words: list[str]) -> WordList:
    return WordList(word.encode() for word in words)


def _holds(text: str, words: WordList) -> bool:
    return bool(words.found(text.encode("utf-8", "surrogatepass")))


def choose_abstracts(
    document: Document, index: SignalIndex, declared: tuple[str, ...], boilerplate: tuple[str, ...]
) -> tuple[dict[str, LangText], tuple[LangText, ...]]:
    """(abstracts by language, other abstracts): the best candidate of each language, with agreeing evidence.

    `declared` are the Source's languages, `boilerplate` its regular expressions of sentences to remove.
    """
    folded = Memo(fold).__getitem__  # most texts stand on the page several times
    words = Memo[str, frozenset[str]](lambda text: frozenset(folded(text).split())).__getitem__
    candidates = sorted(_candidates(document, index, declared, boilerplate), key=lambda entry: -entry.rank)[:_MOST]
    chosen: dict[str, list[_Candidate]] = {}
    for candidate in _drop_teasers(candidates, folded):
        language = candidate.known.language
        group = next((entries for known, entries in chosen.items() if same(known, language)), None)
        if group is None:
            if not any(_agree(words, entries[0], candidate) for entries in chosen.values()):  # one text is one abstract
                chosen[language] = [candidate]
        elif _agree(words, group[0], candidate):
            group.append(candidate)
    abstracts = {
        language: _lang_text(document, _settled(group, boilerplate, folded), "abstract")
        for language, group in chosen.items()
    }
    return abstracts, _others(document, index, declared, abstracts)


def _candidates(
    document: Document, index: SignalIndex, declared: tuple[str, ...], boilerplate: tuple[str, ...]
) -> list[_Candidate]:
    found: list[_Candidate] = []
    ranked = index.ranked(_RANKS)
    strong = [entry for entry in ranked if entry[0] >= _WEAK]
    page = document.language
    counted = Memo(little_words).__getitem__
    parts, guessed = Memo(partial(_parts, counted=counted)), Memo(partial(detect, counted=counted))
    cleaned = Memo(partial(clean, boilerplate=boilerplate))
    for rank, signal in ranked:
        if len(signal.value) > _ENDLESS or (rank < _WEAK + 25 and len(signal.value) < _LIKE):
            continue
        stated = signal.language if signal.vocabulary not in ("heading", "container") else nearest_language(signal)
        for at, part in enumerate(parts[signal.value]):
            text, removed = cleaned[part]
            if not text or (rank < _WEAK + 25 and not _abstract_like(text, rank)):
                continue
            known = language_of(
                text,
                declared=None if at else stated,  # what is declared of a field speaks of how it begins
                label=signal.language if signal.vocabulary == "heading" else None,
                page=page,
                only_block=len(strong) <= 1,
                among=declared,
                guessed=guessed.__getitem__,
            )
            if known.language == "und" and page:
                known = Known(page.split("-")[0], "declared") if len(text) >= 60 else known
            if known.language == "und" and len(text) < 60:
                continue
            sections = signal.sections if part == signal.value else ()
            found.append(_Candidate(text, _ranked(rank, signal, text), signal, known, sections, removed))
    return found


def _ranked(rank: int, signal: Signal, text: str) -> int:
    if signal.vocabulary == "heading" and len(text) < 120:
        return rank - 60
    return rank - 30 if text.endswith(("...", "…")) else rank


def _parts(value: str, counted: Callable[[str], LittleWords]) -> list[str]:
    """One text per language: cut where another label is glued in, then at a language seam.

    What a label of something else opens (keywords) is left out, as far as the next label of an abstract.
    """
    text = tidy(value) if "<" in value or "&" in value else value
    pieces: list[str] = []
    start = 0
    for at, label in _glued(text):
        pieces.append(text[start:at])
        start = at if label.kind == "abstract" else len(text)
    pieces.append(text[start:])
    return [part for piece in pieces if piece.strip() for part in split_at_seam(piece, counted)]


def _glued(text: str) -> list[tuple[int, Label]]:
    """Where labels stand within a text, in order: after a sentence and closed by a mark, or with wide space around."""
    if not may_hold_inline_label(text):
        return []
    patterns = (inline_label(), _SPACED_LABEL) if "  " in text else (inline_label(),)
    found = {match.start(): label_of(match[1]) for pattern in patterns for match in pattern.finditer(text)}
    return [(at, label) for at, label in sorted(found.items()) if at and label]


def nearest_language(signal: Signal) -> str | None:
    """The nearest `lang` above a block, the html element's left out: that one speaks of the page."""
    from harvester.extraction.document import language_tag

    element = signal.element
    while element is not None and element.tag not in ("body", "html"):
        declared = (
            element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang") or element.get("xml:lang")
        )
        if declared:
            return language_tag(declared)
        element = element.getparent()
    return None


def clean(text: str, boilerplate: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
    """(abstract, sentences of the site that were removed); an empty string if nothing of an abstract is left."""
    site = _boilerplate()
    text = tidy(text)
    removed: list[str] = []

    def keep(match: re.Match[str]) -> str:
        removed.append(match[0].strip())
        return " "

    for pattern in map(_compiled, boilerplate):
        text = pattern.sub(keep, text)
    if _holds(text.lower(), site.hints):
        text = site.sentences.sub(keep, text)
    match = inline_label().match(text)
    if match and (label := label_of(match[1])) and label.kind == "abstract":
        text = text[match.end() :]
    text = _leading_label(" ".join(text.split()) if removed else text)
    for _ in range(4):
        if not _holds(text[-_ENDING:], site.last_words):
            break
        found = site.endings.search(text, max(0, len(text) - _ENDING))
        if not found or not found[0].strip() or len(text) - len(found[0]) < _MINIMUM:
            break
        text = text[: found.start()]
    text, said = without_access(text.strip(" |:;·•–—-").strip())
    removed += said
    return ("", tuple(removed)) if site.empty.fullmatch(text) or len(text) < _MINIMUM else (text, tuple(removed))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _leading_label(text: str) -> str:
    head = text.split(" ", 1)
    if len(head) == 2 and head[0].rstrip(":.").isalpha() and (label := label_of(head[0].rstrip(":."))):
        rest = head[1]
        if label.kind == "abstract" and (head[0].isupper() or head[0].endswith((":", "."))):
            return rest
        if label.kind == "abstract" and rest[:1].isupper() and len(rest) > 80:
            return rest
    return text


def _clean_sections(sections: tuple[Section, ...], boilerplate: tuple[str, ...]) -> tuple[Section, ...]:
    cleaned = []
    for section in sections:
        text, _ = clean(section.text, boilerplate) if len(section.text) >= _MINIMUM else (tidy(section.text), ())
        if text:
            cleaned.append(Section(label=tidy(section.label) if section.label else None, text=text))
    return tuple(cleaned)


def _abstract_like(text: str, rank: int) -> bool:
    if text.endswith(("...", "…")):
        return False
    if rank < _WEAK and (len(text) < 200 or not text.endswith((".", "!", "?", ")", "»", "”", '"'))):
        return False
    prose = [sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if len(sentence.split()) >= 8]
    return len(text) >= _LIKE and len(prose) >= 2 and not text.startswith("http")


def _agree(words: Callable[[str], frozenset[str]], one: _Candidate, other: _Candidate) -> bool:
    if one.text == other.text:
        return True
    mine, others = words(one.text), words(other.text)
    return bool(mine and others) and len(mine & others) >= 0.7 * min(len(mine), len(others))


_WHOLE = frozenset((("highwire", "abstract"), ("dcterms", "abstract"), ("dc", "description"), ("json_ld", "abstract"),
                    ("json_ld", "description"), ("eprints", "abstract"), ("bepress", "abstract")))  # fmt: skip


def _settled(group: list[_Candidate], boilerplate: tuple[str, ...], folded: Callable[[str], str]) -> list[_Candidate]:
    """The group, the one that is taken first and its sections clean."""
    best = _with_clean_sections(group[0], boilerplate)
    if best.sections:
        return [best, *group[1:]]
    first, *rest = _without_tail([best, *group[1:]], folded)
    return [first if first is best else _with_clean_sections(first, boilerplate), *rest]


def _with_clean_sections(one: _Candidate, boilerplate: tuple[str, ...]) -> _Candidate:
    return one._replace(sections=_clean_sections(one.sections, boilerplate)) if one.sections else one


def _without_tail(group: list[_Candidate], folded: Callable[[str], str]) -> list[_Candidate]:
    """Metadata that end as a sentence does and are the head of a longer block show where the abstract ends."""
    best = group[0]
    for other in group[1:]:
        named = (other.signal.vocabulary, other.signal.name) in _WHOLE and other.text != best.text
        if named and len(other.text) >= 200 and other.text.endswith((".", "!", "?", "»", ")")):
            longer, shorter = folded(best.text), folded(other.text)
            if len(longer) > len(shorter) and longer.startswith(shorter):
                return [other, *(entry for entry in group if entry is not other)]
    return group


def _drop_teasers(found: list[_Candidate], folded: Callable[[str], str]) -> list[_Candidate]:
    """A text that another one starts with and goes on from is a teaser, unless it is a labelled whole."""

    def goes_on(one: _Candidate, other: _Candidate) -> bool:
        if other.rank < _WEAK or len(other.text) <= 1.2 * len(one.text):
            return False
        start = folded(one.text.rstrip(".… "))[:400]
        return folded(other.text).startswith(start[: max(40, len(start) - 12)])

    return [one for one in found if one.rank >= 150 or not any(goes_on(one, other) for other in found)]


def _lang_text(document: Document, group: list[_Candidate], kind: str) -> LangText:
    best = group[0]
    known = best.known
    return LangText.model_validate(
        {
            "value": best.text,
            "language": known.language,
            "known_by": known.known_by,
            "conflict": known.conflict,
            "kind": kind,
            "sections": best.sections,
            "boilerplate": best.boilerplate,
            "evidence": tuple(candidate.signal.evidence(document) for candidate in group[:3]),
        }
    )


def _others(
    document: Document, index: SignalIndex, declared: tuple[str, ...], abstracts: dict[str, LangText]
) -> tuple[LangText, ...]:
    found = []
    for kind in _OTHER_KINDS:
        for signal in [*index.get("heading", kind), *index.get("jats", kind)]:
            text, removed = clean(signal.value)
            if len(text) < 60:
                continue
            stated, label = (signal.language, None) if signal.vocabulary == "jats" else (None, signal.language)
            known = language_of(text, declared=stated, label=label, page=document.language, among=declared)
            sections = _clean_sections(signal.sections, ()) if signal.vocabulary == "jats" else ()
            candidate = _Candidate(text, 0, signal, known, sections, removed)
            if not any(text in abstract.value for abstract in abstracts.values()):
                found.append(_lang_text(document, [candidate], kind))
    return tuple(found)
