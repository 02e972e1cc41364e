"""Many rows in one statement: executemany where that is cheap; COPY or arrays where every row of it is a message."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.type_api import TypeEngine


def among(connection: Connection, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """`column` is one of any number of values, which go to the database as one parameter."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(Text)))
    return column.in_(select(func.json_each(orjson.dumps(list(values)).decode()).table_valued("value").c.value))


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
        """COPY, which SQLAlchemy does not know: it takes rows as they are, and writes many of them to a page at once."""
        from psycopg import Error

        cursor: Any = connection.connection.cursor()
        try:
            with cursor, cursor.copy(self._copy) as copy:
                copy.set_types(self._kinds)
                for row in rows:
                    copy.write_row(row)
        except Error as error:
            raise DBAPIError.instance(self._copy, None, error, Error) from error

    @cached_property
    def _kinds(self) -> list[str]:
        from sqlalchemy.dialects import postgresql

        said = (column.type.compile(dialect=postgresql.dialect()) for column in self._columns)
        return [{"BIGINT": "int8", "INTEGER": "int4"}.get(one, "text") for one in said]


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
    return "bigint[]" if isinstance(kind, Integer) else "text[]"
