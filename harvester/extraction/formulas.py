"""Formulas in a page's text, which stand there several times for several readers: one form of each is read."""

import re
from typing import Any

FORMS = frozenset(("math", "mml:math", "img", "script", "nobr", "span"))  # elements that may be one form of a formula

_TEX = re.compile(r"\$[^$]+\$|\\\(.+\\\)|\\\[.+\\\]", re.DOTALL)
_LONGEST = 1000  # characters of TeX; what is longer is no formula within a text
_ANNOTATIONS = frozenset(("annotation", "annotation-xml", "mml:annotation", "mml:annotation-xml"))


def formula(element: Any) -> str | None:
    r"""The words read for an element that is one form of a formula; None for any other element.

    Of MathML the tokens (`x2`), without the annotations that say them again (MathML Core, 2.4); of an image the TeX
    in its `alt` (`$x^2$`, `\(x^2\)`); of a script of type `math/tex`, where no other form stands beside it, its TeX.
    Empty for what KaTeX and MathJax draw beside the MathML. Takes elements whose tag is in `FORMS`.
    """
    tag = element.tag
    if tag == "span":
        return "" if element.get("aria-hidden") == "true" and "katex" in element.get("class", "") else None
    if tag == "img":
        said = (element.get("alt") or "").strip()
        return said if len(said) <= _LONGEST and _TEX.fullmatch(said) else None
    if tag == "script":
        return _scripted(element) if element.get("type", "").startswith("math/tex") else None
    if tag == "nobr":
        return "" if element.get("aria-hidden") == "true" else None
    return "".join(_tokens(element))


def _tokens(math: Any) -> list[str]:
    texts: list[str] = []
    waiting = [math]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            texts.append(item)
            continue
        if item.text and isinstance(item.tag, str) and item.tag not in _ANNOTATIONS:
            texts.append(item.text)
        if item.tail and item is not math:
            waiting.append(item.tail)
        if item.tag not in _ANNOTATIONS:
            waiting.extend(item.iterchildren(reversed=True))
    return texts


def _scripted(script: Any) -> str:
    tex = (script.text or "").strip()
    return f"${tex}$" if tex and len(tex) <= _LONGEST and not _is_drawn(script.getprevious()) else ""


def _is_drawn(before: Any) -> bool:
    """True where what stands before a script is, or holds, another form of its formula."""
    if before is None or not isinstance(before.tag, str):
        return False
    return "mathjax" in before.get("class", "").lower() or any(map(formula, before.iter("math", "mml:math", "img")))
