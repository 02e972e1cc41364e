"""The first page shape: no metadata vocabulary, blocks glued together, the access sentence in a banner."""

from html import escape

from harvester.model.access import AccessStatus
from harvester.sample.article import Article, Author, House, Journal, Part
from harvester.sample.template import affiliations, month, reservations, slug, template

_GREEN = {AccessStatus.OPEN, AccessStatus.FREE, AccessStatus.REGISTRATION}


def article_page(article: Article, journal: Journal, house: House, origin: str, related: list[Article]) -> str:
    """The landing page, French first, as HTML."""
    values = {
        "id": article.id,
        "title": article.title["fr"],
        "other_title": article.title["en"],
        "slug": slug(article.title["fr"]),
        "doi": article.doi,
        "volume": article.volume,
        "issue": article.issue,
        "pages": article.pages,
        "journal": journal.name,
        "listing": journal.listing,
        "site": house.site,
        "publisher": house.name,
        "trailer": house.trailer,
        "open_access": house.open_access["fr"],
        "short_url": f"{origin}{journal.article}{article.id}",
        "canonical": f"{origin}{journal.article}{article.id}/{slug(article.title['fr'])}",
        "short_date": article.published.strftime("%d/%m/%y"),
        "month": month(article.published, "fr"),
        "year": str(article.published.year),
        "note": article.note or "",
        "keywords_fr": ", ".join(article.keywords["fr"]),
        "keywords_en": ", ".join(article.keywords["en"]),
        "banner_class": " gratuit" if article.access.status in _GREEN else "",
    }
    markup = {
        "metas": reservations(article, f"{origin}{house.tdm_policy}"),
        "authors": ", ".join(_author(author, affiliations(article)) for author in article.authors),
        "affiliations": "".join(_affiliation(n, text) for n, text in enumerate(affiliations(article), 1)),
        "access": _access(article),
        "retraction": _retraction(article),
        "blocks": _block("Résumé", article.abstract["fr"], journal)
        + _block("Summary", article.abstract["en"], journal),
        "hidden": _hidden(article),
        "related": "".join(_related(other, journal) for other in related),
    }
    return template("glued").substitute({name: escape(text) for name, text in values.items()}, **markup)


def printed_name(author: Author) -> str:
    """Initials and family name, held together by a no-break space."""
    initials = "-".join(f"{name[0]}." for name in author.given.split("-"))
    return f"{initials}\u00a0{author.family}"


def _author(author: Author, places: list[str]) -> str:
    mark = f"<sup>{places.index(author.affiliation) + 1}</sup>"
    mail = f' <a href="mailto:{escape(author.mail)}"><img src="/mail.png" alt=""></a>' if author.mail else ""
    return f"{escape(printed_name(author))} {mark}{mail}"


def _affiliation(number: int, text: str) -> str:
    return f'<a name="AFF{number:04}"></a><div> <sup>{number}</sup>&nbsp;{escape(text)}&nbsp;</div>'


def _access(article: Article) -> str:
    words, licence = article.access.words, article.access.licence
    if not words:
        return ""
    link = f' <a rel="license" href="{escape(licence)}">CC BY 4.0</a>' if licence else ""
    return f"{escape(words)}{link}"


def _retraction(article: Article) -> str:
    notice = article.retraction
    if not notice:
        return ""
    link = f'<a href="https://doi.org/{escape(notice.doi)}">https://doi.org/{escape(notice.doi)}</a>'
    return f'<div class="avis-retractation"><strong>{escape(notice.words)}</strong> {link}</div>\n'


def _block(heading: str, parts: tuple[Part, ...], journal: Journal) -> str:
    body = "".join(_part(part) for part in parts)
    head = f'<table><tr><td><h2 style="text-align:left;">{heading}</h2></td></tr></table>'
    return f"{head}{body}{escape(journal.boilerplate)}"


def _part(part: Part) -> str:
    label = f"<table><tr><td><h4>{escape(part.label)}</h4></td></tr></table>" if part.label else ""
    return f'<span class="courant">{label}<p class="courant">{escape(part.text)}</p></span>'


def _hidden(article: Article) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in article.hidden)
    return f'<div class="paywall" style="display:none">{paragraphs}</div>\n' if paragraphs else ""


def _related(other: Article, journal: Journal) -> str:
    words = f" <em>{escape(other.access.words)}</em>" if other.access.words else ""
    return f'<li><a href="{journal.article}{other.id}">{escape(other.title["fr"])}</a>{words}</li>'
