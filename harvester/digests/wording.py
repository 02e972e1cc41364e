"""The words of each language that readers are written to in, from wording.toml. Pure."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from harvester.model.alert import LANGUAGES

NOT_KNOWN = "und"


class Wording:
    """The words of one language by key: `words("mail.confirm_text")`."""

    def __init__(self, language: str, table: dict[str, Any]) -> None:
        self.language = language
        self._table = table

    def __call__(self, key: str, *values: object, **named: object) -> str:
        """The words of a key, filled in."""
        found: Any = self._table
        for part in key.split("."):
            found = found[part]
        return str(found).format(*values, **named) if values or named else str(found)

    def count(self, key: str, n: int) -> str:
        """The words for so many: `key.one` or `key.many`."""
        return self(f"{key}.one") if n == 1 else self(f"{key}.many", n=n)

    def quoted(self, text: str) -> str:
        """In quotation marks."""
        return self("quote", text)

    def day(self, day: date) -> str:
        """As it is written in a sentence: 1er mars 2026."""
        number = self._table["first_day"] if day.day == 1 else str(day.day)
        return self("date", day=number, month=self._table["months"][day.month - 1], year=day.year)

    def month(self, year: int, month: int) -> str:
        """A month of a year."""
        return f"{self._table['months'][month - 1]} {year}"

    def language_name(self, tag: str) -> str:
        """The name of a language; its code where the table has none."""
        return str(self._table["languages"].get(tag.partition("-")[0].lower(), tag))

    def edition(self, tag: str) -> str:
        """`Version anglaise`."""
        primary = tag.partition("-")[0].lower()
        known = self._table["edition"]
        return str(known[primary]) if primary in known else self("other_edition", tag).capitalize()


@cache
def wording(language: str) -> Wording:
    """The words of `fr` or `en`; those of English for any other."""
    table = _tables()
    primary = language.partition("-")[0].lower()
    return Wording(primary if primary in LANGUAGES else "en", table[primary if primary in LANGUAGES else "en"])


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("wording.toml").read_text("utf-8"))
