"""What others would write: `python peers.py bare ORIGIN PAGES` fetches and forgets; `usual` is a CrawlSpider whose
pipeline commits every item through an ORM: `python peers.py usual ORIGIN DATABASE`.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import CrawlSpider, Rule
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SETTINGS: dict[str, Any] = {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": True}


class Bare(scrapy.Spider):
    """Fetches every page and forgets it."""

    name = "bare"
    origin = ""
    pages = 0

    async def start(self) -> AsyncIterator[Any]:
        for number in range(int(self.pages)):
            yield scrapy.Request(f"{self.origin}/article/{number}")

    def parse(self, response: Any) -> None:
        """Nothing: only the fetch is measured."""


class Base(DeclarativeBase):
    """Tables of the usual way."""


class Article(Base):
    """One article as a row."""

    __tablename__ = "articles"
    url: Mapped[str] = mapped_column(String, primary_key=True)
    title: Mapped[str]
    abstract: Mapped[str]
    authors: Mapped[str]
    doi: Mapped[str]
    journal: Mapped[str]
    keywords: Mapped[str]
    access: Mapped[str]


class CommitPerItem:
    """A pipeline that merges and commits every item."""

    def open_spider(self, spider: Any) -> None:
        self.engine = create_engine(f"sqlite:///{spider.database}")
        Base.metadata.create_all(self.engine)

    def process_item(self, item: dict[str, str], spider: Any) -> dict[str, str]:
        with Session(self.engine) as session:
            session.merge(Article(**item))
            session.commit()
        return item


class Usual(CrawlSpider):
    """Follows the listing, reads eight fields with selectors."""

    name = "usual"
    database = ""
    rules: ClassVar = (
        Rule(LinkExtractor(allow=r"/list/\d+")),
        Rule(LinkExtractor(allow=r"/article/\d+"), callback="read"),
    )

    def read(self, response: Any) -> Iterator[dict[str, str]]:
        """One article's fields."""
        meta = {
            name: "; ".join(response.css(f'meta[name="citation_{name}"]::attr(content)').getall()) for name in _META
        }
        yield {
            "url": response.url,
            "title": meta["title"],
            "abstract": " ".join(response.css("section.abstract p::text").getall()),
            "authors": meta["author"],
            "doi": meta["doi"],
            "journal": meta["journal_title"],
            "keywords": meta["keywords"],
            "access": response.css("div.access::text").get(""),
        }


_META = ("title", "author", "doi", "journal_title", "keywords")


def main(kind: str, origin: str, more: str) -> None:
    """Run one peer to its end."""
    if kind == "bare":
        process = CrawlerProcess(SETTINGS)
        process.crawl(Bare, origin=origin, pages=more)
    else:
        process = CrawlerProcess(SETTINGS | {"ITEM_PIPELINES": {CommitPerItem: 1}})
        process.crawl(Usual, start_urls=[f"{origin}/list/0"], database=more)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:4])
