"""The text of an article that comes as XML: the archive keeps what describes it and never the text itself."""

import re

_HTML = re.compile(r"<html[\s>]|<!doctype\s+html", re.IGNORECASE)
_FRONT = re.compile(r"<(?:[\w.-]+:)?front[\s>]")
# JATS (ANSI/NISO Z39.96): what stands in these is the text, its figures, references and appendices.
_OPEN = re.compile(r"<((?:[\w.-]{1,40}:)?(?:body|back|floats-group))(?:\s[^<>]*)?(?<!/)>")
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:body|back|floats-group)\s*>")


def without_text(text: str) -> str | None:
    """A JATS article with empty elements in the places of its text; any other page as it is.

    None if some of it cannot be cut with certainty: an element that does not end, or one that ends twice.
    """
    if "front" not in text or _HTML.search(text[:4_000]) or not _FRONT.search(text):
        return text
    pieces: list[str] = []
    at = 0
    while start := _OPEN.search(text, at):
        end = text.find(f"</{start[1]}", start.end())
        close = text.find(">", end)
        if end < 0 or close < 0:
            return None
        pieces += [text[at : start.start()], f"<{start[1]}/>"]
        at = close + 1
    cut = "".join((*pieces, text[at:]))
    if _END.search(cut):
        return None
    return cut if pieces else text
