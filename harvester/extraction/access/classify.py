"""Weighs the statements of a page by tier and returns the one verdict, with its quotes and what contradicts it."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from harvester.extraction.access.licences import find_licences, is_rights
from harvester.extraction.access.machine import machine_statements
from harvester.extraction.access.page import open_page
from harvester.extraction.access.page_data import licence_in_scripts, paid_in_scripts
from harvester.extraction.access.passages import PageText
from harvester.extraction.access.purchases import purchase_options
from harvester.extraction.access.sentences import Reading, SentenceReader, passages_of_slots
from harvester.extraction.access.statements import Statement
from harvester.extraction.access.stems import Sightings
from harvester.extraction.access.structure import cart, full_text, icons, marks, offered_file, sold
from harvester.extraction.css import select
from harvester.extraction.document import Document, Element
from harvester.extraction.signals.signal import Signal
from harvester.model import override
from harvester.model.access import AccessConflict, AccessStatus, AccessVerdict, Tier
from harvester.model.record import Licence
from harvester.model.signal import QUOTE_LIMIT, Evidence
from harvester.model.source import AccessRules

_READABLE = frozenset((AccessStatus.OPEN, AccessStatus.FREE))
_SHUT = frozenset((AccessStatus.SUBSCRIPTION, AccessStatus.NO_FULLTEXT))
# Said together in one tier, the first of a pair says more than the second and does not contradict it.
_SAYS_MORE = (
    (AccessStatus.OPEN, AccessStatus.FREE),
    (AccessStatus.REGISTRATION, AccessStatus.FREE),
    (AccessStatus.EMBARGOED, AccessStatus.FREE),
    (AccessStatus.EMBARGOED, AccessStatus.OPEN),
    (AccessStatus.EMBARGOED, AccessStatus.SUBSCRIPTION),
    (AccessStatus.EMBARGOED, AccessStatus.REGISTRATION),
    (AccessStatus.EMBARGOED, AccessStatus.NO_FULLTEXT),
    (AccessStatus.SUBSCRIPTION, AccessStatus.REGISTRATION),
    (AccessStatus.SUBSCRIPTION, AccessStatus.NO_FULLTEXT),
)
# A decided status that a statement of a weaker tier may still make more exact: status, by which, from which tiers.
_REFINED = (
    (AccessStatus.FREE, AccessStatus.OPEN, (Tier.MACHINE, Tier.SENTENCE, Tier.STRUCTURE)),
    (AccessStatus.FREE, AccessStatus.REGISTRATION, (Tier.SENTENCE,)),
    (AccessStatus.FREE, AccessStatus.EMBARGOED, (Tier.MACHINE, Tier.SENTENCE)),
    (AccessStatus.OPEN, AccessStatus.EMBARGOED, (Tier.MACHINE, Tier.SENTENCE)),
    (AccessStatus.SUBSCRIPTION, AccessStatus.REGISTRATION, (Tier.SENTENCE,)),
    (AccessStatus.SUBSCRIPTION, AccessStatus.EMBARGOED, (Tier.MACHINE, Tier.SENTENCE)),
)
_QUOTES, _CONFLICTS = 3, 8
_SITE = re.compile(rf"https?://[^/?#]{{1,{QUOTE_LIMIT - 8}}}")


class AccessReading(NamedTuple):
    """What one reading of a page says of the full text and of its licences."""

    verdict: AccessVerdict
    licences: tuple[Licence, ...]


def read_access(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    *,
    excluded: Collection[Element] = (),
    languages: Sequence[str] = (),
    seen: Sightings | None = None,
    today: date,
    as_of: datetime,
) -> AccessReading:
    """The verdict on this page's article, and its licences. Only for a landing page that answered `ok`.

    `excluded`: elements of title, abstract and keywords, whose words are no evidence. `languages`: BCP 47, those of
    the article's texts (English, the page's own and those of its frame come on top; none given: all). `seen`: the
    sightings of the page's words, if they have been looked for already. `today` decides what an embargo's end means.
    """
    if document.is_xml:
        return _read_xml(document, signals, rules, languages=languages, today=today, as_of=as_of)
    page, words = open_page(document, signals, rules, excluded, languages=languages, seen=seen)
    licences = find_licences(document, signals, rules, text=page)
    reading = _read_words(SentenceReader(words, page, today), rules)
    statements = [
        *_overrides(document, rules, today),
        *machine_statements(document, signals, licences, rules, today),
        *reading.statements,
        *marks(page, rules),
        *icons(page),
    ]
    sale = None if statements else cart(page, signals)
    if sale is not None:
        statements.append(sold(page, sale))
    if any(one.files and one.status not in _READABLE for one in statements):
        statements = [one for one in statements if not one.licence]
    statements += _offers(page, rules, statements)
    statements += _policy(document, rules)
    if reading.banner:
        statements = [one for one in statements if not _may_be_the_session(one)]
    statements += _from_page_data(page, statements)
    statements += _tempering(reading, statements)
    verdict = _weigh(statements, as_of)
    if verdict.status is AccessStatus.SUBSCRIPTION and (options := purchase_options(page, reading.actions, sale)):
        verdict = verdict.model_copy(update={"purchase_options": options})
    return AccessReading(verdict, licences)


def _read_xml(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    *,
    languages: Sequence[str],
    today: date,
    as_of: datetime,
) -> AccessReading:
    """XML has no page around the article: only its statements of rights speak, never the text that it may carry."""
    page, words = open_page(document, signals, rules, languages=languages)
    licences = find_licences(document, signals, rules, text=page)
    slots = [signal.element for signal in signals if is_rights(signal) and signal.element is not None]
    reading = SentenceReader(words, page, today).read(passages_of_slots(page, slots))
    statements = [
        *_overrides(document, rules, today),
        *machine_statements(document, signals, licences, rules, today),
        *reading.statements,
    ]
    return AccessReading(_weigh([*statements, *_policy(document, rules)], as_of), licences)


def _read_words(reader: SentenceReader, rules: AccessRules) -> Reading:
    page = reader.page
    reading = reader.read(page.speaking)
    slots = [element for css in rules.slots for element in select(page.document, css)]
    if not slots:
        return reading._replace(statements=_once(reading.statements))
    inside = reader.read(passages_of_slots(page, slots), slot=True)
    return Reading(
        _once((*inside.statements, *reading.statements)),
        reading.banner,
        (*inside.actions, *reading.actions),
        reading.collapsed,
    )


def _once(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """One sentence that several entries read alike says it once."""
    said: dict[tuple[object, ...], Statement] = {}
    for one in statements:
        evidence = one.evidence
        key = (one.status, one.tier, one.about_article, evidence.where, evidence.offset)
        if one.files or key not in said:
            said[key] = one
    return tuple(said.values())


def _offers(page: PageText, rules: AccessRules, statements: Sequence[Statement]) -> list[Statement]:
    """The text itself, or a file of it, counts only where no gate stands anywhere on the page."""
    if any(one.status not in _READABLE or one.tier < Tier.STRUCTURE for one in statements):
        return []
    found = full_text(page) or offered_file(page, files_open=rules.files_open)
    return [found] if found else []


def _overrides(document: Document, rules: AccessRules, today: date) -> list[Statement]:
    """The operator's word on this article, quoted by the address it is said of."""
    page = document.page
    return [
        Statement(
            AccessStatus(one.status),
            Tier.OPERATOR,
            override.RULE,
            override.evidence(one.by, one.reason, one.url),
        )
        for one in rules.overrides
        if one.url in (page.url, page.final_url) and (one.until is None or one.until >= today)
    ]


