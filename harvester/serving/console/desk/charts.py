"""Counts as bars of equal height: geometry for pictures that the templates draw, in the units of their own box."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harvester.model.access import AccessStatus

STATUSES = tuple(status.value for status in AccessStatus)
HEIGHT, STEP, GAP = 120.0, 16.0, 4.0
_LEAST = 24  # bars there is room for, so that a few do not grow as wide as the page


class Piece(NamedTuple):
    """A rectangle of one AccessStatus; `share` is its part of the bar in per cent."""

    status: str
    records: int
    share: int
    x: float
    y: float
    width: float
    height: float


class Bar(NamedTuple):
    """One bar: its label, its whole, and its pieces from the ground up."""

    label: str
    total: int
    pieces: tuple[Piece, ...]


class Chart(NamedTuple):
    """Bars side by side in a box of `width` by `height`."""

    bars: tuple[Bar, ...]
    width: float
    height: float = HEIGHT

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that occur, in their order."""
        return tuple(one for one in STATUSES if any(piece.status == one for bar in self.bars for piece in bar.pieces))


def shares(columns: Sequence[tuple[str, Mapping[str, int]]]) -> Chart:
    """A chart of labelled counts by AccessStatus, each bar its whole."""
    bars = tuple(_bar(label, counts, number * STEP) for number, (label, counts) in enumerate(columns))
    return Chart(bars, max(len(bars), _LEAST) * STEP)


def _bar(label: str, counts: Mapping[str, int], x: float) -> Bar:
    total, top, pieces = sum(counts.get(status, 0) for status in STATUSES), HEIGHT, []
    for status in STATUSES:
        if count := counts.get(status, 0):
            height = HEIGHT * count / total
            top -= height
            share = round(100 * count / total)
            pieces.append(Piece(status, count, share, x, round(top, 2), STEP - GAP, round(height, 2)))
    return Bar(label, total, tuple(pieces))
