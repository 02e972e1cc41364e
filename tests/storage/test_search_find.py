"""What a query finds, in which order, with which words marked: the same on every engine."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from made import make_record

from harvester.errors import UsageError
from harvester.model.access import AccessStatus
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    Issn,
    KeywordList,
    LangText,
    Record,
    Rights,
)
from harvester.model.search import Found, Query, Sort
from storage.search import answering
from storage.store import Store


def texts(**by_language: str) -> dict[str, LangText]:
    return {lang: LangText(value=value, language=lang) for lang, value in by_language.items()}


def keywords(**by_language: str) -> dict[str, KeywordList]:
    return {lang: KeywordList(items=tuple(said.split("; ")), language=lang) for lang, said in by_language.items()}


def published(day: str) -> tuple[DateValue, ...]:
    precision: Any = {4: "year", 7: "month", 10: "day"}[len(day)]
    return (DateValue(kind="published", value=day, precision=precision, raw=day, rule="iso"),)


def plain(n: int, **more: Any) -> Record:
    values: dict[str, Any] = {"titles": texts(en=f"Paper {n}"), "abstracts": {}, "keywords": {}, "languages": ()}
    return make_record(n, **values | more)


SHELF = [
    plain(
        1,
        status="open",
        titles=texts(fr="Traitement du lupus érythémateux systémique", en="Treatment of systemic lupus erythematosus"),
        abstracts=texts(fr="L’œdème et les thérapies des maladies auto-immunes.", en="Oedema and IL-6 therapies."),
        keywords=keywords(fr="Lupus; Maladies auto-immunes; Enfant", en="Lupus; Autoimmune Diseases; Child"),
        contributors=(Contributor(name="Zoé Crête-Müller", family="Crête-Müller", order=1),),
        container=Container(titles={"fr": "Revue des Exemples"}, issns=(Issn(value="1234-5679"),)),
        dates=published("2021-03-04"),
        identifiers=(Identifier(scheme="doi", value="10.1000/s0-8(20)1-2", raw="x"),),
    ),
    plain(2, titles=texts(en="Autoimmune diseases in children"), dates=published("2019"), status="subscription"),
    plain(3, titles=texts(de="Die Größe der Herzöffnung"), dates=published("2020-05"), source_id="beta", id="b" * 20),
    plain(4, titles=texts(fr="La bière et l'Œdème"), rights=Rights(robots=("noindex",)), dates=published("2018-01-01")),
    plain(5, titles=texts(ru="Российский опыт лечения"), dates=published("2017-01-01")),
    plain(6, titles=texts(ja="自己免疫疾患の治療"), dates=published("2016-01-01")),
    plain(7, titles=texts(fr="Une affection auto immune rare"), dates=published("2015-01-01")),
    plain(8, titles=texts(pl="Żółta łódź"), languages=("pl",)),
    plain(9, titles=texts(en="Dogs and cats of Crohn's road"), dates=published("2014-01-01")),
]


@pytest.fixture
def shelf(store: Store, now: datetime) -> Store:
    with store.begin() as unit:
        assert all(saved.error is None for saved in store.records.save(unit, SHELF, run_id=None, now=now))
    return store


@pytest.fixture
def find(shelf: Store) -> Callable[..., list[int]]:
    def numbers(text: str = "", **more: Any) -> list[int]:
        found = shelf.search.find(Query(text=text, **more))
        return [int(record.publisher_id or 0) for record in shelf.records.several([h.record_id for h in found.hits])]

    return numbers


FINDS = [
    ("erythemateux", {1}),
    ("ÉRYTHÉMATEUX", {1}),
    ("oedeme", {1, 4}),
    ("œdèmes", {1, 4}),
    ("therapie", {1}),
    ("therapy", {1}),
    ("auto-immune", {1, 2, 7}),
    ("autoimmune", {1, 2, 7}),
    ("auto immune", {1, 2, 7}),
    ("auto‑immunes", {1, 2, 7}),
    ("lupus syst*", {1}),
    ("lupus systemiq*", {1}),
    ("systémiq*", {1}),
    ('"lupus erythemateux"', {1}),
    ('"erythemateux lupus"', set()),
    ('"maladies autoimmunes"', {1}),
    ('"lupus enfant"', set()),  # two keywords are no phrase
    ("«\u00a0lupus érythémateux\u00a0»", {1}),
    ('"lupus syst*"', set()),
    ('"treatment of syst*"', {1}),
    ("maladie -lupus", set()),
    ("autoimmune -lupus", {2, 7}),
    ("autoimmune NOT lupus", {2, 7}),
    ("auto-immune -(lupus OR children)", {7}),
    ("lupus OR groesse", {1, 3}),
    ("(lupus OR größe) herzöffnung", {3}),
    ("lupus AND traitement", {1}),
    ("groesse", {3}),
    ("grosse", {3}),
    ("herzoeffnung", {3}),
    ("российская", {5}),
    ("免疫", {6}),
    ("自己免疫", {6}),
    ("治*", {6}),
    ("zolta lodz", {8}),
    ("crohn", {9}),
    ("Crohn's roads", {9}),
    ("cat dog", {9}),
    ("IL6", {1}),
    ("il-6", {1}),
    ("title:lupus", {1}),
    ("title:therapies", set()),
    ("abstract:therapies", {1}),
    ("keyword:enfants", {1}),
    ("keyword:treatment", set()),
    ("auteur:crete", {1}),
    ('author:"crete-muller"', {1}),
    ("author:exemples", set()),
    ("author:mul*", {1}),
    ("muller", {1}),
    ("journal:exemples", {1}),
    ("revue exemples", {1}),
    ("doi:10.1000/S0-8(20)1-2", {1}),
    ("10.1000/s0-8(20)1-2", {1}),
    ("1234-5679", {1}),
    ("lang:de", {3}),
    ("lang:de,ru", {3, 5}),
    ("access:open,subscription", {1, 2}),
    ("lupus access:subscription", set()),
    ("source:beta", {3}),
    ("year:2018-2020", {2, 3, 4}),
    ("year:2018..2019 -autoimmune", {4}),
    ("-lupus year:2021", set()),
    ("the of and", set()),
    ("the treatment of the lupus", {1}),
    ("et", {1, 4}),
    ("foo:lupus", set()),
    ("lupus:", {1}),
    ("lupus )", {1}),
    ("(((lupus", {1}),
    ('"lupus', {1}),
    ("' OR 1=1 --", set()),
    ("lupus'; DROP TABLE records", set()),
    ("lupus & !child | <->", {1}),
    ("NEAR(lupus, 2)", set()),
    ("{title} : lupus", set()),
]


@pytest.mark.parametrize(("text", "numbers"), FINDS, ids=[text for text, _ in FINDS])
def test_a_query_finds(text: str, numbers: set[int], find: Callable[..., list[int]]) -> None:
    assert set(find(text, thesaurus=False)) == numbers


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"access": (AccessStatus.OPEN, AccessStatus.SUBSCRIPTION)}, {1, 2}),
        ({"languages": ("fr",)}, {1, 4, 7}),
        ({"sources": ("beta",)}, {3}),
        ({"journal": "des exemples"}, {1}),
        ({"author": "Müller"}, {1}),
        ({"published_from": date(2019, 1, 1)}, {1, 2, 3}),
        ({"published_until": date(2016, 12, 31)}, {6, 7, 9}),
        ({"published_from": date(2020, 5, 1), "published_until": date(2020, 5, 1)}, {3}),
        ({"text": "oedeme", "listed": True}, {1}),
        ({"text": "oedeme", "languages": ("en",)}, {1}),
    ],
    ids=lambda one: ",".join(one) if isinstance(one, dict) else "",
)
def test_filters_narrow(filters: dict[str, Any], numbers: set[int], find: Callable[..., list[int]]) -> None:
    assert set(find(**filters)) == numbers


def test_newest_first_and_without_a_date_last(find: Callable[..., list[int]]) -> None:
    assert find() == find(sort=Sort.NEWEST) == [1, 3, 2, 4, 5, 6, 7, 9, 8]


def test_the_title_counts_for_more_than_the_abstract(find: Callable[..., list[int]]) -> None:
    assert find("oedeme") == [4, 1]
    assert find("oedeme", sort=Sort.NEWEST) == [1, 4]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_follow_each_other_without_a_gap_or_a_double(shelf: Store, sort: Sort, find: Callable[..., Any]) -> None:
    text = "lupus OR auto-immune OR oedeme OR groesse OR 免疫"
    query = Query(text=text, sort=sort, limit=2)
    pages: list[Found] = [shelf.search.find(query)]
    while pages[-1].cursor:
        pages.append(shelf.search.find(query.model_copy(update={"cursor": pages[-1].cursor})))
    ids = [hit.record_id for page in pages for hit in page.hits]
    whole = shelf.search.find(Query(text=text, sort=sort))
    assert ids == [hit.record_id for hit in whole.hits]
    assert len(ids) == 6
    assert {page.total for page in pages} == {6}


@pytest.mark.parametrize("cursor", ["", "x", "eA", "WzEsMiwzXQ", "💥"])
def test_a_foreign_cursor_is_refused(shelf: Store, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        shelf.search.find(Query(text="lupus", cursor=cursor))
    other = shelf.search.find(Query(sort=Sort.NEWEST, limit=1)).cursor
    with pytest.raises(UsageError, match="cursor"):
        shelf.search.find(Query(text="lupus", cursor=other))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("lupus access:closed", "character 7: access:closed"),
        ("year:soon", "character 1: year:soon"),
        ("year:2020-2010", "2020-2010"),
        ("lu*", "character 1: lu*"),
        ("??? !!", "no word"),
        ("a " * 100, "too many words"),
        ("(" * 40 + "a", "brackets"),
    ],
)
def test_what_cannot_be_asked_is_named_with_its_place(shelf: Store, text: str, place: str) -> None:
    with pytest.raises(UsageError) as refusal:
        shelf.search.find(Query(text=text))
    assert place in str(refusal.value)
    assert refusal.value.remedy


def test_a_limit_beyond_reason_is_refused(shelf: Store) -> None:
    for limit in (0, 100_000):
        with pytest.raises(UsageError, match="limit"):
            shelf.search.find(Query(limit=limit))


def test_facets_count_all_hits(shelf: Store) -> None:
    found = shelf.search.find(Query(text="auto-immune", facets=True, limit=1))
    assert (found.total, found.at_least) == (3, False)
    assert found.facets == {
        "access": {"open": 1, "subscription": 1, "unknown": 1},
        "language": {"en": 2, "fr": 2},
        "journal": {"Revue des Exemples": 1},
        "year": {"2015": 1, "2019": 1, "2021": 1},
        "source": {"alpha": 3},
    }
    assert shelf.search.find(Query(text="oedeme access:open", facets=True)).facets["access"] == {"open": 1}


def test_of_very_many_hits_the_newest_are_counted(shelf: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "FACETED", 2)
    found = shelf.search.find(Query(text="auto-immune", facets=True, limit=1))
    assert (found.total, found.at_least, found.faceted) == (3, False, 2)
    assert found.facets["year"] == {"2019": 1, "2021": 1}
    assert shelf.search.find(Query(text="oedeme access:open", facets=True)).faceted == 0


class TestSnippets:
    def marked(self, store: Store, text: str, **more: Any) -> list[tuple[str, str, list[str]]]:
        (hit,) = store.search.find(Query(text=text, snippets=True, limit=1, **more)).hits
        return [(s.field, s.language, [s.text[start:end] for start, end in s.marks]) for s in hit.snippets]

    def test_the_words_that_match_are_marked_in_their_language(self, shelf: Store) -> None:
        assert self.marked(shelf, "therapie title:lupus") == [
            ("title", "fr", ["lupus"]),
            ("title", "en", ["lupus"]),
            ("abstract", "fr", ["thérapies"]),
            ("abstract", "en", ["therapies"]),
        ]

    def test_a_phrase_is_marked_only_where_it_stands_whole(self, shelf: Store) -> None:
        assert self.marked(shelf, '"maladies auto-immunes"') == [
            ("keyword", "fr", ["Maladies auto-immunes"]),
            ("abstract", "fr", ["maladies auto-immunes"]),
        ]

    def test_a_prefix_an_author_and_a_journal(self, shelf: Store) -> None:
        assert ("title", "fr", ["systémique"]) in self.marked(shelf, "systemiq*")
        assert self.marked(shelf, "muller") == [("author", "und", ["Crête-Müller"])]
        assert self.marked(shelf, "journal:exemple*") == [("journal", "fr", ["Exemples"])]

    def test_without_abstracts_there_is_none(self, shelf: Store) -> None:
        assert self.marked(shelf, "therapies", abstracts=False) == []

    def test_of_a_long_text_the_part_with_most_marks_is_shown(self, store: Store, now: datetime) -> None:
        long = f"{'Le début. ' * 60}Un lupus. {'Et encore. ' * 60}Le lupus, un lupus sévère. {'La fin. ' * 60}"
        with store.begin() as unit:
            store.records.save(unit, [plain(1, abstracts=texts(fr=long))], run_id=None, now=now)
        (hit,) = store.search.find(Query(text="lupus", snippets=True)).hits
        (snippet,) = hit.snippets
        assert [snippet.text[start:end] for start, end in snippet.marks] == ["lupus", "lupus"]
        assert snippet.cut == (True, True)
        assert len(snippet.text) <= 240
        assert snippet.text in long
