"""Reads the titles that a page prints: headings, elements that are named titles, the title element.

A page prints its own name, its journal's and its article's in headings; the one that the title element repeats is the
article's, and of several the longest.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

from harvester.extraction.document import Document, Element, block_of, string_value, visible_text
from harvester.extraction.labels import fact_of, label_of
from harvester.extraction.normalise.text import fold, tidy
from harvester.extraction.signals.label_places import SIDEBAR
from harvester.extraction.signals.signal import Signal

_SHORTEST = 8  # characters of a title in letters; four of those that are words
_LONGEST = 600
_UNDER = 3  # lines under it that may be such
_MARKS = 4  # characters of marks of footnotes behind it
_WORDS = 4  # of a line under the title that may be it in another language
_TITLE_METAS = frozenset(("citation_title", "dc.title", "dcterms.title"))
_TAGS = frozenset(("h2", "h3", "h4", "p", "div", "span", "td"))
_SEPARATOR = re.compile(r"\s+[-–—|»«·:]+\s+|\s*[|»]\s*|:\s+")
# Words that only a journal's name has: `research` or `studies`, which names have too, stand in titles as well.
_JOURNAL = re.compile(
    r"\b(?:journal|revue|revista|rivista|zeitschrift|bulletin|annal(?:s|es|en|i)|archiv\w*|acta|cahiers|magazine|"
    r"tijdschrift|quarterly|transactions|proceedings|dergisi|журнал|вестник)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:title|titre|tit(?:el|olo)|t[íi]tulo|tytuł|başlık|название)\s*:\s*", re.IGNORECASE)
_SUBTITLE = re.compile(r"\s*[:.?!]\s+")
_SITE_SEPARATOR = re.compile(r"\s+[-–—|»«·]+\s+|\s*[|»]\s*|^\w+(?: \w+)?:\s+")
_MOST = 60  # headings looked at; a page with more is a book
_OF_ARTICLE = re.compile(
    r"(?:^|[-_])(?:article|paper|pub|publication|item|entry|doc|document|main|abstract|citation|record|work|page)[-_]*"
    r"(?:main[-_]*)?tit(?:le|re)s?(?:[-_]*(?:main|text))?$|^tit(?:le|re)[-_]*(?:main|article|paper)$|^titlemain$|"
    r"^tit(?:le|re)$",
    re.IGNORECASE,
)
_OF_TRANSLATION = re.compile(
    r"trans(?:lated)?[-_]?tit|alt(?:er|ernative)?[-_]?tit|tit(?:le|re)[-_]?(?:trans|alt)", re.I
)
_APART = re.compile(
    rf"referenc|biblio|related|recommend|{SIDEBAR}|footer|similar|also|modal|menu|breadcrumb|toc\b|widget|comment|cite|"
    r"journal|issue|site|publisher|affil|author",
    re.IGNORECASE,
)


@cache
def _of_no_article() -> frozenset[str]:
    table = tomllib.loads(files("harvester.extraction").joinpath("data/titles.toml").read_text("utf-8"))
    return frozenset(fold(word) for words in table["of_no_article"].values() for word in words)


def read(document: Document) -> list[Signal]:
    """`visible:title`, the likeliest first, `visible:title.other` (translations) and `title_element:title`."""
    body = document.root.find("body")
    element = document.root.find("head/title")
    said = tidy(element.text or "") if element is not None else ""  # tags are text in there
    signals: list[Signal] = []
    if body is not None:
        for heading, text in _in_order(document, body, said):
            signals.append(Signal("visible", "title", text, heading.get("lang"), heading))
            others = list(_translations(heading, signals))
            signals.extend(others)
            if others and (_is_original(text, others, said) or _is_above_stated(document, text, others)):
                signals.append(Signal("visible", "title.other", text, heading.get("lang"), heading))
    if body is not None:
        signals.extend(_under_stated(document, {fold(signal.value) for signal in signals}))
    if element is not None and element.text:
        signals.append(Signal("title_element", "title", element.text, None, element))
    return signals


def _is_original(text: str, others: list[Signal], said: str) -> bool:
    """True where the title element, and so the metadata, name the article by a printed translation of this title."""
    whole = fold(said)
    return fold(text) not in whole and any(
        fold(other.value) in whole and _OF_TRANSLATION.search(other.element.get("class") or "") for other in others
    )


def _is_above_stated(document: Document, text: str, others: list[Signal]) -> bool:
    """True where the metadata name the article by the title printed right under this one, and not by this one."""
    stated = _stated(document)
    return bool(stated) and fold(text) not in stated and any(fold(other.value) in stated for other in others)


def _stated(document: Document) -> set[str]:
    """The titles of the metadata, folded."""
    return {fold(value) for name, values in document.metas.items() if name.lower() in _TITLE_METAS for value in values}


def _under_stated(document: Document, printed: set[str]) -> Iterator[Signal]:
    """The lines right under the title of the metadata where that is printed in no heading: it in other languages."""
    stated = _stated(document)
    if not stated or stated & printed:
        return
    lengths = {len(value) for name in document.metas if name.lower() in _TITLE_METAS for value in document.metas[name]}
    texts: list[Any] = document.texts
    title = next((text for text in texts if len(text.strip()) in lengths and fold(text) in stated), None)
    block: Element | None = block_of(title.getparent()) if title is not None else None
    if block is None or block.tag == "body":
        return
    for line in islice(block.itersiblings(), _UNDER):
        other = title_text(line) if line.tag == block.tag else ""
        if len(other.split()) < _WORDS or other.endswith("."):
            return
        yield Signal("visible", "title.beside", other, line.get("lang"), line)


def _in_order(document: Document, body: Element, said: str) -> list[tuple[Element, str]]:
    """Headings with their texts, the article's own first where the page tells which one that is."""
    headings = list(body.iter("h1", "h2", "h3", "h4"))
    first = [(e, text) for e in headings if e.tag == "h1" and (text := title_text(e))]
    shown = [value for value in (said, *_open_graph(document)) if value]
    wholes = [fold(value) for value in shown]
    best = _repeated(first, wholes)
    if best is None or not _has_title_meta(document):
        parts = frozenset(fold(part) for value in shown for part in _SEPARATOR.split(value))
        lower = [
            (e, text)
            for e in [e for e in headings if e.tag != "h1"][:_MOST]
            if (text := title_text(e)) and _is_a_part(text, wholes, parts)
        ]
        best = _repeated([*first, *lower], wholes) or _named(document, wholes)
    if best is None or _leads_home(best[0]):
        best = _begun(body, shown) or best
    if best is None:
        best = next((entry for entry in first if not _leads_home(entry[0])), None)
    if best is None and not _has_title_meta(document):
        best = _twice(document, headings) or _printed_part(document, said)
    if best is not None and not _has_title_meta(document):
        best = _behind_journal(document, best[1], said) or best
    return [best, *(entry for entry in first if entry[0] is not best[0])] if best else first


