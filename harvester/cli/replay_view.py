"""A page read again, for a reader: which parts of the record differ, and why."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from harvester.cli.show import facts

if TYPE_CHECKING:
    from harvester.ingest.replay import Reread
    from harvester.run.replay import Replayed

_SHOWN = 160


def page_view(one: "Replayed") -> Table:
    """One row for the record, one for each part that differs, then the reasons."""
    return facts(_rows(one.page, one.saved.error if one.saved else None))


def _rows(page: "Reread", error: str | None) -> Iterator[tuple[str, object]]:
    yield page.record_id, page.url
    yield "  changes", ", ".join(page.kinds)
    for change in page.fields:
        yield f"  {change.field}", f"{_short(change.old)} -> {_short(change.new)}"
    if page.verdict:
        yield "  verdict by", " -> ".join(page.verdict)
    yield "  because of", "; ".join(page.why)
    if page.body:
        yield "  archive", f"{page.body.state}: {page.body.reason}"
    if page.effect in ("kept_old", "unreadable"):
        yield "  left as it is", page.reason
    yield "  not stored", error


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"
