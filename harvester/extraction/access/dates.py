"""Dates inside sentences about access, read so that an embargo never ends too early."""

import calendar
import re
from datetime import date

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NUMBERS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})")
_DAY_NAME = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|º|\.)?\s+(?:de\s+)?([a-z]{3,10})\.?\s+(?:de\s+)?(\d{4})")
_NAME_DAY = re.compile(r"([a-z]{3,10})\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NAME = re.compile(r"([a-z]{3,10})\.?\s+(?:de\s+)?(\d{4})")
_YEAR = re.compile(r"(\d{4})")


def read_date(text: str, months: dict[str, int]) -> date | None:
    """The date in folded `text`; a month or a year means its last day, an ambiguous 3/4/2030 the later reading."""
    if found := _ISO.search(text):
        return _date(*map(int, found.groups()))
    if found := _NUMBERS.search(text):
        first, second, year = map(int, found.groups())
        year += 2000 if year < 100 else 0
        readings = [day for day in (_date(year, second, first), _date(year, first, second)) if day]
        return max(readings, default=None)
    if (found := _DAY_NAME.search(text)) and found[2] in months:
        return _date(int(found[3]), months[found[2]], int(found[1]))
    if (found := _NAME_DAY.search(text)) and found[1] in months:
        return _date(int(found[3]), months[found[1]], int(found[2]))
    if (found := _NAME.search(text)) and found[1] in months:
        return _last_day(int(found[2]), months[found[1]])
    found = _YEAR.search(text)
    return _last_day(int(found[1]), 12) if found else None


def _last_day(year: int, month: int) -> date | None:
    return _date(year, month, calendar.monthrange(year, month)[1]) if 1900 <= year < 2200 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year < 2200 else None
    except ValueError:
        return None
