"""Rendering for people: tables and lines that are safe on any terminal. Programs ask for --json instead."""

import re
import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PIPED_WIDTH = 140


def console() -> Console:
    """Standard output; where it is no terminal, plain text of a fixed width."""
    # Python has no standard output at all where it was started with a closed one.
    width = None if sys.stdout and sys.stdout.isatty() else _PIPED_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)


def plain(value: object) -> Text:
    """Text from a page as the reader may see it: without control characters that would drive the terminal."""
    return Text(_CONTROL.sub("�", str(value)) if value is not None else "")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table; a column whose name starts with `#` holds figures."""
    shown = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        shown.add_column(
            name.removeprefix("#"), justify="right" if name.startswith("#") else "left", no_wrap=name.startswith("#")
        )
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    return shown


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Name and value, one a row; a row without a value is left out."""
    shown = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, "", (), []):
            shown.add_row(name, value if isinstance(value, Text) else plain(value))
    return shown
