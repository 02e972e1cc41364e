"""What the console says, in the reader's language: sentences from `words/`, dates and names of languages from CLDR."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("en", "fr")
_FOLDER = Path(__file__).parent / "words"
_PATTERNS = {4: "y", 7: "MMMM y", 10: "long"}  # by length of an ISO 8601 date


class Wording:
    """The words of one language: `say("search.many", count=3)`."""

    def __init__(self, language: str) -> None:
        """`language` is one of LANGUAGES."""
        self.language = language
        self._said: dict[str, str] = {}
        for path in sorted(_FOLDER.glob(f"{language}*.toml")):
            self._said |= _flat(tomllib.loads(path.read_text(encoding="utf-8")))
        self._locale = Locale(language)

    def say(self, name: str, /, **values: object) -> str:
        """The sentence of this name with its values. Raises KeyError for one there is not."""
        return self._said[name].format(**values)

    def names(self) -> Mapping[str, str]:
        """Every sentence by name, its values still in braces."""
        return self._said

    def known(self, group: str, name: str, otherwise: str) -> str:
        """The sentence `group.name`, or what is given where there is none: words of pages are not all foreseen."""
        return self._said.get(f"{group}.{name}", otherwise)

    def language_name(self, tag: str) -> str:
        """The name of a language (BCP 47) as it stands in a sentence; the tag itself where CLDR has none."""
        try:
            parsed = Locale.parse(tag, sep="-", resolve_likely_subtags=False)
        except (ValueError, UnknownLocaleError):
            return str(self._locale.languages.get(tag, tag))
        return parsed.get_display_name(self.language) or tag

    def date(self, value: date | datetime | str) -> str:
        """A day, or an ISO 8601 date of any precision, in words; what is neither stays as it is."""
        text = value if isinstance(value, str) else value.isoformat()[:10]
        pattern = _PATTERNS.get(len(text))
        try:
            day = date.fromisoformat(f"{text}-01-01"[:10])
        except ValueError:
            return text
        return format_date(day, pattern, locale=self._locale) if pattern else text

    def moment(self, value: datetime) -> str:
        """A moment in words, to the minute, in UTC."""
        utc = value.astimezone(UTC)
        return f"{format_date(utc, 'medium', locale=self._locale)}, {utc:%H:%M} UTC"

    def span(self, seconds: float) -> str:
        """A length of time in words, in the unit that fits."""
        return format_timedelta(timedelta(seconds=round(seconds)), locale=self._locale)

    def share(self, part: int, whole: int) -> str:
        """A share in per cent."""
        return format_percent(part / whole if whole else 0, locale=self._locale)

    def number(self, value: int) -> str:
        """A whole number with the separators of the language."""
        return format_decimal(value, locale=self._locale)


@cache
def wording(language: str) -> Wording:
    """The words of a language, read once."""
    return Wording(language)


def preferred(accepts: str) -> str:
    """The language to begin with, by an Accept-Language header (RFC 9110, section 12.5.4); English if none fits."""
    ranked = sorted(_ranges(accepts), key=lambda one: -one[1])
    return next((tag for tag, weight in ranked if weight > 0 and tag in LANGUAGES), LANGUAGES[0])


def _ranges(accepts: str) -> Iterable[tuple[str, float]]:
    for part in accepts[:1000].split(","):
        tag, _, weight = part.partition(";q=")
        try:
            yield tag.strip().lower().partition("-")[0], float(weight or 1)
        except ValueError:
            continue


def _flat(table: Mapping[str, Any], within: str = "") -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in table.items():
        said |= _flat(value, f"{within}{name}.") if isinstance(value, dict) else {f"{within}{name}": value}
    return said
