"""harvester export: what leaves for oneself and for the public, tombstones, the number to go on at, constant memory."""

import json
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path

import pytest
import readers
from articles import ABSTRACTS, NOW, article, text
from fresh import store_at
from lxml import etree
from pyarrow.parquet import read_metadata, read_table

from harvester.cli import main
from harvester.formats import parquet
from harvester.formats.files import FORMATS, chunks
from harvester.model.record import AbstractPolicy, Record, Rights, record_id
from storage.store import Store

RESERVED = AbstractPolicy(basis="research", keep=True, show="signed_in", redistribute=False)
SECRET = "Ce résumé est réservé."
Export = Callable[..., bytes]


def numbered(number: int, **more: object) -> Record:
    url = f"https://revue.example/article/{number}"
    own = {"id": record_id("alpha", url), "work_id": record_id("alpha", url), "url": url, "identifiers": ()}
    return article(**own | more)


OPEN = numbered(1)
KEPT_BACK = numbered(
    2,
    abstracts={"fr": text("fr", SECRET)},
    rights=Rights(abstract_policy=RESERVED),
    titles={"fr": text("fr", "Réservé")},
)
UNLISTED = numbered(3, titles={"fr": text("fr", "Non listé")}, rights=Rights(robots=("noindex",)))
GONE = numbered(4, titles={"fr": text("fr", "Disparu")})
LURE = numbered(
    5, titles={"fr": text("fr", '"redistribute":true,"deleted_at":null')}, rights=Rights(abstract_policy=RESERVED)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(f"sqlite:///{tmp_path}/data/harvester.db") as opened:
        with opened.begin() as unit:
            opened.records.save(unit, [OPEN, KEPT_BACK, UNLISTED, GONE, LURE], run_id=None, now=NOW)
        with opened.begin() as unit:
            opened.records.delete(unit, GONE.id, "gone", NOW)
        yield opened


@pytest.fixture
def export(store: Store, tmp_path: Path) -> Export:
    """Calls the verb and returns the file it wrote."""

    def call(name: str, *options: str) -> bytes:
        target = tmp_path / f"out.{name}"
        with pytest.raises(SystemExit) as ended:
            main(["--data", str(tmp_path / "data"), "export", "--format", name, "-o", str(target), *options])
        assert not ended.value.code
        return target.read_bytes()

    return call


def titles(name: str, data: bytes) -> list[str]:
    return sorted(next(iter(one.titles.values()), "") for one in readers.READERS[name](data))


@pytest.mark.parametrize("name", FORMATS)
def test_everything_leaves_for_oneself(name: str, export: Export) -> None:
    found = readers.READERS[name](export(name))
    assert len(found) == 4
    assert any(SECRET in one.abstracts.values() for one in found)


@pytest.mark.parametrize("name", FORMATS)
def test_what_may_not_be_passed_on_leaves_through_no_public_door(
    name: str, export: Export, capsys: pytest.CaptureFixture[str]
) -> None:
    data = export(name, "--public")
    found = readers.READERS[name](data)
    assert len(found) == 3
    assert "1 unlisted left out" in capsys.readouterr().err
    assert SECRET not in str(found)
    assert "Non listé" not in str(found)
    assert ABSTRACTS["en"] in str(found)  # of the record that may be passed on
    assert [one.abstracts for one in found].count({}) == 2


@pytest.mark.parametrize("public", [(), ("--public",)])
@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet"])
def test_tombstones_are_told_where_the_format_can(
    name: str, public: tuple[str, ...], export: Export, tmp_path: Path
) -> None:
    data = export(name, "--since", "1", *public)
    deleted = {
        "jsonl": lambda: [one["id"] for one in map(json.loads, data.decode().splitlines()) if one["deleted_at"]],
        "csv": lambda: [line.split(",")[0] for line in data.decode().split("\r\n") if ",gone," in line],
        "parquet": lambda: [
            row["id"] for row in read_table(tmp_path / "out.parquet").to_pylist() if row["deletion_reason"] == "gone"
        ],
    }[name]()
    assert GONE.id in deleted
    told = str(readers.READERS[name](data))
    assert ("Disparu" in told) is (public == ())


def test_what_is_no_longer_listed_is_told_to_the_public_as_a_bare_tombstone(export: Export) -> None:
    told = {
        one["id"]: one for one in map(json.loads, export("jsonl", "--since", "1", "--public").decode().splitlines())
    }
    assert told[UNLISTED.id]["deleted_at"]
    assert told[UNLISTED.id]["deletion_reason"] is None
    assert (told[UNLISTED.id]["titles"], told[UNLISTED.id]["url"]) == ({}, "")
    assert all(Record.model_validate(one) for one in told.values())


@pytest.mark.parametrize("name", ["ris", "bibtex", "csl-json", "jats", "oai_dc"])
def test_tombstones_are_counted_where_the_format_cannot(
    name: str, export: Export, capsys: pytest.CaptureFixture[str]
) -> None:
    data = export(name, "--since", "1")
    said = capsys.readouterr().err
    assert "Disparu" not in titles(name, data)
    assert "1 deleted left out" in said


def test_the_number_to_go_on_at_is_told_and_written_where_there_is_room(
    store: Store, export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = store.changes.head()
    root = etree.fromstring(export("oai_dc"))
    assert root.get("next-since") == str(head)
    export("parquet")
    assert read_metadata(tmp_path / "out.parquet").metadata[b"harvester.next_since"] == str(head).encode()
    assert f"next time: --since {head}" in capsys.readouterr().err
    export("ris", "--json", "--public")
    assert json.loads(capsys.readouterr().err) == {"records": 3, "deleted": 0, "unlisted": 1, "since": head}


def test_public_lines_are_the_stored_ones_where_nothing_is_kept_back(store: Store, export: Export) -> None:
    whole, public = (export("jsonl", *options).splitlines() for options in ((), ("--public",)))
    assert [line for line in public if line in whole] == [line for line in whole if OPEN.id.encode() in line]


def test_csv_has_columns_for_the_languages_there_are(export: Export) -> None:
    header = export("csv").decode().split("\r\n")[0]
    assert "title_en,title_fr,abstract_en,abstract_fr" in header  # the commonest first, else by name


def test_raw_is_for_csv_alone(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", str(tmp_path / "data"), "export", "--format", "ris", "--raw"])
    assert ended.value.code == 2
    assert "--raw is for CSV" in capsys.readouterr().err


@pytest.mark.parametrize("name", FORMATS)
def test_records_are_taken_as_they_are_written(name: str) -> None:
    """Constant memory: of endless records no more are taken than those written, but for one group of Parquet."""
    taken = count()
    endless = (numbered(next(taken)) for _ in count())
    written = chunks(name, endless, languages=("fr", "en")) if name != "parquet" else parquet.chunks(endless, group=5)
    list(islice(written, 20))
    assert next(taken) <= (21 if name != "parquet" else 105)
