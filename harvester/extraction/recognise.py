"""Which platform a page was made with, by its marks: fingerprints of the seed files."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from harvester.extraction.document import Document
from harvester.extraction.signals.selectors import compiled
from harvester.model.source import AccessRules, Detect, Platform, ReadRules, Source

_NO_RULES = ReadRules()
_NO_ACCESS_RULES = AccessRules()


def recognised(document: Document, source: Source, fingerprints: Sequence[tuple[Detect, Platform]]) -> Source:
    """The Source with the rules of the platform whose marks stand on the page, if it has none of its own."""
    if source.platform or source.read != _NO_RULES:
        return source
    platform = platform_of(document, fingerprints)
    if platform is None:
        return source
    languages = source.languages or platform.languages
    access = platform.access if source.access == _NO_ACCESS_RULES else source.access
    return source.model_copy(update={"read": platform.read, "access": access, "languages": languages})


def platform_of(document: Document, fingerprints: Sequence[tuple[Detect, Platform]]) -> Platform | None:
    """The first platform all of whose marks stand on the page."""
    return next((platform for detect, platform in fingerprints if _matches(document, detect)), None)


def _matches(document: Document, detect: Detect) -> bool:
    marks = _marks(detect.elements)
    if not (document.ids >= marks.ids and document.metas.keys() >= marks.metas):
        return False
    if detect.generator:
        said = (*document.metas.get("generator", ()), *document.metas.get("Generator", ()))
        if not any(re.search(detect.generator, content) for content in said):
            return False
    if not all(name in document.markup for name in marks.classes):
        return False
    return all(compiled(css, None)(document.root) for css in detect.elements)


class _Marks(NamedTuple):
    """What must stand on a page for a platform's selectors to find anything: tested before the selectors are."""

    ids: frozenset[str]
    metas: frozenset[str]
    classes: tuple[bytes, ...]


@lru_cache(maxsize=512)
def _marks(elements: tuple[str, ...]) -> _Marks:
    plain = [css for css in elements if re.fullmatch(r"[\w\s.#-]+", css)]
    ids = frozenset(name for css in plain for name in re.findall(r"#([\w-]+)", css))
    classes = tuple(name.encode() for css in plain for name in re.findall(r"\.([\w-]+)", css))
    metas = [found[1] for css in elements if (found := re.fullmatch(r"""meta\[name=["']([^"'\\]+)["']\]""", css))]
    return _Marks(ids, frozenset(metas), classes)
