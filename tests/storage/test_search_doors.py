"""What may not go through a door is not found there: words of withheld abstracts decide nothing in public."""

from collections.abc import Callable
from datetime import datetime

import pytest
from made import make_record

from harvester.model.record import AbstractPolicy, KeywordList, LangText, Rights
from harvester.model.search import Door, Query, Sort
from storage.store import Store

RESEARCH = AbstractPolicy(basis="research", keep=True, show="signed_in", redistribute=False)
NOBODY = AbstractPolicy(basis="licence", keep=True, show="nobody", redistribute=False)
POLICIES = {1: AbstractPolicy(), 2: RESEARCH, 3: NOBODY}


@pytest.fixture
def found(store: Store, now: datetime) -> Callable[..., list[int]]:
    """Numbers of the records found; each says `lichen` in its title, and `granite` in its abstract alone."""
    with store.begin() as unit:
        for n, policy in POLICIES.items():
            texts = {"en": LangText(value="Crusts on granite walls of Orval.", language="en")}
            words = {"en": KeywordList(items=("slate roofs",), language="en")}
            rights = Rights(abstract_policy=policy)
            record = make_record(n, title="Les lichens", abstracts=texts, keywords=words, rights=rights)
            store.records.save(unit, [record], run_id=None, now=now)

    def numbers(text: str, door: Door, **more: object) -> list[int]:
        answer = store.search.find(Query(text=text, door=door, **more))  # type: ignore[arg-type]
        assert answer.total == len(answer.hits)
        records = store.records.several([hit.record_id for hit in answer.hits])
        return sorted(int(record.publisher_id or 0) for record in records)

    return numbers


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(
    ("text", "operator", "signed_in", "public"),
    [
        ("granite", [1, 2, 3], [1, 2], [1]),
        ("gran*", [1, 2, 3], [1, 2], [1]),
        ("abstract:granite", [1, 2, 3], [1, 2], [1]),
        ('"granite walls"', [1, 2, 3], [1, 2], [1]),
        ("lichens granite", [1, 2, 3], [1, 2], [1]),
        ("lichens OR granite", [1, 2, 3], [1, 2, 3], [1, 2, 3]),
        ("lichens -granite", [], [3], [2, 3]),
        ("granite OR nowhere", [1, 2, 3], [1, 2], [1]),
        ("title:lichens keyword:slate", [1, 2, 3], [1, 2, 3], [1, 2, 3]),
        ("lichens lang:en", [1, 2, 3], [1, 2, 3], [1, 2, 3]),
        ("granite access:open", [], [], []),
    ],
)
def test_words_of_withheld_abstracts_decide_nothing(
    found: Callable[..., list[int]], text: str, operator: list[int], signed_in: list[int], public: list[int], sort: Sort
) -> None:
    answers = [found(text, door, sort=sort) for door in (Door.OPERATOR, Door.SIGNED_IN, Door.PUBLIC)]
    assert answers == [operator, signed_in, public]


def test_facets_count_what_is_found(found: Callable[..., list[int]], store: Store) -> None:
    answer = store.search.find(Query(text="granite", door=Door.PUBLIC, facets=True))
    assert (answer.total, answer.facets["source"]) == (1, {"alpha": 1})


def test_snippets_show_no_withheld_abstract(found: Callable[..., list[int]], store: Store) -> None:
    hits = store.search.find(Query(text="lichens OR granite", door=Door.PUBLIC, snippets=True)).hits
    shown = {hit.record_id: {snippet.field for snippet in hit.snippets} for hit in hits}
    for record_id, fields in shown.items():
        record = store.records.get(record_id)
        assert record
        assert ("abstract" in fields) == (record.publisher_id == "1")


def test_a_policy_that_changes_is_followed(found: Callable[..., list[int]], store: Store, now: datetime) -> None:
    [record] = [one for one in store.records.iter() if one.publisher_id == "2"]
    opened = record.model_copy(update={"rights": Rights(abstract_policy=AbstractPolicy(basis="permission"))})
    store.transact(lambda unit: store.records.save(unit, [opened], run_id=None, now=now))
    assert found("granite", Door.PUBLIC) == [1, 2]
