"""A record's past for a reader: what differs between revisions, which verdicts stood when."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from harvester.cli.show import plain, table
from harvester.model.differences import FieldChange

if TYPE_CHECKING:
    from storage.history import History, Revision

_AROUND = 40  # characters left on either side of what differs in a text


def changed_json(found: Sequence[FieldChange]) -> str:
    """A list of field, language, old and new."""
    listed = [{"field": one.name, "language": one.language, "old": one.old, "new": one.new} for one in found]
    return json.dumps(listed, ensure_ascii=False, indent=2)


def changed_rows(found: Sequence[FieldChange]) -> Iterator[tuple[str, Text]]:
    """A row for what went, a row for what came."""
    for one in found:
        name = f"{one.name} ({one.language})" if one.language else one.name
        old, new = _apart(one.old, one.new)
        if old is not None:
            yield name, plain(f"- {old}")
        if new is not None:
            yield (name if old is None else ""), plain(f"+ {new}")


def _apart(old: Any, new: Any) -> tuple[str | None, str | None]:
    """What is on one side only: of two texts the words that differ, of two lists the items."""
    if isinstance(old, str) and isinstance(new, str):
        return _cut(old, new)
    if isinstance(old, list) and isinstance(new, list):
        gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
        if gone or come:
            return (_said(gone) if gone else None), (_said(come) if come else None)
    return _said(old), _said(new)


def _said(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("value"), str):
        return str(value["value"])
    return json.dumps(value, ensure_ascii=False)


def _cut(old: str, new: str) -> tuple[str, str]:
    """Two texts without most of their common beginning and end."""
    least = min(len(old), len(new))
    head = next((at for at in range(least) if old[at] != new[at]), least)
    tail = next((at for at in range(least - head) if old[-1 - at] != new[-1 - at]), least - head)
    first, spare = max(head - _AROUND, 0), max(tail - _AROUND, 0)
    cut = (text[first : len(text) - spare] for text in (old, new))
    before, after = ("..." if first else ""), ("..." if spare else "")
    one, other = (f"{before}{text}{after}" for text in cut)
    return one, other


def past_json(past: "History") -> str:
    """Revisions (without their documents), verdicts and Changes."""
    about = {
        "revisions": [
            {
                "revision": one.record.revision,
                "since": _moment(one.since),
                "until": _moment(one.until),
                "run_id": one.run_id,
                "work_id": one.record.work_id,
                "access": one.record.access.status.value,
                "integrity": one.record.integrity.status,
                "deletion_reason": one.record.deletion_reason,
            }
            for one in past.revisions
        ],
        "verdicts": [
            {"at": _moment(one.at), "run_id": one.run_id, **one.verdict.model_dump(mode="json")}
            for one in past.verdicts
        ],
        "changes": [one.model_dump(mode="json") for one in past.changes],
    }
    return json.dumps(about, ensure_ascii=False, indent=2)


def past_tables(past: "History") -> Iterator[Table]:
    """Revisions with the Changes that made them, then verdicts with the words they rest on."""
    rows = [_revision(one, past) for one in past.revisions]
    yield table("Revisions", ("#rev", "from", "until", "changes", "access", "run"), rows)
    verdicts = [(_moment(one.at), one.verdict.status, _because(one.verdict), one.run_id) for one in past.verdicts]
    yield table("Verdicts", ("#at", "access", "because the page says", "run"), verdicts)


def _revision(one: "Revision", past: "History") -> tuple[object, ...]:
    kinds = ", ".join(change.kind for change in past.changes if change.revision == one.record.revision)
    access = one.record.deletion_reason or one.record.access.status.value
    return one.record.revision, _moment(one.since), _moment(one.until), kinds, access, one.run_id


def _because(verdict: Any) -> str:
    quoted = "\n".join(f"“{evidence.quote}”" for evidence in verdict.evidence)
    return f"an operator says so: {verdict.operator}" if verdict.operator else quoted or verdict.decided_by


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
