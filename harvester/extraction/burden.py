"""What a page would cost to parse, told from its bytes before there is a tree."""

import re

_LARGEST = 6_000_000  # bytes; the tree of a page takes thirty times as much
_MEMORY = 230_000_000  # bytes of a tree with what is read from it
_OF_ELEMENT, _OF_ATTRIBUTE = 700, 170  # of these
# A parser of HTML compares each attribute of a tag with those before it: half a second for as many in one tag.
_ATTRIBUTES = 20_000
_RUN = 2 * _ATTRIBUTES  # bytes that this many attributes take at the least
_TAG = re.compile(rb"""<[a-zA-Z](?:[^=>]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+""")
_VALUE = re.compile(rb"""=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']++)""")
_NAME = re.compile(rb"[\s/][^\s/]")


def too_heavy(body: bytes) -> str | None:
    """Why a page is not to be parsed: it would take too much memory or time. None for every page that may be."""
    if len(body) > _LARGEST:
        return f"the body is larger than {_LARGEST:,} bytes"
    elements = body.count(b"<") - body.count(b"</")
    values = body.count(b"=")
    if elements * _OF_ELEMENT + values * _OF_ATTRIBUTE > _MEMORY:
        return f"{elements:,} elements and {values:,} values would take more than {_MEMORY // 1_000_000} MB"
    if (values > _ATTRIBUTES or _has_long_run(body)) and _has_flood(body.replace(b"\0", b"")):
        return f"more than {_ATTRIBUTES:,} attributes in one element"
    return None


def _has_long_run(body: bytes) -> bool:
    """Whether somewhere no tag ends for long, looked at in few steps."""
    at = 0
    while at + _RUN < len(body):
        end = body.rfind(b">", at, at + _RUN)
        if end < 0:
            return True
        at = end + 1
    return False


def _has_flood(body: bytes) -> bool:
    tags = (tag[0] for tag in _TAG.finditer(body) if tag.end() - tag.start() > _RUN // 10)
    return sum(len(_NAME.findall(_VALUE.sub(b" ", tag))) ** 2 for tag in tags) > _ATTRIBUTES**2
