"""A segment of the spool in, what extraction makes of its pages out: lines of JSON.

On a socket, the Source comes in the first line, in each further one a segment and what is known of its pages. The first
line of the answer is the number of the process; then come a line for every page that was read and an empty one at the
end of each segment. Nothing else is written, and the end of the input is the end.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from socket import socket

from harvester.extraction.extract import Extraction, extract
from harvester.garbage import search_rarely
from harvester.model.base import Value
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.run import Visit
from harvester.model.source import GENERIC, Source
from storage.spool import SpoolReader

_WARM = b"""<html lang="en"><head><meta name="citation_title" content="Warm"></head><body><h1>Warm</h1>
<section><h2>Abstract</h2><p>Nothing of this is to be kept.</p></section>
<p>The full text of this article requires a subscription.</p></body></html>"""


class ReadPage(Value):
    """What extraction made of the page of a Visit to `url`."""

    url: str
    outcome: VisitOutcome
    reason: str = ""
    record: Record | None = None
    robots: tuple[str, ...] = ()

    @property
    def extraction(self) -> Extraction:
        """The same as extraction returns it."""
        return Extraction(self.outcome, self.reason, self.record, self.robots)


@cache
def warm() -> None:
    """Load the tables of extraction, so that no page is charged with that time when the process is killed."""
    nowhere = "https://saved.invalid/"
    extract(Page(url=nowhere, final_url=nowhere, body=_WARM, fetched_at=datetime(2000, 1, 1, tzinfo=UTC)), GENERIC)


def digest_of(page: Page) -> str:
    """`sha256:HEX` of the body as served."""
    return f"sha256:{hashlib.sha256(page.body).hexdigest()}"


def read_ahead(visits: list[Visit], source: Source, digests: Mapping[str, str | None]) -> Iterator[bytes]:
    """A line of JSON (`ReadPage`) for each page that is not the same bytes as at its last visit (`digests`, by URL).

    A page that cannot be read, or not be told, is left out.
    """
    for visit in visits:
        page = visit.page
        if page is None or visit.outcome is VisitOutcome.NOT_MODIFIED or digest_of(page) == digests.get(visit.url):
            continue
        try:
            found = extract(page, source)._asdict()
            yield ReadPage.model_construct(url=visit.url, **found).model_dump_json().encode()
        except Exception:  # noqa: S112 (whoever reads it again says what is wrong with it)
            continue


def main(lines: Sequence[int]) -> None:
    """Load what reading needs, then let a process for each of the sockets `lines` (descriptors) answer there.

    Ends when all of them have.
    """
    warm()
    search_rarely()
    left = [socket(fileno=line) for line in lines]
    while left:
        line = left.pop()
        if os.fork() == 0:
            for other in left:
                other.close()
            try:
                _answer(line)
            finally:
                os._exit(0)
        line.close()
    with suppress(ChildProcessError):
        while os.wait():
            continue


def _answer(line: socket) -> None:
    with line.makefile("rb") as asked, line.makefile("wb") as said:
        said.write(b"%d\n" % os.getpid())
        said.flush()
        source = Source.model_validate_json(asked.readline())
        for question in asked:
            segment = json.loads(question)
            for page in read_ahead(SpoolReader.read(Path(segment["segment"])), source, segment["digests"]):
                said.write(page + b"\n")
            said.write(b"\n")
            said.flush()
