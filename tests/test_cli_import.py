"""`harvester import`: pages that were saved elsewhere."""

import gzip
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from harvester.cli import main
from harvester.model.source import Source
from harvester.run.importing import Import
from harvester.sample import Site, seeds
from harvester.settings import Settings
from storage.archive import read
from storage.store import Store

ROOT = Path(__file__).resolve().parents[1]


class Publisher:
    url = "http://127.0.0.1:8901"
    host = "127.0.0.1:8901"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    seeds(tmp_path / "seeds", Publisher())
    monkeypatch.setenv("HARVESTER_SEEDS_DIR", str(tmp_path / "seeds"))
    monkeypatch.setenv("HARVESTER_PRIVATE_ALLOW", Publisher.host)
    monkeypatch.setenv("HARVESTER_DATA_DIR", str(tmp_path / "data"))
    return Site(Publisher.url)


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    try:
        main([str(word) for word in words])
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def listed(site: Site) -> list[str]:
    return [one.id for one in site.listed("hrsh") if not one.tdm and "noarchive" not in one.robots]


def warc(path: Path, site: Site, ids: list[str], when: datetime) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)

        def put(url: str, status: str, kind: str, body: bytes, *more: tuple[str, str]) -> None:
            http = StatusAndHeaders(status, [("Content-Type", kind), *more], "HTTP/1.1")
            about = {"WARC-Date": when.strftime("%Y-%m-%dT%H:%M:%SZ")}
            record = writer.create_warc_record(
                url, "response", BytesIO(body), len(body), http_headers=http, warc_headers_dict=about
            )
            writer.write_record(record)

        for number, one in enumerate(ids):
            body = site.respond(site.path(one)).body
            coding = (("Content-Encoding", "gzip"),) if number % 2 else ()
            put(Publisher.url + site.path(one), "200 OK", "text/html", gzip.compress(body) if coding else body, *coding)
        put(Publisher.url + site.path(ids[0]) + ".pdf", "200 OK", "application/pdf", b"%PDF-1.7")
        put(Publisher.url + "/hrsh/", "200 OK", "text/html", b"<html>contents</html>")
        put(Publisher.url + site.path(ids[0]), "404 Not Found", "text/html", b"<html>gone</html>")
        put("http://elsewhere.example/article/1", "200 OK", "text/html", b"<html>x</html>")


