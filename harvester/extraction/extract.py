"""The one way in: (Page, Source) -> Record with evidence, or the reason why the page is no article."""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from harvester.extraction.access.classify import read_access
from harvester.extraction.access.walls import page_kind
from harvester.extraction.burden import too_heavy
from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.editions import read_editions
from harvester.extraction.fields.abstracts import choose_abstracts
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.fields.container import choose_container
from harvester.extraction.fields.dates import choose_dates
from harvester.extraction.fields.identifiers import choose_identifiers
from harvester.extraction.fields.keywords import choose_keywords
from harvester.extraction.fields.people import choose_contributors
from harvester.extraction.fields.rights import copyright_line, robots_directives, tdm_reservation, unavailable_after
from harvester.extraction.fields.titles import choose_titles
from harvester.extraction.gather import signals_of
from harvester.extraction.normalise.text import fold, has_mojibake, tidy
from harvester.extraction.recognise import recognised
from harvester.extraction.relations import NOTICES
from harvester.extraction.sightings import sightings
from harvester.extraction.signals.json_ld import is_news
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import LangText, Location, Provenance, Record, Rights, record_id
from harvester.model.source import Detect, Platform, Source
from harvester.urls import absolute, canonical_url

RULES = "8"  # raised when a rule changes what a page says or the archive may keep; stored with every record

_STATUS_OUTCOMES = {401: VisitOutcome.FORBIDDEN, 402: VisitOutcome.FORBIDDEN, 403: VisitOutcome.FORBIDDEN,
                    404: VisitOutcome.GONE, 410: VisitOutcome.GONE, 429: VisitOutcome.RATE_LIMITED,
                    451: VisitOutcome.FORBIDDEN, 304: VisitOutcome.NOT_MODIFIED}  # fmt: skip
_TEXT_TYPES = re.compile(r"^\s*(?:text/html|text/xml|application/xml|text/plain|[\w.-]+/[\w.-]+\+xml)\b", re.IGNORECASE)
_HOST = re.compile(r"^https?://([^/?#]+)", re.IGNORECASE)
_BINARY = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")


class Extraction(NamedTuple):
    """What came of a Page: `record` only with outcome `ok`; else `reason` says what the page is."""

    outcome: VisitOutcome
    reason: str
    record: Record | None = None
    robots: tuple[str, ...] = ()


def extract(page: Page, source: Source, *, fingerprints: Sequence[tuple[Detect, Platform]] = ()) -> Extraction:
    """Read one Page with a Source's rules; `fingerprints` are tried when the Source names no platform and no rules.

    Raises nothing for a bad page: a body that cannot be read is an outcome.
    """
    refused = _not_readable(page)
    if refused:
        return refused
    try:
        return _extract(page, source, fingerprints)
    except RecursionError:
        return Extraction(VisitOutcome.WRONG_CONTENT, "the page is nested too deeply")


def _extract(page: Page, source: Source, fingerprints: Sequence[tuple[Detect, Platform]]) -> Extraction:
    document = Document(page)
    source = recognised(document, source, fingerprints)
    index = signals_of(document, source)
    robots = robots_directives(page, index)
    kind = page_kind(document, index.all)
    if kind:
        return Extraction(kind[0], kind[1], None, robots)
    record = _record(document, source, index, robots)
    missing = _not_article(record, index)
    if missing:
        return Extraction(VisitOutcome.NOT_ARTICLE, missing, None, robots)
    return Extraction(VisitOutcome.OK, "", record, robots)


def _not_readable(page: Page) -> Extraction | None:
    if page.status >= 400 or page.status == 304:
        outcome = _STATUS_OUTCOMES.get(page.status, VisitOutcome.SERVER_ERROR)
        return Extraction(outcome, f"HTTP status {page.status}")
    if reason := too_heavy(page.body):
        return Extraction(VisitOutcome.TOO_LARGE, reason)
    head = page.body[:2000].lstrip()
    if not head and (not page.body or page.body.isspace()):
        return Extraction(VisitOutcome.WRONG_CONTENT, "the body is empty")
    content_type = page.header("content-type")
    if content_type and not _TEXT_TYPES.match(content_type):
        return Extraction(VisitOutcome.WRONG_CONTENT, f"content type {content_type.strip()[:80]!r} is no page")
    if head.startswith(_BINARY) or (b"\0" in head and b"<" not in page.body[:100_000]):
        return Extraction(VisitOutcome.WRONG_CONTENT, "the body is binary, not a page")
    return None


