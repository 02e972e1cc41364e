"""Records of ordinary size, all different, made without chance."""

from datetime import UTC, datetime

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
_SENTENCE = "The knees of patient {n} were measured in winter and in summer, on both banks of the river. "


def made(number: int) -> list[Record]:
    """`number` records in two languages, some 6 kB of JSON each."""
    return [_record(n) for n in range(number)]


def _record(n: int) -> Record:
    url = f"https://journal.example/article/{n}"
    return Record(
        id=record_id("bench", url),
        work_id=record_id("bench", url),
        source_id="bench",
        publisher_id=str(n),
        url=url,
        languages=("fr", "en"),
        titles={lang: _text(f"{lang} title {n}", lang, "h1") for lang in ("fr", "en")},
        abstracts={lang: _text(_SENTENCE.format(n=n) * 12, lang, "section") for lang in ("fr", "en")},
        keywords={lang: KeywordList(items=(f"knee {n}", "winter", "river"), language=lang) for lang in ("fr", "en")},
        contributors=tuple(Contributor(name=f"Author {i}", family=f"Author {i}", order=i) for i in range(1, 6)),
        container=Container(titles={"en": "Journal of Knees"}, volume="1", issue=str(n % 12), pages=f"{n}-{n + 7}"),
        dates=(DateValue(kind="published", value="2024-05-06", precision="day", raw="2024-05-06", rule="iso"),),
        identifiers=(Identifier(scheme="doi", value=f"10.5555/bench.{n}", raw=f"10.5555/bench.{n}"),),
        access=AccessVerdict(status="subscription", as_of=MOMENT, evidence=(_evidence("requires a subscription"),)),
        provenance=Provenance(url=url, fetched_at=MOMENT, page_digest=f"sha256:{n:064x}", rules="1"),
    )


def _text(text: str, language: str, element: str) -> LangText:
    return LangText(value=text, language=language, evidence=(_evidence(text[:200], f"/html/body/{element}"),))


def _evidence(quote: str, where: str = "/html/body/p[3]") -> Evidence:
    return Evidence(vocabulary="selector", name="text", quote=quote, where=where)
