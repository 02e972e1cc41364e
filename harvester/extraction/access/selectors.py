"""CSS of a source's file, compiled once."""

from functools import lru_cache
from typing import Any

from lxml.cssselect import CSSSelector

from harvester.extraction.document import Element


@lru_cache(maxsize=2_000)
def _selector(css: str) -> Any:
    return CSSSelector(css, translator="html")


def select(root: Element, css: str) -> list[Element]:
    """Elements a rule's CSS finds, in document order."""
    return list(_selector(css)(root))
