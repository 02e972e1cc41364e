"""DOIs as addresses at their resolver. Pure."""

import re
from urllib.parse import quote

_DOI = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}(?:\.\d+)*/\S+)$", re.IGNORECASE)


def resolving(text: str, resolver: str) -> str | None:
    """Where `resolver` answers for a DOI (bare, with `doi:` or as an address), lower-case; None for anything else."""
    found = _DOI.match(text.strip())
    return f"{resolver.rstrip('/')}/{quote(found[1].lower(), safe='/')}" if found else None
