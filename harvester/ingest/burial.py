"""Which records become tombstones when their pages are gone, and when so many are gone that it must be the site."""

from dataclasses import dataclass, field

from harvester.model.record import Record

GUARD_SHARE = 0.2  # of the known articles of the Source
GUARD_LEAST = 5  # pages; fewer are never a redesign


@dataclass(slots=True)
class Graveyard:
    """The known records whose pages answered 404 or 410 in this Run."""

    missing: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    alive: set[str] = field(default_factory=set)

    def note_gone(self, known: Record, url: str, detail: str) -> None:
        """`url` of a known record answered 404 or 410; only a 410 at its own address is a word about the article."""
        if known.deleted_at is None:
            self.missing.add(known.id)
            if "410" in detail and url == known.url:
                self.gone.add(known.id)

    def note_alive(self, record_id: str) -> None:
        """A page of the record was seen, so it is not gone whatever another address says."""
        self.alive.add(record_id)

    def is_redesign(self, known_articles: int) -> bool:
        """Whether so many known articles are missing that the site has changed and not they."""
        missing = len(self.missing - self.alive)
        return missing >= GUARD_LEAST and missing > GUARD_SHARE * known_articles

    def to_bury(self) -> list[str]:
        """Ids of the records that are gone, in order."""
        return sorted(self.gone - self.alive)
