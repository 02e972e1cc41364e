"""Many rows in one statement: executemany where that is cheap, arrays where every row of it is a message."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.sql.type_api import TypeEngine


def among(connection: Connection, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """`column` is one of any number of values, which go to the database as one parameter."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(Text)))
    return column.in_(select(func.json_each(orjson.dumps(list(values)).decode()).table_valued("value").c.value))


class Bulk:
    """A statement that writes any number of rows, each a tuple of what the driver takes; no two have the same key."""

    def __init__(self, table: Table, columns: Sequence[str], each: str, all_: str) -> None:
        arrays = ", ".join(f"%b::{_array(table.c[name].type)}" for name in columns)
        self._each = each
        self._all = all_.replace("GIVEN", f"unnest({arrays}) AS given({', '.join(columns)})")

    @classmethod
    def insert(cls, table: Table, *, without: Sequence[str] = (), or_: str = "") -> "Bulk":
        """Rows with all columns, in their order, but those `without`; `or_`: the ON CONFLICT clause, if any."""
        columns = [column.name for column in table.c if column.name not in without]
        names = ", ".join(columns)
        into = f"INSERT INTO {table.name} ({names})"
        values = ", ".join("?" for _ in columns)
        each, all_ = f"{into} VALUES ({values}) {or_}", f"{into} SELECT {names} FROM GIVEN {or_}"  # noqa: S608 (our names)
        return cls(table, columns, each, all_)

    @classmethod
    def upsert(cls, table: Table) -> "Bulk":
        """Whole rows, in the place of those that have their primary key."""
        keys = ", ".join(column.name for column in table.primary_key)
        rest = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.c if not column.primary_key)
        return cls.insert(table, or_=f"ON CONFLICT ({keys}) DO UPDATE SET {rest}")

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
