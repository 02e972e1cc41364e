"""The text of an article that comes as XML: the archive keeps what describes it and never the text itself."""

import re
from typing import Literal

_CONCERNED = re.compile(r"<(?:[^\s<>/:]{1,40}:)?(?:article|front|front-stub)[\s/>]")
# Every alternative ends at the next `<` or stands at most once per page unclosed, so that a scan is linear.
_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!DOCTYPE\s++(?P<type>[^\s\[<>]++)[^\[<>]*+(?P<subset>\[.*?\]\s*)?>|"
    r"""<(?P<end>/?)(?P<name>[^\s<>/!?'"=]++)(?:[^<>'"]|'[^'<]*+'|"[^"<]*+")*+>""",
    re.DOTALL,
)
# JATS (ANSI/NISO Z39.96): an article, and those inside it, each with its front; all else in them is the text.
_ARTICLES = frozenset(("article", "sub-article", "response"))
_FRONTS = frozenset(("front", "front-stub"))
_TEXTS = frozenset(("body", "back", "floats-group"))

_Kind = Literal["around", "article", "front", "text"]


def without_text(text: str) -> str | None:
    """XML with empty elements in the places of an article's text, and without a subset of its DTD; other XML as it is.

    None if some of it cannot be cut with certainty: an element that does not end, or one that ends twice.
    """
    return _Cut(text).made() if _CONCERNED.search(text) else text


class _Cut:
    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[tuple[str, _Kind]] = []
        self._pieces: list[str] = []
        self._rooted = False

    def made(self) -> str | None:
        text, at = self._text, 0
        while (start := text.find("<", at)) >= 0:
            token = _TOKEN.match(text, start)
            if token is None or not self._take_words(text[at:start]) or not self._take(token):
                return None
            at = token.end()
        if self._open or not self._take_words(text[at:]):
            return None
        cut = "".join(self._pieces)
        return text if cut == text else cut

    @property
    def _kind(self) -> _Kind:
        return self._open[-1][1] if self._open else "around"

    def _take_words(self, words: str) -> bool:
        if not self._open and words.strip(" \t\r\n\ufeff"):
            return False
        if self._kind in ("around", "front") or (self._kind == "article" and not words.strip()):
            self._pieces.append(words)
        return True

    def _take(self, token: re.Match[str]) -> bool:
        if token["name"]:
            return self._end(token) if token["end"] else self._start(token)
        if token["type"]:
            self._pieces.append(f"<!DOCTYPE {token['type']}>" if token["subset"] else token[0])
            return not self._rooted
        if self._kind == "front" or (self._kind == "around" and not token[0].startswith("<!--")):
            self._pieces.append(token[0])
        return bool(self._open) or not token[0].startswith("<![")

    def _start(self, token: re.Match[str]) -> bool:
        if not self._open and self._rooted:
            return False
        self._rooted = True
        above, kind = self._kind, self._kind_of(token["name"].rpartition(":")[2])
        if kind != "text":
            self._pieces.append(token[0])
        elif above != "text":
            self._pieces.append(f"<{token['name']}/>")
        if not token[0].endswith("/>"):
            self._open.append((token["name"], kind))
        return True

    def _kind_of(self, name: str) -> _Kind:
        above = self._kind
        if above == "text" or name in _TEXTS:
            return "text"
        if name in _ARTICLES and above != "front":
            return "article"
        if above == "article":
            return "front" if name in _FRONTS else "text"
        return above

    def _end(self, token: re.Match[str]) -> bool:
        if not self._open or self._open[-1][0] != token["name"]:
            return False
        if self._open.pop()[1] != "text":
            self._pieces.append(token[0])
        return True
