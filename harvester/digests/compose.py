"""Items of the ledger and their records make a Digest: what has come to nothing goes, editions come once. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from harvester.digests.present import Piece, piece, title_of
from harvester.digests.wording import Wording
from harvester.model.access import AccessStatus
from harvester.model.alert import Item, News, Wants
from harvester.model.open_copy import Statement
from harvester.model.record import Record
from harvester.policy.doors import shown

MOST_ITEMS = 40  # that one mail shows; mail clients cut longer ones
SUBJECT_TITLE = 70  # code points
# Sections in the order they are read: what may mislead first, then what has opened.
ORDER = (News.RETRACTED, News.FREED, News.EMBARGO_LIFTED, News.NEW, News.CORRECTED, News.CLOSED_AGAIN)

READABLE = frozenset((AccessStatus.OPEN.value, AccessStatus.FREE.value))
_CLOSED = frozenset((AccessStatus.REGISTRATION.value, AccessStatus.SUBSCRIPTION.value, AccessStatus.NO_FULLTEXT.value))
_EMBARGOED = AccessStatus.EMBARGOED.value
_ACCESS = (News.FREED, News.EMBARGO_LIFTED, News.CLOSED_AGAIN)
_RETRACTED = frozenset(("retracted", "withdrawn", "expression_of_concern"))


class Entry(NamedTuple):
    """One article of a digest before it has words: what is told, its record, the other editions of its work.

    `said`: what registries say of the record.
    """

    news: News
    item: Item
    record: Record
    editions: tuple[Record, ...]
    said: tuple[Statement, ...]


class Section(NamedTuple):
    """The articles of one kind of news. `total`: how many there are, shown or not."""

    news: News
    title: str
    total: int
    pieces: tuple[Piece, ...]


class Digest(NamedTuple):
    """What a reader receives for one period (fr: bulletin de veille). `left_out`: articles that are not shown."""

    subject: str
    total: int
    left_out: int
    sections: tuple[Section, ...]


def access_news(was: str, became: str) -> News | None:
    """What a change of access is to a reader; None where nothing opened or closed, or it is not known."""
    if became in READABLE:
        return News.EMBARGO_LIFTED if was == _EMBARGOED else News.FREED if was in _CLOSED else None
    return News.CLOSED_AGAIN if was in READABLE and (became in _CLOSED or became == _EMBARGOED) else None


def integrity_news(was: str, became: str) -> News | None:
    """What a change of integrity is to a reader."""
    if became == was:
        return None
    return News.CORRECTED if became == "corrected" else News.RETRACTED if became in _RETRACTED else None


def still_true(items: Iterable[Item], records: Mapping[str, Record], wants: Wants) -> list[Item]:
    """Of what was noted, what is still so and was asked for: once for each record, as something new or as what it is.

    What opened and closed again before it was told has come to nothing.
    """
    by_record: dict[str, list[Item]] = {}
    for item in items:
        if item.record_id in records and item.news in wants.news:
            by_record.setdefault(item.record_id, []).append(item)
    found: list[Item] = []
    for record_id, noted in by_record.items():
        record = records[record_id]
        news = [one for one in noted if one.news is News.NEW][:1]
        grave = [one for one in noted if one.became == record.integrity.status and one.news not in _ACCESS][-1:]
        opened = _in_all([one for one in noted if one.news in _ACCESS], record)
        found += news or [*grave, *opened]
    return found


def _in_all(turned: Sequence[Item], record: Record) -> list[Item]:
    """What several changes of access come to."""
    net = access_news(turned[0].was, record.access.status.value) if turned else None
    return [one for one in turned if one.news is net][-1:]


def entries(
    items: Sequence[Item],
    works: Mapping[str, Sequence[Record]],
    said: Mapping[str, tuple[Statement, ...]],
    language: str,
) -> list[Entry]:
    """What is told, in the order it is read: by kind, then newest publication first. Editions of one work come once.

    `works`: by record id all living records of its work; `said`: by record id what registries say. The edition shown
    is the one it is told of, or of several the one in the reader's language.
    """
    together: dict[tuple[News, str], list[Item]] = {}
    for item in items:
        work = works[item.record_id][0].work_id
        together.setdefault((item.news, work), []).append(item)
    found = []
    for (news, _), told in together.items():
        by_id = {record.id: record for record in works[told[0].record_id]}
        chosen = min(told, key=lambda one: not _speaks(by_id[one.record_id], language))
        record = by_id[chosen.record_id]
        if news is News.NEW and not _speaks(record, language):
            record = next((one for one in by_id.values() if _speaks(one, language)), record)
        others = tuple(one for one in by_id.values() if one.id != record.id)
        found.append(Entry(news, chosen, record, others, said.get(record.id, ())))
    return sorted(found, key=_reading_order)


def _speaks(record: Record, language: str) -> bool:
    return any(tag.partition("-")[0].lower() == language for tag in (*record.titles, *record.abstracts))


def _reading_order(entry: Entry) -> tuple[int, str, str]:
    day = max((one.value for one in entry.record.dates if one.kind in ("published", "online", "print")), default="")
    flipped = "".join(chr(0x10FFFF - ord(letter)) for letter in day.ljust(10, "\0"))  # newest first
    return ORDER.index(entry.news), flipped, entry.record.id


def digest(
    found: Sequence[Entry], words: Wording, say: Callable[[Entry], Piece], *, most: int = MOST_ITEMS, first: int = 0
) -> Digest:
    """The Digest of these entries, of which `most` are shown from the place `first` on; `say` puts one into words."""
    shown_now = found[first : first + most]
    sections = []
    for news in ORDER:
        total = sum(one.news is news for one in found)
        pieces = tuple(say(one) for one in shown_now if one.news is news)
        if pieces:
            sections.append(Section(news, words(f"sections.{news}"), total, pieces))
    return Digest(subject(found, words), len(found), len(found) - len(shown_now), tuple(sections))


def told(entry: Entry, words: Wording) -> Piece:
    """One entry in words, with no more of its record than this reader may be shown."""
    record = shown(entry.record, signed_in=True)
    was = words("was", words(f"access.{entry.item.was}").lower()) if entry.item.was and entry.news in _ACCESS else ""
    withheld = bool(entry.record.abstracts) and not record.abstracts
    editions = [shown(one, signed_in=True) for one in entry.editions]
    return piece(record, words, editions=editions, was=was, withheld=withheld, said=entry.said)


def subject(found: Sequence[Entry], words: Wording) -> str:
    """A line worth opening: the first article by its title, what is new about it, and how many more there are."""
    if not found:
        return words("digest")
    title = _shortened(title_of(found[0].record, words.language).value)
    line = words(f"subject.{found[0].news}", title=words.quoted(title))
    if len(found) == 1:
        return line
    return (
        words("subject.and_one", subject=line)
        if len(found) == 2
        else words("subject.and_many", subject=line, n=len(found) - 1)
    )


def _shortened(title: str) -> str:
    if len(title) <= SUBJECT_TITLE:
        return title
    cut = title[:SUBJECT_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:.–—-")
    return f"{cut}…"
