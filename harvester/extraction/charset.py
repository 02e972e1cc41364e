"""Which codec a body is read with, and how that is known."""

import codecs
import re
from typing import NamedTuple

_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.-]{2,40})""")
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# The Encoding Standard (WHATWG, section 4.2) reads these labels as windows-1252.
_LATIN = frozenset(("iso8859-1", "ascii", "cp1252"))


class Charset(NamedTuple):
    """The codec a body is read with, how it is known, and whether its text may be wrong."""

    name: str
    known_by: str  # bom | header | meta | bytes
    suspect: bool = False


def charset_of(body: bytes, content_type: str | None) -> Charset:
    """Choose the codec: BOM, then what the bytes prove, then header, then meta; a wrong label is overruled.

    UTF-8 proves itself (a legacy text is practically never valid UTF-8 beyond ASCII), so a valid body wins over a
    single-byte label, and an invalid one over the label `utf-8`.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return Charset(name, "bom")
    if body[:2] in (b"<\0", b"\0<"):
        return Charset("utf-16-le" if body[1] == 0 else "utf-16-be", "bytes")
    label, known_by = _declared(body, content_type)
    if body.isascii():
        return Charset("utf-8" if label in _LATIN else label or "utf-8", known_by)
    if _is_utf8(body):
        return Charset("utf-8", known_by if label == "utf-8" else "bytes")
    if label and label != "utf-8":
        return Charset("cp1252" if label in _LATIN else label, known_by)
    return _broken_utf8(body, known_by) if label or _mostly_utf8(body) else Charset("cp1252", "bytes")


def _declared(body: bytes, content_type: str | None) -> tuple[str | None, str]:
    found = _HEADER_CHARSET.search(content_type or "")
    if found and (name := _codec(found[1])):
        return name, "header"
    head = body[:4096]
    match = _META_CHARSET.search(head) or _XML_CHARSET.search(head)
    if match and (name := _codec(match[1].decode("ascii"))):
        return name, "meta"
    return None, "bytes"


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
        b"".decode(name)
    except (LookupError, ValueError):
        return None
    # A page that says UTF-16 in ASCII bytes is not UTF-16 (Encoding Standard, 14.1).
    return "utf-8" if name.startswith("utf-16") else name


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for char in text if char > "\x7f") - bad
    return good > 3 * bad


def _broken_utf8(body: bytes, known_by: str) -> Charset:
    return Charset("utf-8", known_by, suspect=True) if _mostly_utf8(body) else Charset("cp1252", "bytes")
