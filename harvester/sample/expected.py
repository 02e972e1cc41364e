"""The truth about a sample article, to compare a harvested Record with."""

from datetime import date

from harvester.model.access import AccessStatus
from harvester.model.base import Value
from harvester.sample import glued, marked
from harvester.sample.article import Article, House, Journal, Part
from harvester.sample.template import affiliations, flat

_NAMES = {"glued": glued.printed_name, "marked": marked.printed_name}


class Expected(Value):
    """What a Record must contain. `words`: the sentence on the page behind the verdict, None when there is none.

    Abstracts are one text with their labels and without the site's boilerplate; `sections` keep label and text apart.
    `never` are strings that may stand in no record, evidence or archived body: mail addresses and hidden full text.
    """

    id: str
    path: str
    type: str | None
    doi: str
    titles: dict[str, str]
    abstracts: dict[str, str]
    sections: dict[str, tuple[Part, ...]]
    keywords: dict[str, tuple[str, ...]]
    authors: tuple[str, ...]
    affiliations: tuple[str, ...]
    journal: str
    publisher: str
    issns: tuple[str, ...]
    volume: str
    issue: str
    pages: str
    published: str  # ISO 8601 day
    access: AccessStatus
    words: str | None
    until: date | None = None
    embargo_until: date | None = None
    licence: str | None = None
    note: str | None = None
    retracted: bool = False
    tdm_reserved: bool = False
    robots: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def expected_of(article: Article, journal: Journal, house: House) -> Expected:
    """The truth about one article as its page prints it."""
    access = article.access
    embargoed = access.status is AccessStatus.EMBARGOED
    return Expected(
        id=article.id,
        path=journal.article + article.id,
        # The glued shape prints neither the type nor an ISSN.
        type=article.type if journal.shape == "marked" else None,
        doi=article.doi,
        titles=article.title,
        abstracts={language: flat(parts) for language, parts in article.abstract.items()},
        sections=article.abstract,
        keywords=article.keywords,
        authors=tuple(_NAMES[journal.shape](author).replace("\u00a0", " ") for author in article.authors),
        affiliations=tuple(affiliations(article)),
        journal=journal.name,
        publisher=house.name,
        issns=(journal.issn_print, journal.issn_online) if journal.shape == "marked" else (),
        volume=article.volume,
        issue=article.issue,
        pages=article.pages,
        published=article.published.isoformat(),
        access=access.status,
        words=access.words or None,
        until=None if embargoed else access.until,
        embargo_until=access.until if embargoed else None,
        licence=access.licence,
        note=article.note,
        retracted=article.retraction is not None,
        tdm_reserved=article.tdm is not None,
        robots=article.robots,
        never=tuple(author.mail for author in article.authors if author.mail) + article.hidden,
    )
