"""Keywords are found by their names in other languages, as the records teach them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from made import make_record

from harvester.model.record import KeywordList, LangText, Record
from harvester.model.search import Found, Query
from storage.store import Store


def bilingual(n: int, **lists: str) -> Record:
    words = {lang: KeywordList(items=tuple(said.split("; ")), language=lang) for lang, said in lists.items()}
    titles = {"en": LangText(value=f"Paper {n}", language="en")}
    return make_record(n, titles=titles, abstracts={}, keywords=words)


@pytest.fixture
def filled(store: Store, now: datetime) -> Any:
    def fill(*batch: Record) -> Store:
        with store.begin() as unit:
            store.records.save(unit, batch, run_id=None, now=now)
        return store

    return fill


def found(store: Store, text: str, **more: Any) -> list[int]:
    answer = store.search.find(Query(text=text, **more))
    return sorted(int(one.publisher_id or 0) for one in store.records.several([h.record_id for h in answer.hits]))


def names(answer: Found) -> list[tuple[str, str, str]]:
    return [(one.term, one.to, one.to_language) for one in answer.expanded]


ALIGNED = bilingual(1, fr="Lupus; Maladies auto-immunes; Enfant", en="Lupus; Autoimmune Diseases; Child")
ENGLISH = bilingual(2, en="Autoimmune diseases; Adult")


@pytest.mark.parametrize("text", ["Maladies auto-immunes", "maladie autoimmune", "MALADIES AUTO IMMUNES enfant*"])
def test_a_keyword_is_found_by_its_name_in_the_other_language(text: str, filled: Any) -> None:
    store = filled(ALIGNED, ENGLISH)
    text = text.removesuffix(" enfant*")
    assert found(store, text) == [1, 2]
    assert found(store, text, thesaurus=False) == [1]
    (name,) = store.search.find(Query(text=text)).expanded
    assert (name.term, name.language) == ("Maladies auto-immunes", "fr")
    assert (name.to, name.to_language, name.records) == ("Autoimmune Diseases", "en", 1)


def test_it_works_both_ways_and_beside_other_words(filled: Any) -> None:
    store = filled(ALIGNED, ENGLISH, bilingual(3, fr="Maladies auto-immunes"))
    assert found(store, "autoimmune diseases") == [1, 2, 3]
    assert found(store, "maladies auto-immunes adult") == [2]
    assert found(store, "paper maladies auto-immunes") == [1, 2, 3]
    assert found(store, "maladies auto-immunes -adult") == [1, 3]
    assert store.search.find(Query(text='"maladies auto-immunes"')).expanded == ()


def test_the_longest_keyword_is_taken(filled: Any) -> None:
    store = filled(bilingual(1, fr="Cancer; Cancer du sein; Sein", en="Cancer; Breast cancer; Breast"))
    assert names(store.search.find(Query(text="cancer du sein"))) == [("Cancer du sein", "Breast cancer", "en")]


def test_the_same_word_in_both_languages_is_no_expansion(filled: Any) -> None:
    assert store_names(filled(ALIGNED), "lupus") == []


def store_names(store: Store, text: str) -> list[tuple[str, str, str]]:
    return names(store.search.find(Query(text=text)))


@pytest.mark.parametrize(
    ("lists", "text", "expected"),
    [
        # Lists of unequal length: one record is not enough, two that agree are.
        ([("Asthme; Toux; Enfant", "Asthma; Child")], "asthme", []),
        ([("Asthme; Toux", "Asthma"), ("Asthme; Enfant", "Asthma")], "asthme", ["Asthma"]),
        # Each is given one partner: a frequent neighbour is no translation.
        (
            [("Grossesse; Tabac; Risque", "Pregnancy; Tobacco"), ("Grossesse; Vaccin; Dose", "Pregnancy; Vaccine")],
            "grossesse",
            ["Pregnancy"],
        ),
        # Lists of equal length whose order disagrees teach nothing by position.
        ([("Coeur; Poumon", "Lung; Heart"), ("Poumon; Coeur", "Lung; Heart")], "coeur", ["Heart"]),
        # What stands in most records goes with nothing in particular.
        (
            [("Rein; Humain; Homme", "Kidney; Humans")]
            + [(f"Sujet {n}; Humain; Homme", f"Subject {n}; Humans") for n in range(8)],
            "rein",
            [],
        ),
    ],
)
def test_pairs_need_enough_to_go_by(
    lists: Sequence[tuple[str, str]], text: str, expected: list[str], filled: Any
) -> None:
    store = filled(*(bilingual(n, fr=fr, en=en) for n, (fr, en) in enumerate(lists)))
    assert [to for _, to, _ in store_names(store, text)] == expected


def test_what_is_removed_teaches_no_more(filled: Any, now: datetime) -> None:
    store: Store = filled(ALIGNED, ENGLISH)
    assert store_names(store, "maladies auto-immunes")
    with store.begin() as unit:
        store.records.delete(unit, ALIGNED.id, "gone", now)
    assert store_names(store, "maladies auto-immunes") == []
    assert found(store, "maladies auto-immunes") == []


def test_keywords_that_changed_are_counted_anew(filled: Any) -> None:
    store = filled(ALIGNED)
    assert store_names(store, "enfant") == [("Enfant", "Child", "en")]
    changed = bilingual(1, fr="Lupus; Maladies auto-immunes; Enfant", en="Lupus; Autoimmune Diseases; Boy")
    filled(changed)
    assert store_names(store, "enfant") == [("Enfant", "Boy", "en")]
    assert store_names(store, "child") == []


def test_three_languages(filled: Any) -> None:
    store = filled(bilingual(1, fr="Asthme; Toux", en="Asthma; Cough", de="Asthma; Husten"))
    assert store_names(store, "toux") == [("Toux", "Husten", "de"), ("Toux", "Cough", "en")]
