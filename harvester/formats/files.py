"""Files of many records in every format, as chunks of bytes in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from harvester.model.record import Record


class Format(NamedTuple):
    """One format of exports: its module of this package, and the ending of its files."""

    module: str
    suffix: str

    def load(self) -> Any:
        """The module with MEDIA_TYPE and render."""
        return import_module(f"harvester.formats.{self.module}")


FORMATS = {
    "jsonl": Format("jsonl", "jsonl"),
    "csv": Format("csv_rows", "csv"),
    "parquet": Format("parquet", "parquet"),
    "ris": Format("ris", "ris"),
    "bibtex": Format("bibtex", "bib"),
    "csl-json": Format("csl_json", "json"),
    "jats": Format("jats", "xml"),
    "oai_dc": Format("oai_dc", "xml"),
}


def chunks(
    name: str, records: Iterable[Record], *, since: int = 0, languages: Sequence[str] = (), raw: bool = False
) -> Iterator[bytes]:
    """A whole file of these records. `languages` and `raw` are those of CSV.

    `since` is the entry of the change log at which to go on; XML (`records/@next-since`) and Parquet (metadata
    `harvester.next_since`) have room for it.
    """
    module = FORMATS[name].load()
    if name == "csv":
        return module.rows(records, languages, raw=raw)  # type: ignore[no-any-return]
    if name == "parquet":
        return module.chunks(records, since=since)  # type: ignore[no-any-return]
    if name == "csl-json":
        return _array(module.render, records)
    if name in ("jats", "oai_dc"):
        return _elements(module.element, records, since)
    return map(module.line if name == "jsonl" else module.render, records)


def _array(render: Callable[[Record], bytes], records: Iterable[Record]) -> Iterator[bytes]:
    """A JSON array, one item a line."""
    before = b"[\n"
    for record in records:
        yield before + render(record).rstrip(b"\n")
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def _elements(element: Callable[[Record], Any], records: Iterable[Record], since: int) -> Iterator[bytes]:
    """The elements of the records in a root of ours, which stands for nothing else."""
    from harvester.formats.markup import fragment

    yield b"<?xml version='1.0' encoding='UTF-8'?>\n"
    yield f'<records next-since="{since}">\n'.encode()
    for record in records:
        yield fragment(element(record))
    yield b"</records>\n"
