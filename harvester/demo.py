"""The demonstration: the sample publisher on loopback, harvested by real Runs into a fresh data folder."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from harvester.errors import UsageError
from harvester.model.record import Record
from harvester.model.run import Run
from harvester.run import Progress, run_source
from harvester.sample import Publisher, seeds, serve
from harvester.settings import Settings, load
from harvester.sources import load as load_sources
from storage.store import Store

_MARK = ".harvester-demo"


class Demonstration(NamedTuple):
    """What came of it: `refused` are requests for addresses nobody may fetch, `requests` all that the publisher saw."""

    folder: Path
    settings: Settings
    runs: list[Run]
    records: list[Record]
    requests: int
    refused: list[str]

    @property
    def statuses(self) -> Counter[str]:
        """Records by access status."""
        return Counter(record.access.status.value for record in self.records)

    @property
    def bilingual(self) -> float:
        """Share of records with titles in two languages or more."""
        return sum(len(record.titles) > 1 for record in self.records) / max(1, len(self.records))


def make_fresh(folder: Path) -> None:
    """An empty folder for the demonstration; what an earlier one left there is removed.

    Raises UsageError for a folder with anything else in it, so that nothing of value is ever lost.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UsageError(
                f"{folder} is not empty, and the demonstration wants a folder of its own",
                remedy="name another: harvester --data NEW_FOLDER demo",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


@contextmanager
def demonstration(folder: Path, watch: Callable[[str, Progress], None]) -> Iterator[Demonstration]:
    """Harvest every source of the sample publisher into `folder`; `watch` hears of each source's progress.

    Within, the publisher goes on answering: its sources can be harvested again.
    """
    make_fresh(folder)
    with serve() as publisher:
        seeds(folder / "seeds", publisher)
        settings = _settings(folder, publisher)
        catalogue = load_sources(settings.seeds_dir, private_allow=settings.private_allow)
        with Store.open(settings.database_url, migrate=True) as store:
            runs = [
                run_source(store, source, settings, on_progress=lambda seen, one=source.id: watch(one, seen))  # type: ignore[misc]
                for source in catalogue.sources.values()
            ]
            records = sorted(store.records.iter(), key=lambda one: (one.source_id, one.url))
        yield Demonstration(folder, settings, runs, records, len(publisher.log), publisher.site.trapped)


def _settings(folder: Path, publisher: Publisher) -> Settings:
    """Nothing of the environment: the demonstration is the same everywhere."""
    return load(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/harvester.db",
        seeds_dir=folder / "seeds",
        contact="demo@harvester.example",
        base_url="",
        private_allow=(publisher.host,),
        tdm_basis="none",
    )
