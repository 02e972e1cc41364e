"""What an engine can match: tokens, tokens in a row, and how they are combined. No engine is named here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage.search.analyser import MARK

FIELDS = ("title", "keyword", "other", "abstract")  # short ones first: they are read without the long one


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens next to each other in one of `fields`; `prefix`: the last one may go on."""

    tokens: tuple[str, ...]
    fields: tuple[str, ...] = ()  # empty: any
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part matches."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part matches."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """What matches `wanted` and not `unwanted`."""

    wanted: "Expression"
    unwanted: "Expression"


Expression = Row | All | Any | Without
NOTHING = Row((f"{MARK}none",))  # a token that no record has


def all_of(parts: Iterable[Expression]) -> Expression:
    """Every part; a single one stands for itself."""
    found = tuple(dict.fromkeys(parts))
    return found[0] if len(found) == 1 else All(found)


def any_of(parts: Iterable[Expression]) -> Expression:
    """At least one part; a single one stands for itself."""
    found = tuple(dict.fromkeys(parts))
    return found[0] if len(found) == 1 else Any(found)


def rows_of(expression: Expression) -> Iterator[Row]:
    """Every row of tokens that a match may rest on."""
    if isinstance(expression, Row):
        yield expression
    elif isinstance(expression, Without):
        yield from rows_of(expression.wanted)
    else:
        for part in expression.parts:
            yield from rows_of(part)


def within(expression: Expression, fields: tuple[str, ...]) -> Expression:
    """The same, in these fields only; rows that say where they stand keep to that."""
    if isinstance(expression, Row):
        named = expression.fields or expression.tokens[0].startswith(MARK)
        return expression if named else Row(expression.tokens, fields, expression.prefix)
    if isinstance(expression, Without):
        return Without(within(expression.wanted, fields), expression.unwanted)
    return type(expression)(tuple(within(part, fields) for part in expression.parts))


def outside(expression: Expression, field: str, others: tuple[str, ...]) -> Expression:
    """The same as if a field were empty: words of any field stand in `others`, or are marked."""
    if isinstance(expression, Row):
        if not expression.fields:
            return within(expression, others)
        left = tuple(name for name in expression.fields if name != field)
        return Row(expression.tokens, left, expression.prefix) if left else NOTHING
    if isinstance(expression, Without):
        return Without(outside(expression.wanted, field, others), outside(expression.unwanted, field, others))
    return type(expression)(tuple(outside(part, field, others) for part in expression.parts))