def _record(document: Document, source: Source, index: SignalIndex, robots: tuple[str, ...]) -> Record:
    page = document.page
    abstracts, other_abstracts = choose_abstracts(document, index, source.languages, source.read.boilerplate)
    declared = _declared_language(document, index)
    titles = choose_titles(document, index, list(abstracts), declared)
    languages = list(dict.fromkeys([*titles, *abstracts]))
    keywords = choose_keywords(document, index, languages)
    url, publisher_id = _address(document, source, index)
    identifiers = choose_identifiers(document, index, publisher_id)
    container = choose_container(document, index, source.journals)
    journals = tuple(container.titles.values())
    seen = sightings(document.words)
    editions = read_editions(document, index, identifiers, tuple(titles.values()), journals, tuple(languages), seen)
    excluded = _inadmissible(index)
    access = read_access(
        document,
        index.all,
        source.access,
        excluded=excluded,
        languages=source.languages or tuple(languages),
        seen=seen,
        today=page.fetched_at.date(),
        as_of=page.fetched_at,
    )
    identity = record_id(source.id, url)
    return Record(
        id=identity,
        work_id=identity,
        source_id=source.id,
        publisher_id=publisher_id,
        url=url,
        type=_type(index),
        languages=tuple(language for language in dict.fromkeys([*languages, *keywords]) if language != "und"),
        titles=titles,
        abstracts=abstracts,
        other_abstracts=other_abstracts,
        keywords=keywords,
        contributors=choose_contributors(document, index),
        container=container,
        dates=choose_dates(document, index),
        identifiers=editions.identifiers,
        locations=_locations(index, url),
        access=access.verdict,
        rights=Rights(
            licences=access.licences,
            copyright=copyright_line(index),
            tdm=tdm_reservation(document, index),
            robots=robots,
            unavailable_after=unavailable_after(robots),
        ),
        relations=editions.relations,
        integrity=editions.integrity,
        flags=_flags(document, titles, abstracts),
        provenance=Provenance(
            url=page.final_url,
            fetched_at=page.fetched_at,
            page_digest=f"sha256:{hashlib.sha256(page.body).hexdigest()}",
            rules=RULES,
            source_digest=source.digest,
            encoding=document.charset.name,
            encoding_suspect=document.charset.suspect,
        ),
    )


def _declared_language(document: Document, index: SignalIndex) -> str | None:
    """The article's language as metadata declare it, else the page's."""
    signal = index.first(
        ("highwire", "language"),
        ("dc", "language"),
        ("dcterms", "language"),
        ("json_ld", "inlanguage"),
        ("microdata", "inlanguage"),
    )
    declared = language_tag(signal.value) if signal else None
    return declared if declared and declared != "und" else document.language


def _address(document: Document, source: Source, index: SignalIndex) -> tuple[str, str | None]:
    """(canonical URL, publisher's id): an article's address as the page states it (RFC 6596), else as it was asked.

    What is stated counts on the same host, and where it has the same id: a template may state one for all its pages.
    """
    page = document.page
    stated = [signal.value for signal in (*index.get("link", "canonical"), *index.get("opengraph", "url"))]
    whole = [absolute(page.final_url, url) or url for url in stated]
    here = [url for url in whole if _same_host(url, page.final_url)]
    asked = next((found for url in (page.final_url, page.url) if (found := _article(url, source))), None)
    told = next((found for url in here if (found := _article(url, source))), None)
    if told and (asked is None or asked[1] == told[1]):
        return canonical_url(_at_scheme(told[0], page.final_url), source.urls), told[1]
    if asked:
        return canonical_url(asked[0], source.urls), asked[1]
    url = next(iter(here), None) or page.final_url or page.url
    return (canonical_url(url, source.urls) if url else ""), None


def _article(url: str, source: Source) -> tuple[str, str | None] | None:
    """The URL and the publisher's id in it, where one of the Source's patterns finds an article in it."""
    found = (
        next((found for pattern in source.urls.article if (found := re.search(pattern, url))), None) if url else None
    )
    return (url, found.groupdict().get("id")) if found else None


def _at_scheme(url: str, asked: str) -> str:
    """A page that was got over https is not stored under http, whatever it says of itself."""
    return re.sub(r"^http:", "https:", url) if asked.startswith("https:") else url


def _same_host(url: str, other: str) -> bool:
    one, two = _HOST.match(url.strip()), _HOST.match(other or "")
    if one is None:
        return False
    return two is None or one[1].lower() == two[1].lower()


def _inadmissible(index: SignalIndex) -> list[Element]:
    """Elements whose words are the article's, not words about it: title, abstracts, keywords."""
    names = ("title", "abstract", "keywords", "title.other", "lay", "graphical", "highlights")
    vocabularies = ("heading", "selector", "visible", "container")
    return [s.element for s in index.all if s.vocabulary in vocabularies and s.name in names and s.attribute is None]


def _type(index: SignalIndex) -> str:
    signal = index.first(
        ("selector", "type"),
        ("jats", "type"),
        ("highwire", "article_type"),
        ("dc", "type.articletype"),
        ("prism", "section"),
        ("dc", "type"),
    )
    value = tidy(signal.value) if signal else ""
    return value.lower().replace(" ", "-")[:60] if value and value.lower() not in ("text", "website") else "article"


