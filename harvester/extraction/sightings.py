"""What the rooms look for in a page's words, found for all of them in one search."""

from functools import cache

from harvester.extraction import editions, relations
from harvester.extraction.access import entries
from harvester.extraction.access.stems import Sightings
from harvester.extraction.wordlist import WordList


def sightings(words: bytes) -> Sightings:
    """Where the stems and hints of access, the subjects of ties and the cues of editions stand in `Document.words`."""
    return Sightings.of(words, _words())


@cache
def _words() -> WordList:
    # Those of access come first: its tables number them as they stand in its own list.
    return WordList((*entries.words().words, *relations.subjects(), *editions.CUES))
