"""Secrets of this database: random keys, made when they are first asked for."""

from secrets import token_hex

from sqlalchemy import select

from storage.tables import secrets, upsert
from storage.unit import Unit


def secret(unit: Unit, name: str) -> str:
    """256 random bits in hex, the same ever after for this name."""
    fresh = upsert(secrets).values(name=name, value=token_hex(32))
    unit.connection.execute(fresh.on_conflict_do_nothing())
    return str(unit.connection.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar_one())
