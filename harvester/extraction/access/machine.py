"""Tier 2: what the page's metadata states about this article, and its licence."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from harvester.extraction.access.dates import read_date
from harvester.extraction.access.folding import fold
from harvester.extraction.access.known_licences import effect, of_address
from harvester.extraction.access.licences import COLLAPSED
from harvester.extraction.access.statements import Statement
from harvester.extraction.document import Document
from harvester.extraction.signals.signal import Signal
from harvester.model.access import AccessStatus, Tier
from harvester.model.record import Licence
from harvester.model.signal import Evidence
from harvester.model.source import AccessRules

_RIGHTS = (
    # COAR access rights 1.0; info:eu-repo/semantics; and the words sites write in their place
    (AccessStatus.EMBARGOED, "embargoed", re.compile(r"c_f1cf\b|embargoed ?access|\bembargoed\b")),
    (AccessStatus.NO_FULLTEXT, "metadata-only", re.compile(r"c_14cb\b|closed ?access|metadata[ -]only")),
    (AccessStatus.SUBSCRIPTION, "restricted", re.compile(r"c_16ec\b|restricted ?access|subscription[ -]access")),
    (AccessStatus.OPEN, "open", re.compile(r"c_abf2\b|(?<!not )\bopen[ -]?access(?! (?:polic|option|journal))")),
    (AccessStatus.FREE, "free", re.compile(r"\bfree[ -]?access|free[ -]to[ -]read")),
)  # fmt: skip
_RIGHTS_NAMES = frozenset(
    ("rights", "right", "accessrights", "access_rights", "rights.accessrights", "conditionsofaccess")
)
# EPrints 3 tells of all files of an eprint together: public, restricted, none.
_FULL_TEXT_STATUS = {
    "public": AccessStatus.FREE, "restricted": AccessStatus.SUBSCRIPTION, "none": AccessStatus.NO_FULLTEXT
}  # fmt: skip
_FLAGS = frozenset(("isaccessibleforfree", "haspart.isaccessibleforfree"))
_SPEAKING = _RIGHTS_NAMES | _FLAGS | {"free_to_read", "full_text_status"}
_A_STATEMENT = 5  # words that may state under which licence an article stands
_WORLD_READABLE = "fulltext_world_readable"
_FOR_FREE = re.compile(r""""isAccessibleForFree"\s*:\s*"?[^",}\s]{1,40}"?""", re.IGNORECASE)
_EMBARGO_END = re.compile(r"info:eu-repo/date/embargoend/(\d{4}-\d{2}-\d{2})")
_AVAILABLE = re.compile(r"(?:^|[._])(?:available|date\.available|embargo_?(?:date|end|until))$")
_TRUE = re.compile(r"^(?:https?://schema\.org/)?(?:true|yes|1)$")
# applies_to of what a reader reads here: an accepted manuscript ("am") stands elsewhere.
_READERS = frozenset(("unspecified", "", "vor", "all"))
_FALSE = re.compile(r"^(?:https?://schema\.org/)?(?:false|no|0)$")


def machine_statements(
    document: Document, signals: Sequence[Signal], licences: Sequence[Licence], rules: AccessRules, today: date
) -> Iterator[Statement]:
    """Statements of metadata and licences; names in `rules.ignore` never vary on the host and say nothing."""
    for signal in signals:
        if signal.name not in _SPEAKING and not signal.name.endswith(_WORLD_READABLE):
            continue
        if not rules.ignore or f"{signal.vocabulary}:{signal.name}" not in rules.ignore:
            yield from _of_signal(document, signal, signals, today)
    for licence in () if _has_no_file(signals) else licences:
        status = effect(licence.url) if licence.evidence and licence.applies_to in _READERS else None
        if status and licence.start:
            yield from _of_dated_licence(licence, status, today)
        elif status:
            # In a panel that a script unfolds, or as a bare name, it is less sure to be meant than in a statement.
            evidence = licence.evidence[0]
            bare = _is_bare_name(evidence)
            tier = Tier.STRUCTURE if bare or evidence.name == COLLAPSED else Tier.MACHINE
            yield Statement(status, tier, "machine.licence@1", evidence, about_article=not bare, licence=True)


def _has_no_file(signals: Sequence[Signal]) -> bool:
    """True where a repository says that nobody may read its files: their licence opens none of them."""
    said = (one.value.strip().lower() for one in signals if one[:2] == ("eprints", "full_text_status"))
    return any(value in ("restricted", "none") for value in said)


def _is_bare_name(evidence: Evidence) -> bool:
    """True for a licence that a few printed words name, with no link to it: a label, or a button that explains it."""
    return evidence.vocabulary == "text" and len(evidence.quote.split()) < _A_STATEMENT


