"""Reads the front matter of a JATS article (ANSI/NISO Z39.96, NLM 2 and 3): metadata only, never the text itself."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from harvester.extraction.document import Element
from harvester.extraction.labels import label_of
from harvester.extraction.signals import jats_people
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import attribute, each, first, language, local, own_language, words
from harvester.model.record import Section

_MOST = 200  # Signals of one kind; a file with more is an attack
_IDENTIFIERS = {"doi": "doi", "pmid": "pmid", "pmc": "pmcid", "pmcid": "pmcid", "pmc-aid": "", "pii": "pii",
                "arxiv": "arxiv", "publisher-id": "publisher-id"}  # fmt: skip
_MEDIA = {"ppub": "print", "print": "print", "epub": "electronic", "electronic": "electronic", "online": "electronic",
          "online-only": "electronic", "linking": "linking", "issn-l": "linking"}  # fmt: skip


def read(article: Element) -> list[Signal]:
    """Signals of vocabulary `jats`, named as in a Source's file: title, abstract, lay, keywords, author, doi ...

    A language is the xml:lang in force, for translations only one declared on them.
    """
    front = first(article, "front")
    metas = (first(front, "article-meta"), first(article, "front-stub"), front)
    meta = next((one for one in metas if one is not None), None)
    if meta is None:
        return []
    return [
        *_article(article),
        *_titles(meta),
        *_abstracts(meta),
        *_keywords(meta),
        *jats_people.read(meta),
        *_identifiers(meta),
        *_journal(front),
        *_place(meta),
        *_dates(meta),
        *_permissions(meta),
        *_related(article, front, meta),
        *_translations(article),
    ]


@cache
def _table(name: str) -> dict[str, str]:
    """Value of the attribute -> our word."""
    data = tomllib.loads(files("harvester.extraction").joinpath("data/jats.toml").read_text("utf-8"))
    return {value: ours for ours, values in data[name].items() for value in values}


def _signal(name: str, element: Element | None, value: str | None = None, lang: str | None = None) -> Iterator[Signal]:
    """A Signal of an element's words, none if it has none."""
    if element is not None and (value := words(element) if value is None else value):
        yield Signal("jats", name, value, lang, element)


def _article(article: Element) -> Iterator[Signal]:
    if kind := article.get("article-type"):
        yield Signal("jats", "type", kind, None, article, "article-type")


def _titles(meta: Element, name: str = "title") -> Iterator[Signal]:
    for group in each(meta, "title-group"):
        title = first(group, "article-title")
        if title is not None:
            yield _title(name, title, first(group, "subtitle"), language(title))
        for translated in each(group, "trans-title-group"):
            if (title := first(translated, "trans-title")) is not None:
                lang = own_language(title) or own_language(translated)
                yield _title("title.translated", title, first(translated, "trans-subtitle"), lang)
        for title in each(group, "trans-title"):
            yield _title("title.translated", title, first(group, "trans-subtitle"), own_language(title))


def _title(name: str, title: Element, subtitle: Element | None, lang: str | None) -> Signal:
    value, more = words(title), words(subtitle)
    joint = " " if value.endswith((":", "?", "!", "–", "—")) else ": "
    return Signal("jats", name, f"{value}{joint}{more}" if more else value, lang, title, None, value)


def _abstracts(meta: Element) -> Iterator[Signal]:
    for element in meta.iterchildren():
        name = local(element)
        if name in ("abstract", "trans-abstract"):
            kind = _table("abstracts").get((element.get("abstract-type") or "").lower(), "abstract")
            lang = own_language(element) if name == "trans-abstract" else language(element)
            if kind != "left_out" and (signal := _abstract(kind, element, lang)):
                yield signal


def _abstract(kind: str, element: Element, lang: str | None) -> Signal | None:
    sections = [section for section in _sections(element) if section.text]
    value = " ".join(f"{s.label} {s.text}" if s.label else s.text for s in sections)
    if not value:
        return None
    labelled = tuple(sections) if any(section.label for section in sections) else ()
    return Signal("jats", kind, value, lang, element, None, sections[0].text, (), labelled)


