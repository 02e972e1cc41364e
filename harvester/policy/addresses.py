"""E-mail addresses leave a body and a Record: plain, encoded, escaped, spelled out or obfuscated."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from pydantic import BaseModel

from harvester.model.record import Record
from harvester.policy.hints import Hint, Look, hints_of

# One letter, digit, dot, plus, minus or underscore of an address, encoded; a no-break space is none of them.
_HEX = r"(?:2[bBdDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])"
_CODED = (
    r"&#0{0,5}(?:4[35689]|5[0-7]|6[5-9]|[78][0-9]|90|95|9[789]|1[01][0-9]|12[0-2]);"
    rf"|&#[xX]0{{0,5}}{_HEX};|\\u00{_HEX}|\\x{_HEX}|%{_HEX}"
)
_PERIOD = r"\.|&period;|&#0{0,5}46;|&#[xX]0{0,5}2[eE];|%2[eE]|\\u002[eE]|\\x2[eE]"
_JOINED = r"""["']\s?\+\s?["']"""  # strings that a script puts together
_TAGS_AFTER = re.compile(rf"{_JOINED}|\s?(?:</?[a-zA-Z][^<>]{{0,120}}>\s{{0,2}}){{0,3}}")
_TAGS_BEFORE = re.compile(rf"(?:{_JOINED}|(?:\s{{0,2}}</?[a-zA-Z][^<>]{{0,120}}>){{0,3}}\s?)$")
_SIGN = r"@|&(?:commat|#0{0,5}64|#[xX]0{0,5}40);|%40|\\(?:u00|x)40|\uff20|\xef\xbc\xa0"
# Every alternative begins with a character of its own: where none of these stands, no pattern is tried.
_SPELLED = "|".join(
    rf"{left}\s{{0,2}}(?:at|AT|chez|arobase|@)\s{{0,2}}(?:[\])}}]|&gt;)" for left in (r"\[", r"\(", r"\{", "&lt;")
)
_WORDED = r" (?:at|AT|arobase)(?=\s[A-Za-z0-9-]{1,63}\s(?:dot|DOT|point)\s)"
_ALL_SIGNS = re.compile(f"{_SIGN}|{_SPELLED}|{_WORDED}")
_CODED_SIGNS = re.compile(_SIGN)
_PLAIN_SIGN = re.compile("@")
_WORDED_DOTS = (" dot ", " point ")
_WORDED_HINT = re.compile(r" (?:at|arobase) [a-z0-9-]{1,63}$")
_DOT = rf"(?:{_PERIOD}|\s{{0,2}}[\[(](?:dot|DOT|point)[\])]\s{{0,2}}|\s(?:dot|DOT|point)\s)"
_LOCAL = re.compile(rf"(?:[A-Za-z0-9.!+_~-]|{_CODED}|&period;){{1,80}}\s{{0,2}}$")
_DOMAIN = re.compile(
    rf"\s{{0,2}}(?:(?:[A-Za-z0-9\x80-\x9f\xa1-\xc1\xc3-\uffff-]|{_CODED}){{1,63}}{_DOT}){{1,6}}(?:[A-Za-z]|{_CODED}){{2,24}}"
)
# The hexadecimal, XOR-ed form one widespread content network puts in place of addresses.
_XORED = re.compile(r"""(data-cfemail\s*=\s*["']|/cdn-cgi/l/email-protection#)[0-9a-fA-F]{8,400}""")
_MAILTO = re.compile(r"""(mailto(?::|%3[aA]|&colon;|&#0{0,3}58;))[^"'<>\s?]{1,300}""")
_MAILTO_ANY_CASE = re.compile(_MAILTO.pattern, re.IGNORECASE)
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|m?js|json|html?|map|woff2?)$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LOCAL_REACH, _TAG_REACH, _DOMAIN_REACH, _WORDED_REACH = 200, 400, 500, 80
_HINTS = frozenset((Hint.LINK, Hint.SPELLED, Hint.DOTTED, Hint.CODED))
# Of a Record: fields that hold addresses of another kind; and a sign that is not of a path (/@content), a name
# ("@type") or a rule (rule@1).
_OTHER_ADDRESSES = {"url", "aliases", "locations", "where", "identifiers"}
_PERHAPS = re.compile(rb"""@(?<!["/]@)(?!\d+")""")


def without_addresses(text: str) -> str:
    """The text without e-mail addresses; markup between their parts stays, so the page keeps its shape."""
    lowered = text.lower()
    return _without(text, lowered, hints_of(lowered.encode("utf-8", "replace")))


