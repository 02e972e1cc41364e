"""Records as stored text: to JSON and back, made clean for a database."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from harvester.model.record import Record, meaning_of

CLEANED = "text_cleaned"  # flag of a record from which NUL or broken characters were removed


@dataclass(frozen=True, slots=True)
class Document:
    """A record as it is stored: the (cleaned) record, its JSON, its verdict's, and the hash of its meaning."""

    record: Record
    text: str
    verdict: str
    content_hash: str


def document(record: Record) -> Document:
    """The record ready to be stored. NUL goes, a lone surrogate becomes U+FFFD, and the flag `text_cleaned` says so.

    Raises ValueError or TypeError (pydantic's and orjson's) when a field holds what its type forbids.
    """
    try:
        text = Record.__pydantic_serializer__.to_json(record, warnings="error")
    except ValueError as error:  # pydantic: broken characters, or what no JSON can say
        cleaned = _cleaned(record.model_dump(mode="json", warnings="error"))
        if cleaned == record:
            raise ValueError(str(error)) from error
        return document(cleaned)
    dump = orjson.loads(text)
    if b"\\u0000" in text and _clean_node(dump) != dump:
        return document(_cleaned(dump))
    verdict = orjson.dumps(dump["access"]).decode()
    meant = orjson.dumps(meaning_of(dump), option=orjson.OPT_SORT_KEYS)
    return Document(record, text.decode(), verdict, hashlib.sha256(meant).hexdigest())


def renumbered(present: Document, revision: int, updated_at: datetime) -> Document:
    """The same meaning as another revision."""
    record = present.record.model_copy(update={"revision": revision, "updated_at": updated_at})
    return replace(present, record=record, text=record.model_dump_json())


def from_text(text: str) -> Record:
    """The record a document holds."""
    return Record.model_validate_json(text)


def clean(text: str) -> str:
    """Text any database takes: no NUL, surrogate pairs joined, lone surrogates as U+FFFD."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cleaned(dump: dict[str, Any]) -> Record:
    value = _clean_node(dump)
    value["flags"] = sorted({*value["flags"], CLEANED})
    return Record.model_validate(value)


def _clean_node(node: Any) -> Any:
    if isinstance(node, str):
        return clean(node)
    if isinstance(node, dict):
        return {clean(key): _clean_node(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_clean_node(value) for value in node]
    return node
