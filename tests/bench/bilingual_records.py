"""Bilingual records of some 4.8 kB of JSON each, all different, as many as asked for, the same in every run.

Words follow a law of Zipf over invented vocabularies of two languages; keywords are concepts named in both.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate

from harvester.model.access import AccessVerdict
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    KeywordList,
    LangText,
    Provenance,
    Record,
    record_id,
)
from harvester.model.signal import Evidence

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
VOCABULARY, CONCEPTS, NAMES, JOURNALS = 30_000, 4_000, 8_000, 60
ABSTRACT_WORDS = 75
_SYLLABLES = {
    "fr": [first + second for first in "bcdfglmnprstv" for second in ("a", "e", "i", "o", "u", "é")],
    "en": [first + second for first in "bdfghklmnprstw" for second in ("a", "e", "i", "o", "u", "y")],
}
_ENDINGS = {"fr": ["e", "es", "ique", "iques", "ement", "s", ""], "en": ["s", "ing", "ed", "ation", "al", "", "y"]}
_STATUSES = ("subscription", "subscription", "subscription", "open", "open", "free", "embargoed", "unknown")


class Words:
    """The vocabulary of one language, commonest first."""

    def __init__(self, language: str, chance: random.Random) -> None:
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            stem = "".join(chance.choices(_SYLLABLES[language], k=chance.choice((1, 1, 2, 2, 2, 3))))
            made[stem + chance.choice(_ENDINGS[language])] = None
        self.all = list(made)
        self._weights = list(accumulate(1 / (rank + 5) for rank in range(VOCABULARY)))

    def some(self, chance: random.Random, number: int) -> list[str]:
        """So many words, common ones more often."""
        return chance.choices(self.all, cum_weights=self._weights, k=number)


class Library:
    """The source of all records: always the same, whichever of them are asked for."""

    def __init__(self) -> None:
        chance = random.Random(1)
        self.words = {language: Words(language, chance) for language in ("fr", "en")}
        picked = {lang: chance.sample(words.all[200:], CONCEPTS * 2) for lang, words in self.words.items()}
        self.concepts = [
            {lang: " ".join(names[2 * n : 2 * n + 1 + n % 2]) for lang, names in picked.items()}
            for n in range(CONCEPTS)
        ]
        self._common = list(accumulate(1 / (rank + 20) for rank in range(CONCEPTS)))
        self._names = [name.capitalize() for name in chance.sample(self.words["fr"].all, NAMES)]
        self._journals = [f"Revue {name}" for name in self._names[:JOURNALS]]

    def records(self, stop: int, start: int = 0) -> Iterator[Record]:
        """The records from `start` on, as far as `stop`."""
        return (self._record(n) for n in range(start, stop))

    def _record(self, n: int) -> Record:
        chance = random.Random(n)
        concepts = chance.choices(self.concepts, cum_weights=self._common, k=5)
        url = f"https://journal.example/article/{n}"
        date = f"{chance.randint(1990, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        langs = ("fr", "en")
        return Record(
            id=record_id("bench", url),
            work_id=record_id("bench", url),
            source_id="bench",
            publisher_id=str(n),
            url=url,
            languages=langs,
            titles={lang: self._text(chance, lang, 9, concepts[0][lang]) for lang in langs},
            abstracts={lang: self._text(chance, lang, ABSTRACT_WORDS, concepts[1][lang]) for lang in langs},
            keywords={
                lang: KeywordList(items=tuple(dict.fromkeys(one[lang] for one in concepts)), language=lang)
                for lang in langs
            },
            contributors=tuple(
                Contributor(name=f"{given}. {family}", family=family, given=given, order=i)
                for i, (given, family) in enumerate(zip("ABC", chance.choices(self._names, k=3), strict=True), 1)
            ),
            container=Container(titles={"fr": chance.choice(self._journals)}, volume="1", issue=str(n % 12)),
            dates=(DateValue(kind="published", value=date, precision="day", raw=date, rule="iso"),),
            identifiers=(Identifier(scheme="doi", value=f"10.5555/bench.{n}", raw=f"10.5555/bench.{n}"),),
            access=AccessVerdict(status=chance.choice(_STATUSES), as_of=MOMENT, evidence=(_evidence(f"access {n}"),)),
            provenance=Provenance(url=url, fetched_at=MOMENT, page_digest=f"sha256:{n:064x}", rules="1"),
        )

    def _text(self, chance: random.Random, language: str, number: int, concept: str) -> LangText:
        words = self.words[language].some(chance, number)
        words.insert(number // 2, concept)
        text = " ".join(words)
        return LangText(value=text.capitalize(), language=language, evidence=(_evidence(text[:40]),))


def _evidence(quote: str) -> Evidence:
    return Evidence(vocabulary="selector", name="text", quote=quote, where="/html/body/p[3]")
