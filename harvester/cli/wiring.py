"""What every verb stands on: the settings, the catalogue of sources and the store, made when first asked for."""

import getpass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.settings import Settings
    from harvester.sources import Catalogue
    from storage.store import Store


COMMAND_LINE = "command line"  # where an act came from, in the audit log


class Wiring:
    """Settings, catalogue and store of one invocation; `data` is the option --data."""

    def __init__(self, data: Path | None) -> None:
        self.data = data

    @cached_property
    def settings(self) -> "Settings":
        """The environment's settings; raises UsageError that names every wrong one."""
        from harvester.settings import load

        return load(data_dir=self.data)

    @cached_property
    def catalogue(self) -> "Catalogue":
        """All seed files; raises SourceError that lists every mistake."""
        from harvester.sources import load

        return load(self.settings.seeds_dir, private_allow=self.settings.private_allow)

    def store(self) -> "Store":
        """The open store of what was harvested; raises UsageError where nothing was."""
        from storage.store import Store

        self._refuse_absent_file()
        return Store.open(self.settings.database_url)

    def refuse_a_file(self, name: str, instead: str) -> None:
        """Raise UsageError, with what to do `instead`, unless the database is one that several machines can share."""
        if not self.settings.database_url.startswith("postgres"):
            raise UsageError(
                f"{name} needs a PostgreSQL database, which several machines can share",
                remedy=f"set HARVESTER_DATABASE_URL=postgresql://USER@HOST/NAME, or {instead}",
            )

    def _refuse_absent_file(self) -> None:
        scheme, _, path = self.settings.database_url.partition(":///")
        if scheme.startswith("sqlite") and path and not Path(path).exists():
            raise UsageError(
                f"nothing has been harvested into {self.settings.data_dir} yet: there is no {path}",
                remedy="harvester run SOURCE, or name the folder: harvester --data DIR ...",
            )


def user() -> str:
    """Who is signed in to this machine, for what is noted of an act."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"
