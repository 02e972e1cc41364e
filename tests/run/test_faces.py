"""One article at an address per language."""

import pytest
from press import Press

from harvester.model.page import VisitOutcome
from harvester.model.run import RunOutcome
from harvester.model.source import Discovery, Source, UrlRules
from harvester.run import run_source
from harvester.settings import Settings
from storage.store import Store

TEXTS = {
    "en": (
        "Weather lore of the upper valley",
        "Abstract",
        "The old sayings about fog were written down by the miller's daughter, and each was held against the readings "
        "of the weather station for eleven years in a row.",
    ),
    "fr": (
        "Les dictons météorologiques de la haute vallée",
        "Résumé",
        "Les anciens dictons sur le brouillard ont été notés par la fille du meunier, et chacun a été comparé aux "
        "relevés de la station météorologique pendant onze années de suite.",
    ),
    "de": (
        "Wetterregeln aus dem oberen Tal",
        "Zusammenfassung",
        "Die alten Sprüche über den Nebel wurden von der Tochter des Müllers aufgeschrieben, und jeder wurde elf Jahre "
        "lang mit den Messungen der Wetterstation verglichen.",
    ),
}


DOI = '<meta name="citation_doi" content="10.5555/valley.1">'


def face(press: Press, language: str, doi: str, *, is_linked: bool) -> str:
    title, label, text = TEXTS[language]
    links = "".join(
        f'<link rel="alternate" hreflang="{other}" href="{press.origin}/{other}/article/1">' for other in TEXTS
    )
    links = links if is_linked else ""
    return f"""<!DOCTYPE html><html lang="{language}"><head><title>{title}</title>{links}{doi}
        <meta name="citation_title" content="{title}"><meta name="citation_language" content="{language}">
        <meta name="citation_author" content="Merriweather, Ilse">
        <meta name="citation_journal_title" content="Annals of Valley Weather"></head><body>
        <h1>{title}</h1><h2>{label}</h2><p>{text}</p></body></html>"""


@pytest.mark.fault(101)
@pytest.mark.parametrize(
    ("doi", "is_linked"), [(DOI, True), ("", True), (DOI, False)], ids=["doi and links", "links", "doi"]
)
def test_pages_of_one_article_in_three_languages_are_one_record(
    store: Store,
    source: Source,
    settings: Settings,
    press: Press,
    monkeypatch: pytest.MonkeyPatch,
    doi: str,
    is_linked: bool,
) -> None:
    plain = Press.answer

    def answer(self: Press, path: str) -> tuple[int, str, str]:
        language = path[1:3]
        found = language in TEXTS and path.endswith("/article/1")
        text = face(self, language, doi, is_linked=is_linked) if found else ""
        return (200, "text/html; charset=utf-8", text) if found else plain(self, path)

    monkeypatch.setattr(Press, "answer", answer)
    urls = tuple(f"{press.origin}/{language}/article/1" for language in TEXTS)
    polyglot = source.model_copy(
        update={
            "languages": tuple(TEXTS),
            "discovery": (Discovery(kind="urls", urls=urls),),
            "urls": UrlRules(article=(r"/article/1$",)),
        }
    )
    assert run_source(store, polyglot, settings).outcome is RunOutcome.SUCCEEDED
    (record,) = store.records.iter()
    assert {language: title.value for language, title in record.titles.items()} == {
        language: title for language, (title, _, _) in TEXTS.items()
    }
    assert record.abstracts.keys() == TEXTS.keys()
    assert {record.url, *record.aliases} == set(urls)
    head = store.changes.head()
    again = run_source(store, polyglot, settings, refetch=True)
    assert again.counts["ok"] == 3
    assert store.changes.head() == head, "each page of it read again brings nothing new"


@pytest.mark.fault(99)
def test_addresses_that_change_with_every_visit_are_one_record_and_one_page_to_come_back_to(
    store: Store, source: Source, settings: Settings, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Press.answer

    def answer(self: Press, path: str) -> tuple[int, str, str]:
        if path.partition("?")[0] != "/article/1":
            return plain(self, path)
        canonical = '<link rel="canonical" href="/article/1">'
        return 200, "text/html; charset=utf-8", face(self, "en", canonical, is_linked=False)

    monkeypatch.setattr(Press, "answer", answer)
    rules = UrlRules(article=(r"/article/\d+",))
    for visit in (1, 3):
        urls = tuple(f"{press.origin}/article/1?visit={each}" for each in (visit, visit + 1))
        way = Discovery(kind="urls", urls=urls)
        run_source(store, source.model_copy(update={"discovery": (way,), "urls": rules}), settings)
    (record,) = store.records.iter()
    assert record.url == f"{press.origin}/article/1"
    states = store.pages.agenda(source.id, 10)
    assert {state.url: state.outcome for state in states} == {record.url: VisitOutcome.OK} | {
        f"{record.url}?visit={each}": VisitOutcome.REDIRECTED for each in range(1, 5)
    }
    assert states[0].url == record.url, "the others are looked at much later"


@pytest.mark.fault(99)
def test_an_address_that_a_template_states_for_all_its_pages_makes_no_article_of_them(
    store: Store, source: Source, settings: Settings, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Press.article

    def article(self: Press, number: int) -> str:
        stated = f'<link rel="canonical" href="/article/1"><meta name="citation_author" content="Ash{number}, Ida">'
        text = plain(self, number).replace('<meta name="citation_author" content="Merriweather, Ilse">', stated)
        return text.replace("citation_doi", "x")

    monkeypatch.setattr(Press, "article", article)
    urls = tuple(f"{press.origin}/article/{number}" for number in (7, 8, 9))
    every = source.model_copy(
        update={
            "discovery": (Discovery(kind="urls", urls=urls),),
            "urls": UrlRules(article=(r"/article/\d+",)),
        }
    )
    run_source(store, every, settings)
    records = {record.titles["en"].value: record.url for record in store.records.iter()}
    assert len(records) == 3
    head = store.changes.head()
    run_source(store, every, settings, refetch=True)
    assert store.changes.head() == head