def _locations(index: SignalIndex, url: str) -> tuple[Location, ...]:
    found = {url: Location(url=url, content="landing")}
    for name, content in (("pdf_url", "fulltext_pdf"), ("fulltext_html_url", "fulltext_html")):
        for signal in index.get("highwire", name):
            target = absolute(url, signal.value.strip()) or ""
            if re.match(r"^https?://\S+$", target) and target not in found:
                found[target] = Location.model_validate({"url": target, "content": content, "says": f"citation_{name}"})
    files = {s.value for s in index.get("link", "item") if s.items[0].partition(";")[0].strip() == "application/pdf"}
    for target in files if len(files) == 1 else ():  # of several files any may be a supplement
        found.setdefault(target, Location(url=target, content="fulltext_pdf", says="link item"))
    return tuple(found.values())


def _flags(document: Document, titles: dict[str, LangText], abstracts: dict[str, LangText]) -> tuple[str, ...]:
    flags = []
    texts = [*titles.values(), *abstracts.values()]
    if document.charset.suspect or any(has_mojibake(text.value) for text in texts):
        flags.append("encoding_suspect")
    if any(text.conflict for text in texts):
        flags.append("language_conflict")
    return tuple(flags)


_NUMBERING = frozenset(
    "vol volume volumen tome tomo band bd jahrgang jg n no nr num numero number issue heft cilt sayi fasc fascicule "
    "том номер выпуск".split()
)
_NUMBERED_TWICE = re.compile(r"[^\W\d_]+\W{0,3}\d+\W+[^\W\d_]+\W{0,3}\d")
_ARTICLE_TYPES = frozenset(("scholarlyarticle", "medicalscholarlyarticle", "research-article", "thesis", "report"))


def _not_article(record: Record, index: SignalIndex) -> str | None:
    """Why the page describes no single article, or None. A title alone is not enough: something must say article."""
    if not record.titles:
        return "the page states no title"
    if not record.abstracts and all(_names_issue(title.value) for title in record.titles.values()):
        return "an issue of a journal"
    if not record.abstracts and any(relation.type in NOTICES for relation in record.relations):
        return "a notice about another article, with no abstract of its own"
    if not _has_scholarly_metadata(index) and any(is_news(kind.value) for kind in index.get("json_ld", "@type")):
        return "news, or a post in a blog"
    return None if _is_described(record, index) else "no abstract, and no metadata of a single article"


def _names_issue(title: str) -> bool:
    """True for `Vol. 12 No 3 (2021)`, with or without a name behind: numbers, and the words that number."""
    folded = fold(title)
    words = re.findall(r"[^\W\d_]+", folded)
    if not any(map(str.isdigit, title)) or not words or words[0] not in _NUMBERING:
        return False
    return _NUMBERING.issuperset(words) or bool(_NUMBERED_TWICE.match(folded) and words[1] in _NUMBERING)


def _is_described(record: Record, index: SignalIndex) -> bool:
    parts = (record.contributors, record.identifiers, record.keywords)
    if any((*parts, record.abstracts)) and _is_declared(record, index):
        return True
    # A journal's page may be summed up, and a search prints abstracts: of an article more is said.
    told = (*parts, record.dates, record.container.volume, record.container.pages, len(record.abstracts) > 1)
    if record.abstracts and any(told):
        return True
    # The news have bylines, tags and dates too.
    credited = any(e.vocabulary != "byline" for person in record.contributors for e in person.evidence)
    if record.keywords and (record.identifier("doi") or credited):
        return True
    # A gate in front of an article still prints its citation.
    cited = record.container.volume or (record.dates and credited)
    return bool(index.get("visible", "title") and record.contributors and cited)


def _is_declared(record: Record, index: SignalIndex) -> bool:
    """True if the page's metadata, or a rule of its Source, speak of an article.

    The news and every blog call their pages articles: that alone says nothing of a journal.
    """
    if _has_scholarly_metadata(index):
        return True
    types = (("opengraph", "type"), ("json_ld", "@type"), ("microdata", "@type"), ("link", "type"))
    said = {signal.value.lower().rpartition("/")[2] for key in types for signal in index.get(*key)}
    # A DOI that only stands in a text may be that of the article which the news are about.
    stated = any(
        one.scheme == "doi" and any(e.vocabulary != "printed" for e in one.evidence) for one in record.identifiers
    )
    numbered = stated or record.container.issns or record.container.volume
    return bool(said & _ARTICLE_TYPES or ("article" in said and numbered))


def _has_scholarly_metadata(index: SignalIndex) -> bool:
    """True if the page has what libraries and search engines of science read, or a rule of its Source read it."""
    vocabularies = ("highwire", "jats", "dc", "eprints", "bepress")
    rules = (("selector", field) for field in ("title", "doi", "abstract", "authors"))
    keys = (*((vocabulary, "title") for vocabulary in vocabularies), ("prism", "publicationname"), *rules)
    return index.first(*keys) is not None
