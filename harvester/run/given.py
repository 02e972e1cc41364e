"""Addresses and DOIs that an operator names are put at the head of a Source's frontier."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.crawl.resolving import resolving
from harvester.model.source import Discovery, Source
from harvester.settings import Settings
from harvester.urls import canonical_url, in_bounds, refused
from storage.store import Store
from storage.unit import Unit


class Given(NamedTuple):
    """`urls` are asked for by the next Run; `rejected` are lines with the reason why they are not."""

    urls: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...]


def put(store: Store, source: Source, settings: Settings, lines: Iterable[str]) -> Given:
    """Make every named page due. A line holds an address of the Source or a DOI; blank lines and `#` are passed over.

    Raises UsageError for DOIs without a contact: their resolver is a host like any other.
    """
    wanted = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    judged = {line: _judged(line, source) for line in wanted}
    urls = tuple(dict.fromkeys(url for url, reason in judged.values() if url and not reason))
    resolver = _resolver(source)
    if any(url.startswith(resolver) for url in urls):
        settings.contact_for([urlsplit(resolver).netloc])
    now = datetime.now(UTC)

    def note(unit: Unit) -> None:
        store.pages.discover(unit, source.id, [(url, None) for url in urls], now)
        store.pages.make_due(unit, source.id, urls, now)

    store.transact(note)
    return Given(urls, tuple((line, reason) for line, (_, reason) in judged.items() if reason))


def _judged(line: str, source: Source) -> tuple[str | None, str | None]:
    """The address that is asked for, or the reason why none is."""
    if found := resolving(line, _resolver(source)):
        return found, None
    if not line.startswith(("http://", "https://")):
        return None, "neither an address nor a DOI"
    url = canonical_url(line, source.urls)
    if not in_bounds(url, source.hosts):
        return None, f"on no host of {source.id}"
    return url, refused(url, source.urls)


def _resolver(source: Source) -> str:
    return next((way.resolver for way in source.discovery if way.kind == "dois"), Discovery(kind="dois").resolver)