def test_a_warc_file_goes_through_the_same_ingest(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = listed(site)[:4]
    when = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    warc(tmp_path / "crawl.warc.gz", site, ids, when)
    code, out, err = call(capsys, "import", tmp_path / "crawl.warc.gz", "--json")
    assert code == 0, err + out
    told = json.loads(out)
    strangers = {
        f"pages of {Publisher.host} that are no article's": 1,
        "pages of elsewhere.example, which no source has": 1,
    }
    assert {"ok": 4, "created": 4}.items() <= told["sources"]["halvern-review"].items()
    assert told["passed_over"] == {"no page": 1, "HTTP 404": 1, **strangers}
    with Store.open(f"sqlite:///{tmp_path}/data/harvester.db") as store:
        found = {record.url: record for record in store.records.iter()}
        assert sorted(found) == sorted(Publisher.url + site.path(one) for one in ids)
        for record in found.values():
            pointer = store.archive_index.pointer(record.id)
            assert pointer is not None
            assert read(tmp_path / "data" / "archive", pointer).fetched_at == when
        (run,) = store.runs.list()
    assert (run.outcome, run.counts["created"]) == ("succeeded", 4)
    again = json.loads(call(capsys, "import", tmp_path / "crawl.warc.gz", "--json")[1])
    assert again["sources"]["halvern-review"] == {"older": 4}


def test_saved_files_and_folders_are_taken_in(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    one, two = listed(site)[:2]
    (folder / "one.html").write_bytes(site.respond(site.path(one)).body)
    (folder / "two.html").write_bytes(site.respond(site.path(two)).body)
    code, out, err = call(capsys, "import", folder, "--source", "halvern-review", "--json")
    assert code == 0, err + out
    assert json.loads(out)["sources"]["halvern-review"]["created"] == 2


def test_a_torn_warc_file_is_used_as_far_as_it_goes(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "torn.warc.gz"
    warc(path, site, listed(site)[:3], datetime(2026, 3, 4, tzinfo=UTC))
    path.write_bytes(path.read_bytes()[:-1500])
    code, out, _ = call(capsys, "import", path, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["sources"]["halvern-review"]["created"] >= 1
    assert any(reason.startswith("torn.warc.gz: damaged, and read up to there") for reason in told["passed_over"])


def test_a_warc_file_packed_as_one_is_read(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warc(tmp_path / "many.warc.gz", site, listed(site)[:3], datetime(2026, 3, 4, tzinfo=UTC))
    packed = tmp_path / "one.warc.gz"
    packed.write_bytes(gzip.compress(gzip.decompress((tmp_path / "many.warc.gz").read_bytes())))
    code, out, err = call(capsys, "import", packed, "--json")
    assert code == 0, err + out
    assert json.loads(out)["sources"]["halvern-review"]["created"] == 3


def test_pages_that_state_no_address_are_told(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "page.html").write_text("<h1>Of tides</h1>", "utf-8")
    code, out, _ = call(capsys, "import", tmp_path / "page.html")
    assert code == 1
    assert "passed over: 1 pages that state no address: give them one by one with --url" in " ".join(out.split())


@pytest.mark.parametrize("name", ["missing.html", "missing.warc.gz"])
def test_a_file_that_is_not_there_is_wrong_use(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, _, err = call(capsys, "import", tmp_path / name)
    assert (code, name in err) == (2, True)


def test_a_busy_source_costs_the_others_nothing(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seeds" / "sources" / "another.toml").write_text(
        'id = "another"\nname = "Another"\nhosts = ["another.example"]\nlanguages = ["en"]\n'
        "[urls]\narticle = ['/article/\\d+']\n"
    )
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "one.html").write_bytes(site.respond(site.path(listed(site)[0])).body)
    (folder / "two.html").write_bytes(b"<link rel='canonical' href='https://another.example/article/1'>")
    settings = Settings(data_dir=tmp_path / "data")
    source = Source(id="another", name="Another", hosts=("another.example",), languages=("en",), discovery=())
    with Store.open(settings.database_url, migrate=True) as store, Import(store, source, settings):
        code, out, err = call(capsys, "import", folder, "--json")
        assert call(capsys, "import", folder / "two.html")[0] == 4
    assert code == 0, err + out
    told = json.loads(out)
    assert told["sources"]["halvern-review"]["created"] == 1
    assert told["passed_over"] == {"pages of another, which is busy: import them again later": 1}


def test_a_warc_file_without_a_response_is_told(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.warc").write_bytes(b"")
    code, out, _ = call(capsys, "import", tmp_path / "empty.warc")
    assert (code, out.strip()) == (1, "passed over: 1 file without any response, empty.warc")


def many(path: Path, count: int) -> None:
    """Pages of one source, in one WARC file."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(count):
            body = (
                f"<html lang='en'><head><meta name='citation_title' content='Lichens of roof {number}'>"
                f"<meta name='citation_doi' content='10.5555/roof.{number}'></head><body><h1>Lichens of roof"
                f" {number}</h1>"
                f"<h2>Abstract</h2><p>On roof {number} lichens were counted by hand in every month of nine years.</p>"
            ).encode()
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1")
            about = {"WARC-Date": "2026-03-04T05:06:07Z"}
            url = f"https://another.example/article/{number}"
            writer.write_record(
                writer.create_warc_record(
                    url, "response", BytesIO(body), len(body), http_headers=http, warc_headers_dict=about
                )
            )


@pytest.mark.fault(2)
def test_an_import_that_is_stopped_ends_in_order_and_the_same_command_goes_on(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 1_500
    (tmp_path / "seeds" / "sources" / "another.toml").write_text(
        'id = "another"\nname = "Another"\nhosts = ["another.example"]\nlanguages = ["en"]\n'
        "[urls]\narticle = ['/article/\\d+']\n"
    )
    many(tmp_path / "many.warc.gz", count)
    with Store.open(f"sqlite:///{tmp_path}/data/harvester.db", migrate=True) as store:
        command = [sys.executable, "-m", "harvester.cli", "import", str(tmp_path / "many.warc.gz")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        until = time.monotonic() + 200
        while not store.pages.total("another"):
            assert time.monotonic() < until
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=200)
        assert (child.returncode, "the same command goes on" in said) == (1, True)
        (run,) = store.runs.list()
        assert run.outcome == "interrupted"
        first = run.counts["created"]
        assert 0 < first < count
        assert len(list(store.records.iter())) == first
        code, out, err = call(capsys, "import", tmp_path / "many.warc.gz", "--json")
        assert code == 0, err + out
        counts = json.loads(out)["sources"]["another"]
        assert (counts["created"], counts["older"]) == (count - first, first)
        assert len(list(store.records.iter())) == count
        assert store.check() == []