def _of_signal(document: Document, signal: Signal, signals: Sequence[Signal], today: date) -> Iterator[Statement]:
    name = signal.name
    if name.endswith(_WORLD_READABLE):
        yield Statement(AccessStatus.FREE, Tier.MACHINE, "machine.world-readable@1", _present(document, signal))
    elif name in _FLAGS:
        yield from _of_flag(document, signal)
    elif name == "full_text_status" and signal.vocabulary == "eprints":
        if status := _FULL_TEXT_STATUS.get(signal.value.strip().lower()):
            yield Statement(status, Tier.MACHINE, "machine.full-text-status@1", signal.evidence(document))
    elif name == "free_to_read":
        yield from _of_free_to_read(document, signal, today)
    elif name in _RIGHTS_NAMES:
        yield from _of_rights(document, signal, signals, today)


def _of_flag(document: Document, signal: Signal) -> Iterator[Statement]:
    value = signal.value.strip().lower()
    if _FALSE.match(value):
        status, rule = AccessStatus.SUBSCRIPTION, "machine.not-for-free@1"
    elif _TRUE.match(value) and "." not in signal.name:  # one free part does not make the whole free
        status, rule = AccessStatus.FREE, "machine.for-free@1"
    else:
        return
    if signal.vocabulary != "json_ld":
        yield Statement(status, Tier.MACHINE, rule, signal.evidence(document))
        return
    found = next((quote for quote in _FOR_FREE.findall(signal.element.text or "") if value in quote.lower()), None)
    yield Statement(status, Tier.MACHINE, rule, signal._replace(quote=found or signal.quote).evidence(document))


def _of_dated_licence(licence: Licence, status: AccessStatus, today: date) -> Iterator[Statement]:
    """Open or free from the day on which the licence starts; a day that cannot be read opens nothing."""
    start = _day(licence.start or "")
    if start and start > today:
        rule = "machine.licence-later@1"
        yield Statement(AccessStatus.EMBARGOED, Tier.MACHINE, rule, licence.evidence[0], embargo_until=start)
    elif start:
        yield Statement(status, Tier.MACHINE, "machine.licence@1", licence.evidence[0], licence=True)


def _day(text: str) -> date | None:
    return read_date(text[:10], {})


def _of_free_to_read(document: Document, signal: Signal, today: date) -> Iterator[Statement]:
    """`ali:free_to_read` (NISO RP-22-2021): free from its start to its end, both optional; a spent one says nothing."""
    start, end = map(_day, signal.items)
    unread = any(text and not day for text, day in zip(signal.items, (start, end), strict=True))
    if unread or (end and end < today):
        return
    evidence = signal.evidence(document)
    if not evidence.quote:  # the element says it by standing there: its name is the quote
        quote = signal.element.getroottree().getpath(signal.element).rpartition("/")[2].partition("[")[0]
        evidence = evidence.model_copy(update={"where": f"name({evidence.where})", "quote": quote})
    if start and start > today:
        yield Statement(
            AccessStatus.EMBARGOED, Tier.MACHINE, "machine.free-to-read-later@1", evidence, embargo_until=start
        )
    else:
        yield Statement(AccessStatus.FREE, Tier.MACHINE, "machine.free-to-read@1", evidence, until=end)


def _present(document: Document, signal: Signal) -> Evidence:
    # The flag says it by standing there, often without a value: its name is the quote.
    if signal.value.strip() or signal.element is None:
        return signal.evidence(document)
    attribute = "name" if signal.element.get("name") else "property"
    quote = signal.element.get(attribute, "")
    return document.evidence(signal.vocabulary, signal.name, signal.element, quote, attribute=attribute)


def _of_rights(document: Document, signal: Signal, signals: Sequence[Signal], today: date) -> Iterator[Statement]:
    words = "" if of_address(signal.value) else fold(signal.value).text
    for status, rule, pattern in _RIGHTS:
        if pattern.search(words):
            end = _embargo_end(signals) if status is AccessStatus.EMBARGOED else None
            if end and end <= today:
                return
            yield Statement(
                status, Tier.MACHINE, f"machine.rights.{rule}@1", signal.evidence(document), embargo_until=end
            )
            return


def _embargo_end(signals: Sequence[Signal]) -> date | None:
    ends = []
    for signal in signals:
        if found := _EMBARGO_END.search(signal.value.lower()):
            ends.append(read_date(found[1], {}))
        elif _AVAILABLE.search(signal.name):
            ends.append(read_date(signal.value[:10], {}))
    return max((end for end in ends if end), default=None)
