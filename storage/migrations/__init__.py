"""Schema migrations (Alembic), run from the program: no alembic.ini, no command line.

`REVISIONS` lists every revision in order, so that opening a database need not load Alembic; a test keeps it true.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.unit import Unit

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012")


def current(connection: Connection) -> str | None:
    """The revision a database stands at; None for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(unit: Unit) -> list[str]:
    """Bring the schema up to date within the unit; returns the revisions applied."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    unit.lock("schema")
    before = current(unit.connection)
    script = ScriptDirectory(str(Path(__file__).parent))
    steps = EnvironmentContext(Config(), script, fn=lambda revision, _: script._upgrade_revs("head", revision))
    with steps:
        steps.configure(connection=unit.connection, transactional_ddl=True)
        steps.run_migrations()
    return list(REVISIONS[REVISIONS.index(before) + 1 :] if before else REVISIONS)
