"""How far the index has come and which languages are in it: what a search must know first, in one statement."""

from typing import NamedTuple

from sqlalchemy import func, select

from storage.search.index import Reader
from storage.tables import change_head, search_head, search_languages

_SEPARATOR = " "
_STATE = select(
    func.coalesce(select(change_head.c.seq).scalar_subquery(), 0).label("head"),
    func.coalesce(select(search_head.c.seq).scalar_subquery(), 0).label("read"),
    select(func.aggregate_strings(search_languages.c.language, _SEPARATOR)).scalar_subquery().label("languages"),
)


class State(NamedTuple):
    """`seq`: the last Change the index has read; `behind`: how many it has not; `languages` sorted, primary codes."""

    seq: int
    behind: int
    languages: tuple[str, ...]


def state(reader: Reader) -> State:
    """Of the index at this moment."""
    head, read, languages = reader.execute(_STATE).one()
    return State(read, head - read, tuple(sorted((languages or "").split(_SEPARATOR) if languages else ())))
