"""A page with the letters of names masked: in its text, between its tags, in attributes, scripts and addresses."""

import re
from collections.abc import Callable, Iterable
from html import unescape
from urllib.parse import unquote

from harvester.model.page import Page
from storage.names import MASK, Names, Person, flattened

_UTF8 = r"%[2-7][0-9a-fA-F]|%[cCdD][0-9a-fA-F]%[0-9a-fA-F]{2}|%[eE][0-9a-fA-F](?:%[0-9a-fA-F]{2}){2}"
_CODED = re.compile(rf"&\#?\w{{1,10}};|\\u[0-9a-fA-F]{{4}}|{_UTF8}")
_TAG = re.compile(r"<[^<>]{1,2000}>")
_LABEL = r"(?:family|given|sur|first|last|fore)[-_ ]?names?"
_ENTITY = f"&#{ord(MASK)};"


def masked_page(page: Page, encoding: str, names: Names, spare: Iterable[str] = ()) -> Page:
    """The page with the names masked in body and headers; the same page when they do not stand there."""
    body = masked_body(page.body, encoding or "utf-8", names, spare)
    headers = tuple((name, masked_markup(value, names, spare)) for name, value in page.headers)
    if body is page.body and headers == page.headers:
        return page
    return page.model_copy(update={"body": body, "headers": headers})


def masked_body(body: bytes, encoding: str, names: Names, spare: Iterable[str] = ()) -> bytes:
    """The body with the names masked. `spare`: addresses that must stay, because records are known by them."""
    try:
        text = body.decode(encoding, "surrogateescape")
    except LookupError:
        encoding = "utf-8"
        text = body.decode(encoding, "surrogateescape")
    masked = masked_markup(text, names, spare)
    if masked == text:
        return body
    try:
        return masked.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:
        return masked.replace(MASK, _ENTITY).encode(encoding, "surrogateescape")


def masked_markup(text: str, names: Names, spare: Iterable[str] = ()) -> str:
    """The same for markup as text."""
    kept = [address for address in spare if address]
    for collapse in (False, True):
        text = _masked(text, names.flat_spans, kept, collapse=collapse)
    labelled = [_labelled(words) for one in names.people for words in _parts(one, names)]
    for pattern in labelled:
        text = _masked(text, lambda flat, _, p=pattern: [m.span("name") for m in p.finditer(flat)], kept)  # type: ignore[misc]
    return text


def _parts(one: Person, names: Names) -> list[tuple[str, ...]]:
    """The parts of a name that may be masked where they stand alone under a label; none that somebody else has too."""
    parts = [] if names.family_stays(one) or not one.family else [one.family]
    if one.given and not one.initials and not any(other.given == one.given for other in names.others):
        parts.append(one.given)
    return parts


def _labelled(words: tuple[str, ...]) -> re.Pattern[str]:
    """`"familyName": "X"`, `<surname>X<`, `name="..lastname" content="X"`."""
    name = r"[\s.'’‐‑-]{1,3}".join(map(re.escape, words))
    return re.compile(rf"{_LABEL}[\"'\s:=>]{{1,8}}(?:content\s*=\s*[\"'])?(?P<name>{name})(?=\s*[\"'<])")


def _masked(
    text: str, find: Callable[[str, str], list[tuple[int, int]]], spare: list[str], *, collapse: bool = False
) -> str:
    plain, starts = _decoded(text, collapse=collapse)
    spans = find(flattened(plain), plain)
    if not spans:
        return text
    kept = [found.span() for address in spare for found in re.finditer(re.escape(address), text)]
    places = {
        at
        for start, end in spans
        if not any(a <= starts[start] < b for a, b in kept)
        for at in range(start, end)
        if plain[at].isalpha()
    }
    parts: list[str] = []
    done = 0
    for at in sorted(places):
        first, last = starts[at], starts[at + 1]
        parts += (text[done:first], _mask_for(text[first:last]))
        done = last
    return "".join((*parts, text[done:]))


def _decoded(text: str, *, collapse: bool) -> tuple[str, list[int]]:
    """The text with its codes undone (and each tag one sign), and where each sign begins, the end last."""
    pattern = re.compile(f"{_TAG.pattern}|{_CODED.pattern}") if collapse else _CODED
    signs: list[str] = []
    starts: list[int] = []
    done = 0
    for found in pattern.finditer(text):
        signs.append(text[done : found.start()])
        starts.extend(range(done, found.start()))
        sign = "\x1f" if found[0].startswith("<") else _sign(found[0])
        if len(sign) == 1:
            signs.append(sign)
            starts.append(found.start())
        else:
            signs.append(found[0])
            starts.extend(range(found.start(), found.end()))
        done = found.end()
    signs.append(text[done:])
    starts.extend(range(done, len(text) + 1))
    return "".join(signs), starts


def _sign(code: str) -> str:
    if code.startswith("&"):
        return unescape(code)
    return chr(int(code[2:], 16)) if code.startswith("\\u") else unquote(code)


def _mask_for(code: str) -> str:
    if code.startswith("&"):
        return _ENTITY
    if code.startswith("\\u"):
        return f"\\u{ord(MASK):04x}"
    return "%E2%96%88" if code.startswith("%") else MASK
