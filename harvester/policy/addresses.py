"""E-mail addresses leave a body and a Record: plain, encoded, escaped, spelled out or obfuscated."""

import re
import string
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from pydantic import BaseModel

from harvester.model.page import Page
from harvester.model.record import Record
from harvester.policy.hints import Hint, Look, hints_of

# One letter, digit, dot, plus, minus or underscore of an address, encoded; a no-break space is none of them.
_HEX = r"(?:2[bBdDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])"
_CODED = (
    r"&#0{0,5}(?:4[35689]|5[0-7]|6[5-9]|[78][0-9]|90|95|9[789]|1[01][0-9]|12[0-2]);"
    rf"|&#[xX]0{{0,5}}{_HEX};|\\u00{_HEX}|\\x{_HEX}|%{_HEX}"
)
_PERIOD = r"\.|&period;|&#0{0,5}46(?:;|(?!\d))|&#[xX]0{0,5}2[eE];|%2[eE]|\\u002[eE]|\\x2[eE]"
_JOINED = r"""["']\s?\+\s?["']"""  # strings that a script puts together
# What stands between the parts of an address and is not seen, or is seen as a blank: in UTF-8, and as its bytes.
_UNSEEN = (
    r"(?:</?[a-zA-Z][^<>]{0,120}>|<!--[^<>]{0,120}-->|&(?:nbsp|shy|zwnj|zwj|ZeroWidthSpace|#160|#173|#820[345]|#xa0|#x200b);"
    r"|[\u200b-\u200d\u2060\ufeff]|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2?[\xa0\xad])"
)
_TAGS_AFTER = re.compile(rf"{_JOINED}|\s?(?:{_UNSEEN}\s{{0,2}}){{0,3}}")
_TAGS_BEFORE = re.compile(rf"(?:{_JOINED}|(?:\s{{0,2}}{_UNSEEN}){{0,3}}\s?)$")
_SIGN = (
    r"@|&(?:commat;|#0{0,5}64(?:;|(?!\d))|#[xX]0{0,5}40(?:;|(?![0-9a-fA-F])))|%40|\\(?:u00|x)40"
    r"|[\uff20\ufe6b]|\xef(?:\xbc\xa0|\xb9\xab)"
)
# Every alternative begins with a character of its own: where none of these stands, no pattern is tried.
_SPELLED = "|".join(
    rf"{left}\s{{0,2}}(?:[aA]t|AT|chez|arobase?|arroba|\xc3?\xa0|\xe0|&agrave;|@|a(?=[\])]\w))\s{{0,2}}(?:[\])}}]|&gt;)"
    for left in (r"\[", r"\(", r"\{", "&lt;")
)
_WORDED = r" (?:at|AT|arobase)(?=\s[A-Za-z0-9-]{1,63}\s(?:dot|DOT|point)\s)"
_ALL_SIGNS = re.compile(f"{_SIGN}|{_SPELLED}|{_WORDED}")
_CODED_SIGNS = re.compile(_SIGN)
_PLAIN_SIGN = re.compile("@")
_LETTERS = tuple(re.compile(rf"{sign}[A-Za-z0-9]") for sign in (r"\(a\)", r"\[a\]"))
# A picture of the sign.
_DRAWN_SIGNS = re.compile(
    rf"""<img\b[^<>]{{0,200}}?\balt\s?=\s?["']?[(\[]?(?:@|[aA]t|AT)[)\]]?["'\s/][^<>]{{0,200}}>|{_ALL_SIGNS.pattern}"""
)
_WORDED_DOTS = (" dot ", " point ")
_WORDED_HINT = re.compile(r" (?:at|arobase) [a-z0-9-]{1,63}$")
_DOT = (
    rf"(?:<wbr\s?/?>)?(?:{_PERIOD}|\s{{0,2}}[\[(](?:dot|DOT|point)[\])]\s{{0,2}}|\s(?:dot|DOT|point)\s)(?:<wbr\s?/?>)?"
)
# A letter with an accent: as such, or as its two bytes in UTF-8. Others may belong to the words before.
_ACCENTED = r"[\xc3-\xd1][\x80-\xbf]|[\xc0-\u04ff](?![\x80-\xbf])"
_LOCAL = re.compile(rf"(?:[A-Za-z0-9.!+_~-]|{_ACCENTED}|{_CODED}|&period;){{1,80}}\s{{0,2}}$")
_DOMAIN = re.compile(
    rf"\s{{0,2}}(?:(?:(?:[A-Za-z0-9\x80-\x9f\xa1-\xc1\xc3-\uffff-]|{_CODED}){{1,63}}{_DOT}){{1,6}}(?:[A-Za-z]|{_CODED}){{2,24}}"
    r"|\[\d{1,3}(?:\.\d{1,3}){3}\])"
)
# The hexadecimal, XOR-ed form one widespread content network puts in place of addresses.
_XORED = re.compile(r"""(data-cfemail\s*=\s*["']|/cdn-cgi/l/email-protection#)[0-9a-fA-F]{8,400}""")
_MAILTO = re.compile(r"""(mailto(?::|%3[aA]|&colon;|&#0{0,3}58;))[^"'<>\s?]{1,300}""")
_MAILTO_ANY_CASE = re.compile(_MAILTO.pattern, re.IGNORECASE)
# How scripts hide addresses: letters moved by some places, as numbers, as strings put together, in parts of a tag.
_MOVED = re.compile(r"""(UnCryptMailto\s?\(\s?(?:%27|&#0?39;|&quot;|['"]))[^'"&)%<>]{1,300}""", re.IGNORECASE)
_NUMBERS = re.compile(r"(fromCharCode\s?\(\s?)([\d\s,]{5,4000})", re.IGNORECASE)
_JOIN = re.compile(r"""(["'])[^"']{1,80}(["']\s?,\s?["'])[^"'\s]{1,200}(["']\s?\]\s?\.join\(["']@)""")
_OF_MAIL = re.compile(r"""(data-[\w-]{0,40}mail[\w-]{0,40}\s?=\s?(["']))[^"'<>\s]{3,400}(?=\2)""")
_HOST = re.compile(r"""data-(?:domain|host|server)\s?=\s?["'][\w-]{1,63}(?:\.[\w-]{1,63}){1,6}["']""")
_NAMED = re.compile(r"data-(?:user|username|name|local|local-part|account|login|mailbox|box)\s?=")
_PART = re.compile(r"""(data-[\w-]{1,40}\s?=\s?(["']))[^"'<>]{0,400}(?=\2)""")
_JOINS = ('.join("@', ".join('@")
_MAIL_NAMES, _HOST_NAMES = ("data-mail", "data-email", "-mail=", "-email="), ("data-domain", "data-host", "data-server")
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|m?js|json|html?|map|woff2?)$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_OF_NAMES = frozenset(string.ascii_letters + string.digits + "._-")
_QUOTED = re.compile(r'(?<![=\w])"[^"<>=]{1,64}"$')
_LOCAL_REACH, _TAG_REACH, _DOMAIN_REACH, _WORDED_REACH = 200, 400, 500, 80
_HINTS = frozenset((Hint.LINK, Hint.SPELLED, Hint.DOTTED, Hint.CODED, Hint.PARTED, Hint.DRAWN, Hint.LETTER))
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
    if Hint.PARTED in hints:
        text = _without_devices(text, lowered)
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


