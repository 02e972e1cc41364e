"""JSON Lines: one Record per line with the field names of its published schema, UTF-8, lossless.

Characters that some readers take for a line end (U+0085, U+2028, U+2029) are written as escapes.
"""

from typing import Any

from harvester.model.record import Record

_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_SUSPECTS = tuple(map(chr, _LINE_ENDS))


MEDIA_TYPE = "application/jsonl"


def line(record: Record) -> bytes:
    """The record as one line of JSON, with its line feed."""
    return pasted(record.model_dump_json())


def pasted(text: str) -> bytes:
    """The line of a record that is JSON already."""
    if any(mark in text for mark in _SUSPECTS):
        text = text.translate(_LINE_ENDS)
    return text.encode() + b"\n"


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) that every exported line satisfies."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Record.model_json_schema(mode="serialization"),
    }