def _policy(document: Document, rules: AccessRules) -> list[Statement]:
    if rules.journal is None:
        return []
    # The policy goes with the site, so its address is the quote; a saved page without one has its title.
    site = _SITE.match(document.page.final_url)
    title = next(document.root.iter("title"), None)
    if site:
        evidence = Evidence(vocabulary="rules", name="journal", quote=site[0], where="url")
    elif title is not None and (title.text or "").strip():
        evidence = document.evidence("rules", "journal", title, title.text.strip())
    else:
        return []
    return [Statement(AccessStatus(rules.journal), Tier.JOURNAL, "rules.journal@1", evidence, about_article=False)]


def _tempering(reading: Reading, statements: Sequence[Statement]) -> list[Statement]:
    """Words not shown yet never open anything; that a free article asks for a login, they may say."""
    if any(one.status is AccessStatus.OPEN or one.tier is Tier.MACHINE for one in statements):
        return []
    return [one for one in reading.collapsed if one.status is AccessStatus.REGISTRATION and statements]


def _may_be_the_session(statement: Statement) -> bool:
    return statement.status is AccessStatus.FREE and not statement.licence and statement.tier >= Tier.SENTENCE


def _from_page_data(page: PageText, statements: Sequence[Statement]) -> list[Statement]:
    """Script data makes "free" exact where no gate stands, and says that one stands where nothing else speaks."""
    statuses = {one.status for one in statements if one.tier <= Tier.STRUCTURE}
    if statuses == {AccessStatus.FREE}:
        status, found = AccessStatus.OPEN, licence_in_scripts(page.document)
    elif not statuses:
        status, found = AccessStatus.SUBSCRIPTION, paid_in_scripts(page.document)
    else:
        return []
    return [Statement(status, Tier.STRUCTURE, "structure.page-data@1", found)] if found else []


