"""Which edition to cite. The page may ask to cite another one; until that one's DOI is established, ours stands.

Nothing of this edition (abstract, volume, pages) ever goes under the reference of the other one: exports keep this
edition's own fields and DOI and name the preferred edition beside them.
"""

from typing import NamedTuple

from harvester.formats.choices import Cited, doi, doi_url
from harvester.model.record import Relation


class Preferred(NamedTuple):
    """The edition that the page asks to cite: its journal as the page names it, its DOI once established."""

    named: str
    doi: str | None


def preferred(record: Cited) -> Preferred | None:
    """What the page asks to cite instead of this edition, or None."""
    asked = next((relation for relation in record.relations if _asks(record, relation)), None)
    if asked is None:
        return None
    resolved = asked.state == "resolved" and asked.target and asked.target.startswith("10.")
    return Preferred(" ".join(asked.target_text.split()), asked.target if resolved else None)


def _asks(record: Cited, relation: Relation) -> bool:
    """True for a "cite the other edition" note; a variant that is only named as such asks for nothing."""
    if relation.type != "isVariantFormOf":
        return False
    theirs = {one.value for one in record.identifiers if one.role == "other_edition"}
    said = any(one.name == "cite_other_edition" for one in relation.evidence)
    return said or relation.state != "resolved" or relation.target in theirs


def cite_as(record: Cited) -> str:
    """The URL to cite by: the preferred edition's DOI once established, else the own DOI, else the landing page."""
    wanted = preferred(record)
    value = (wanted.doi if wanted else None) or doi(record)
    return doi_url(value) if value else record.url


def note(record: Cited) -> str | None:
    """The wish of the page in one fixed sentence for formats that have a note, or None."""
    wanted = preferred(record)
    if wanted is None:
        return None
    by = doi_url(wanted.doi) if wanted.doi else "its DOI is not established"
    return f"Preferred citation: {wanted.named or 'the other edition'} ({by})."
