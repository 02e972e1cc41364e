"""Content codings."""

import gzip
import tracemalloc
import zlib

import pytest

from harvester.crawl.decoding import CutShortError, DecodingError, TooLargeError, codings, decoded

TEXT = b"<html>" + b"words and more words " * 2000 + b"</html>"
LIMIT = 10 * 1024 * 1024


def bare(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (TEXT, []),
        (gzip.compress(TEXT), ["gzip"]),
        (gzip.compress(TEXT), ["x-gzip"]),
        (zlib.compress(TEXT), ["deflate"]),
        (bare(TEXT), ["deflate"]),
        (zlib.compress(gzip.compress(TEXT)), ["gzip", "deflate"]),
        (gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]), ["gzip"]),
        (gzip.compress(TEXT) + b"\0\0\0", ["gzip"]),
    ],
)
def test_undone(body: bytes, names: list[str]) -> None:
    assert decoded(body, names, LIMIT) == TEXT


def test_names_in_order_of_application() -> None:
    assert codings(["gzip, Deflate", "identity", " "]) == ["gzip", "deflate"]


@pytest.mark.parametrize(
    ("body", "names", "error"),
    [
        (gzip.compress(TEXT)[:-20], ["gzip"], CutShortError),
        (zlib.compress(TEXT)[:-20], ["deflate"], CutShortError),
        (b"not gzip", ["gzip"], DecodingError),
        (TEXT, ["br"], DecodingError),
        (TEXT, ["gzip"] * 4, DecodingError),
        (b"x" * (LIMIT + 1), [], TooLargeError),
    ],
)
def test_refused(body: bytes, names: list[str], error: type[DecodingError]) -> None:
    with pytest.raises(error):
        decoded(body, names, LIMIT)


@pytest.mark.parametrize("value", ["", "identity", "none", "UTF-8", "utf-8, identity"])
def test_what_names_no_coding_is_none(value: str) -> None:
    assert codings([value]) == []


@pytest.mark.fault(50)
def test_a_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (200 * 1024 * 1024), 9), 9)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        decoded(bomb, ["gzip", "gzip"], LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 1024 * 1024