def _without_devices(text: str, lowered: str) -> str:
    if "uncryptmail" in lowered:
        text = _MOVED.sub(r"\1", text)
    if "fromcharcode" in lowered:
        text = _NUMBERS.sub(lambda found: found[1] + ("" if _spells_address(found[2]) else found[2]), text)
    if any(name in lowered for name in _JOINS):
        text = _JOIN.sub(r"\1\2\3", text)
    if any(name in lowered for name in _MAIL_NAMES):
        text = _OF_MAIL.sub(r"\1", text)
    if any(name in lowered for name in _HOST_NAMES):
        for start, end in reversed([*_tags_in_parts(text)]):
            text = text[:start] + _PART.sub(r"\1", text[start:end]) + text[end:]
    return text


def _tags_in_parts(text: str) -> Iterator[tuple[int, int]]:
    """Where tags stand whose data are the name and the host of an address."""
    done = 0
    for host in _HOST.finditer(text):
        start = text.rfind("<", max(done, host.start() - _TAG_REACH), host.start())
        end = text.find(">", host.end(), host.end() + _TAG_REACH)
        if min(start, end) >= done and _NAMED.search(text, start, end):
            yield start, end
            done = end


def _spells_address(numbers: str) -> bool:
    codes = [int(number) for number in re.findall(r"\d{1,6}", numbers)]
    return ord("@") in codes and ord(".") in codes


def _signs(text: str, lowered: str, hints: AbstractSet[Hint]) -> Iterator[re.Match[str]]:
    """What may stand between the name and the domain of an address."""
    if Hint.DRAWN in hints:
        return _DRAWN_SIGNS.finditer(text)
    if Hint.SPELLED in hints or (Hint.DOTTED in hints and _is_worded(lowered)) or _is_lettered(text, hints):
        return _ALL_SIGNS.finditer(text)
    if Hint.CODED in hints:
        return _CODED_SIGNS.finditer(text)
    return _PLAIN_SIGN.finditer(text) if "@" in text else iter(())


def _is_lettered(text: str, hints: AbstractSet[Hint]) -> bool:
    """Whether an "(a)" stands glued to a word: panels of figures have blanks behind them."""
    return Hint.LETTER in hints and any(sign.search(text) for sign in _LETTERS)


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
    tags = _TAGS_BEFORE.search(before) if before.rstrip()[-1:] not in _OF_NAMES else None
    left = begin + tags.start() if tags else sign.start()
    start = _local_start(text, left, done)
    return None if start is None else (start, left, right, domain.end())


def _local_start(text: str, end: int, done: int) -> int | None:
    begin = max(done, end - _LOCAL_REACH)
    before = text[begin:end]
    if before.endswith("}") and "{" in before:  # {first,second}@host
        return begin + before.rindex("{")
    if before.endswith('"') and (quoted := _QUOTED.search(before)):  # "first last"@host
        return begin + quoted.start()
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


def headers_without_addresses(page: Page) -> Page:
    """The same for what the server said of a page; `Link: <mailto:...>; rel=author` names a person too."""
    headers = tuple((name, without_addresses(value)) for name, value in page.headers)
    return page if headers == page.headers else page.model_copy(update={"headers": headers})


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