def _sections(element: Element) -> Iterator[Section]:
    """Labelled parts in order; the abstract's own heading is no part of it."""
    if any(local(child) == "sec" for child in element):
        for child in element.iterchildren():
            if local(child) == "sec":
                yield from _sections(child)
            elif local(child) not in ("title", "label") and (text := words(child)):
                yield Section(label=None, text=text)
        return
    title = first(element, "title")
    dropped = {child for child in element if local(child) in ("title", "label")}
    label = words(title).rstrip(" .:") if title is not None and local(element) == "sec" else ""
    known = label_of(label) if label else None
    if known and known.kind == "abstract":
        label = ""
    yield Section(label=label or None, text=words(element, dropped))


def _keywords(meta: Element) -> Iterator[Signal]:
    for group in [*each(meta, "kwd-group")][:_MOST]:
        kind = (group.get("kwd-group-type") or "").lower()
        items = tuple(filter(None, (_keyword(kwd) for kwd in group.iterchildren())))
        if not items or _table("keywords").get(kind):
            continue
        name = "keywords" if not kind or "author" in kind or "kwd" in kind or "keyword" in kind else "keywords.other"
        yield Signal("jats", name, "; ".join(items), language(group), group, None, items[0], items)


def _keyword(kwd: Element) -> str:
    if local(kwd) == "compound-kwd":
        parts = [part for part in each(kwd, "compound-kwd-part") if part.get("content-type") != "code"]
        return ", ".join(filter(None, map(words, parts)))
    return words(kwd) if local(kwd) in ("kwd", "nested-kwd") else ""


def _identifiers(meta: Element) -> Iterator[Signal]:
    for element in each(meta, "article-id"):
        name = _IDENTIFIERS.get((element.get("pub-id-type") or "").lower())
        if name:
            yield from _signal(name, element)


def _journal(front: Element | None) -> Iterator[Signal]:
    journal = first(front, "journal-meta")
    groups = [journal, *each(journal, "journal-title-group")]
    for title in (title for group in groups for title in each(group, "journal-title")):
        yield from _signal("journal", title, None, own_language(title) or own_language(title.getparent()))
    for group in (group for one in groups for group in each(one, "trans-title-group")):
        yield from _signal("journal", first(group, "trans-title"), None, own_language(group))
    for element in each(journal, "issn"):
        kind = _MEDIA.get((element.get("publication-format") or element.get("pub-type") or "").lower())
        yield from _signal(f"issn.{kind}" if kind else "issn", element)
    for element in each(journal, "issn-l"):
        yield from _signal("issn.linking", element)
    yield from _signal("publisher", first(journal, "publisher", "publisher-name"))


def _place(meta: Element) -> Iterator[Signal]:
    for path, name in (("volume", "volume"), ("issue", "issue"), ("fpage", "first"), ("lpage", "last"),
                       ("page-range", "pages"), ("elocation-id", "article_number")):  # fmt: skip
        yield from _signal(name, first(meta, path))


def _dates(meta: Element) -> Iterator[Signal]:
    found = [*each(meta, "pub-date"), *each(meta, "history", "date"), *each(meta, "pub-history", "event", "event-date")]
    for element in found[:_MOST]:
        kind = _date_kind(element)
        if kind and (value := _date(element)):
            raw = "".join(element.itertext()).strip()
            yield Signal("jats", f"date.{kind}", value, None, element, None if raw else "iso-8601-date", raw or value)


def _date_kind(element: Element) -> str | None:
    table = _table("dates")
    kind = (element.get("pub-type") or element.get("date-type") or "").lower()
    if local(element) == "event-date":
        kind = (element.getparent().get("event-type") or kind).lower()
    if local(element) == "pub-date":
        medium = (element.get("publication-format") or "").lower()
        if kind in ("", "pub") and medium:
            kind = f"pub-{medium}"
        return table.get(kind, "published" if kind.startswith("pub") or not kind else None)
    return table.get(kind)


