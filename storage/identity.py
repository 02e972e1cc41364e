"""What a record is known by within its Source: publisher's id, URLs, own DOI."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, select

from harvester.model.record import Record
from storage.bulk import among
from storage.documents import clean
from storage.tables import identities

_CHUNK = 500
Name = tuple[str, str]  # key, source id


def names_of(record: Record) -> list[Name]:
    """Names in the order in which they decide. A DOI of another edition is never one."""
    keys = [f"pid:{record.publisher_id}"] if record.publisher_id else []
    keys += [url_key(url) for url in (record.url, *record.aliases)]
    doi = record.identity_doi
    keys += [doi_key(doi)] if doi else []
    return [(key, record.source_id) for key in dict.fromkeys(map(clean, keys))]


def url_key(url: str) -> str:
    """URLs compare as they are written."""
    return f"url:{url}"


def doi_key(doi: str) -> str:
    """DOIs compare without regard to case (DOI Handbook 2.4)."""
    return f"doi:{doi.strip().lower()}"


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in portions that one statement takes."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def owners(connection: Connection, names: Iterable[Name]) -> dict[Name, str]:
    """Record id by name, for those names that are taken."""
    by_source: dict[str, list[str]] = {}
    for key, source_id in dict.fromkeys(names):
        by_source.setdefault(source_id, []).append(key)
    found: dict[Name, str] = {}
    for source_id, keys in by_source.items():
        query = select(identities.c.key, identities.c.record_id).where(
            identities.c.source_id == source_id, among(connection, identities.c.key, keys)
        )
        found |= {(key, source_id): record_id for key, record_id in connection.execute(query).all()}
    return found


def target_of(names: Iterable[Name], known: dict[Name, str], otherwise: str) -> str:
    """Id of the stored record these names stand for, the first that is known deciding."""
    return next((known[name] for name in names if name in known), otherwise)
