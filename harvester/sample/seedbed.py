"""Writes the seed files of the sample journals for the port the publisher runs on."""

from importlib.resources import files
from pathlib import Path
from typing import Protocol


class Address(Protocol):
    """Where the publisher listens: `host` is host:port, `url` the same with its scheme."""

    url: str
    host: str


def seeds(folder: Path, publisher: Address) -> list[Path]:
    """Write platforms/*.toml and sources/*.toml into `folder`, `{origin}` and `{host}` filled in; returns the files.

    The sources ask for no delay, so `host` must stand in HARVESTER_PRIVATE_ALLOW.
    """
    written = []
    for kind in ("platforms", "sources"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        shelf = files("harvester.sample").joinpath("seeds", kind)
        for item in sorted(shelf.iterdir(), key=lambda entry: entry.name):
            target = folder / kind / item.name
            target.write_text(_fill(item.read_text(encoding="utf-8"), publisher), encoding="utf-8")
            written.append(target)
    return written


def _fill(text: str, publisher: Address) -> str:
    # Plain replacement: regular expressions in these files have braces of their own.
    return text.replace("{origin}", publisher.url).replace("{host}", publisher.host)
