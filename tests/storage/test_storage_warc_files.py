"""WARC files of others: whole pages only, and one odd record does not cost the rest."""

import gzip
from pathlib import Path

import pytest

from storage.warc_files import Held, responses

URL = "https://press.example/article/1"
WHOLE = b"<html>" + bytes(range(32, 127)) * 400 + b"</html>"
CHUNKED = "Transfer-Encoding: chunked"


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    pieces = [b"%x;name=value\r\n%s\r\n" % (len(some), some) for some in (body[:half], body[half:])]
    return b"".join((*pieces, b"0\r\n\r\n"))


CHUNKS = chunked(WHOLE)


def member(
    body: bytes, *http: str, url: str | None = URL, date: str = "2026-01-02T03:04:05Z", about: tuple[str, ...] = ()
) -> bytes:
    payload = "\r\n".join(("HTTP/1.1 200 OK", "Content-Type: text/html", *http, "", "")).encode() + body
    target = (f"WARC-Target-URI: {url}",) if url else ()
    lines = ("WARC/1.0", "WARC-Type: response", *target, f"WARC-Date: {date}", "WARC-Record-ID: <urn:uuid:1>", *about)
    head = "\r\n".join((*lines, f"Content-Length: {len(payload)}", "", "")).encode()
    return head + payload + b"\r\n\r\n"


def held(folder: Path, *members: bytes) -> list[Held]:
    path = folder / "others.warc"
    path.write_bytes(b"".join(members))
    return list(responses(path))


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (member(WHOLE, about=("WARC-Truncated: length",)), "cut short"),
        (member(b"<html>half", "Content-Length: 5000"), "cut short"),
        (member(gzip.compress(WHOLE)[:60], "Content-Encoding: gzip"), "cut short"),
        (member(CHUNKS[:-400], CHUNKED), "cut short"),
        (member(CHUNKS[: CHUNKS.rindex(b"0\r\n")], CHUNKED), "cut short"),
        (member(CHUNKS[:-400], CHUNKED, "Content-Encoding: gzip"), "cut short"),
        (member(b"abc", "Content-Encoding: zstd"), "content coding zstd"),
        (member(b"abc", "Content-Encoding: br"), "content coding br"),
        (member(b"abc", "Content-Encoding: gzip, br"), "content coding gzip, br"),
        (member(b"abc", "Content-Encoding: gzip"), "not in its content coding"),
        (member(WHOLE, url=None), "no web address"),
        (member(WHOLE, url="urn:x"), "no web address"),
        (member(WHOLE, date="yesterday"), "unreadable: ValueError"),
    ],
    ids=[
        "truncated",
        "length",
        "gzip cut",
        "chunk cut",
        "last chunk missing",
        "chunks and gzip",
        "zstd",
        "br",
        "two codings",
        "no gzip",
        "no address",
        "urn",
        "date",
    ],
)
def test_an_odd_record_is_told_and_the_rest_goes_on(tmp_path: Path, odd: bytes, reason: str) -> None:
    first, second = held(tmp_path, odd, member(WHOLE))
    assert first == Held(None, reason)
    assert second.page
    assert second.page.body == WHOLE


def test_a_record_that_the_file_does_not_hold_to_its_end_is_no_page(tmp_path: Path) -> None:
    first, second = held(tmp_path, member(WHOLE), member(WHOLE)[:-500])
    assert (first.page is not None, second) == (True, Held(None, "cut short"))


@pytest.mark.parametrize(
    "found",
    [
        member(gzip.compress(WHOLE), "Content-Encoding: gzip", f"Content-Length: {len(gzip.compress(WHOLE))}"),
        member(gzip.compress(WHOLE), "Content-Encoding: x-gzip"),
        member(WHOLE, "Content-Encoding: gzip", f"Content-Length: {len(gzip.compress(WHOLE))}"),
        member(CHUNKS, CHUNKED),
        member(CHUNKS + b"Trailer: x\r\n\r\n", CHUNKED),
        member(chunked(gzip.compress(WHOLE)), CHUNKED, "Content-Encoding: gzip"),
        member(WHOLE, CHUNKED),
    ],
    ids=["gzip", "x-gzip", "undone already", "chunked", "with a trailer", "chunked gzip", "put together already"],
)
def test_whole_pages_are_read(tmp_path: Path, found: bytes) -> None:
    (one,) = held(tmp_path, found)
    assert one.page
    assert one.page.body == WHOLE
