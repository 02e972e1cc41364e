"""Parquet (Apache, format version 2.6) through pyarrow: typed columns, texts as maps by language, lists of structs.

Records are written in row groups, so memory is that of one group.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from harvester.errors import UsageError
from harvester.formats import choices, citation
from harvester.model.record import Record

if TYPE_CHECKING:
    import pyarrow

MEDIA_TYPE = "application/vnd.apache.parquet"
_GROUP = 1_000  # records


def render(record: Record) -> bytes:
    """A file of one record."""
    return b"".join(chunks([record]))


def chunks(records: Iterable[Record], *, since: int = 0, group: int = _GROUP) -> Iterator[bytes]:
    """The bytes of a file of all records, a row group of `group` records at a time. `since` goes into its metadata.

    Raises UsageError where pyarrow is not installed.
    """
    arrow, writer_of = _pyarrow()
    schema = _schema(arrow).with_metadata({"harvester.next_since": str(since)})
    sink = _Sink()
    waiting = iter(records)
    with writer_of(arrow.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while rows := [row(record) for record in islice(waiting, group)]:
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that only grows, and gives away what was written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        remedy = "pip install 'harvester[parquet]'"
        raise UsageError("Parquet needs pyarrow, which is not installed", remedy=remedy) from None
    return pyarrow, ParquetWriter


def _schema(arrow: Any) -> "pyarrow.Schema":
    text, day, moment = arrow.string(), arrow.date32(), arrow.timestamp("us", tz="UTC")
    texts = arrow.map_(text, text)

    def structs(**fields: Any) -> Any:
        return arrow.list_(arrow.struct(list(fields.items())))

    access = {"status": text, "as_of": moment, "until": day, "embargo_until": day, "decided_by": text}
    access |= {"disputed": arrow.bool_(), "quote": text}
    container = dict.fromkeys(("publisher", "volume", "issue", "pages", "article_number"), text)
    return arrow.schema(
        {
            **dict.fromkeys(("id", "work_id", "source_id", "url", "doi", "type"), text),
            "revision": arrow.int32(),
            "created_at": moment,
            "updated_at": moment,
            "deleted_at": moment,
            "deletion_reason": text,
            "languages": arrow.list_(text),
            "titles": texts,
            "abstracts": texts,
            "keywords": arrow.map_(text, arrow.list_(text)),
            "contributors": structs(
                name=text,
                family=text,
                given=text,
                orcid=text,
                affiliations=arrow.list_(text),
                role=text,
                order=arrow.int32(),
            ),
            "container": arrow.struct(
                [("titles", texts), ("issns", structs(value=text, kind=text)), *container.items()]
            ),
            "dates": structs(kind=text, value=text, precision=text),
            "identifiers": structs(scheme=text, value=text, role=text),
            "locations": structs(url=text, content=text),
            "access": arrow.struct(list(access.items())),
            "licences": structs(url=text, spdx=text, start=text, applies_to=text),
            "relations": structs(type=text, target=text, target_text=text, state=text),
            "integrity": text,
            "integrity_notice": text,
            "cite_as": text,
            "citation_note": text,
        }
    )


def row(record: Record) -> dict[str, Any]:
    """The record's columns as Python values; a map is a list of pairs."""
    verdict, box = record.access, record.container
    keep = record.model_dump(
        include={
            "id": True, "work_id": True, "source_id": True, "url": True, "type": True, "revision": True,
            "created_at": True, "updated_at": True, "deleted_at": True, "deletion_reason": True, "languages": True,
            "contributors": {"__all__": {"name", "family", "given", "orcid", "affiliations", "role", "order"}},
            "dates": {"__all__": {"kind", "value", "precision"}},
            "identifiers": {"__all__": {"scheme", "value", "role"}},
            "locations": {"__all__": {"url", "content"}},
            "relations": {"__all__": {"type", "target", "target_text", "state"}},
        }
    )  # fmt: skip
    access = verdict.model_dump(include={"as_of", "until", "embargo_until", "decided_by", "disputed"})
    quote = verdict.evidence[0].quote if verdict.evidence else None
    return keep | {
        "doi": choices.doi(record),
        "titles": [(lang, title.value) for lang, title in record.titles.items()],
        "abstracts": [(lang, text.value) for lang, text in record.abstracts.items()],
        "keywords": [(lang, list(words.items)) for lang, words in record.keywords.items()],
        "container": box.model_dump(exclude={"evidence"}) | {"titles": list(box.titles.items())},
        "access": access | {"status": verdict.status.value, "quote": quote},
        "licences": [licence.model_dump(exclude={"evidence"}) for licence in record.rights.licences],
        "integrity": record.integrity.status,
        "integrity_notice": record.integrity.notice,
        "cite_as": citation.cite_as(record),
        "citation_note": citation.note(record),
    }
