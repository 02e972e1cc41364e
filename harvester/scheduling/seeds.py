"""The Sources as their files say now, read again when one of these has changed."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from harvester.errors import SourceError
from harvester.logs import Trouble
from harvester.model.source import Source
from harvester.sources import load

_Print = frozenset[tuple[str, int, int]]


class Seeds:
    """The seeds folder. `tell` gets a line when files have mistakes: the Sources then stay what they were."""

    def __init__(self, seeds_dir: Path, private_allow: Collection[str], tell: Callable[[str], None]) -> None:
        self._folder = seeds_dir
        self._private_allow = private_allow
        self._tell = tell
        self._print: _Print | None = None
        self._sources: Mapping[str, Source] = {}
        self.trouble = ""

    def __call__(self) -> Mapping[str, Source]:
        """Every Source by id. Raises SourceError for mistakes in files that were never read without any."""
        present = self._fingerprint()
        if present != self._print:
            self._read(present)
        return self._sources

    def _read(self, present: _Print) -> None:
        try:
            self._sources = load(self._folder, private_allow=self._private_allow).sources
            self.trouble = ""
        except SourceError as error:
            if self._print is None:
                raise
            self.trouble = f"the sources stay what they were: {error}"
            self._tell(Trouble(self.trouble))
        self._print = present

    def _fingerprint(self) -> _Print:
        found = []
        for path in self._folder.glob("*/*.toml"):
            try:
                state = path.stat()
            except FileNotFoundError:
                continue
            found.append((str(path), state.st_mtime_ns, state.st_size))
        return frozenset(found)
