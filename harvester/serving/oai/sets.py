"""The sets of a record: of its source, and of its journal by each ISSN, or by name where it has none. Pure.

A record that leaves a journal stays in the set of the earlier one too, for a harvester of that set is never told that a
record left it (OAI-PMH 2.0, section 2.6). Storage sees to that.
"""

import hashlib
import re
import unicodedata

from harvester.formats import choices
from harvester.model.record import Record

PARENTS = {"journal": "Journals, by ISSN or name", "source": "Sources that are harvested"}
_FOREIGN = re.compile(r"[^A-Za-z0-9_.!~*'()-]")
_LONGEST = 60


def sets_of(record: Record) -> dict[str, str]:
    """Names by setSpec."""
    name = choices.journal(record)
    keys = [one.value for one in record.container.issns] or ([slug(name)] if name else [])
    own = f"source:{_FOREIGN.sub('-', record.source_id)}"
    return {own: record.source_id} | {f"journal:{key}": name or f"ISSN {key}" for key in keys}


def slug(name: str) -> str:
    """A name in small letters and figures of ASCII; where that says less than the name, with a hash of it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = "-".join(re.findall("[a-z0-9]+", plain))
    if len(words) <= _LONGEST and all(c.isascii() for c in plain if c.isalnum()):
        return words or "untitled"
    return f"{words[:_LONGEST]}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}".lstrip("-")
