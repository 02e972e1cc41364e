"""Seed files -> Sources. Every mistake of every file is told at once, with file, line, key and remedy.

`load` and `load_files` give a Catalogue or raise SourceError; `check` gives the mistakes.
A file under a folder named `platforms` is a platform, any other a Source.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harvester.errors import SourceError
from harvester.model.source import Platform, Source
from harvester.sources.catalogue import Catalogue
from harvester.sources.check import platform_mistakes, source_mistakes
from harvester.sources.files import Mistake, SeedFile, read
from harvester.sources.merge import merged
from harvester.sources.shape import shaped

__all__ = ["Catalogue", "Mistake", "check", "load", "load_files", "report"]


def load(seeds_dir: Path, *, private_allow: Collection[str] = ()) -> Catalogue:
    """Every platform and Source of `seeds_dir`. Raises SourceError with all mistakes.

    `private_allow` (host:port) are the hosts that may go without a gap between requests.
    """
    return _or_raise(_read_all(_below(seeds_dir, "platforms"), _sources_below(seeds_dir), private_allow))


def load_files(paths: Iterable[Path], seeds_dir: Path, *, private_allow: Collection[str] = ()) -> Catalogue:
    """The Sources of `paths` alone, with the platforms of `seeds_dir`. Raises SourceError with all mistakes."""
    return _or_raise(_read_all(_below(seeds_dir, "platforms"), list(paths), private_allow))


def check(paths: Iterable[Path] | None, seeds_dir: Path, *, private_allow: Collection[str] = ()) -> list[Mistake]:
    """Every mistake of `paths`, or of all of `seeds_dir`, by file and line."""
    given = None if paths is None else list(paths)
    sources = _sources_below(seeds_dir) if given is None else [path for path in given if not _is_platform(path)]
    platforms = _below(seeds_dir, "platforms")
    extra = [path for path in given or () if _is_platform(path) and path.resolve() not in _resolved(platforms)]
    mistakes = _read_all([*platforms, *extra], sources, private_allow).mistakes
    if given is not None:
        named = _resolved(given)
        mistakes = [mistake for mistake in mistakes if Path(mistake.file).resolve() in named]
    return _in_order(mistakes)


@dataclass
class _Reading:
    """What has been read so far, good and bad."""

    platforms: dict[str, Platform | None] = field(default_factory=dict)  # None: there, but with mistakes
    sources: dict[str, Source] = field(default_factory=dict)
    files: dict[str, SeedFile] = field(default_factory=dict)  # of platforms, by id
    mistakes: list[Mistake] = field(default_factory=list)


def _read_all(platforms: list[Path], sources: list[Path], private_allow: Collection[str]) -> _Reading:
    reading = _Reading()
    for path in platforms:
        _read_platform(path, reading)
    for path in sources:
        _read_source(path, reading, private_allow)
    return reading


def _read_platform(path: Path, reading: _Reading) -> None:
    file = _file(path, reading)
    if file is None:
        reading.platforms[path.stem] = None
        return
    reading.files[file.id] = file
    shape = shaped(Platform, file, {"id": file.data.get("id", file.id)})
    mistakes = platform_mistakes(file, shape)
    reading.platforms[file.id] = None if mistakes else shape.value
    reading.mistakes += mistakes


def _read_source(path: Path, reading: _Reading, private_allow: Collection[str]) -> None:
    file = _file(path, reading)
    if file is None:
        return
    shape = shaped(Source, file, {"id": file.data.get("id", file.id)})
    own = shape.value
    reading.mistakes += source_mistakes(file, shape, reading.platforms, private_allow)
    if own.id in reading.sources:
        what = f'"{own.id}" is the id of another file too'
        reading.mistakes.append(file.mistake(("id",), what, "rename one of the two files (and its id)"))
        return
    parts = [part for part in (reading.files.get(own.platform or ""), file) if part]
    reading.sources[own.id] = merged(reading.platforms.get(own.platform or ""), own, _digest(parts))


def _file(path: Path, reading: _Reading) -> SeedFile | None:
    file = read(path)
    if isinstance(file, SeedFile):
        return file
    reading.mistakes.append(file)
    return None


def _digest(files: Iterable[SeedFile]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(len(file.body).to_bytes(8, "big") + file.body)
    return f"sha256:{digest.hexdigest()}"


def _or_raise(reading: _Reading) -> Catalogue:
    if reading.mistakes:
        raise SourceError(report(reading.mistakes))
    digests = {one: _digest([file]) for one, file in reading.files.items()}
    platforms = {one: platform for one, platform in reading.platforms.items() if platform}
    return Catalogue(platforms, reading.sources, digests)


def count(seeds_dir: Path) -> int:
    """How many seed files a folder has."""
    return len(_sources_below(seeds_dir)) + len([*(seeds_dir / "platforms").glob("*.toml")])


def report(mistakes: list[Mistake]) -> str:
    """All mistakes as one text, by file and line."""
    files = len({mistake.file for mistake in mistakes})
    head = f"{_counted(len(mistakes), 'mistake')} in {_counted(files, 'seed file')}"
    return "\n".join([head, *map(str, _in_order(mistakes))])


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _in_order(mistakes: list[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line, mistake.key))


def _below(seeds_dir: Path, folder: str) -> list[Path]:
    return sorted((seeds_dir / folder).glob("*.toml"))


def _sources_below(seeds_dir: Path) -> list[Path]:
    if not (seeds_dir / "sources").is_dir():
        remedy = "set HARVESTER_SEEDS_DIR to a folder that has platforms/ and sources/"
        raise SourceError(f"{seeds_dir} is no seeds folder: it has no sources/", remedy=remedy)
    return _below(seeds_dir, "sources")


def _is_platform(path: Path) -> bool:
    return path.resolve().parent.name == "platforms"


def _resolved(paths: Iterable[Path]) -> set[Path]:
    return {path.resolve() for path in paths}
