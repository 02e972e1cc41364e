"""The walk over a Source's ways of discovery, answered from memory."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from fresh import store_at

from harvester.crawl.fetching import Ask
from harvester.crawl.ledger import Ledger
from harvester.crawl.transport import Answer
from harvester.crawl.walking import Walk
from harvester.errors import StorageError
from harvester.model.source import Discovery, Source, UrlRules
from storage.store import Store

SITE = "https://a.example"
SITEMAP = f"<urlset><url><loc>{SITE}/article/1</loc></url></urlset>"


def source(*ways: Discovery) -> Source:
    rules = UrlRules(article=(r"/article/\d+",))
    return Source(id="a", name="A", hosts=("a.example",), languages=("fr",), discovery=ways, urls=rules)


def walked(tmp_path: Path, answers: Mapping[str, str | Exception], *ways: Discovery) -> tuple[Walk, datetime | None]:
    """The walk at its end, and when the OAI-PMH list was noted as read to its end."""

    async def fetch(url: str, ask: Ask) -> Answer:
        said = answers[url]
        if isinstance(said, Exception):
            raise said
        return Answer(url, 200, (), said.encode())

    async def walk(store: Store) -> tuple[Walk, datetime | None]:
        ledger = Ledger(store, "a", "run")
        done = Walk(source(*ways), fetch, ledger, afresh=False, enough=lambda: False, found=lambda: None)
        try:
            await done.run()
            return done, await ledger.last_read(LIST)
        finally:
            ledger.close()

    with store_at(f"sqlite:///{tmp_path / 'h.db'}") as store:
        return asyncio.run(walk(store))


BAD = Discovery(kind="sitemap", url=SITE + "/bad.xml")
GOOD = Discovery(kind="sitemap", url=SITE + "/good.xml")
LIST = SITE + "/oai?verb=ListRecords&metadataPrefix=oai_dc"


@pytest.mark.fault(102)
def test_a_way_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    answers: dict[str, str | Exception] = {SITE + "/bad.xml": RuntimeError("boom"), SITE + "/good.xml": SITEMAP}
    walk, _ = walked(tmp_path, answers, BAD, GOOD)
    assert walk.new == 1
    assert walk.problems == {SITE + "/bad.xml": "could not be walked: RuntimeError boom"}


def test_storage_that_fails_ends_the_walk(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        walked(tmp_path, {SITE + "/bad.xml": StorageError("disk full"), SITE + "/good.xml": SITEMAP}, BAD, GOOD)


def records(*numbers: int, token: str = "") -> str:
    each = "".join(
        f"<record><metadata><x:dc><identifier>{SITE}/article/{n}</identifier></x:dc></metadata></record>"
        for n in numbers
    )
    more = f"<resumptionToken>{token}</resumptionToken>" if token else ""
    return f"<OAI-PMH><ListRecords>{each}{more}</ListRecords></OAI-PMH>"


def after(token: str) -> str:
    return f"{SITE}/oai?verb=ListRecords&resumptionToken={token}"


OAI = Discovery(kind="oai_pmh", url=SITE + "/oai")


def test_a_list_read_to_its_end_is_noted(tmp_path: Path) -> None:
    walk, noted = walked(tmp_path, {LIST: records(1, token="T"), after("T"): records(2)}, OAI)
    assert (walk.new, walk.problems, noted is not None) == (2, {}, True)


@pytest.mark.parametrize(
    ("answers", "at", "found"),
    [
        ({LIST: records(1, 2)[:-100]}, LIST, 1),
        ({LIST: records(1).partition("</ListRecords>")[0]}, LIST, 1),
        ({LIST: records(1, token="T").replace("</x:dc>", "<a & b></x:dc>"), after("T"): records(2)}, LIST, 2),
        ({LIST: records(1, token="T"), after("T"): records(2, token="T")}, after("T"), 2),
        ({LIST: records(1, token="T"), after("T"): "<html>maintenance</html>"}, after("T"), 1),
    ],
    ids=["cut in a tag", "cut between two", "broken in the middle", "repeated token", "another page"],
)
def test_a_list_not_read_to_its_end_is_asked_for_whole_again(
    tmp_path: Path, answers: dict[str, str | Exception], at: str, found: int
) -> None:
    walk, noted = walked(tmp_path, answers, OAI)
    assert noted is None
    assert [*walk.problems] == [at]
    assert walk.new == found


@pytest.mark.fault(98)
def test_the_pages_of_a_feed_that_lead_in_a_circle_are_read_once(tmp_path: Path) -> None:
    def feed(number: int, following: str) -> str:
        return (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="{following}"/>'
            f'<entry><link href="/article/{number}"/></entry></feed>'
        )

    answers = {SITE + "/feed": feed(1, "/feed?page=2"), SITE + "/feed?page=2": feed(2, "/feed")}
    walk, _ = walked(tmp_path, answers, Discovery(kind="feed", url=SITE + "/feed"))
    assert (walk.new, walk.pages, walk.problems) == (2, 2, {})


def test_relative_addresses_of_a_sitemap_count_from_where_it_is(tmp_path: Path) -> None:
    answers = {
        SITE + "/bad.xml": "<sitemapindex><sitemap><loc>maps/1.xml</loc></sitemap></sitemapindex>",
        SITE + "/maps/1.xml": "<urlset><url><loc>/article/1</loc></url><url><loc>../article/2</loc></url></urlset>",
    }
    walk, _ = walked(tmp_path, answers, BAD)
    assert (walk.new, walk.problems) == (2, {})


def an_index(*sitemaps: str) -> str:
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{loc}</loc></sitemap>' for loc in sitemaps)}</sitemapindex>"


@pytest.mark.fault(92, 102)
def test_sitemaps_that_are_left_are_told(tmp_path: Path) -> None:
    deep = {SITE + "/bad.xml": an_index("1.xml", "https://b.example/x.xml")}
    deep |= {f"{SITE}/{depth}.xml": an_index(f"{depth + 1}.xml") for depth in range(1, 4)}
    walk, _ = walked(tmp_path, deep, BAD)
    assert walk.pages == 4
    assert walk.problems == {
        SITE + "/bad.xml": "1 of its sitemaps lie on hosts that are not the source's, and were left",
        SITE + "/3.xml": "an index 3 levels below the first: its 1 sitemaps were left",
    }


@pytest.mark.fault(81)
def test_no_full_text_is_asked_for_a_list(tmp_path: Path) -> None:
    pages = [f"{SITE}/article/1/{part}" for part in ("fulltext", "full", "file.pdf", "print")]
    walk, _ = walked(tmp_path, {SITE + "/bad.xml": an_index(*pages)}, BAD)
    assert (walk.pages, walk.problems) == (1, {})


@pytest.mark.fault(102)
def test_a_long_sitemap_is_noted_to_its_end_a_portion_at_a_time(tmp_path: Path) -> None:
    entries = "".join(f"<url><loc>{SITE}/article/{number}</loc></url>" for number in range(1_234))
    walk, _ = walked(tmp_path, {SITE + "/good.xml": f"<urlset>{entries}<url><loc>{SITE}/artic"}, GOOD)
    assert (walk.new, walk.discovered) == (1_234, 1_234)
    assert walk.problems == {SITE + "/good.xml": "broken XML: it breaks off before the end of urlset"}
