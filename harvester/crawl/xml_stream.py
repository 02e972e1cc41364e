"""XML of others, as a stream or whole: no entity is expanded, nothing external is read, what is broken is left out."""

import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

_CHUNK = 65_536
_TAIL = 1_024
_TOO_WIDE = re.compile(
    rb"""(<\?xml[^>]{0,100}?\sencoding\s*=\s*["'])(?:utf-?16|utf-?32|ucs-?[24]|unicode)[a-z-]*""", re.IGNORECASE
)
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "recover": True,
    "remove_comments": True,
}


def elements(text: bytes, places: Collection[str], problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Local name and element of every element at these `places`, whatever its namespace, each emptied after its turn.

    A place is a name, or `parent/name`. What is wrong with the text is added to `problems`; what can be read of it
    still comes, but not the words in which the text breaks off.
    """
    names = {place.rpartition("/")[2] for place in places}
    for element in _ended(text, problems):
        name = local(element)
        if name in names and (name in places or f"{_name_above(element)}/{name}" in places):
            yield name, element
            _forget(element)


def _ended(text: bytes, problems: list[str]) -> Iterator[Any]:
    """Every element as it ends."""
    text = _readable(text, problems)
    parser = etree.XMLPullParser(events=("end",), **_SAFE)
    last = None
    try:
        for start in range(0, len(text), _CHUNK):
            parser.feed(text[start : start + _CHUNK])
            for _, last in parser.read_events():
                yield last
        root = parser.close()
    except etree.XMLSyntaxError as error:
        problems.append(f"broken XML: {error.msg}")
        return
    held = [element for _, element in parser.read_events()]
    if root is not None and last is not root and not _closes(root, text[-_TAIL:]):
        problems.append(f"broken XML: it breaks off before the end of {local(root)}")
        yield from _without_torn(held)
        return
    yield from held
    if broken := parser.feed_error_log.filter_from_fatals():
        problems.append(f"broken XML: line {broken[0].line}, {broken[0].message.strip()}")


def _without_torn(held: list[Any]) -> list[Any]:
    """Of elements that only the end of the parser has ended, the innermost goes: the text breaks off in its words."""
    if not held or len(held[0]):
        return held
    above = held[0].getparent()
    if above is not None:
        above.remove(held[0])
    return held[1:]


def _closes(root: Any, tail: bytes) -> bool:
    return re.search(rf"</([^\s<>:]+:)?{re.escape(local(root))}\s*>".encode(), tail) is not None


def _name_above(element: Any) -> str:
    above = element.getparent()
    return "" if above is None else local(above)


def _forget(element: Any) -> None:
    """Empty an element and let go of those like it before it: a long list is never held whole."""
    element.clear()
    above = element.getparent()
    while above is not None and (before := element.getprevious()) is not None and before.tag == element.tag:
        above.remove(before)


def tree(text: bytes, problems: list[str]) -> Any:
    """The root element of what can be read of `text`, or None; what is wrong with it is added to `problems`."""
    text = _readable(text, problems)
    parser = etree.XMLParser(**_SAFE)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        problems.append(f"broken XML: {error}")
        return None
    if root is None:
        problems.append("no XML")
    elif broken := parser.error_log.filter_from_fatals():  # an undeclared prefix is none: nothing is lost by it
        problems.append(f"broken XML: line {broken[0].line}, {broken[0].message}")
    return root


def _readable(text: bytes, problems: list[str]) -> bytes:
    """Without space before the declaration, nor an encoding there that its own bytes refute (XML 1.0, 4.3.3)."""
    if b"<!ENTITY" in text[:_CHUNK]:
        problems.append("declares entities, which are not expanded")
    text = text.lstrip() if text[:1].isspace() else text
    return _TOO_WIDE.sub(rb"\1utf-8", text, count=1) if _TOO_WIDE.match(text.removeprefix(BOM_UTF8)) else text


def local(element: Any) -> str:
    """The element's name without its namespace; empty for comments and the like.

    A prefix that nothing declares stays part of the name.
    """
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Any) -> dict[str, str]:
    """Text of the element's children by local name; of several, the last."""
    return {local(child): (child.text or "").strip() for child in element if isinstance(child.tag, str)}


def moment(text: str | None, now: datetime) -> datetime | None:
    """A W3C date-time or an e-mail date; a bare date is its midnight, UTC. None: unreadable, or over a day ahead."""
    found = _read((text or "").strip())
    if found is None:
        return None
    stated = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return stated.astimezone(UTC) if stated <= now + timedelta(days=1) else None
    except OverflowError:  # in UTC it lies before the year 1
        return None


def _read(text: str) -> datetime | None:
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(padded)
        except (ValueError, TypeError, OverflowError):
            continue
    return None