def _weigh(statements: Sequence[Statement], as_of: datetime) -> AccessVerdict:
    for tier in Tier:
        if tier is Tier.HINT:
            break
        group = [one for one in statements if one.tier is tier]
        if group:
            return _decide(group, statements, as_of)
    return AccessVerdict(as_of=as_of, conflicts=_conflicts(statements))


def _decide(group: list[Statement], statements: Sequence[Statement], as_of: datetime) -> AccessVerdict:
    group = _article_first(group)
    left = _without_the_vaguer(group)
    statuses = {one.status for one in left}
    if len(statuses) > 1:
        return _disputed(left, statements, as_of)
    winner = _refine(left[0], statements)
    breath = [one for one in statements if _in_one_breath(winner, one)]
    support = [winner, *breath, *(one for one in statements if one.status is winner.status and one is not winner)]
    return AccessVerdict(
        status=winner.status,
        as_of=as_of,
        until=winner.until,
        embargo_until=winner.embargo_until,
        decided_by=winner.rule,
        tier=winner.tier,
        evidence=_quotes(support),
        conflicts=_conflicts(one for one in statements if one not in breath and _contradicts(winner.status, one)),
    )


def _in_one_breath(winner: Statement, other: Statement) -> bool:
    """Free, but sign in: said in one place, the vaguer half belongs to the statement and is no conflict."""
    together = other.evidence.where == winner.evidence.where and other.tier is winner.tier
    return together and (winner.status, other.status) in _SAYS_MORE


def _article_first(group: list[Statement]) -> list[Statement]:
    """Within a tier, what names this article beats what does not."""
    about = [one for one in group if one.about_article]
    return about or group


def _without_the_vaguer(group: list[Statement]) -> list[Statement]:
    statuses = {one.status for one in group}
    vague = {less for more, less in _SAYS_MORE if more in statuses and less in statuses}
    return [one for one in group if one.status not in vague]


def _refine(winner: Statement, statements: Sequence[Statement]) -> Statement:
    if winner.tier is Tier.OPERATOR:
        return winner
    for status, exact, tiers in _REFINED:
        if winner.status is not status:
            continue
        for one in statements:
            if one.status is exact and one.tier in tiers and not _is_of_all(one):
                return one
    return winner


def _is_of_all(one: Statement) -> bool:
    """True for an embargo of the journal's articles, with no day: what is said of this one stands."""
    return one.status is AccessStatus.EMBARGOED and one.embargo_until is None and not one.about_article


def _disputed(group: list[Statement], statements: Sequence[Statement], as_of: datetime) -> AccessVerdict:
    first = group[0]
    others = [one for one in statements if one.status is not first.status and one.tier is not Tier.HINT]
    return AccessVerdict(
        as_of=as_of,
        decided_by="disputed",
        tier=first.tier,
        evidence=_quotes([first]),
        conflicts=_conflicts(others),
        disputed=True,
    )


def _contradicts(status: AccessStatus, other: Statement) -> bool:
    if other.tier is Tier.HINT or other.status is status:
        return False
    return not (status in _READABLE and other.status in _READABLE)


def _conflicts(statements: Iterable[Statement]) -> tuple[AccessConflict, ...]:
    found = [AccessConflict(status=s.status, tier=s.tier, rule=s.rule, evidence=s.evidence) for s in statements]
    return tuple(dict.fromkeys(found))[:_CONFLICTS]


def _quotes(statements: Iterable[Statement]) -> tuple[Evidence, ...]:
    """The first quotes; the same words are quoted once, whichever rules read them."""
    quotes: dict[str, Evidence] = {}
    for one in statements:
        quotes.setdefault(one.evidence.quote, one.evidence)
    return tuple(quotes.values())[:_QUOTES]
