"""The spool: whole segments for the reader, nothing lost but a torn frame."""

from datetime import datetime
from pathlib import Path

import pytest
from made import NOW

from harvester.errors import StorageError
from harvester.model.page import Page, VisitOutcome
from harvester.model.run import Visit
from storage.spool import MAX_BYTES, MAX_ENTRIES, SpoolReader, SpoolWriter, leftovers, spooled_runs


class Clock:
    """A monotonic clock that stands still."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def visit(n: int, body: bytes = b"\x00\xffbody", at: datetime = NOW) -> Visit:
    url = f"https://publisher.test/article/{n}"
    page = Page(url=url, final_url=url, headers=(("x", "é"), ("x", "2")), body=body, fetched_at=at)
    return Visit(run_id="run-1", url=url, outcome=VisitOutcome.OK, page=page, at=at, robots=("tdm-reservation: 1",))


def refused(n: int) -> Visit:
    url = f"https://publisher.test/article/{n}"
    return Visit(run_id="run-1", url=url, outcome=VisitOutcome.FORBIDDEN, detail="403", at=NOW)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def writer(folder: Path, clock: Clock) -> SpoolWriter:
    return SpoolWriter(folder, "run-1", clock)


@pytest.fixture
def reader(folder: Path) -> SpoolReader:
    return SpoolReader(folder, "run-1")


def test_visits_come_back_as_they_were(writer: SpoolWriter, reader: SpoolReader) -> None:
    visits = [visit(1), refused(2), visit(3, b"")]
    for one in visits:
        writer.append(one)
    assert reader.segments() == []
    writer.close()
    (segment,) = reader.segments()
    assert reader.read(segment) == visits


def test_everything_is_private(writer: SpoolWriter, folder: Path) -> None:
    writer.append(visit(1))
    writer.close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_segment_is_passed_on_when_full(writer: SpoolWriter, reader: SpoolReader) -> None:
    for n in range(MAX_ENTRIES + 1):
        writer.append(refused(n))
    assert [len(reader.read(path)) for path in reader.segments()] == [MAX_ENTRIES]


def test_a_segment_is_passed_on_when_heavy(writer: SpoolWriter, reader: SpoolReader) -> None:
    writer.append(visit(1, b"x" * (MAX_BYTES // 2)))
    writer.append(visit(2, b"x" * (MAX_BYTES // 2)))
    assert len(reader.segments()) == 1


def test_a_segment_is_passed_on_a_second_after_its_first_entry(
    writer: SpoolWriter, reader: SpoolReader, clock: Clock
) -> None:
    writer.append(visit(1))
    clock.seconds = 0.9
    writer.tick()
    assert reader.segments() == []
    clock.seconds = 1.0
    writer.tick()
    writer.tick()
    assert len(reader.segments()) == 1


def test_a_reader_is_finished_when_all_is_closed_and_dropped(writer: SpoolWriter, reader: SpoolReader) -> None:
    assert not reader.finished()
    writer.append(visit(1))
    writer.close()
    assert not reader.finished()
    for segment in reader.segments():
        reader.drop(segment)
        reader.drop(segment)
    assert reader.finished()
    reader.close()
    assert not reader.finished()


def test_segments_are_read_in_the_order_of_writing(writer: SpoolWriter, reader: SpoolReader) -> None:
    for n in range(3 * MAX_ENTRIES):
        writer.append(refused(n))
    read = [v.url for path in reader.segments() for v in reader.read(path)]
    assert read == [refused(n).url for n in range(3 * MAX_ENTRIES)]


def test_a_restarted_writer_overwrites_nothing(writer: SpoolWriter, reader: SpoolReader, folder: Path) -> None:
    writer.append(visit(1))
    writer.close()
    again = SpoolWriter(folder, "run-1")
    again.append(visit(2))
    again.close()
    assert [v.url[-1] for path in reader.segments() for v in reader.read(path)] == ["1", "2"]


@pytest.mark.parametrize("torn", [1, 11, 12, 40, -1])
def test_of_a_torn_segment_the_whole_frames_are_salvaged(writer: SpoolWriter, folder: Path, torn: int) -> None:
    writer.append(visit(1))
    whole = next(folder.glob("*.part")).stat().st_size
    writer.append(visit(2))
    part = next(folder.glob("*.part"))
    data = part.read_bytes()
    part.write_bytes(data[: whole + torn] if torn > 0 else data[:torn])
    assert spooled_runs(folder) == ["run-1"]
    assert leftovers(folder, ["run-2"]) == []
    (segment,) = leftovers(folder, ["run-1"])
    assert SpoolReader.read(segment) == [visit(1)]
    assert list(folder.glob("*.part")) == []


def test_a_damaged_frame_costs_only_itself(writer: SpoolWriter, reader: SpoolReader, folder: Path) -> None:
    for n in (1, 2, 3):
        writer.append(visit(n, b"b" * 500))
    writer.close()
    (segment,) = reader.segments()
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    assert reader.read(segment) == [visit(1, b"b" * 500), visit(3, b"b" * 500)]


def test_a_name_like_another_run_is_not_its(folder: Path, reader: SpoolReader) -> None:
    other = SpoolWriter(folder, "run-1-more")
    other.append(visit(1))
    other.close()
    assert reader.segments() == []
    assert spooled_runs(folder) == ["run-1-more"]
    assert spooled_runs(folder / "absent") == []


@pytest.mark.parametrize("run_id", ["", "../run", "a/b", ".hidden"])
def test_a_run_id_that_is_a_path_is_refused(folder: Path, run_id: str) -> None:
    with pytest.raises(StorageError, match="cannot name a file"):
        SpoolWriter(folder, run_id)


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=f"{tmp_path}/file/spool"):
        SpoolWriter(tmp_path / "file" / "spool", "run-1")
