"""WARC (and ARC) files of others: the web pages in them, one at a time."""

import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader
from warcio.limitreader import LimitReader
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.timeutils import iso_date_to_datetime

from harvester.errors import UsageError
from harvester.model.page import BODY_LIMIT, Page

_COPIES = ("resource", "conversion")
_PAGES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml")

_CHUNK = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,4000})?\r\n")
_PROTOCOLS = ("HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/2")


class Held(NamedTuple):
    """What one response is: a page, or the reason why it is none."""

    page: Page | None
    reason: str = ""
    whole: bool = True  # not where the file breaks off


def responses(path: Path) -> Iterator[Held]:
    """Every HTTP response of the file, its content codings undone.

    A damaged member ends the file and is told as the last reason. Raises UsageError for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            # Some tools pack a whole file as one member, which the iterator itself would not read.
            is_packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if is_packed else file
            yield from _held(ArchiveIterator(stream, no_record_parse=True))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="give the path of a WARC file") from None


def _held(records: ArchiveIterator) -> Iterator[Held]:
    try:
        for record in records:
            if record.rec_type in _COPIES:
                yield Held(None, f"{record.rec_type} records, which hold no answer of a server")
            elif record.rec_type == "response":
                try:
                    yield _one(record)
                except (OSError, EOFError, zlib.error):
                    raise
                except Exception as error:  # one odd record is no reason to leave the others
                    yield Held(None, f"unreadable: {type(error).__name__}")
    except gzip.BadGzipFile as error:
        yield Held(None, f"damaged, and read up to there: {error}", whole=False)
    except OSError:
        raise
    except Exception as error:  # warcio has no common error for a damaged member
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        yield Held(None, f"damaged, and read up to there: {said}", whole=False)


def _one(record: ArcWarcRecord) -> Held:
    about = record.rec_headers
    url = (about.get_header("WARC-Target-URI") or "").strip("<>")
    if not url.lower().startswith(("http://", "https://")):
        return Held(None, "no web address")
    http = StatusAndHeadersParser(_PROTOCOLS).parse(record.raw_stream)
    status = http.get_statuscode()
    media = (http.get_header("content-type") or "").partition(";")[0].strip().lower()
    if status != "200" or (media and media not in _PAGES):
        return Held(None, "no page" if status == "200" else f"HTTP {status}")
    if about.get_header("WARC-Truncated"):
        return Held(None, "cut short")
    body = _body(record.raw_stream, http)
    if isinstance(body, Held):
        return body
    if not body.strip() or len(body) > BODY_LIMIT:
        return Held(None, "empty" if not body.strip() else f"over {BODY_LIMIT} bytes")
    return Held(
        Page(
            url=url,
            final_url=url,
            headers=tuple((name.lower(), value) for name, value in http.headers),
            body=body,
            fetched_at=iso_date_to_datetime(about.get_header("WARC-Date"), tz_aware=True).astimezone(UTC),
        )
    )


def _body(stream: LimitReader, http: StatusAndHeaders) -> bytes | Held:
    """The body, whole and its codings undone, or why it cannot be had; some archives hold it undone already."""
    raw: bytes = BufferedReader(stream).read(BODY_LIMIT + 1)
    if len(raw) > BODY_LIMIT:
        return raw
    chunked = (http.get_header("transfer-encoding") or "").strip().lower() == "chunked"
    stated = (http.get_header("content-length") or "").strip()
    if stream.limit > 0 or (stated.isdecimal() and not chunked and len(raw) < int(stated)):
        return Held(None, "cut short")
    whole = _unchunked(raw) if chunked else raw
    if whole is None:
        return Held(None, "cut short")
    coding = (http.get_header("content-encoding") or "").strip().lower().removeprefix("x-")
    if coding in ("", "identity"):
        return whole
    if coding not in ("gzip", "deflate"):
        return Held(None, f"content coding {coding[:40]}")
    return _undone(BufferedReader(BytesIO(whole), decomp_type=coding))


def _unchunked(raw: bytes) -> bytes | None:
    """The chunks (RFC 9112, 7.1) put together, None if the last is missing; what does not begin with one is whole."""
    if not _CHUNK.match(raw):
        return raw
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK.match(raw, at):
        size = int(found[1], 16)
        if size == 0:
            return b"".join(parts)
        at = found.end() + size
        parts.append(raw[found.end() : at])
        if raw[at : at + 2] != b"\r\n":
            return None
        at += 2
    return None


def _undone(reader: BufferedReader) -> bytes | Held:
    body: bytes = reader.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return body
    decoder = reader.decompressor
    if decoder is None:  # the first bytes were not in the coding
        is_markup = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        return body if is_markup else Held(None, "not in its content coding")
    return body if decoder.eof else Held(None, "cut short")
