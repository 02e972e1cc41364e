"""TDM reservation (TDMRep, W3C CG report of 2024-05-10) and robots directives x the operator's basis."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from harvester.model.record import AbstractPolicy, Record, TdmReservation
from harvester.model.signal import QUOTE_LIMIT, Evidence
from harvester.model.source import RightsRules
from harvester.policy.addresses import record_without_addresses
from harvester.policy.phrases import Phrases

_BY_CHANCE = 6  # characters; prose has shorter numbers of its own
_NO_ARCHIVE = frozenset(("noarchive", "nocache"))


def decide(
    record: Record,
    rights: RightsRules,
    default_basis: str,
    *,
    page_robots: Iterable[str],
    visit_robots: Iterable[str],
    now: datetime,
) -> Record:
    """The Record with its abstract policy set, without the abstracts that may not be kept and without mail addresses.

    `page_robots` are the page's own directives (`noarchive` ...), `visit_robots` the site-wide statements found while
    fetching (`tdm-reservation: 1`). `now` (UTC) decides whether a basis has ended and `unavailable_after` has passed.
    """
    tdm = record.rights.tdm or site_reservation(visit_robots)
    policy = abstract_policy(tdm, rights, default_basis, now)
    robots = _directives(record, page_robots, now)
    kept = record.rights.model_copy(update={"tdm": tdm, "robots": robots, "abstract_policy": policy})
    record = record.model_copy(update={"rights": kept})
    return record_without_addresses(record if policy.keep else without_abstracts(record))


def site_reservation(statements: Iterable[str]) -> TdmReservation | None:
    """The reservation of the site's TDMRep file, which a page's own header or meta overrides."""
    named = {name.strip().lower(): value.strip() for name, _, value in (s.partition(":") for s in statements)}
    if named.get("tdm-reservation") not in ("0", "1"):
        return None
    quote = f"tdm-reservation: {named['tdm-reservation']}"[:QUOTE_LIMIT]
    evidence = Evidence(vocabulary="tdmrep", name="tdm-reservation", quote=quote, where="file:/.well-known/tdmrep.json")
    return TdmReservation(
        reserved=named["tdm-reservation"] == "1", policy_url=named.get("tdm-policy") or None, evidence=(evidence,)
    )


def abstract_policy(
    tdm: TdmReservation | None, rights: RightsRules, default_basis: str, now: datetime
) -> AbstractPolicy:
    """What the operator's basis allows for the abstracts of a reserved page; `open` where nothing is reserved.

    `research` is EU directive 2019/790, article 3. A basis whose `until` lies before `now` has ended: `none`.
    """
    if tdm is None or not tdm.reserved:
        return AbstractPolicy()
    basis = rights.basis or default_basis
    if rights.until is not None and rights.until < now.date():
        basis = "none"
    if basis == "research":
        return AbstractPolicy(basis="research", keep=True, show="signed_in", redistribute=False)
    if basis in ("licence", "permission") and rights.keep:
        return AbstractPolicy(basis=basis, keep=True, show=rights.show, redistribute=rights.redistribute)
    return AbstractPolicy(basis=basis, keep=False, show="nobody", redistribute=False)


def _directives(record: Record, page_robots: Iterable[str], now: datetime) -> tuple[str, ...]:
    found = {directive.strip().lower() for directive in (*record.rights.robots, *page_robots)} - {""}
    after = record.rights.unavailable_after
    if after is not None and after <= now:
        found |= {"noarchive", "noindex"}
    if "none" in found:
        found |= {"noindex", "nofollow"}
    return tuple(sorted(found))


def archive_ban(robots: Iterable[str]) -> str | None:
    """The directive that forbids keeping a copy of the page, or None."""
    return next((directive for directive in sorted(robots) if directive in _NO_ARCHIVE), None)


def abstract_texts(record: Record) -> Iterator[str]:
    """Every text of the record that is abstract, or quotes one as such."""
    for abstract in (*record.abstracts.values(), *record.other_abstracts):
        yield abstract.value
        yield from (section.text for section in abstract.sections)
        yield from abstract.boilerplate
        yield from (evidence.quote for evidence in abstract.evidence)


def fact_texts(record: Record) -> Iterator[str]:
    """The bibliographic facts of the record and the quotes its verdict rests on, as printed."""
    for title in record.titles.values():
        yield title.value
    for keywords in record.keywords.values():
        yield " ".join(keywords.items)
        yield from keywords.items
    for person in record.contributors:
        yield from (person.name, *person.affiliations)
    box = record.container
    yield from (*box.titles.values(), *(issn.value for issn in box.issns))
    yield from (text for text in (box.publisher, box.volume, box.issue, box.pages, box.article_number) if text)
    yield from (date.raw for date in record.dates)
    yield from (identifier.raw for identifier in record.identifiers)
    yield from (relation.target_text for relation in record.relations)
    yield from quotes(record)


def quotes(record: Record) -> Iterator[str]:
    """What no prose says by chance: the words that verdict, integrity, relations and rights rest on, names, numbers."""
    yield from (person.name for person in record.contributors)
    yield from (issn.value for issn in record.container.issns)
    yield from (identifier.raw for identifier in record.identifiers if len(identifier.raw) >= _BY_CHANCE)
    yield from (" ".join(keywords.items) for keywords in record.keywords.values() if len(keywords.items) > 1)
    yield from (text for text in (record.integrity.notice, record.integrity.date, record.rights.copyright) if text)
    yield from (evidence.quote for evidence in _quoted(record))


def _quoted(record: Record) -> Iterator[Evidence]:
    yield from record.access.evidence
    yield from (conflict.evidence for conflict in record.access.conflicts)
    yield from record.integrity.evidence
    for relation in record.relations:
        yield from relation.evidence
    for licence in record.rights.licences:
        yield from licence.evidence
    if record.rights.tdm:
        yield from record.rights.tdm.evidence


def without_abstracts(record: Record) -> Record:
    """The record without abstracts, and without evidence that quotes from one; one that has none is as it is."""
    if not (record.abstracts or record.other_abstracts):
        return record
    phrases = Phrases(abstract_texts(record), spare=fact_texts(record))
    told = tuple(lang for lang in record.languages if lang in record.titles or lang in record.keywords)
    bare = record.model_copy(update={"abstracts": {}, "other_abstracts": (), "languages": told})
    keywords = {
        lang: listed.model_copy(update={"evidence": _clean(listed.evidence, phrases)})
        for lang, listed in bare.keywords.items()
    }
    titles = {
        lang: title.model_copy(update={"evidence": _clean(title.evidence, phrases)})
        for lang, title in bare.titles.items()
    }
    people = tuple(p.model_copy(update={"evidence": _clean(p.evidence, phrases)}) for p in bare.contributors)
    dates = tuple(d.model_copy(update={"evidence": _clean(d.evidence, phrases)}) for d in bare.dates)
    return bare.model_copy(update={"titles": titles, "keywords": keywords, "contributors": people, "dates": dates})


def _clean(evidence: tuple[Evidence, ...], phrases: Phrases) -> tuple[Evidence, ...]:
    return tuple(item for item in evidence if not phrases.within(item.quote))
