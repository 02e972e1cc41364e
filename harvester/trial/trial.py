"""One page under one source: what each rule finds, which value wins against which, verdict and policy."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from harvester.extraction.document import Document
from harvester.extraction.extract import Extraction, extract
from harvester.extraction.gather import signals_of
from harvester.extraction.recognise import platform_of
from harvester.extraction.signals.signal import Signal
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.signal import Evidence
from harvester.model.source import Detect, Platform, Source
from harvester.policy import Kept, body_to_keep, decide
from harvester.trial.rules import RuleFound, rules_found
from harvester.trial.signals import about
from harvester.urls import refused

_OUTLINE = 3  # runners-up shown for one field


class FieldFound(NamedTuple):
    """A chosen value, the vocabularies it rests on (the winner first), and what others said (vocabulary, value)."""

    field: str
    value: str | None
    won_by: tuple[str, ...] = ()
    runners_up: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """All that `source try` shows. `reader` is the Source whose rules read the page, `platform` what was recognised.

    `record` is what extraction read, `stored` what policy leaves of it, `archive` what the archive may hold.
    `forbidden` says what policy or URL rules forbid, and by which words.
    """

    page: Page
    reader: Source
    platform: Platform | None
    outcome: VisitOutcome
    reason: str
    rules: tuple[RuleFound, ...]
    vocabularies: dict[str, int]
    fields: tuple[FieldFound, ...]
    record: Record | None
    stored: Record | None
    archive: Kept | None
    forbidden: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As JSON types; the page's body is left out."""
        return {
            "url": self.page.final_url,
            "status": self.page.status,
            "reader": self.reader.id,
            "platform": self.platform.id if self.platform else self.reader.platform,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "rules": [{**rule._asdict(), "idle": rule.is_idle} for rule in self.rules],
            "vocabularies": self.vocabularies,
            "fields": [field._asdict() for field in self.fields],
            "access": self.record.access.model_dump(mode="json") if self.record else None,
            "forbidden": list(self.forbidden),
            "archive": {"state": self.archive.state, "reason": self.archive.reason} if self.archive else None,
            "stored": self.stored.model_dump(mode="json") if self.stored else None,
        }


def try_page(
    page: Page,
    source: Source,
    *,
    fingerprints: Sequence[tuple[Detect, Platform]] = (),
    default_basis: str,
    visit_robots: Sequence[str] = (),
    now: datetime,
) -> Trial:
    """Read one page as a harvest would and tell everything about it. Stores nothing and raises nothing for a page.

    `visit_robots` are statements of the site's own files, as a Visit has them; `now` (UTC) decides whether a basis has
    ended.
    """
    found = extract(page, source, fingerprints=fingerprints)
    document = Document(page)
    platform = None if source.platform or source.read != type(source.read)() else platform_of(document, fingerprints)
    reader = _with_rules(source, platform)
    signals = signals_of(document, reader).all
    record, stored, archive = found.record, None, None
    if record:
        stored = decide(
            record, source.rights, default_basis, page_robots=found.robots, visit_robots=visit_robots, now=now
        )
        policy, robots = stored.rights.abstract_policy, stored.rights.robots
        archive = body_to_keep(page, record, policy=policy, robots=robots, fulltext=reader.read.fulltext)
    return Trial(
        page=page,
        reader=reader,
        platform=platform,
        outcome=found.outcome,
        reason=found.reason,
        rules=tuple(rules_found(document, reader, signals, record)),
        vocabularies=dict(Counter(one.vocabulary for one in signals).most_common()),
        fields=tuple(_fields(record, signals)) if record else (),
        record=record,
        stored=stored,
        archive=archive,
        forbidden=tuple(_forbidden(page, source, found, stored, archive)),
    )


def _with_rules(source: Source, platform: Platform | None) -> Source:
    return source if platform is None else source.model_copy(update={"read": platform.read, "access": platform.access})


