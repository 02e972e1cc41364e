"""What a record is known by within its Source: publisher's id, URLs, own DOI."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from harvester.model.record import Record
from storage.documents import clean
from storage.tables import identities

_CHUNK = 500
Name = tuple[str, str]  # key, source id


def names_of(record: Record) -> list[str]:
    """Keys in the order in which they decide. A DOI of another edition is never one."""
    keys = [f"pid:{record.publisher_id}"] if record.publisher_id else []
    keys += [f"url:{url}" for url in (record.url, *record.aliases)]
    keys += [doi_key(i.value) for i in record.identifiers if i.scheme == "doi" and i.role == "self"]
    return [clean(key) for key in keys]


def doi_key(doi: str) -> str:
    """DOIs compare without regard to case (DOI Handbook 2.4)."""
    return f"doi:{doi.strip().lower()}"


def owners(connection: Connection, batch: Sequence[Record]) -> dict[Name, str]:
    """Record id by name, for those names of the batch that are taken."""
    wanted = {(key, record.source_id) for record in batch for key in names_of(record)}
    found: dict[Name, str] = {}
    for source_id in {source for _, source in wanted}:
        for keys in _chunks(key for key, source in wanted if source == source_id):
            query = select(identities.c.key, identities.c.record_id).where(
                identities.c.source_id == source_id, identities.c.key.in_(keys)
            )
            found |= {(row.key, source_id): row.record_id for row in connection.execute(query)}
    return found


def target_of(record: Record, known: dict[Name, str]) -> str:
    """Id of the stored record this one is, else its own id."""
    names = ((name, record.source_id) for name in names_of(record))
    return next((known[name] for name in names if name in known), record.id)


def _chunks(keys: Iterable[str]) -> list[list[str]]:
    listed = sorted(keys)
    return [listed[n : n + _CHUNK] for n in range(0, len(listed), _CHUNK)]
