"""Titles, one per language: the article's own title and its translations."""

import re
from collections.abc import Callable
from itertools import islice

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import Choice, SignalIndex, choices
from harvester.extraction.languages import Known, detect, same, score
from harvester.extraction.memo import Memo
from harvester.extraction.normalise.text import fold, tidy
from harvester.model.record import LangText

_RANKS = {
    ("selector", "title"): 200,
    ("jats", "title"): 120,
    ("highwire", "title"): 100,
    ("bepress", "title"): 100,
    ("eprints", "title"): 100,
    ("json_ld", "headline"): 85,
    ("dcterms", "title"): 80,
    ("dc", "title"): 80,
    ("prism", "title"): 80,
    ("json_ld", "name"): 75,
    ("fact", "title"): 97,  # above a heading that agrees with the title element: both may name the site
    ("visible", "title"): 70,
    ("opengraph", "title"): 50,
    ("twitter", "title"): 40,
    ("meta", "title"): 35,
    ("title_element", "title"): 20,
}
_ALTERNATIVES = {
    ("selector", "title"): 200,
    ("jats", "title.translated"): 120,
    ("highwire", "title"): 100,
    ("dc", "title"): 80,
    ("dcterms", "title"): 80,
    ("dc", "title.alternative"): 90,
    ("dcterms", "alternative"): 90,
    ("json_ld", "alternativeheadline"): 85,
    ("json_ld", "alternatename"): 60,
    ("json_ld", "headline"): 85,
    ("json_ld", "name"): 75,
    ("visible", "title.other"): 70,
    ("visible", "title.beside"): 68,
    ("fact", "title.other"): 65,
    ("fact", "title"): 64,
    ("meta", "title"): 35,
}
SHOWN_DATE = re.compile(r"\s+[-–—|]\s+(\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2}))\s*$")
_WORD = re.compile(r"\w")
_SUFFIX = re.compile(r"\s+(?:[|–—»]|-|::)\s+")
_PREFIX = re.compile(r"\s+(?:[|–—»]|-|::)\s+|:\s+")
# ISBD 1.4: the statement of responsibility after the title, as library catalogues print it.
_RESPONSIBILITY = re.compile(
    r"\s/\s(?:von|by|par|de|di|por|vorgelegt von|eingereicht von|submitted by|door)\s+\S.{2,80}$"
)
_TELLING = 4  # words of a title that tell its language
_SURE = 0.8  # margin of a guess between two languages
_STARS, _MARKS = " ☆★⋆", "*†‡"


def clean_title(text: str) -> str:
    """A title without the date glued to its end and without footnote marks."""
    text = tidy(text)
    if " / " in text:
        text = _RESPONSIBILITY.sub("", text)
    if text[-1:].isdigit():
        text = SHOWN_DATE.sub("", text)
    return text.lstrip(_STARS).rstrip(_STARS + _MARKS)


def choose_titles(
    document: Document, index: SignalIndex, languages: list[str], page: str | None
) -> dict[str, LangText]:
    """Titles by language; `languages` are those of the abstracts, `page` the declared language of the article."""
    cleaned = Memo(clean_title).__getitem__  # the same words stand in several vocabularies
    folded = Memo(fold).__getitem__
    found = choices(index.ranked(_RANKS), cleaned, folded)
    described = _describes_an_item(index)
    found = [choice for choice in found if _plausible(choice) and (described or not _is_fact(choice))]
    if not found:
        return {}
    main = _printed_title(document, _without_suffix(found, folded))
    known = title_language(main, languages, page)
    translations: dict[str, LangText] = {}
    others = choices(index.ranked(_ALTERNATIVES), cleaned, folded)
    if not index.get("selector", "title"):
        others = [
            choice
            for choice in others
            if not (choice.signals[0].vocabulary == "visible" or _is_second(choice))
            or _translates(choice, languages, known.language)
        ]
    for choice in others:
        if _overlaps(folded(choice.value), folded(main.value)) or _is_bare_name(choice):
            continue
        other = title_language(choice, languages, None)
        if other.language != "und" and not any(same(other.language, told) for told in (known.language, *translations)):
            translations[other.language] = _lang_text(document, choice, other, "translation")
    role = "original" if translations else "unknown"
    return {known.language: _lang_text(document, main, known, role), **translations}


def _is_bare_name(choice: Choice) -> bool:
    """A second `name` is a translation if it says its language: without, it may be anything's."""
    return all(signal.name == "name" and not signal.language for signal in choice.signals)


def _describes_an_item(index: SignalIndex) -> bool:
    """True if authors, a date or an abstract stand in the same table or list as the title that a label names."""
    title = index.first(("fact", "title"))
    if title is None or any(ancestor.tag == "form" for ancestor in title.element.iterancestors()):
        return False
    around = islice((title.element, *title.element.iterancestors()), 5)
    near = {ancestor for ancestor in around if ancestor.tag not in ("body", "html")}
    keys = (("fact", "authors"), ("fact", "date.published"), ("fact", "doi"), ("heading", "abstract"))
    return any(near.intersection((s.element, *s.element.iterancestors())) for key in keys for s in index.get(*key))


