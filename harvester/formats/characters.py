"""Which characters a format can hold, and how the others are folded."""

import re

# XML 1.0 (fifth edition), production 2: everything but these.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(" {2,}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def for_xml(text: str) -> str:
    """Without characters that XML 1.0 forbids."""
    return _NOT_XML.sub("", text)


def for_json(text: str) -> str:
    """Lone surrogates become U+FFFD: UTF-8 cannot hold them."""
    return _SURROGATE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """On one line: line ends and tabs are spaces, spaces are single, control characters are gone. NBSP and kin stay."""
    return _SPACES.sub(" ", _CONTROL.sub("", _LINE_ENDS.sub(" ", text))).strip()
