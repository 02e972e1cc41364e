"""Files of many records in every format, as chunks of bytes in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from harvester.model.record import Record


class Format(NamedTuple):
    """One format of exports by its module; `tells_deletions` where a tombstone has a form in it."""

    module: str
    suffix: str
    tells_deletions: bool = False

    def load(self) -> Any:
        """The module with MEDIA_TYPE and render."""
        return import_module(f"harvester.formats.{self.module}")


FORMATS = {
    "jsonl": Format("jsonl", "jsonl", tells_deletions=True),
    "csv": Format("csv_rows", "csv", tells_deletions=True),
    "parquet": Format("parquet", "parquet", tells_deletions=True),
    "ris": Format("ris", "ris"),
    "bibtex": Format("bibtex", "bib"),
    "csl-json": Format("csl_json", "json"),
    "jats": Format("jats", "xml"),
    "oai_dc": Format("oai_dc", "xml"),
}


def chunks(
    name: str, records: Iterable[Record], *, languages: Sequence[str] = (), raw: bool = False
) -> Iterator[bytes]:
    """A whole file of these records. `languages` and `raw` are those of CSV."""
    module = FORMATS[name].load()
    if name == "csv":
        return module.rows(records, languages, raw=raw)  # type: ignore[no-any-return]
    if name == "parquet":
        return module.chunks(records)  # type: ignore[no-any-return]
    if name == "csl-json":
        return _array(module.render, records)
    if name in ("jats", "oai_dc"):
        return _elements(module.element, records)
    return map(module.line if name == "jsonl" else module.render, records)


def _array(render: Callable[[Record], bytes], records: Iterable[Record]) -> Iterator[bytes]:
    """A JSON array, one item a line."""
    between = b"[\n"
    for record in records:
        yield between + render(record).rstrip(b"\n")
        between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"


def _elements(element: Callable[[Record], Any], records: Iterable[Record]) -> Iterator[bytes]:
    """The elements of the records in one root, `records`, which stands for nothing else."""
    from harvester.formats.markup import fragment

    yield b"<?xml version='1.0' encoding='UTF-8'?>\n<records>\n"
    for record in records:
        yield fragment(element(record))
    yield b"</records>\n"
