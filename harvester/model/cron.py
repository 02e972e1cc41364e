"""Cron expressions of five fields (minute, hour, day of month, month, day of week), spelt out as crontab(5) reads them.

Sunday is 0 or 7; where both day fields are restricted, a day that fits either of them counts.
"""

import re
from typing import NamedTuple

_MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))
_DAYS = dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True))
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_MINUTES = 24 * 60


class Cron(NamedTuple):
    """Every value a field may have, in order; Sunday is 0. None for a field of days that says `*`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None
    months: tuple[int, ...]
    weekdays: tuple[int, ...] | None

    @property
    def shortest_gap(self) -> int:
        """Minutes between the two times of day that lie closest together."""
        times = [hour * 60 + minute for hour in self.hours for minute in self.minutes]
        return min(later - one for one, later in zip(times, [*times[1:], times[0] + _DAY_MINUTES], strict=True))


def parsed(text: str) -> Cron:
    """The expression, spelt out. Raises ValueError that names the field, also for a day that never comes."""
    words = text.lower().split()
    if len(words) != 5:
        raise ValueError(f"has {len(words)} fields instead of five, as in 30 2 * * 1-5 (02:30 on working days)")
    minutes, hours, days, months, weekdays = (_values(word, *field) for word, field in zip(words, _FIELDS, strict=True))
    any_day, any_weekday = words[2] == "*", words[4] == "*"
    if any_weekday and not any_day and all(days[0] > _LONGEST[month] for month in months):
        raise ValueError(f"day of month {words[2]} never comes in month {words[3]}")
    folded = tuple(sorted({day % 7 for day in weekdays}))
    return Cron(minutes, hours, None if any_day else days, months, None if any_weekday else folded)


def _values(word: str, name: str, least: int, most: int, names: dict[str, int]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in word.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{name} {part!r} is not *, a value, a range a-b, or one of these with a step /n")
        star, first, last, step = match.groups()
        low = least if star else _value(first, name, least, most, names)
        high = most if star or (step and last is None) else _value(last or first, name, least, most, names)
        if low > high or step == "0":
            raise ValueError(f"{name} {part!r} names no value")
        found.update(range(low, high + 1, int(step or 1)))
    return tuple(sorted(found))


def _value(text: str, name: str, least: int, most: int, names: dict[str, int]) -> int:
    value = names.get(text[:3], -1) if not text.isdecimal() else int(text)
    if not least <= value <= most:
        raise ValueError(f"{name} {text!r} is not one of {least} to {most}")
    return value
