"""Many rows in one statement: executemany where that is cheap; COPY or arrays where every row of it is a message."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Table,
    Text,
    any_,
    bindparam,
    literal,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.type_api import TypeEngine


class Speaker(Protocol):
    """What tells its dialect: a connection or a snapshot."""

    @property
    def dialect(self) -> Dialect:
        """The engine's."""


_One = TypeVar("_One", str, int)
# In SQL: a save asks this often, and the same from functions and columns takes longer to put together than to answer.
_GIVEN = text("(SELECT value FROM json_each(:given))")


def among(connection: Speaker, column: ColumnElement[_One], values: Sequence[_One]) -> ColumnElement[bool]:
    """`column` is one of any number of values, which go to the database as one parameter."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(BigInteger if isinstance(column.type, Integer) else Text)))
    given: BindParameter[str] = bindparam("given", orjson.dumps(list(values)).decode(), unique=True)
    return column.bool_op("IN")(_GIVEN.bindparams(given))


class Fresh:
    """Inserts any number of rows, each a tuple of what the driver takes, where nothing stands in their way."""

    def __init__(self, table: Table, *, without: Sequence[str] = ()) -> None:
        self._columns = [column for column in table.c if column.name not in without]
        names = ", ".join(column.name for column in self._columns)
        self._insert = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' for _ in self._columns)})"  # noqa: S608 (our names)
        self._copy = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the rows; nothing for none. Raises SQLAlchemy's errors."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            self._copied(connection, rows)
        else:
            connection.exec_driver_sql(self._insert, list(rows))

    def _copied(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """By COPY, which SQLAlchemy does not know: many rows are written to a page at once."""
        from psycopg import Error

        cursor: Any = connection.connection.cursor()
        try:
            with cursor, cursor.copy(self._copy) as copy:
                copy.set_types([_kind(column.type, connection.dialect) for column in self._columns])
                for row in rows:
                    copy.write_row(row)
        except Error as error:
            raise DBAPIError.instance(self._copy, None, error, Error) from error


class Bulk:
    """A statement that writes any number of rows, each a tuple of what the driver takes; no two have the same key."""

    def __init__(self, table: Table, columns: Sequence[str], each: str, all_: str) -> None:
        arrays = ", ".join(f"%b::{_array(table.c[name].type)}" for name in columns)
        self._each = each
        self._all = all_.replace("GIVEN", f"unnest({arrays}) AS given({', '.join(columns)})")

    @classmethod
    def upsert(cls, table: Table) -> "Bulk":
        """Whole rows, in the place of those that have their primary key."""
        columns = [column.name for column in table.c]
        names = ", ".join(columns)
        into = f"INSERT INTO {table.name} ({names})"
        values = ", ".join("?" for _ in columns)
        keys = ", ".join(column.name for column in table.primary_key)
        rest = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.c if not column.primary_key)
        or_ = f"ON CONFLICT ({keys}) DO UPDATE SET {rest}"
        each, all_ = f"{into} VALUES ({values}) {or_}", f"{into} SELECT {names} FROM GIVEN {or_}"  # noqa: S608
        return cls(table, columns, each, all_)

    @classmethod
    def update(cls, table: Table, columns: Sequence[str]) -> "Bulk":
        """Some columns, in the order given, of the rows found by their primary key, which comes last."""
        keys = [column.name for column in table.primary_key]
        each = f"UPDATE {table.name} SET {', '.join(f'{name} = ?' for name in columns)}"  # noqa: S608
        each += f" WHERE {' AND '.join(f'{key} = ?' for key in keys)}"
        all_ = f"UPDATE {table.name} SET {', '.join(f'{name} = given.{name}' for name in columns)} FROM GIVEN"  # noqa: S608
        all_ += f" WHERE {' AND '.join(f'{table.name}.{key} = given.{key}' for key in keys)}"
        return cls(table, [*columns, *keys], each, all_)

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the rows; nothing for none."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self._all, tuple(map(list, zip(*rows, strict=True))))
        else:
            connection.exec_driver_sql(self._each, list(rows))


def _array(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, LargeBinary):
        return "bytea[]"
    return "bigint[]" if isinstance(kind, Integer) else "text[]"


@lru_cache(maxsize=64)
def _kind(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """The name of what a binary COPY is given for a column."""
    return {"BIGINT": "int8", "INTEGER": "int4"}.get(kind.compile(dialect=dialect), "text")
