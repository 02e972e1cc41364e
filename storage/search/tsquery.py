"""Expressions as queries of PostgreSQL, for two columns: `words`, and `heads`, which has all but the abstract.

A GIN index knows which lexemes a record has, not where they stand: a phrase, or a word in one field, is sought in two
steps, its lexemes first (`loose`). A word in title or keywords is any lexeme of `heads` that is not marked.
"""

from collections.abc import Iterator
from typing import NamedTuple

from storage.search.analyser import MARK
from storage.search.expressions import All, Any, Expression, Row, Without, all_of

WEIGHTS = {"title": "A", "keyword": "B", "other": "C", "abstract": "D"}  # in the order of their positions
_HEADS = {"title", "keyword"}


class Part(NamedTuple):
    """What one column must match."""

    expression: Expression
    heads: bool

    @property
    def exact(self) -> bool:
        """Does the index alone know?"""
        return all(len(row.tokens) == 1 and not _weights(row, self.heads) for row in _rows(self.expression))

    def query(self, *, loose: bool = False) -> str:
        """As a tsquery; `loose`: one that an index alone answers, with all hits and perhaps more."""
        return _query(self.expression, self.heads, loose)


def parts(expression: Expression) -> list[Part]:
    """What the columns must match, together the expression."""
    if _is_of_heads(expression):
        return [Part(expression, _has_fields(expression))]
    if isinstance(expression, All):
        heads = [part for part in expression.parts if _is_of_heads(part) and _has_fields(part)]
        others = [part for part in expression.parts if part not in heads]
        return [Part(all_of(some), some is heads) for some in (heads, others) if some]
    if isinstance(expression, Without) and _is_of_heads(expression.wanted) and _has_fields(expression.wanted):
        return [Part(expression.wanted, True), Part(Without(_anywhere(expression.wanted), expression.unwanted), False)]
    return [Part(expression, False)]


def quoted(token: str) -> str:
    """A token as a lexeme of a tsquery or a tsvector."""
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


def _query(expression: Expression, heads: bool, loose: bool) -> str:
    if isinstance(expression, Row):
        suffixes = ["" if loose else _weights(expression, heads)] * len(expression.tokens)
        suffixes[-1] += "*" if expression.prefix else ""
        tokens = zip(expression.tokens, suffixes, strict=True)
        return (" & " if loose else " <-> ").join(f"{quoted(one)}{':' if end else ''}{end}" for one, end in tokens)
    if isinstance(expression, Without):
        wanted = _query(expression.wanted, heads, loose)
        if loose and not Part(expression.unwanted, heads).exact:
            return wanted
        return f"({wanted}) & !({_query(expression.unwanted, heads, loose)})"
    word = {All: " & ", Any: " | "}[type(expression)]
    return word.join(f"({_query(part, heads, loose)})" for part in expression.parts)


def _weights(row: Row, heads: bool) -> str:
    if heads and set(row.fields) == _HEADS:
        return ""
    return "".join(sorted(WEIGHTS[name] for name in row.fields))


def _is_of_heads(expression: Expression) -> bool:
    return all(row.tokens[0].startswith(MARK) or _is_field(row) for row in _rows(expression))


def _has_fields(expression: Expression) -> bool:
    return any(_is_field(row) for row in _rows(expression))


def _is_field(row: Row) -> bool:
    return bool(row.fields) and set(row.fields) <= _HEADS


def _anywhere(expression: Expression) -> Expression:
    """The same in any field."""
    if isinstance(expression, Row):
        return Row(expression.tokens, (), expression.prefix)
    if isinstance(expression, Without):
        return expression  # what is unwanted in a field may be wanted elsewhere
    return type(expression)(tuple(map(_anywhere, expression.parts)))


def _rows(expression: Expression) -> Iterator[Row]:
    if isinstance(expression, Row):
        yield expression
        return
    inner = (expression.wanted, expression.unwanted) if isinstance(expression, Without) else expression.parts
    for part in inner:
        yield from _rows(part)
