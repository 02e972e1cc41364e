"""Search at 200,000 bilingual records, beside the bare query in the same run: FTS5, and tsvector with GIN.

`saving.py` measures it in the databases it has filled; `search.py [RECORDS] [sqlite|postgresql ...]` fills its own.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from statistics import median, quantiles

from measure import ROOT, Row, show
from sqlalchemy import Select, select

sys.path[:0] = (str(ROOT), str(ROOT / "tests"))
from bilingual_records import MOMENT, Library  # noqa: E402

from harvester.model.search import Query, Sort  # noqa: E402
from storage.search.answering import Answer  # noqa: E402
from storage.search.expressions import Row as Token  # noqa: E402
from storage.search.expressions import rows_of  # noqa: E402
from storage.search.index import Index  # noqa: E402
from storage.store import Store  # noqa: E402

RECORDS, BATCH, ROUNDS = 200_000, 500, 3
GOALS_MS = {("sqlite", Sort.NEWEST): 5, ("sqlite", Sort.RELEVANCE): 100}
GOALS_MS |= {("postgresql", Sort.NEWEST): 50, ("postgresql", Sort.RELEVANCE): 150}


def main() -> None:
    """Print a table for each engine."""
    number = next((int(word) for word in sys.argv[1:] if word.isdigit()), RECORDS)
    engines = [word for word in sys.argv[1:] if not word.isdigit()] or ["sqlite", "postgresql"]
    for engine in engines:
        with database(engine) as url, Store.open(url, migrate=True) as store:
            fill(store, number)
            measured(store, engine, number)


def searched(urls: Mapping[str, str], number: int) -> None:
    """Print a table for each of these databases by engine, which hold so many records not yet indexed."""
    for engine, url in urls.items():
        with Store.open(url) as store:
            store.search.catch_up()
            measured(store, engine.lower(), number)


@contextmanager
def database(engine: str) -> Iterator[str]:
    """URL of a new database."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
    else:
        import postgres

        with postgres.running() as server:
            yield server.database()


def fill(store: Store, number: int) -> None:
    """Save so many records and index them."""
    records = Library().records(number)
    while batch := list(islice(records, BATCH)):
        with store.begin(durable=False) as unit:
            store.records.save(unit, batch, run_id=None, now=MOMENT)
        store.search.catch_up()


def queries() -> list[Query]:
    """What people type: common and rare words, two together, a phrase, a beginning, a keyword, a filter."""
    library = Library()
    texts: list[str] = []
    for words in library.words.values():
        texts += [words.all[rank] for rank in (20, 60, 200, 600, 2000, 6000, 20_000)]
        texts += [f"{words.all[rank]} {words.all[rank * 2]}" for rank in (30, 100, 300, 900)]
        texts += [
            f"{words.all[50]} -{words.all[80]}",
            f"{words.all[40]} OR {words.all[700]}",
            f"{words.all[3000][:6]}*",
        ]
        texts += [f'"{words.all[10]} {words.all[15]}"', f"title:{words.all[100]}", f"{words.all[25]} access:open"]
    texts += [concept[lang] for concept in library.concepts[:400:50] for lang in concept]
    return [Query(text=text) for text in texts]


def measured(store: Store, engine: str, number: int) -> None:
    """Print the table of one engine."""
    rows, notes = [], []
    for sort in (Sort.NEWEST, Sort.RELEVANCE):
        asked = [query.model_copy(update={"sort": sort}) for query in queries()]
        ours, bare, word = timed(store, asked)
        p95, floor = percentile(ours), percentile(bare)
        goal = GOALS_MS[engine, sort]
        rows.append(Row(f"{sort}, p95 in ms", f"{floor:.1f} ms bare", p95 / floor, f"<= {goal} ms", p95 <= goal))
        notes.append(f"{sort}: p50 {median(ours):.1f} ms, p95 {p95:.1f} ms; bare: p50 {median(bare):.1f} ms")
        notes.append(f"{sort}: one bare word: p50 {median(word):.1f} ms, p95 {percentile(word):.1f} ms")
    shown = "the same expression, newest first, 20 hits, by SQLAlchemy's connection alone"
    show(f"Search in {number} records, {len(queries())} queries ({engine})", rows, *notes, f"bare: {shown}")


def timed(store: Store, asked: Sequence[Query]) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each query, ours, bare, and one bare word of it, in turn; the median of the rounds."""
    ours: list[list[float]] = [[] for _ in asked]
    bare: list[list[float]] = [[] for _ in asked]
    word: list[list[float]] = [[] for _ in asked]
    for _ in range(ROUNDS):
        for place, query in enumerate(asked):
            with store._database.read() as snapshot:
                answer = Answer(snapshot, store.search._index, store.search._thesaurus, query)
                places, single = answer._places(), _one_word(store.search._index, answer)
            bare[place].append(milliseconds(lambda places=places: _bare(store, places)))
            word[place].append(milliseconds(lambda single=single: _bare(store, single)))
            ours[place].append(milliseconds(lambda query=query: store.search.find(query)))
    return [median(one) for one in ours], [median(one) for one in bare], [median(one) for one in word]


def _one_word(index: Index, answer: Answer) -> Select[tuple[int]]:
    row = next(rows_of(answer._wanted))
    return select(index.place).where(index.matching(Token(row.tokens[:1], prefix=row.prefix)))


def _bare(store: Store, places: Select[tuple[int]]) -> None:
    """PostgreSQL is kept to its GIN index: left alone it walks through all places for a rare word, for seconds."""
    newest = places.order_by(places.selected_columns[0].desc())
    if store._database.engine_name == "postgresql":
        found = places.offset(0).subquery()
        newest = select(*found.c).order_by(*(one.desc() for one in found.c))
    with store._database.read() as snapshot:
        snapshot.execute(newest.limit(20)).all()


def milliseconds(action: Callable[[], object]) -> float:
    before = time.perf_counter()
    action()
    return (time.perf_counter() - before) * 1000


def percentile(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
