"""Records as stored text: to JSON and back, made clean for a database, folded for search."""

import re
import unicodedata
from typing import Any

import orjson

from harvester.model.record import Record

CLEANED = "text_cleaned"  # flag of a record from which NUL or broken characters were removed
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "ʼ": "'", "ø": "o", "ł": "l"})


def to_text(record: Record) -> tuple[Record, str]:
    """The record and its JSON. NUL goes, a lone surrogate becomes U+FFFD, and the flag `text_cleaned` says so.

    Raises ValueError or TypeError (pydantic's and orjson's) when a field holds what its type forbids.
    """
    dump = record.model_dump(mode="json", warnings="error")
    try:
        text = orjson.dumps(dump)
    except orjson.JSONEncodeError:
        return to_text(_cleaned(dump))
    if b"\\u0000" in text and _clean_node(dump) != dump:
        return to_text(_cleaned(dump))
    return record, text.decode()


def from_text(text: str) -> Record:
    """The record a document holds."""
    return Record.model_validate_json(text)


def clean(text: str) -> str:
    """Text any database takes: no NUL, surrogate pairs joined, lone surrogates as U+FFFD."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fold(text: str) -> str:
    """For comparison: compatibility forms, case and accents gone, ligatures opened, blanks single."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return re.sub(r"\s+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def search_text(record: Record) -> str:
    """What a search looks in: titles, keywords and every identifier, folded."""
    parts = [title.value for title in record.titles.values()]
    parts += [item for words in record.keywords.values() for item in words.items]
    parts += [identifier.value for identifier in record.identifiers]
    return fold("\n".join([*parts, record.id, record.publisher_id or ""]))


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
