"""A page named on the command line: a saved file, or an address that is fetched as a harvest would fetch it."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harvester.cli.wiring import Wiring

if TYPE_CHECKING:
    from harvester.model.page import Page
    from harvester.model.source import Source


class Opened(NamedTuple):
    """A page, who reads it, and what the site's own files state about it (`robots`; nothing for a saved file)."""

    page: "Page"
    reader: "Source"
    robots: tuple[str, ...] = ()


def is_address(place: str) -> bool:
    """Whether it is to be fetched."""
    return place.startswith(("http://", "https://"))


def open_page(wiring: Wiring, place: str, url: str | None = None, source: str | None = None) -> Opened:
    """The page at `place`. The reader is the source named, else that of the page's host, else the generic one.

    Raises UsageError for a file that cannot be read or an unknown source, RefusedError where a rule forbids to fetch.
    """
    from harvester.model.source import GENERIC
    from harvester.saved import read_page, reader_of

    if not is_address(place):
        page = read_page(Path(place), url)
        return Opened(page, reader_of(page, wiring.catalogue, source))
    from harvester.run.look import look

    reader = wiring.catalogue.for_saved_page(place, source) or GENERIC
    visit = look(place, reader, wiring.settings)
    assert visit.page
    return Opened(visit.page, reader, visit.robots)
