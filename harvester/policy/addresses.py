"""E-mail addresses leave a body: plain, entity-encoded, percent-encoded, escaped, spelled out or obfuscated."""

import re

# One letter, digit, dot, plus, minus or underscore of an address, encoded; a no-break space is none of them.
_HEX = r"(?:2[bBdDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])"
_CODED = (
    r"&#0{0,5}(?:4[35689]|5[0-7]|6[5-9]|[78][0-9]|90|95|9[789]|1[01][0-9]|12[0-2]);"
    rf"|&#[xX]0{{0,5}}{_HEX};|\\u00{_HEX}|\\x{_HEX}|%{_HEX}"
)
_PERIOD = r"\.|&period;|&#0{0,5}46;|&#[xX]0{0,5}2[eE];|%2[eE]|\\u002[eE]|\\x2[eE]"
_TAGS = r"(?:\s{0,2}</?[a-zA-Z][^<>]{0,120}>){0,3}"
_SIGN = r"@|&commat;|&#0{0,5}64;|&#[xX]0{0,5}40;|%40|\\u0040|\\x40|\uff20|\xef\xbc\xa0"
_SPELLED = r"\s{0,2}(?:[\[({]|&lt;)\s{0,2}(?:at|chez|arobase|@)\s{0,2}(?:[\])}]|&gt;)\s{0,2}"
_HIT = re.compile(rf"(?P<sign>{_TAGS}\s?(?:{_SIGN})\s?{_TAGS})|(?P<spelled>{_SPELLED})", re.IGNORECASE)
_LOCAL = re.compile(rf"(?:[A-Za-z0-9.!+_~-]|{_CODED}|&period;){{1,80}}$")
_DOMAIN = re.compile(
    rf"(?:(?:[A-Za-z0-9\x80-\x9f\xa1-\xc1\xc3-\uffff-]|{_CODED}){{1,63}}(?:{_PERIOD}|\s{{0,2}}[\[(](?:dot|point)[\])]\s{{0,2}})){{1,6}}"
    rf"(?:[A-Za-z]|{_CODED}){{2,24}}"
)
_WORDED = re.compile(
    r"[A-Za-z0-9._+-]{1,64}\s(?:at|arobase)\s[A-Za-z0-9-]{1,63}(?:\s(?:dot|point)\s[A-Za-z0-9-]{2,63}){1,4}",
    re.IGNORECASE,
)
_WORDED_DOT = re.compile(r"\s(?:dot|point)\s", re.IGNORECASE)
# The hexadecimal, XOR-ed form one widespread content network puts in place of addresses.
_XORED = re.compile(r"""(data-cfemail\s*=\s*["']|/cdn-cgi/l/email-protection#)[0-9a-fA-F]{8,400}""", re.IGNORECASE)
_MAILTO = re.compile(r"""(mailto(?::|%3[aA]|&colon;|&#0*58;))[^"'<>\s?]{1,300}""", re.IGNORECASE)
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|m?js|json|html?|map|woff2?)$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_LOCAL_REACH, _DOMAIN_REACH = 200, 500


def without_addresses(text: str) -> str:
    """The text without e-mail addresses; markup between their parts stays, so the page keeps its shape."""
    text = _XORED.sub(r"\1", _MAILTO.sub(r"\1", text))
    if _WORDED_DOT.search(text):
        text = _WORDED.sub("", text)
    parts: list[str] = []
    done = 0
    for hit in _HIT.finditer(text):
        if hit.start() < done:
            continue
        domain = _DOMAIN.match(text, hit.end(), hit.end() + _DOMAIN_REACH)
        start = _local_start(text, hit, done)
        if domain is None or start == hit.start() or _FILE.search(domain[0]):
            continue
        parts += (text[done:start], "".join(_TAG.findall(hit[0])))
        done = domain.end()
    return "".join((*parts, text[done:])) if parts else text


def _local_start(text: str, hit: re.Match[str], done: int) -> int:
    begin = max(done, hit.start() - _LOCAL_REACH)
    before = text[begin : hit.start()]
    if before.endswith("}") and "{" in before:  # {first,second}@host
        return begin + before.rindex("{")
    local = _LOCAL.search(before)
    return begin + local.start() if local else hit.start()


def body_without_addresses(body: bytes, encoding: str) -> bytes:
    """The same for a body. Addresses are ASCII, so every ASCII-compatible encoding is left byte for byte as it was."""
    if encoding.lower().startswith(("utf-16", "utf-32")):
        text = body.decode(encoding, "replace")
        clean = without_addresses(text)
        return body if clean == text else clean.encode(encoding, "replace")
    text = body.decode("latin-1")
    clean = without_addresses(text)
    return body if clean is text or clean == text else clean.encode("latin-1")