def _without(text: str, lowered: str, hints: AbstractSet[Hint]) -> str:
    if Hint.LINK in hints:
        text = _without_links(text, lowered)
    parts: list[str] = []
    done = 0
    for sign in _signs(text, lowered, hints):
        if sign.start() >= done and (place := _address(text, sign, done)):
            start, left, right, end = place
            parts += (text[done:start], *_TAG.findall(text, left, right))
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _without_links(text: str, lowered: str) -> str:
    if "mailto" in lowered:
        exact = lowered.count("mailto") == text.count("mailto")
        text = (_MAILTO if exact else _MAILTO_ANY_CASE).sub(r"\1", text)
    if "email-protection" in lowered or "cfemail" in lowered:
        text = _XORED.sub(r"\1", text)
    return text


def _signs(text: str, lowered: str, hints: AbstractSet[Hint]) -> Iterator[re.Match[str]]:
    """What may stand between the name and the domain of an address."""
    if Hint.SPELLED in hints or (Hint.DOTTED in hints and _is_worded(lowered)):
        return _ALL_SIGNS.finditer(text)
    if Hint.CODED in hints:
        return _CODED_SIGNS.finditer(text)
    return _PLAIN_SIGN.finditer(text) if "@" in text else iter(())


def _is_worded(lowered: str) -> bool:
    """Whether a dot is spelled out behind a spelled-out sign; looked for backwards: " point " is rarer than " at "."""
    for dot in _WORDED_DOTS:
        place = lowered.find(dot)
        while place >= 0:
            if _WORDED_HINT.search(lowered[max(0, place - _WORDED_REACH) : place]):
                return True
            place = lowered.find(dot, place + 1)
    return False


def _address(text: str, sign: re.Match[str], done: int) -> tuple[int, int, int, int] | None:
    """Start and end of the address around a sign, and between them the end of its name and start of its domain."""
    after = _TAGS_AFTER.match(text, sign.end())
    right = after.end() if after else sign.end()
    domain = _DOMAIN.match(text, right, right + _DOMAIN_REACH)
    if domain is None or _FILE.search(domain[0]):
        return None
    begin = max(done, sign.start() - _TAG_REACH)
    before = text[begin : sign.start()]
    tags = _TAGS_BEFORE.search(before) if before.rstrip().endswith((">", "'", '"')) else None
    left = begin + tags.start() if tags else sign.start()
    start = _local_start(text, left, done)
    return None if start is None else (start, left, right, domain.end())


def _local_start(text: str, end: int, done: int) -> int | None:
    begin = max(done, end - _LOCAL_REACH)
    before = text[begin:end]
    if before.endswith("}") and "{" in before:  # {first,second}@host
        return begin + before.rindex("{")
    local = _LOCAL.search(before)
    return begin + local.start() if local else None


def body_without_addresses(page: Look, encoding: str) -> bytes:
    """The same for a body. Addresses are ASCII, so every ASCII-compatible encoding is left byte for byte as it was."""
    if encoding.lower().startswith(("utf-16", "utf-32")):
        text = page.body.decode(encoding, "replace")
        clean = without_addresses(text)
        return page.body if clean == text else clean.encode(encoding, "replace")
    text = page.body.decode("latin-1")
    clean = _without(text, page.lowered.decode("latin-1"), page.hints)
    return page.body if clean is text or clean == text else clean.encode("latin-1")


def record_without_addresses(record: Record) -> Record:
    """The same for what was read of a page, evidence and all. Its own addresses and identifiers stay as they are."""
    said = record.model_dump_json(exclude=_OTHER_ADDRESSES).encode("utf-8", "surrogatepass").lower()
    if not _PERHAPS.search(said) and hints_of(said).isdisjoint(_HINTS):
        return record
    clean = _cleaned(record)
    assert isinstance(clean, Record)
    return clean


def _cleaned(value: object) -> object:
    """The value itself where nothing is to go; of a list goes what nothing is left of."""
    if isinstance(value, str):
        clean = without_addresses(value)
        return value if clean == value else clean.strip()
    if isinstance(value, BaseModel):
        fields = {name: each for name, each in value if name not in _OTHER_ADDRESSES}
        changed = {name: new for name, each in fields.items() if (new := _cleaned(each)) is not each}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        pairs = {key: _cleaned(each) for key, each in value.items()}
        return pairs if any(pairs[key] is not each for key, each in value.items()) else value
    if isinstance(value, tuple):
        items = [_cleaned(each) for each in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else tuple(new for new in items if new != "")
    return value
