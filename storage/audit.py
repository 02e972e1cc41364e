"""The audit log: entries are added within the unit of what they tell of, and forgotten when old or too many."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from harvester.model.account import Entry
from storage.database import Database
from storage.tables import audit
from storage.unit import Unit

KEPT = timedelta(days=400)
MOST = 100_000  # entries
_LONGEST = 500  # characters of one value


class Audit:
    """What was done, by whom, on what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, unit: Unit, who: str, act: str, about: str, origin: str, now: datetime) -> None:
        """One more entry; `origin` is an address, or says that it came from a command line."""
        values = {"who": who, "act": act, "about": about[:_LONGEST], "origin": origin, "at": now}
        number = unit.connection.execute(audit.insert().values(values).returning(audit.c.id)).scalar_one()
        unit.connection.execute(delete(audit).where(or_(audit.c.at < now - KEPT, audit.c.id <= number - MOST)))

    def list(self, limit: int = 50, *, before: int | None = None) -> Sequence[Entry]:
        """The latest entries, newest first; with `before` only those older than that entry."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        query = query if before is None else query.where(audit.c.id < before)
        with self._database.read() as connection:
            return [Entry.model_validate(dict(row._mapping)) for row in connection.execute(query)]