def _twice(document: Document, headings: list[Element]) -> tuple[Element, str] | None:
    """The first heading that the page prints once more: where its title element names only the site."""
    lower = ((e, text) for e in headings[:_MOST] if e.tag != "h1" and len((text := title_text(e)).split()) >= _WORDS)
    candidates = {fold(text): (element, text) for element, text in lower}
    printed = Counter(words for text in document.texts if candidates and (words := fold(text)) in candidates)
    return next((candidates[words] for words in candidates if printed[words] > 1), None)


def _printed_part(document: Document, said: str) -> tuple[Element, str] | None:
    """The element, whatever it is, whose whole text is the longest part of the title element that may be a title."""
    behind = [said[match.end() :] for match in _SEPARATOR.finditer(said)]
    wanted = {fold(part) for part in (*_SEPARATOR.split(said), *behind) if len(part.split()) >= _WORDS}
    texts: list[Any] = document.texts
    short = (text for text in texts if wanted and _SHORTEST <= len(text) <= 4 * _LONGEST)
    found = [(text.getparent(), text) for text in short if text.is_text and fold(text) in wanted]
    best = max(found, key=lambda entry: len(entry[1].split()), default=None)
    return (best[0], " ".join(best[1].split())) if best else None


def _begun(body: Element, shown: list[str]) -> tuple[Element, str] | None:
    """The first heading that goes on where a part of the title element ends: a title with its subtitle."""
    parts = {fold(part) for value in shown for part in _SITE_SEPARATOR.split(value) if len(part.split()) > 1}
    for heading in islice(body.iter("h1", "h2", "h3"), _MOST) if parts else ():
        text = title_text(heading)
        subtitle = _SUBTITLE.search(text)
        if subtitle and fold(text[: subtitle.start()]) in parts and not _leads_home(heading):
            return heading, text
    return None


def _behind_journal(document: Document, heading: str, said: str) -> tuple[Element, str] | None:
    """The block with the second half of a title element whose first half, and the heading, is a journal's name."""
    journal, *rest = (part.strip() for part in _SITE_SEPARATOR.split(said))
    behind = said[len(journal) :].lstrip(" -–—|»«·:\t") if rest else ""
    if fold(journal) != fold(heading) or not _JOURNAL.search(heading) or _JOURNAL.search(behind):
        return None
    whole = fold(behind)
    if len(behind.split()) < _WORDS or len(behind) <= len(heading):
        return None
    texts: list[Any] = document.texts
    for text in texts:
        begun = fold(text) if len(text) >= _SHORTEST else ""
        if len(begun) >= _SHORTEST and whole.startswith(begun):
            block = block_of(text.getparent())
            printed = fold(visible_text(block)) if block is not None and block.tag != "body" else ""
            if printed.startswith(whole) and len(printed) <= len(whole) + _MARKS:
                return block, behind
    return None


