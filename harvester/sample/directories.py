"""Listings, sitemaps, robots.txt and plain pages of the sample site."""

from datetime import UTC, datetime, time
from html import escape

from harvester.sample.article import Article, House, Journal
from harvester.sample.template import template

PER_PAGE = 6
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_WORDS = {"fr": ("Page précédente", "Page suivante"), "en": ("Previous page", "Next page")}


def listing_page(journal: Journal, house: House, origin: str, articles: list[Article], number: int) -> str | None:
    """Page `number` (from 1) of a journal's articles, newest first; None when there is no such page."""
    newest = sorted(articles, key=lambda article: (article.published, article.id), reverse=True)
    last = max(1, -(-len(newest) // PER_PAGE))
    if not 1 <= number <= last:
        return None
    items = newest[(number - 1) * PER_PAGE : number * PER_PAGE]
    back, onward = _WORDS[journal.language]
    return template("listing").substitute(
        language=journal.language,
        journal=escape(journal.name),
        publisher=escape(house.name),
        page=number,
        pages=last,
        items="".join(_item(article, journal, origin) for article in items),
        previous=_turn(journal, number - 1, "prev", back) if number > 1 else "",
        next=_turn(journal, number + 1, "next", onward) if number < last else "",
        open_access=escape(house.open_access[journal.language]),
    )


def _item(article: Article, journal: Journal, origin: str) -> str:
    titles = escape(f"{article.title['fr']} {article.title['en']}")
    day = article.published.strftime("%d/%m/%y")
    # An address without scheme, as the sites this one is modelled on print it.
    href = f"{origin.removeprefix('http:')}{journal.article}{article.id}"
    spans = f'<span class="carte_date">{day}</span><span class="carte_titre">{titles}</span>'
    return f'<a class="carte" href="{href}">{spans}</a>\n'


def _turn(journal: Journal, number: int, rel: str, words: str) -> str:
    path = journal.listing if number == 1 else journal.listing + journal.pagination.format(page=number)
    return f'<a rel="{rel}" href="{escape(path)}">{words}</a>'


def last_modified(article: Article) -> datetime:
    """When the article was last changed: noon UTC of its day of publication unless it was revised."""
    return article.modified or datetime.combine(article.published, time(12), UTC)


def sitemap(journal: Journal, origin: str, articles: list[Article]) -> str:
    """The journal's sitemap with `lastmod`, withdrawn articles included as on a real site."""
    rows = [(f"{article.id}", last_modified(article).isoformat()) for article in articles]
    rows += [(withdrawn, "2024-01-15") for withdrawn in journal.withdrawn]
    body = "".join(
        f"<url><loc>{origin}{journal.article}{id_}</loc><lastmod>{day}</lastmod></url>\n" for id_, day in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{_SITEMAP}">\n{body}</urlset>\n'


def sitemap_index(journals: list[Journal], origin: str) -> str:
    """The index that names every journal's sitemap."""
    body = "".join(f"<sitemap><loc>{origin}{journal.sitemap}</loc></sitemap>\n" for journal in journals)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{_SITEMAP}">\n{body}</sitemapindex>\n'


def robots(house: House, origin: str) -> str:
    """robots.txt (RFC 9309)."""
    rules = "".join(f"Disallow: {path}\n" for path in house.robots_disallow)
    return f"User-agent: *\n{rules}\nSitemap: {origin}/sitemap.xml\n"


def plain_page(title: str, text: str, house: House) -> str:
    """A page that is no article: home, policies, not found. `text` is HTML."""
    return template("plain").substitute(title=escape(title), text=text, publisher=escape(house.name))
