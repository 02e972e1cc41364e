"""The second page shape: Highwire and Dublin Core meta elements, JSON-LD, and a `lang` on every block."""

import json
from html import escape
from typing import Any

from harvester.model.access import AccessStatus
from harvester.sample.article import Article, Author, House, Journal, Part
from harvester.sample.template import affiliations, meta, month, reservations, template

_HEADINGS = {"en": "Abstract", "fr": "Résumé"}
_FREE = {AccessStatus.OPEN: True, AccessStatus.FREE: True, AccessStatus.SUBSCRIPTION: False}


def article_page(article: Article, journal: Journal, house: House, origin: str, related: list[Article]) -> str:
    """The landing page, English first, as HTML."""
    url = f"{origin}{journal.article}{article.id}"
    values = {
        "id": article.id,
        "title": article.title["en"],
        "other_title": article.title["fr"],
        "doi": article.doi,
        "volume": article.volume,
        "issue": article.issue,
        "pages": article.pages,
        "journal": journal.name,
        "listing": journal.listing,
        "publisher": house.name,
        "trailer": house.trailer,
        "open_access": house.open_access["en"],
        "canonical": url,
        "iso_date": article.published.isoformat(),
        "long_date": f"{article.published.day} {month(article.published, 'en')}",
        "year": str(article.published.year),
    }
    markup = {
        "metas": _metas(article, journal, house, origin),
        "json_ld": _json_ld(article, journal, house, url),
        "authors": "".join(_author(author, affiliations(article)) for author in article.authors),
        "affiliations": "".join(f"<li>{escape(text)}</li>" for text in affiliations(article)),
        "access": _access(article),
        "retraction": _retraction(article),
        "blocks": "".join(_block(language, article.abstract[language]) for language in ("en", "fr")),
        "keywords_en": _items(article.keywords["en"]),
        "keywords_fr": _items(article.keywords["fr"]),
        "related": "".join(_related(other, journal) for other in related),
    }
    return template("marked").substitute({name: escape(text) for name, text in values.items()}, **markup)


def printed_name(author: Author) -> str:
    """Given name, then family name."""
    return f"{author.given} {author.family}"


def _metas(article: Article, journal: Journal, house: House, origin: str) -> str:
    first, _, last = article.pages.partition("-")
    lines = [
        reservations(article, f"{origin}{house.tdm_policy}"),
        meta("citation_title", article.title["en"], "en"),
        *(meta("citation_author", printed_name(author)) + _institution(author) for author in article.authors),
        meta("citation_journal_title", journal.name),
        meta("citation_journal_abbrev", journal.abbreviation),
        meta("citation_publisher", house.name),
        meta("citation_issn", journal.issn_print),
        meta("citation_issn", journal.issn_online),
        meta("citation_volume", article.volume),
        meta("citation_issue", article.issue),
        meta("citation_firstpage", first),
        meta("citation_lastpage", last),
        meta("citation_publication_date", article.published.strftime("%Y/%m/%d")),
        meta("citation_doi", article.doi),
        meta("citation_language", "en"),
        meta("citation_pdf_url", f"{origin}/hrsh/pdf/{article.id}.pdf"),
        meta("DC.type", article.type),
        *(meta("DC.title", article.title[language], language) for language in ("en", "fr")),
        *(
            meta("citation_keywords", word, language)
            for language in ("en", "fr")
            for word in article.keywords[language]
        ),
        meta("DC.rights", article.access.licence) if article.access.licence else "",
    ]
    return "".join(lines)


def _institution(author: Author) -> str:
    return meta("citation_author_institution", author.affiliation)


def _json_ld(article: Article, journal: Journal, house: House, url: str) -> str:
    node: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": url,
        "headline": article.title["en"],
        "inLanguage": "en",
        "datePublished": article.published.isoformat(),
        "identifier": {"@type": "PropertyValue", "propertyID": "doi", "value": article.doi},
        "author": [{"@type": "Person", "name": printed_name(author)} for author in article.authors],
        "isPartOf": {"@type": "Periodical", "name": journal.name, "issn": [journal.issn_print, journal.issn_online]},
        "publisher": {"@type": "Organization", "name": house.name},
    }
    if article.access.licence:
        node["license"] = article.access.licence
    if article.access.machine and article.access.status in _FREE:
        node["isAccessibleForFree"] = _FREE[article.access.status]
    if article.hidden:
        node["articleBody"] = "\n".join(article.hidden)
    return json.dumps(node, ensure_ascii=False).replace("</", "<\\/")


def _author(author: Author, places: list[str]) -> str:
    mail = f' <a href="mailto:{escape(author.mail)}">e-mail</a>' if author.mail else ""
    return f"<li>{escape(printed_name(author))}<sup>{places.index(author.affiliation) + 1}</sup>{mail}</li>"


def _access(article: Article) -> str:
    access = article.access
    words = f"<p>{escape(access.words)}</p>" if access.words else ""
    licence = f'<p><a rel="license" href="{escape(access.licence)}">CC BY 4.0</a></p>' if access.licence else ""
    price = f'<p class="purchase">Purchase this article: EUR {access.price}</p>' if access.price else ""
    return words + licence + price


def _retraction(article: Article) -> str:
    notice = article.retraction
    if not notice:
        return ""
    link = f'<a href="https://doi.org/{escape(notice.doi)}">https://doi.org/{escape(notice.doi)}</a>'
    return f'<div class="retraction-notice" role="note"><p>{escape(notice.words)} {link}</p></div>\n'


def _block(language: str, parts: tuple[Part, ...]) -> str:
    body = "".join(_part(part) for part in parts)
    return f'<section class="abstract" lang="{language}"><h2>{_HEADINGS[language]}</h2>{body}</section>\n'


def _part(part: Part) -> str:
    label = f"<h3>{escape(part.label)}</h3>" if part.label else ""
    return f"{label}<p>{escape(part.text)}</p>"


def _items(words: tuple[str, ...]) -> str:
    return "".join(f"<li>{escape(word)}</li>" for word in words)


def _related(other: Article, journal: Journal) -> str:
    words = f" <span>{escape(other.access.words)}</span>" if other.access.words else ""
    return f'<li><a href="{journal.article}{other.id}">{escape(other.title["en"])}</a>{words}</li>'
