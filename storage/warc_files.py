"""WARC (and ARC) files of others: the web pages in them, one at a time."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.timeutils import iso_date_to_datetime

from harvester.errors import UsageError
from harvester.model.page import BODY_LIMIT, Page

_PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")


class Held(NamedTuple):
    """What one response is: a page, or the reason why it is none."""

    page: Page | None
    reason: str = ""


def responses(path: Path) -> Iterator[Held]:
    """Every HTTP response of the file, its content codings undone.

    A damaged member ends the file and is told as the last reason. Raises UsageError for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from _held(ArchiveIterator(file))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="give the path of a WARC file") from None


def _held(records: ArchiveIterator) -> Iterator[Held]:
    try:
        for record in records:
            if record.rec_type == "response" and record.http_headers:
                yield _one(record)
    except OSError:
        raise
    except Exception as error:  # warcio has no common error for a damaged member
        yield Held(None, f"damaged: {type(error).__name__}: {error}")


def _one(record: ArcWarcRecord) -> Held:
    about, http = record.rec_headers, record.http_headers
    status = http.get_statuscode()
    media = (http.get_header("content-type") or "").partition(";")[0].strip().lower()
    if status != "200" or (media and media not in _PAGES):
        return Held(None, "no page" if status == "200" else f"HTTP {status}")
    body = record.content_stream().read(BODY_LIMIT + 1)
    if not body.strip() or len(body) > BODY_LIMIT:
        return Held(None, "empty" if not body.strip() else f"over {BODY_LIMIT} bytes")
    url = about.get_header("WARC-Target-URI").strip("<>")
    return Held(
        Page(
            url=url,
            final_url=url,
            headers=tuple((name.lower(), value) for name, value in http.headers),
            body=body,
            fetched_at=iso_date_to_datetime(about.get_header("WARC-Date"), tz_aware=True).astimezone(UTC),
        )
    )
