"""Printed dates -> ISO 8601 at their true precision, day first unless the page says otherwise."""

import re
from typing import NamedTuple

from harvester.extraction.normalise.text import fold

_MONTHS = """january janvier januar enero janeiro gennaio januari ocak январь января styczen stycznia jan janv ene gen
february fevrier februar febrero fevereiro febbraio februari subat февраль февраля luty lutego feb fev fevr
march mars marz marzo marco maart mart март марта marzec marca mar
april avril abril aprile nisan апрель апреля kwiecien kwietnia apr avr abr
may mai mayo maio maggio mei mayis май мая maj maja
june juin juni junio junho giugno haziran июнь июня czerwiec czerwca jun giu
july juillet juli julio julho luglio temmuz июль июля lipiec lipca jul juil lug
august aout agosto augustus agustos август августа sierpien sierpnia aug ago
september septembre septiembre setembro settembre eylul сентябрь сентября wrzesien wrzesnia sep sept set
october octobre oktober octubre outubro ottobre ekim октябрь октября pazdziernik pazdziernika oct okt out ott
november novembre noviembre novembro kasim ноябрь ноября listopad listopada nov
december decembre dezember diciembre dezembro dicembre aralik декабрь декабря grudzien grudnia dec dez dic""".split(
    "\n"
)
MONTH_OF = {fold(name): number for number, line in enumerate(_MONTHS, 1) for name in line.split()}

_ISO = re.compile(r"\b(1[5-9]\d\d|20\d\d)(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)")
_NUMERIC = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_MONTH_YEAR = re.compile(r"\b(\d{1,2})/(1[5-9]\d\d|20\d\d)\b")
_WORDS = re.compile(
    r"\b(?:(\d{1,2})(?:er|st|nd|rd|th|º|\.)?\s+)?(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?,?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?:de\s+)?(1[5-9]\d\d|20\d\d)\b"
)
_FIRST_OF_TWO = re.compile(r"\b([^\W\d_]{3,12})\.?\s*[/–-]\s*$")


_DASHED = re.compile(r"\b(\d{1,2})[-–](\w{3,12})[-–](1[5-9]\d\d|20\d\d)\b")  # 12-Sep-2018
# 2013 Aug 5, as bibliographic databases print it.
_YEAR_FIRST = re.compile(r"\b(1[5-9]\d\d|20\d\d)\s+([^\W\d_]{3,12})\.?(?:\s+(\d{1,2})(?!\d))?")


class ReadDate(NamedTuple):
    """An ISO date, its precision and the rule that read it."""

    value: str
    precision: str  # year | month | day
    rule: str


def read_date(text: str, order: str = "dmy", century: int = 20) -> ReadDate | None:
    """Read the first date in `text`; None if there is none. Month or day 0 lower the precision.

    `order` (dmy, mdy, ymd) decides only what the digits leave open; two-digit years are in `century`00.
    """
    text = text.strip()[:200]
    iso = _ISO.fullmatch(text)  # as most are: nothing else can be read there
    if iso is None:
        if date := _not_iso(text, order, century):
            return date
        iso = _ISO.search(text)
    return _build(int(iso[1]), int(iso[2] or 0), int(iso[3] or 0), "iso") if iso else None


def _not_iso(text: str, order: str, century: int) -> ReadDate | None:
    if found := _NUMERIC.search(text):
        return _numeric(int(found[1]), int(found[2]), found[3], order, century)
    if (found := _DASHED.search(text)) and (month := MONTH_OF.get(fold(found[2]))):
        return _build(int(found[3]), month, int(found[1]), "words")
    if found := _WORDS.search(text):
        before = _FIRST_OF_TWO.search(text[: found.start(2)])
        first = MONTH_OF.get(fold(before[1])) if before else None  # July/August 2010
        month = first or MONTH_OF.get(fold(found[2]))
        day = found[1] or found[3]
        if month:
            return _build(int(found[4]), month, int(day) if day else 0, "words")
    if (found := _YEAR_FIRST.search(text)) and (month := MONTH_OF.get(fold(found[2]))):
        return _build(int(found[1]), month, int(found[3] or 0), "words")
    if (found := _MONTH_YEAR.search(text)) and int(found[1]) <= 12:
        return _build(int(found[2]), int(found[1]), 0, "month/year")
    return None


def _numeric(first: int, second: int, year: str, order: str, century: int) -> ReadDate | None:
    full = int(year) if len(year) == 4 else century * 100 + int(year)
    month_first = order == "mdy" if first <= 12 and second <= 12 else second > 12
    day, month = (second, first) if month_first else (first, second)
    return _build(full, month, day, "month-first" if month_first else "day-first")


def _build(year: int, month: int, day: int, rule: str) -> ReadDate | None:
    if not 1 <= month <= 12:
        return ReadDate(f"{year:04}", "year", rule)
    if not 1 <= day <= _days(year, month):
        return ReadDate(f"{year:04}-{month:02}", "month", rule)
    return ReadDate(f"{year:04}-{month:02}-{day:02}", "day", rule)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