def _open_graph(document: Document) -> list[str]:
    head = document.root.find("head")
    metas = [(element, said) for element, said in document.meta_elements if said.get("property") == "og:title"]
    return [tidy(said.get("content", "")) for element, said in metas if head in element.iterancestors()]


def _has_title_meta(document: Document) -> bool:
    return not _TITLE_METAS.isdisjoint(map(str.lower, document.metas))


def title_text(element: Element) -> str:
    """The words of an element that may be a title; empty for a label, a fact or a site's own sign."""
    text = _LABEL.sub("", visible_text(element))
    if not (_SHORTEST if text.isascii() else 4) <= len(text) <= _LONGEST:
        return ""
    folded = fold(text)
    return "" if folded in _of_no_article() or label_of(text) or fact_of(text) else text


def _repeated(headings: list[tuple[Element, str]], shown: list[str]) -> tuple[Element, str] | None:
    """The longest heading that the title element repeats: its site's and its journal's names are shorter."""
    found = [
        (element, text)
        for element, text in headings
        if len(folded := fold(text)) >= _SHORTEST and any(folded in title for title in shown)
    ]
    return max(found, key=lambda entry: len(entry[1]), default=None)


def _is_a_part(text: str, wholes: list[str], parts: frozenset[str]) -> bool:
    """True for what stands between separators of a title element, or is half of it: not for a word of the title."""
    words = fold(text)
    return words in parts or any(words in whole and 2 * len(words) >= len(whole) for whole in wholes)


def _named(document: Document, shown: list[str]) -> tuple[Element, str] | None:
    """The element that is named the article's title: one that the title element repeats, else the only one."""
    found: list[tuple[Element, str]] = []
    for element in document.named(_may_name):
        if element.tag in _TAGS and any(map(_is_of_article, _names(element))) and not _apart(element):
            text = title_text(element)
            if text and len(text) >= 2 * _SHORTEST and not any(element in other.iterancestors() for other, _ in found):
                found.append((element, text))
        if len(found) >= _MOST:
            break
    best = _repeated(found, shown)
    texts = {fold(text) for _, text in found}
    return best or (found[0] if len(texts) == 1 else None)


def _may_name(names: str) -> bool:
    """True for a class or an id that may name a title."""
    return "itle" in names or "itre" in names


@lru_cache(maxsize=8192)
def _is_of_article(name: str) -> bool:
    return bool(_OF_ARTICLE.search(name))


def _names(element: Element) -> list[str]:
    return [*(element.get("class") or "").split(), element.get("id") or ""]


def _apart(element: Element) -> bool:
    for ancestor in element.iterancestors():
        if ancestor.tag in ("nav", "footer", "aside", "form", "li", "ol"):
            return True
        if _APART.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False


def _leads_home(heading: Element) -> bool:
    """True for a heading that is a link to the site's first page, or stands in its banner: the site's own name."""
    link = next(heading.iter("a"), None)
    if link is not None and re.fullmatch(r"(?:https?://[^/]+)?/?(?:index\.\w+)?", link.get("href") or "#"):
        return string_value(link).strip() == string_value(heading).strip()
    return False


def _translations(heading: Element, known: list[Signal]) -> Iterator[Signal]:
    """A heading right under the title, and elements named like the title elsewhere: perhaps it in another language."""
    said = {signal.value for signal in known}
    following = heading.getnext()
    beside = ("h1", "h2", "h3") if heading.tag == "h1" else (heading.tag,)
    if following is not None and (following.tag in beside or following.get("lang")):
        other = visible_text(following)
        if len(other) >= 12 and other not in said and not re.search(r"\bISSN\b", other):
            said.add(other)
            yield Signal("visible", "title.other", other, following.get("lang"), following)
    elif following is not None and following.tag in ("p", "div", "span") and not len(following):
        other = title_text(following)
        if other not in said and len(other.split()) >= _WORDS and not other.endswith("."):
            yield Signal("visible", "title.beside", other, None, following)
    name = heading.get("class")
    if name and "itle" in name and (parent := _common(heading)) is not None:
        for element in islice(parent.iter("h1", "h2", "h3", "h4", "p", "div"), 400):
            names = element.get("class") or ""
            if "itle" in names and element is not heading and (names == name or _OF_TRANSLATION.search(names)):
                other = title_text(element)
                if other and other not in said and not _apart(element):
                    said.add(other)
                    yield Signal("visible", "title.other", other, element.get("lang"), element)


def _common(heading: Element) -> Element | None:
    parent = heading.getparent()
    above = parent.getparent() if parent is not None else None
    return parent if above is None or above.tag == "html" else above
