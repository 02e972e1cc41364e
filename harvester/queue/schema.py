"""The queue's tables in the schema `queue`, beside ours: made when first used, renewed when Procrastinate is.

The comment of the schema says which of Procrastinate's migrations it stands at, and which edition of our additions.
"""

from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager
from procrastinate.sync_psycopg_connector import wrap_exceptions

from harvester.errors import StorageError

SCHEMA = "queue"
_LOCK = "pg_advisory_lock(hashtextextended('harvester queue', 0))"
_UNLOCK = "pg_advisory_unlock(hashtextextended('harvester queue', 0))"

# A host is looked for among thousands by its lock, and rows come and go too fast for the usual fifth of a table.
_OURS = (
    "1",
    """
    CREATE INDEX IF NOT EXISTS jobs_by_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');
    ALTER TABLE procrastinate_jobs SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000
    );
    """,
)


def migrations() -> list[Path]:
    """Procrastinate's own steps, in order; the first makes the tables of its first version."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def settle(connection: Any) -> None:
    """Make the tables or bring them up to date; several processes may do so at once.

    Raises StorageError where a newer Procrastinate has been here, and `ConnectorException`.
    """
    with wrap_exceptions():
        connection.execute(f"SELECT {_LOCK}")
        try:
            _settle(connection)
        finally:
            connection.rollback()
            connection.execute(f"SELECT {_UNLOCK}")
            connection.commit()


def _settle(connection: Any) -> None:
    row = connection.execute(f"SELECT obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace')").fetchone()
    stands, _, ours = str(row[0] if row and row[0] else "").partition(" ")
    steps = migrations()
    if stands > steps[-1].name:
        raise StorageError(
            "the queue's tables were made by a newer Procrastinate",
            remedy="install the same version on every machine (constraints.txt)",
        )
    if not stands:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute(SchemaManager.get_schema())
        _note(connection, steps[-1].name, "0")
    for step in steps:
        if stands and step.name > stands:  # each in a transaction of its own: a new enum value is known only after
            connection.execute(step.read_text("utf-8"))
            _note(connection, step.name, ours or "0")
    if ours != _OURS[0]:
        connection.execute(_OURS[1])
        _note(connection, steps[-1].name, _OURS[0])


def _note(connection: Any, stands: str, ours: str) -> None:
    connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{stands} {ours}'")
    connection.commit()
