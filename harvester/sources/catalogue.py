"""All platforms and Sources of a seeds folder, and which of them reads a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from harvester.errors import UsageError
from harvester.model.source import Detect, Journal, Platform, Source
from harvester.sources.check import host_of
from harvester.sources.merge import reading_only


@dataclass(frozen=True)
class Catalogue:
    """Platforms and Sources by id. `digests` are of the platforms' files."""

    platforms: Mapping[str, Platform]
    sources: Mapping[str, Source]
    digests: Mapping[str, str] = field(default_factory=dict)

    def get(self, source_id: str) -> Source:
        """The Source, or, for reading saved pages, the platform of that id. Raises UsageError with the nearest id."""
        if source_id in self.sources:
            return self.sources[source_id]
        if source_id in self.platforms:
            return self.as_source(self.platforms[source_id])
        near = get_close_matches(source_id, [*self.sources, *self.platforms], n=1)
        remedy = f"did you mean {near[0]}?" if near else "`harvester source list` names them all"
        raise UsageError(f'there is no source "{source_id}"', remedy=remedy)

    def for_saved_page(
        self, url: str | None = None, source_id: str | None = None, canonical: str | None = None
    ) -> Source | None:
        """Who reads a saved page: the Source named, else by the host of `url`, else by that of `canonical`.

        None means that only the page itself can tell (`fingerprints`). Raises UsageError for an unknown `source_id`.
        """
        if source_id is not None:
            return self.get(source_id)
        found = (self.for_host(host_of(address)) for address in (url, canonical) if address)
        return next((source for source in found if source), None)

    def for_host(self, host: str) -> Source | None:
        """The Source of a host (host or host:port). Several Sources of one platform share its reading-only Source,
        with the journals of all; several without one: the first by id.
        """
        names = _names(host)
        sources = next((self._sources_by_host[name] for name in names if name in self._sources_by_host), ())
        if len({source.platform for source in sources}) == 1 < len(sources) and sources[0].platform:
            return self.as_source(self.platforms[sources[0].platform])
        if sources:
            return sources[0]
        platform = next((self.platforms_by_host[name] for name in names if name in self.platforms_by_host), None)
        return self.as_source(platform) if platform else None

    def as_source(self, platform: Platform) -> Source:
        """A Source that only reads saved pages of the platform, with the journals its Sources declare."""
        of_platform = (source for source in self.sources.values() if source.platform == platform.id)
        journals: dict[str, Journal] = {j.code: j for source in of_platform for j in source.journals}
        return reading_only(platform, tuple(journals.values()), self.digests.get(platform.id, ""))

    @cached_property
    def platforms_by_host(self) -> dict[str, Platform]:
        """Platform by each host its `[detect]` names; a name also stands for the hosts below it."""
        return {host: platform for platform in self.platforms.values() for host in platform.detect.hosts}

    @cached_property
    def fingerprints(self) -> list[tuple[Detect, Platform]]:
        """What to look for in a document whose host says nothing, in order of platform id."""
        known = sorted(self.platforms.values(), key=lambda platform: platform.id)
        return [(one.detect, one) for one in known if one.detect.elements or one.detect.generator]

    @cached_property
    def _sources_by_host(self) -> dict[str, tuple[Source, ...]]:
        by_host: dict[str, tuple[Source, ...]] = {}
        for source in sorted(self.sources.values(), key=lambda source: source.id):
            for host in source.hosts:
                by_host[host] = (*by_host.get(host, ()), source)
        return by_host


def _names(host: str) -> list[str]:
    """The host as written, without its port, without `www.` or with it, then the names above it."""
    bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host
    twin = bare.removeprefix("www.") if bare.startswith("www.") else f"www.{bare}"
    labels = bare.split(".")
    above = [".".join(labels[start:]) for start in range(1, len(labels) - 1)]
    return [host, bare, twin, *above] if not bare.replace(".", "").isdigit() else [host, bare]