def _is_second(choice: Choice) -> bool:
    """True for what only the label of a title names: of two such, one may be the other in another language."""
    return all((signal.vocabulary, signal.name) == ("fact", "title") for signal in choice.signals)


def _is_fact(choice: Choice) -> bool:
    return all(signal.vocabulary == "fact" for signal in choice.signals)


def _plausible(choice: Choice) -> bool:
    return len(choice.value) >= 3 and bool(_WORD.search(choice.value)) and not choice.value.startswith("http")


def _without_suffix(found: list[Choice], folded: Callable[[str], str]) -> Choice:
    """The best title; if a lower one is its head before a site's suffix, the head and the words of both agree."""
    best = found[0]
    for other in found[1:]:
        if (
            _is_of_the_site(best)
            and other.signals[0].vocabulary == "visible"
            and f" {folded(other.value)} " in (f" {folded(best.value)} ")
        ):
            return Choice(other.value, other.signals + best.signals, best.score)
        tail = best.value[len(other.value) :]
        if folded(best.value).startswith(folded(other.value)) and _SUFFIX.match(tail) and len(other.value) > 10:
            return Choice(other.value, other.signals + best.signals, best.score)
    return best


def _is_of_the_site(choice: Choice) -> bool:
    """True for what only the title element and the like say: they may put the site's or the author's name before it."""
    return all(signal.vocabulary in ("opengraph", "title_element", "twitter", "meta") for signal in choice.signals)


def _printed_title(document: Document, best: Choice) -> Choice:
    """A title element alone carries the site's name: keep the longest head that the body prints by itself, or tail."""
    if any(signal.vocabulary != "title_element" for signal in best.signals):
        return best
    body = document.root.find("body")
    text = " ".join(document.string(body).split()) if body is not None else ""
    if best.value in text:
        return best
    for match in reversed(list(_SUFFIX.finditer(best.value))):
        head = best.value[: match.start()].strip()
        if len(head) > 10 and head in text:
            return best._replace(value=head)
    for match in _PREFIX.finditer(best.value):  # "Welcome to the library: Of tides"
        tail = best.value[match.end() :].strip()
        if len(tail.split()) >= _TELLING and tail in text and best.value[: match.start()].strip() not in text:
            return best._replace(value=tail)
    return best


def _overlaps(a: str, b: str) -> bool:
    return a == b or a.startswith(b[:60]) or b.startswith(a[:60]) or a in b or b in a


def _translates(choice: Choice, languages: list[str], main: str) -> bool:
    """True if what is printed below a title can be told to be in one of the article's languages.

    Where the one abstract is not in the title's language, or a mere line is it, the words must be many and the language
    sure.
    """
    if _is_second(choice) or all(signal.name == "title.beside" for signal in choice.signals):
        guess = detect(choice.value) if any(not same(language, main) for language in languages) else None
        return (
            guess is not None
            and guess.margin >= _SURE
            and not same(guess.language, main)
            and any(same(guess.language, language) for language in languages)
        )
    if len(languages) == 1 and not same(languages[0], main) and main != "und":
        guess = detect(choice.value, [languages[0], main]) if len(choice.value.split()) >= _TELLING else None
        return guess is not None and guess.margin >= _SURE and same(guess.language, languages[0])
    return len(languages) > 1 and detect(choice.value, languages) is not None


def title_language(choice: Choice, languages: list[str], page: str | None) -> Known:
    """Declared on the Signal itself; else little words; else the page's word; else a detector."""
    declared = next((signal.language for signal in choice.signals if signal.language), None)
    likely = list(dict.fromkeys([*languages, *([page] if page else [])]))
    guess = _by_words(choice.value)
    if guess == "zh" and any(same("ja", language) for language in likely):
        guess = "ja"  # a title in Chinese characters alone is no proof
    if declared:
        return Known(declared, "declared", guess is not None and not same(guess, declared))
    if guess and (not likely or any(same(guess, language) for language in likely) or len(choice.value) > 60):
        return Known(guess, "detected")
    if len(likely) == 1:
        return Known(likely[0].split("-")[0], "declared" if page else "detected")
    found = detect(choice.value, [language.split("-")[0] for language in likely] or ())
    if found:
        return Known(found.language, "detected")
    return Known(likely[0].split("-")[0], "detected") if likely else Known("und", "unknown")


def _by_words(text: str) -> str | None:
    ranked = sorted(score(text).items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < 1:
        found = detect(text) if not text.isascii() else None
        return found.language if found and found.margin == 1.0 else None
    if len(ranked) > 1 and ranked[0][1] < 1.5 * ranked[1][1]:
        return None
    return ranked[0][0]


def _lang_text(document: Document, choice: Choice, known: Known, role: str) -> LangText:
    return LangText.model_validate(
        {
            "value": choice.value,
            "language": known.language,
            "known_by": known.known_by,
            "conflict": known.conflict,
            "role": role,
            "kind": "title",
            "evidence": choice.evidence(document),
        }
    )
