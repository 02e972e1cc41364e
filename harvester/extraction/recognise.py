"""Which platform a page was made with, by its marks: fingerprints of the seed files."""

import re
from collections.abc import Sequence

from harvester.extraction.css import needed, select
from harvester.extraction.document import Document
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
    if not needed(detect.elements).stand_in(document):
        return False
    if detect.generator:
        said = (*document.metas.get("generator", ()), *document.metas.get("Generator", ()))
        if not any(re.search(detect.generator, content) for content in said):
            return False
    return all(select(document, css) for css in detect.elements)