def _date(element: Element) -> str:
    """ISO 8601 from its parts as far as they are numbers, else the words of the date."""
    parts = [words(first(element, part)) for part in ("year", "month", "day")]
    if not parts[0]:
        return element.get("iso-8601-date") or words(element)
    numbers = [part.zfill(2) if part.isdecimal() else part for part in parts]
    if parts[1] and not parts[1].isdecimal():
        return " ".join(part for part in (parts[2], parts[1], parts[0]) if part)
    return "-".join(numbers[: next((at for at, part in enumerate(numbers) if not part), 3)])


def _permissions(meta: Element) -> Iterator[Signal]:
    for permissions in each(meta, "permissions"):
        yield from _signal("copyright", first(permissions, "copyright-statement"))
        yield from _free_to_read(permissions)
        for element in each(permissions, "license"):
            yield from _licence(element)
        for element in each(permissions, "license_ref"):
            yield from _licence_ref(element)
    for element in [*each(meta, "license"), *each(meta, "copyright-statement")]:  # NLM before 3.0
        yield from _licence(element) if local(element) == "license" else _signal("copyright", element)


def _free_to_read(parent: Element) -> Iterator[Signal]:
    """`ali:free_to_read` (NISO RP-22): items are the day it starts and the day it ends."""
    for element in each(parent, "free_to_read"):
        days = (element.get("start_date") or "", element.get("end_date") or "")
        named = next((name for name in ("start_date", "end_date") if element.get(name)), None)
        yield Signal("jats", "free_to_read", "true", None, element, named, element.get(named) if named else "", days)


def _licence(element: Element) -> Iterator[Signal]:
    yield from _free_to_read(element)
    key, address = attribute(element, "href")
    refs = [*each(element, "license_ref")]
    for ref in refs:
        yield from _licence_ref(ref)
    if address and not refs:
        yield Signal("jats", "license", address, None, element, key, None, ("", ""))
    if kind := element.get("license-type"):
        yield Signal("jats", "accessrights", kind, None, element, "license-type")
    for text in element.iterchildren():
        if local(text) in ("license-p", "p") and words(text):
            yield Signal("jats", "license_text", words(text), language(text), text)
            if not refs and not address:
                yield from _linked(text)


def _linked(text: Element) -> Iterator[Signal]:
    for link in text.iter():
        if local(link) in ("ext-link", "uri"):
            key, address = attribute(link, "href")
            if address:
                yield Signal("jats", "license", address, None, link, key, None, ("", ""))


def _licence_ref(element: Element) -> Iterator[Signal]:
    value = words(element)
    if value:
        days = (element.get("start_date") or "", element.get("applies_to") or "")
        yield Signal("jats", "license", value, None, element, None, None, days)


def _related(article: Element, front: Element | None, meta: Element) -> Iterator[Signal]:
    """`related.TYPE` with the target's address or number; items: how it is given (doi, uri, pmid ...), the words."""
    places = [meta, front, *each(first(article, "response"), "front-stub")] if front is not meta else [meta]
    for parent in places:
        for element in [*each(parent, "related-article"), *each(parent, "related-object")][:_MOST]:
            kind = (element.get("related-article-type") or element.get("link-type") or "").lower()
            key, address = attribute(element, "href")
            how = (element.get("ext-link-type") or element.get("document-id-type") or "").lower()
            target = address or element.get("document-id") or ""
            attr = key or ("document-id" if target else None)
            if kind and (target or words(element)):
                text = words(element)
                yield Signal("jats", f"related.{kind}", target or text, None, element, attr, None, (how, text))


def _translations(article: Element) -> Iterator[Signal]:
    """Titles, abstracts and keywords of a translation that stands in the same file."""
    for part in each(article, "sub-article"):
        if part.get("article-type") == "translation" and own_language(part):
            for meta in [*each(part, "front-stub"), *each(part, "front", "article-meta")]:
                yield from _titles(meta, "title.translated")
                yield from _abstracts(meta)
                yield from _keywords(meta)
