"""Dates with kind, precision, raw words and the rule that read them; day first by the page's locale."""

import re

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.fields.titles import SHOWN_DATE
from harvester.extraction.normalise.dates import read_date
from harvester.extraction.signals.signal import Signal
from harvester.model.record import DateValue

_FIRST_OF_MONTH = re.compile(r"\d{1,2}/0?1/\d{4}")
_MOST = 200  # dates; a page with more is a list
_DATED = frozenset(("fact", "printed", "jats"))  # vocabularies whose dates are named by their kind
_KINDS = {
    ("highwire", "publication_date"): "published",
    ("highwire", "date"): "published",
    ("highwire", "cover_date"): "print",
    ("highwire", "online_date"): "online",
    ("highwire", "year"): "published",
    ("bepress", "date"): "published",
    ("bepress", "online_date"): "online",
    ("eprints", "date"): "published",
    ("prism", "publicationdate"): "published",
    ("prism", "coverdate"): "print",
    ("dcterms", "issued"): "published",
    ("dc", "date.issued"): "published",
    ("dc", "date.created"): "created",
    ("dc", "date.datesubmitted"): "received",
    ("dcterms", "dateaccepted"): "accepted",
    ("dcterms", "datesubmitted"): "received",
    ("dc", "date"): "published",
    ("json_ld", "datepublished"): "published",
    ("opengraph", "published_time"): "published",
    ("microdata", "datepublished"): "published",
    ("itemprop", "datepublished"): "published",
    ("meta", "datepublished"): "published",
    ("meta", "publication_date"): "published",
    ("dcterms", "available"): "online",
    ("dc", "date.available"): "online",
    ("dcterms", "created"): "created",
    ("dcterms", "date"): "shown_on_page",
    ("meta", "date"): "shown_on_page",
}


def choose_dates(document: Document, index: SignalIndex) -> tuple[DateValue, ...]:
    """One value per kind and vocabulary that differs, the most precise first in a kind; the article's date first."""
    order = "mdy" if document.language == "en-US" else "dmy"
    found: list[DateValue] = []
    voices: dict[str, set[str]] = {}  # which vocabularies state a day
    for signal, kind, own_order in _signals(index, order)[:_MOST]:
        read = read_date(signal.value, "mdy" if _is_month(signal, document) else own_order)
        if read is None or (read.precision != "year" and _padded(signal, read.value, index)):
            continue
        voices.setdefault(read.value, set()).add(signal.vocabulary)
        if kind == "shown_on_page" and any(d.value.startswith(read.value) for d in found):
            continue
        if any(d.kind == kind and (d.value.startswith(read.value) or d.value == read.value) for d in found):
            continue
        found = [d for d in found if not (d.kind == kind and read.value.startswith(d.value))]
        found.append(
            DateValue.model_validate(
                {
                    "kind": kind,
                    "value": read.value,
                    "precision": read.precision,
                    "raw": signal.value.strip()[:100],
                    "rule": read.rule,
                    "evidence": (signal.evidence(document),),
                }
            )
        )
    return _agreed_first(found, voices)


def _agreed_first(found: list[DateValue], voices: dict[str, set[str]]) -> tuple[DateValue, ...]:
    """Of several days of publication (an issue's, the article's) the one that most vocabularies state comes first.

    A day on which the file came in, which some repositories give as `citation_date` too, comes last.
    """
    published = [date for date in found if date.kind == "published"]
    if len(published) < 2:
        return tuple(found)
    came_in = {date.value for date in found if date.kind in ("created", "received")}
    ranked = iter(sorted(published, key=lambda date: (date.value in came_in, -len(voices[date.value]))))
    return tuple(next(ranked) if date.kind == "published" else date for date in found)


def _is_month(signal: Signal, document: Document) -> bool:
    """True for 06/01/2015 in the citation tags of an English page: a month, written as its first day."""
    english = not document.language or document.language.startswith("en")
    return english and signal.vocabulary == "highwire" and bool(_FIRST_OF_MONTH.fullmatch(signal.value.strip()))


def _padded(signal: Signal, value: str, index: SignalIndex) -> bool:
    """True for 2014-01-01 beside a bare 2014 of the same vocabulary: a year written as a day."""
    return value.endswith("-01-01") and any(
        s.value.strip() == value[:4] for s in index.get(signal.vocabulary, signal.name)
    )


def _signals(index: SignalIndex, order: str) -> list[tuple[Signal, str, str]]:
    found: list[tuple[Signal, str, str]] = []
    for signal in index.all:
        if signal[0] == "selector" and signal.name.startswith("date"):
            name, _, own = signal.name.partition("@")
            found.append((signal, name.partition(".")[2] or "published", own or order))
    for key in index.stated(_KINDS):
        found.extend((signal, _KINDS[key], order) for signal in index.get(*key))
    for signal in [*index.get("visible", "title"), *index.get("title_element", "title")]:
        if shown := SHOWN_DATE.search(signal.value):
            found.append((signal._replace(value=shown[1], quote=shown[1]), "shown_on_page", order))
    for signal in index.all:
        if signal[0] in _DATED and signal.name.startswith("date."):
            found.append((signal, signal.name.removeprefix("date."), order))
    return found
