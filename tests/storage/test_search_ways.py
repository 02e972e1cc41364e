"""The newest hits are the same whichever way an engine goes for them: few or many, near or far, sure or looked into."""

from datetime import datetime
from typing import Any

import pytest
from made import make_record
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from harvester.model.record import DateValue, LangText, Record
from harvester.model.search import Query, Sort
from storage.search.expressions import Row
from storage.store import Store

RECORDS = 260


def shelved(n: int) -> Record:
    """Every word comes at a pace of its own; the higher the number, the newer."""
    title = "common" + " third" * (n % 3 == 0) + " tenth" * (n % 10 == 0) + " early" * (n < 5)
    abstract = "Some third plain words " + ("in this order" if n % 7 == 0 else "order this in")
    day = f"{2000 + n // 300}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}"
    return make_record(
        n,
        titles={"en": LangText(value=title, language="en")},
        abstracts={"en": LangText(value=abstract, language="en")},
        keywords={},
        dates=(DateValue(kind="published", value=day, precision="day", raw=day, rule="iso"),),
    )


@pytest.fixture
def shelf(store: Store, now: datetime) -> Store:
    with store.begin() as unit:
        store.records.save(unit, [shelved(n) for n in range(RECORDS)], run_id=None, now=now)
    store.search.catch_up()
    return store


WAYS = {
    "common": range(RECORDS),
    "tenth": range(0, RECORDS, 10),
    "early": range(5),
    "title:third": range(0, RECORDS, 3),
    "title:third tenth": range(0, RECORDS, 30),
    "third -title:third": [n for n in range(RECORDS) if n % 3],
    "common -tenth": [n for n in range(RECORDS) if n % 10],
    "title:common -abstract:plain": [],
    '"in this order"': range(0, RECORDS, 7),
    '"order this" OR early': [n for n in range(RECORDS) if n % 7 or n < 5],
    "title:tent*": range(0, RECORDS, 10),
    "absent": [],
}


@pytest.mark.parametrize("text", WAYS)
def test_pages_of_newest_hits(shelf: Store, text: str) -> None:
    wanted = [shelved(n).id for n in sorted(WAYS[text], reverse=True)]
    for limit in (1, 3, 40, 300):
        query = Query(text=text, sort=Sort.NEWEST, limit=limit, count_to=2, thesaurus=False)
        first = shelf.search.find(query)
        assert [hit.record_id for hit in first.hits] == wanted[:limit]
        counted = limit if '"' in text else max(2, limit)  # a phrase is counted as far as it is shown
        assert (first.total, first.at_least) == (min(len(wanted), counted), len(wanted) > counted)
        if first.cursor:
            second = shelf.search.find(query.model_copy(update={"cursor": first.cursor}))
            assert [hit.record_id for hit in second.hits] == wanted[limit : 2 * limit]
            assert second.total == first.total


@pytest.mark.parametrize("text", WAYS)
def test_ranked_hits_are_counted_alike(shelf: Store, text: str) -> None:
    found = shelf.search.find(Query(text=text, limit=300, count_to=1000, thesaurus=False))
    assert {hit.record_id for hit in found.hits} == {shelved(n).id for n in WAYS[text]}
    assert (found.total, found.at_least) == (len(WAYS[text]), False)


def test_a_mark_that_no_entry_has_is_looked_up_in_the_index(shelf: Store) -> None:
    if shelf.engine_name != "postgresql":
        pytest.skip("the other engine has one way only")
    plans: list[str] = []

    class Explained:
        """Asks for the plan of whatever is asked, as it stands."""

        def __init__(self, snapshot: Any) -> None:
            self._snapshot = snapshot

        def execute(self, statement: Any) -> Any:
            words = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
            if "@@" in words:
                plans.append("\n".join(row[0] for row in self._snapshot.execute(text(f"EXPLAIN {words}"))))
            return self._snapshot.execute(statement)

    with shelf._database.read() as snapshot:
        assert not shelf.search._index.has(Explained(snapshot), Row(("_nowhere",)))
        assert snapshot.execute(text("SHOW enable_seqscan")).scalar() == "on"
    assert "Bitmap Index Scan" in plans[0]
