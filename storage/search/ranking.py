"""How well a record answers, the same on every engine: where its words stand, and how often."""

from collections.abc import Mapping
from typing import NamedTuple

from storage.search.analyser import MARK
from storage.search.expressions import All, Expression, Row, Without

CANDIDATES = 300  # the newest of all hits, and the newest of those that have every word in title or keywords
RANKED_BY = ("title", "keyword", "other")
PHRASED = 101  # the same of a phrase, where no more are counted: to know one, a record has to be looked into
_WEIGHTS = {"title": 6.0, "keyword": 4.0, "other": 3.0}
_SATURATION = 0.2  # uses of a word that count for half
_ELSEWHERE = 1.0  # of a word that stands in the abstract alone
_STEMMED, _WHOLE = ("title", "keyword"), ("other",)


class _Look(NamedTuple):
    """Something to count in fields: blanks on both sides make it whole tokens."""

    sought: str
    fields: tuple[str, ...]
    worth: float
    elsewhere: bool  # may it be what a hit rests on that has it in none of the fields?


class Ranking:
    """Scores of one query's hits."""

    def __init__(self, expression: Expression) -> None:
        self._tree = _looks(expression)

    def score(self, fields: Mapping[str, str]) -> float:
        """Of a record, by the indexed text of its fields; more is better."""
        padded = {name: f" {fields[name]} " for name in RANKED_BY}
        return round(_score(self._tree, padded), 6)


_Tree = _Look | tuple[bool, tuple["_Tree", ...]]  # a tuple: does every part count, or the best one?


def _looks(expression: Expression) -> _Tree:
    if isinstance(expression, Row):
        row = " ".join(expression.tokens)
        sought = f" {row}" if expression.prefix else f" {row} "
        whole = row.startswith(MARK)  # a word of `other`, or a filter
        fields = expression.fields or (_WHOLE if whole else _STEMMED)
        worth = 0.0 if whole and not row[1:2].isdigit() else float(len(expression.tokens))
        elsewhere = not whole and expression.fields in ((), ("abstract",))
        return _Look(sought, tuple(name for name in fields if name in _WEIGHTS), worth, elsewhere)
    if isinstance(expression, Without):
        return _looks(expression.wanted)
    return isinstance(expression, All), tuple(map(_looks, expression.parts))


def _score(tree: _Tree, fields: Mapping[str, str]) -> float:
    if isinstance(tree, _Look):
        return _worth(tree, fields)
    every, parts = tree
    scores = [_score(part, fields) for part in parts]
    return sum(scores) if every else max(scores)


def _worth(look: _Look, fields: Mapping[str, str]) -> float:
    if not look.worth:
        return 0.0
    total = 0.0
    for name in look.fields:
        if uses := fields[name].count(look.sought):
            total += _WEIGHTS[name] * uses / (uses + _SATURATION)
    return look.worth * (total or (_ELSEWHERE if look.elsewhere else 0.0))
