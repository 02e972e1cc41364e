"""What the sample publisher prints: journals and articles as frozen values, read from the TOML files of this folder."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Literal

from harvester.model.access import AccessStatus
from harvester.model.base import Value


class Part(Value):
    """One part of an abstract; `label` is None in an abstract without headings."""

    label: str | None = None
    text: str


class Author(Value):
    """An invented person. `mail` is printed as a mailto link."""

    given: str
    family: str
    affiliation: str
    mail: str | None = None


class Access(Value):
    """What a page says of the full text. `words` is the sentence printed; `machine` adds the JSON-LD flag."""

    status: AccessStatus
    words: str | None = None
    until: date | None = None
    licence: str | None = None
    machine: bool = False
    price: str | None = None  # EUR


class Retraction(Value):
    """The notice printed above a retracted article."""

    date: date
    doi: str
    words: str


class Article(Value):
    """One article with both languages. `hidden` is full text the page carries but does not show."""

    id: str
    journal: str
    doi: str
    type: str = "research-article"
    published: date
    volume: str
    issue: str
    pages: str
    title: dict[str, str]
    abstract: dict[str, tuple[Part, ...]]
    keywords: dict[str, tuple[str, ...]]
    authors: tuple[Author, ...]
    access: Access
    note: str | None = None
    hidden: tuple[str, ...] = ()
    tdm: Literal["meta", "header"] | None = None
    robots: tuple[str, ...] = ()
    robots_by: Literal["meta", "header"] = "meta"
    retraction: Retraction | None = None
    state: Literal["listed", "hidden", "gone"] = "listed"
    modified: datetime | None = None


class Journal(Value):
    """An invented journal. `article` and `listing` are paths; `words` are the usual access words by status."""

    code: str
    name: str
    abbreviation: str
    shape: Literal["glued", "marked"]
    language: str
    issn_print: str
    issn_online: str
    article: str
    listing: str
    sitemap: str
    pagination: str  # what follows the listing's path from page 2 on
    boilerplate: str = ""
    withdrawn: tuple[str, ...] = ()  # ids that answer 410 and still stand in the sitemap
    words: dict[AccessStatus, dict[str, Any]]


class House(Value):
    """The invented publisher. `open_access`: site-wide sentences by language, which say nothing of one article."""

    name: str
    site: str
    trailer: str
    tdm_policy: str
    open_access: dict[str, str]
    pages: dict[str, str]  # plain pages: slug -> text
    traps: tuple[str, ...]  # path prefixes nobody may fetch
    trap_params: tuple[str, ...]
    robots_disallow: tuple[str, ...]


_ROOT = files("harvester.sample")


def read_text(name: str) -> str:
    """Text of a file of this package."""
    return _ROOT.joinpath(name).read_text(encoding="utf-8")


def load_house() -> tuple[House, dict[str, Journal]]:
    """The publisher and its journals by code."""
    data = tomllib.loads(read_text("house.toml"))
    journals = {code: Journal(code=code, **fields) for code, fields in data.pop("journals").items()}
    return House(**data), journals


def load_articles(journals: Mapping[str, Journal]) -> dict[str, Article]:
    """Every article by id, in the order of the file names."""
    names = sorted(item.name for item in _ROOT.joinpath("articles").iterdir() if item.name.endswith(".toml"))
    articles = (make_article(tomllib.loads(read_text(f"articles/{name}")), journals) for name in names)
    return {article.id: article for article in articles}


def make_article(fields: Mapping[str, Any], journals: Mapping[str, Journal]) -> Article:
    """An article whose access words default to the usual ones of its journal."""
    access = access_of(journals[fields["journal"]], fields["access"])
    return Article.model_validate({**fields, "access": access})


def access_of(journal: Journal, said: AccessStatus | str | Mapping[str, Any]) -> Access:
    """Access from a status alone or from fields; the journal's usual words fill what is not given."""
    fields: Mapping[str, Any] = {"status": said} if isinstance(said, str) else said
    return Access(**{**journal.words[AccessStatus(fields["status"])], **fields})