def _fields(record: Record, signals: Sequence[Signal]) -> Iterator[FieldFound]:
    for name, field, value, evidence in _chosen(record):
        said = about(field, signals) if field else []
        winners = tuple(dict.fromkeys(f"{one.vocabulary}:{one.name}" for one in evidence))
        others = {f"{one.vocabulary}:{one.name}": _said(one) for one in said}
        runners = tuple((who, what) for who, what in others.items() if who not in winners)
        yield FieldFound(name, value, winners, runners[:_OUTLINE])


def _said(signal: Signal) -> str:
    return " | ".join(signal.items) or " ".join(signal.value.split())


_Chosen = tuple[str, str, str | None, Sequence[Evidence]]


def _chosen(record: Record) -> Iterator[_Chosen]:
    """(name, field of `signals.FIELDS`, value as one text, its evidence) of every field, missing ones too."""
    for kind in ("titles", "abstracts"):
        texts = getattr(record, kind)
        yield from ((f"{kind}.{lang}", kind, text.value, text.evidence) for lang, text in texts.items())
        yield from () if texts else ((kind, kind, None, ()),)
    lists = record.keywords
    yield from ((f"keywords.{lang}", "keywords", " | ".join(one.items), one.evidence) for lang, one in lists.items())
    yield from () if lists else (("keywords", "keywords", None, ()),)
    people = record.contributors
    names = " | ".join(one.name for one in people) or None
    yield "contributors", "contributors", names, people[0].evidence if people else ()
    yield from _container(record)
    dates = record.dates
    told = "; ".join(f"{one.value} ({one.kind})" for one in dates) or None
    yield "dates", "dates", told, [evidence for one in dates for evidence in one.evidence]
    doi = next((one for one in record.identifiers if one.scheme == "doi"), None)
    yield "doi", "doi", doi.value if doi else None, doi.evidence if doi else ()


def _container(record: Record) -> Iterator[_Chosen]:
    place, evidence = record.container, record.container.evidence
    values = {
        "journal": (" / ".join(place.titles.values()), "titles"),
        "issn": (", ".join(one.value for one in place.issns), "issns"),
        "publisher": (place.publisher, "publisher"),
        "volume": (place.volume, "volume"),
        "issue": (place.issue, "issue"),
        "pages": (place.pages or place.article_number, "pages"),
    }
    for field, (value, key) in values.items():
        yield field, field, value or None, evidence.get(key) or evidence.get(field, ())


def _forbidden(
    page: Page, source: Source, found: Extraction, stored: Record | None, archive: Kept | None
) -> Iterator[str]:
    if why := refused(page.final_url, source.urls):
        yield f"a harvest never asks for this address: {why}"
    if stored is None or archive is None or found.record is None:
        return
    rights = stored.rights
    if rights.tdm and rights.tdm.reserved:
        yield _reservation(stored, found.record)
    for directive in rights.robots:
        yield f"robots {directive}: {_ROBOTS.get(directive.partition(':')[0], 'kept with the record')}"
    if archive.state != "kept":
        what = "no copy of the page is archived" if archive.state == "none" else "cut from the archived page"
        yield f"{what}: {archive.reason}"


_ROBOTS = {
    "noarchive": "no copy of the page is archived",
    "nocache": "no copy of the page is archived",
    "noindex": "kept with the record, for whoever shows it",
    "unavailable_after": "no copy of the page is archived after that moment",
}


def _reservation(stored: Record, read: Record) -> str:
    rights, policy = stored.rights, stored.rights.abstract_policy
    said = rights.tdm.evidence[0] if rights.tdm and rights.tdm.evidence else None
    words = f" (“{said.quote}” at {said.where})" if said else ""
    lost = ", ".join(lang for lang in read.abstracts if lang not in stored.abstracts)
    kept = f"abstracts are kept, shown: {policy.show}, passed on: {'yes' if policy.redistribute else 'no'}"
    what = kept if policy.keep else f"no abstract is kept{f' (read: {lost})' if lost else ''}"
    return f"text and data mining is reserved{words}, basis {policy.basis}: {what}"
