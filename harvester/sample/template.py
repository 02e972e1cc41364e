"""What both page shapes share: templates, escaping, slugs and printed dates."""

import re
import unicodedata
from datetime import date
from functools import cache
from html import escape
from string import Template

from harvester.sample.article import Article, Part, read_text

_MONTHS = {
    "fr": ["janvier", "février", "mars", "avril", "mai", "juin",
           "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    "en": ["January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"],
}  # fmt: skip


@cache
def template(name: str) -> Template:
    """The page template `name`, without its extension."""
    return Template(read_text(f"templates/{name}.html"))


def slug(title: str) -> str:
    """The title as at most 50 characters of an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:50].strip("-")


def month(day: date, language: str) -> str:
    """Month and year in words."""
    return f"{_MONTHS[language][day.month - 1]} {day.year}"


def meta(name: str, content: str, language: str | None = None) -> str:
    """One meta element on a line of its own."""
    lang = f' xml:lang="{language}"' if language else ""
    return f'<meta name="{name}" content="{escape(content)}"{lang}>\n'


def reservations(article: Article, policy: str) -> str:
    """The meta elements for robots and for text and data mining that this article's page carries."""
    robots = meta("robots", ", ".join(article.robots)) if article.robots and article.robots_by == "meta" else ""
    tdm = meta("tdm-reservation", "1") + meta("tdm-policy", policy) if article.tdm == "meta" else ""
    return robots + tdm


def affiliations(article: Article) -> list[str]:
    """Every affiliation once, in the order of the authors."""
    return list(dict.fromkeys(author.affiliation for author in article.authors))


def flat(parts: tuple[Part, ...]) -> str:
    """An abstract as one text, labels before their parts."""
    return " ".join(f"{part.label} {part.text}" if part.label else part.text for part in parts)
