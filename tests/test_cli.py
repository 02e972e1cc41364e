"""The command line as its users meet it: verbs, exit codes, errors with a remedy, output that programs can read."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
from fresh import store_at
from postgres import Postgres

from harvester.cli import main
from harvester.cli.app import VERBS
from harvester.cli.show import plain
from harvester.cli.writing import to_file
from harvester.formats.jsonl import line, schema
from harvester.model.access import AccessVerdict
from harvester.model.record import KeywordList, LangText, Provenance, Record, record_id
from harvester.model.signal import Evidence
from harvester.run.lease import is_alive, this_process
from harvester.sample import Publisher, seeds, serve
from storage.store import Store

ROOT = Path(__file__).parent.parent
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def harvester(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Calls the command line with the test's own data folder."""
    monkeypatch.setenv("HARVESTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", line_buffering=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", line_buffering=True))

    def call(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return call


def record(number: int, title: str, status: str = "subscription") -> Record:
    url = f"https://journal.example/article/{number}"
    quote = Evidence(vocabulary="lexicon", name="sentence", quote="requires a subscription", where="/html/body/p[1]")
    return Record(
        id=record_id("sample", url),
        work_id=record_id("sample", url),
        source_id="sample",
        url=url,
        titles={
            "en": LangText(value=title, language="en"),
            "fr": LangText(value="Le lupus érythémateux", language="fr"),
        },
        keywords={"en": KeywordList(items=("lupus",), language="en")},
        access=AccessVerdict(status=status, as_of=MOMENT, evidence=(quote,), decided_by="test@1", tier=3),
        provenance=Provenance(url=url, fetched_at=MOMENT, page_digest="sha256:0", rules="1"),
    )


RECORDS = [record(1, "Plain title"), record(2, "A [bold] \x1b[31mtitle\u2028with traps", "open"), record(3, "Third")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with three records, where the commands look for it."""
    with store_at(f"sqlite:///{tmp_path}/data/harvester.db") as opened:
        with opened.begin() as unit:
            opened.records.save(unit, RECORDS, run_id=None, now=MOMENT)
        yield opened


# Help and errors ------------------------------------------------------------------------------------------------------


def test_help_names_every_verb_and_teaches(harvester: Command) -> None:
    done = harvester("--help")
    assert done.code == 0
    assert all(verb in done.out for verb in VERBS)
    assert "Exit codes" in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, harvester: Command) -> None:
    done = harvester(verb, "--help")
    assert done.code == 0
    assert f"  harvester {verb}" in done.out


@pytest.mark.parametrize("command", [("source", "check"), ("records", "show"), ("runs", "show"), ("db", "upgrade")])
def test_verbs_of_a_group_have_help_too(command: tuple[str, ...], harvester: Command) -> None:
    done = harvester(*command, "-h")
    assert done.code == 0
    assert "Example:" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("recods",), "Did you mean 'records'"),
        (("records", "--access", "closed"), "use one of: open"),
        (("export", "--format", "docx"), "use one of: jsonl"),
        (("run", "no-such-source"), "harvester source list"),
        (("extract", "no-such-file.html"), "No such file"),
        (("extract", "no-such-file.html", "--url", "journal.example/1"), "is not an address"),
        (("extract", "https://journal.example/1"), "HARVESTER_CONTACT"),
        (("evaluate", "no-such-folder"), "labels.jsonl"),
        (("source", "check", "no-such.toml"), "cannot be read"),
        (("records",), "nothing has been harvested"),
        (("demo", "--fast"), "No such option"),
        (("export", "--since", "-1"), "greater than or equal to 0"),
        (("records", "--lang", "french"), "write the code: fr, en"),
    ],
)
def test_wrong_use_is_exit_2_and_says_what_to_do(arguments: tuple[str, ...], words: str, harvester: Command) -> None:
    done = harvester(*arguments)
    assert done.code == 2
    assert words in done.out + done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("url", ["mysql://somewhere/x", "sqlite://", "sqlite:///:memory:", "harvester.db"])
def test_a_wrong_database_is_wrong_use(url: str, harvester: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVESTER_DATABASE_URL", url)
    done = harvester("runs", "list")
    assert (done.code, "write sqlite:///PATH" in done.err) == (2, True)


def test_a_wrong_setting_is_named(harvester: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVESTER_CONTACT", "nobody")
    done = harvester("source", "list")
    assert done.code == 2
    assert "HARVESTER_CONTACT" in done.err


def test_a_damaged_database_is_an_error_not_a_traceback(harvester: Command, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "harvester.db").write_bytes(b"not a database at all" * 100)
    done = harvester("records")
    assert done.code == 1
    assert "harvester.db" in done.err
    assert "remedy" in done.err


def test_output_into_a_closed_pipe_ends_quietly(store: Store, tmp_path: Path) -> None:
    command = f"{sys.executable} -m harvester.cli --data {tmp_path / 'data'} export --format jsonl | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said_as_one(store: Store, tmp_path: Path) -> None:
    command = f"{sys.executable} -m harvester.cli --data {tmp_path / 'data'} export --format jsonl > /dev/full"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "make room" in done.stderr


def test_no_standard_output_at_all_is_no_failure(store: Store, tmp_path: Path) -> None:
    command = f"{sys.executable} -m harvester.cli --data {tmp_path / 'data'} records >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# Records, export, changes ---------------------------------------------------------------------------------------------


def test_records_without_a_verb_lists_all(store: Store, harvester: Command) -> None:
    done = harvester("records")
    assert done.code == 0
    assert all(one.id in done.out for one in RECORDS)
    assert "3 records" in done.out


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (("erythemateux",), [0, 1, 2]),
        (("third",), [2]),
        (("--access", "open"), [1]),
        (("lupus", "--lang", "fr", "--access", "subscription"), [0, 2]),
        (("--lang", "de"), []),
    ],
)
def test_records_that_match(arguments: tuple[str, ...], numbers: list[int], store: Store, harvester: Command) -> None:
    done = harvester("records", *arguments, "--json")
    assert {json.loads(text)["id"] for text in done.out.splitlines()} == {RECORDS[number].id for number in numbers}


def test_a_search_counts_and_says_what_it_cannot_read(store: Store, harvester: Command) -> None:
    assert "access: subscription 2, open 1" in harvester("records", "erythemateux", "--facets").out
    counted = json.loads(harvester("records", "erythemateux", "--facets", "--json").out)
    assert (counted["total"], counted["facets"]["access"]) == (3, {"subscription": 2, "open": 1})
    for wrong in (("--until", "soon"), ("--sort", "best"), ("access:closed",)):
        refused = harvester("records", *wrong)
        assert (refused.code, "remedy" in refused.err) == (2, True)


def test_a_table_says_when_it_was_cut(store: Store, harvester: Command) -> None:
    assert "the first 2" in harvester("records", "--limit", 2).out


def test_show_prints_the_quoted_words_and_no_control_characters(store: Store, harvester: Command) -> None:
    done = harvester("records", "show", RECORDS[1].id)
    assert "requires a subscription" in done.out
    assert "A [bold] " in done.out
    assert "\x1b" not in done.out
    assert json.loads(harvester("records", "show", RECORDS[1].id, "--json").out)["id"] == RECORDS[1].id


def test_an_unknown_record_is_wrong_use(store: Store, harvester: Command) -> None:
    assert harvester("records", "show", "nothing").code == 2
    assert harvester("records", "purge", "nothing", "--reason", "legal").code == 2


def test_purge_leaves_a_tombstone(store: Store, harvester: Command) -> None:
    assert harvester("records", "purge", RECORDS[0].id, "--reason", "legal").code == 0
    assert "Plain title" not in harvester("records", "--json").out
    left = store.records.get(RECORDS[0].id)
    assert left is not None
    assert (left.deletion_reason, left.titles) == ("legal", {})


def test_export_is_one_valid_line_per_record(store: Store, harvester: Command, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    done = harvester("export", "--format", "jsonl", "-o", target)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert done.code == 0
    assert f"--since {store.changes.head()}" in done.err
    validator = jsonschema.Draft202012Validator(json.loads(harvester("schema").out))
    for text in lines:
        validator.validate(json.loads(text))
    assert sorted(Record.model_validate_json(text).id for text in lines) == sorted(one.id for one in RECORDS)
    assert harvester("export", "--format", "jsonl").out.splitlines() == lines


def test_export_since_holds_what_changed_and_tombstones(store: Store, harvester: Command) -> None:
    head = store.changes.head()
    harvester("records", "purge", RECORDS[2].id, "--reason", "operator")
    done = harvester("export", "--format", "jsonl", "--since", head)
    assert [(one["id"], one["deletion_reason"]) for one in map(json.loads, done.out.splitlines())] == [
        (RECORDS[2].id, "operator")
    ]


def test_an_export_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    target.write_text("old")

    def broken() -> Iterator[bytes]:
        yield line(RECORDS[0])
        raise RuntimeError("the reader went away")

    with pytest.raises(RuntimeError):
        to_file(broken(), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("place", ["absent/all.jsonl", "."])
def test_an_export_into_no_file_is_wrong_use(place: str, store: Store, harvester: Command, tmp_path: Path) -> None:
    done = harvester("export", "--format", "jsonl", "-o", tmp_path / place)
    assert done.code == 2
    assert "folder" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_changes_are_in_strict_order(store: Store, harvester: Command) -> None:
    done = harvester("changes", "--json")
    numbers = [json.loads(text)["seq"] for text in done.out.splitlines()]
    assert numbers == sorted(set(numbers)) == [1, 2, 3]
    assert [text.split()[0] for text in harvester("changes", "--since", 1).out.splitlines()] == ["2", "3"]


def test_changes_follow_a_running_log(store: Store, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harvester.cli", "--data", str(tmp_path / "data"), "changes", "--follow", "--json"]
    with subprocess.Popen([*command, "--since", "3"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        with store.begin() as unit:
            store.records.save(unit, [record(4, "Fourth")], run_id=None, now=MOMENT)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["seq"] == 4
        process.terminate()


# Database, sources, runs ----------------------------------------------------------------------------------------------


def test_db_upgrade_then_check(harvester: Command) -> None:
    assert harvester("db", "upgrade").code == 0
    done = harvester("db", "check")
    assert (done.code, done.out) == (0, "no problem found\n")
    assert harvester("records").out == "no record matches\n"
    assert harvester("runs", "list").code == 0
    assert harvester("runs", "show", "none").code == 2


def test_source_check_reports_every_mistake_at_once(harvester: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "Bad"\nhots = ["journal.example"]\n[politeness]\ndelay = "slow"\n')
    done = harvester("source", "check", bad)
    assert done.code == 2
    assert "hots" in done.out
    assert "politeness.delay" in done.out


def test_seeds_that_came_with_the_program_are_sound(harvester: Command) -> None:
    assert harvester("source", "check").code == 0
    listed = json.loads(harvester("source", "list", "--json").out)
    assert listed
    assert listed[0]["id"] in harvester("source", "list").out


# Harvesting -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """The sample publisher, with seed files where the commands look for them."""
    with serve() as served:
        seeds(tmp_path / "seeds", served)
        monkeypatch.setenv("HARVESTER_SEEDS_DIR", str(tmp_path / "seeds"))
        monkeypatch.setenv("HARVESTER_PRIVATE_ALLOW", served.host)
        yield served


def test_run_harvests_and_the_second_run_changes_nothing(publisher: Publisher, harvester: Command) -> None:
    first = harvester("run", "halvern-review")
    assert first.code == 0, first.err
    assert "succeeded" in first.out
    changed = harvester("changes").out
    assert changed
    assert harvester("run", "halvern-review").code == 0
    assert harvester("changes").out == changed
    runs = json.loads(harvester("runs", "list", "--json").out)
    assert [run["outcome"] for run in runs] == ["succeeded", "succeeded"]
    assert "halvern-review" in harvester("runs", "list").out
    assert json.loads(harvester("runs", "show", runs[1]["id"], "--json").out)["counts"]["created"] > 0


def test_a_backup_of_one_database_is_restored_into_another(
    store: Store, harvester: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: Postgres
) -> None:
    before = harvester("export").out
    done = harvester("db", "backup", tmp_path / "b.sqlite")
    assert done.code == 0 and "up to change 3" in done.out
    assert harvester("db", "backup", tmp_path / "b.sqlite").code == 2
    assert harvester("db", "restore", tmp_path / "b.sqlite").code == 2  # this one is not empty
    monkeypatch.setenv("HARVESTER_DATABASE_URL", postgresql.database())
    restored = harvester("db", "restore", tmp_path / "b.sqlite")
    assert restored.code == 0 and "up to change 3" in restored.out, restored.err
    assert harvester("export").out == before
    assert harvester("db", "check").code == 0


def test_check_misses_an_archive_not_put_back(publisher: Publisher, harvester: Command, tmp_path: Path) -> None:
    assert harvester("run", "halvern-review").code == 0
    assert harvester("db", "check").code == 0
    (tmp_path / "data" / "archive").rename(tmp_path / "elsewhere")
    done = harvester("db", "check")
    assert done.code == 1 and "has 0 bytes" in done.out


def test_extract_reads_an_address_politely_and_keeps_nothing(
    publisher: Publisher, harvester: Command, tmp_path: Path
) -> None:
    listed = next(one.id for one in publisher.site.articles.values() if one.state == "listed")
    address = publisher.url + publisher.site.path(listed)
    done = harvester("extract", address, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["url"] == address
    assert publisher.requests("/robots.txt")
    assert not list((tmp_path / "data").rglob("*.warc.gz"))


def test_run_stops_at_its_limit(publisher: Publisher, harvester: Command) -> None:
    done = harvester("run", "halvern-review", "--limit", 3)
    assert done.code == 0, done.err
    assert len(publisher.requests("/hrsh/article/")) == 3


def test_run_visits_named_pages_first(publisher: Publisher, harvester: Command, tmp_path: Path) -> None:
    listed = [one.id for one in publisher.site.listed("hrsh")][-2:]
    addresses = [publisher.url + publisher.site.path(one) for one in listed]
    names = tmp_path / "names.txt"
    wrong = ["https://elsewhere.example/1", "nonsense", addresses[0] + ".pdf"]
    names.write_text("\n".join(["# two pages", *addresses, "", *wrong]))
    done = harvester("run", "halvern-review", "--urls", names, "--limit", 2)
    assert done.code == 0, done.err
    asked = sorted(request.path for request in publisher.requests("/hrsh/article/"))
    assert asked == sorted(map(publisher.site.path, listed))
    assert "elsewhere.example/1: on no host of halvern-review" in done.err
    assert "nonsense: neither an address nor a DOI" in done.err
    assert "never requested" in done.err
    names.write_text("10.5555/example.1")
    assert "HARVESTER_CONTACT" in harvester("run", "halvern-review", "--urls", names).err


def test_run_explains_what_is_due_and_asks_nobody(publisher: Publisher, harvester: Command) -> None:
    assert harvester("run", "halvern-review", "--limit", 3).code == 0
    asked = len(publisher.log)
    plan = json.loads(harvester("run", "halvern-review", "--explain", "--json").out)["halvern-review"]
    reasons = [page["reason"] for page in plan["pages"]]
    assert plan["known"] == len(reasons)
    assert reasons == ["never visited"] * plan["due_now"] + ["new"] * 3
    assert "never visited" in harvester("run", "halvern-review", "--explain").out
    assert len(publisher.log) == asked


def test_robots_says_whether_a_page_may_be_fetched(publisher: Publisher, harvester: Command) -> None:
    listed = next(one.id for one in publisher.site.articles.values() if one.state == "listed")
    free = harvester("robots", publisher.url + publisher.site.path(listed), "--json")
    assert free.code == 0, free.err
    assert json.loads(free.out)["allowed"] is True
    assert [path for path in publisher.requests("") if "robots" not in path.path] == []
    never = harvester("robots", publisher.url + "/hrsh/article/1.pdf")
    assert (never.code, "never requested" in never.out) == (3, True)


def test_a_second_run_at_the_same_time_is_busy(publisher: Publisher, harvester: Command, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/data/harvester.db", migrate=True) as opened:
        now = datetime.now(UTC)
        with opened.begin() as unit:
            opened.runs.open(unit, "halvern-review", "first", this_process(), now, 60, is_alive)
        done = harvester("run", "halvern-review")
    assert done.code == 4
    assert "first" in done.err
    assert publisher.log == []


def test_a_public_host_wants_a_contact(harvester: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds" / "platforms", tmp_path / "seeds" / "platforms")
    (tmp_path / "seeds" / "sources").mkdir()
    (tmp_path / "seeds" / "sources" / "far.toml").write_text('name = "Far"\nhosts = ["journal.example"]\n')
    monkeypatch.setenv("HARVESTER_SEEDS_DIR", str(tmp_path / "seeds"))
    done = harvester("run", "far")
    assert done.code == 2
    assert "HARVESTER_CONTACT" in done.err


# Saved pages ----------------------------------------------------------------------------------------------------------

ARTICLE = """<html lang="en"><head><link rel="canonical" href="https://journal.example/article/7">
<meta name="citation_title" content="Knees in winter"><meta name="citation_author" content="Dupont, Anne">
<meta name="citation_journal_title" content="Journal of Knees">
<meta name="citation_publication_date" content="2024/03/05">
<meta name="citation_doi" content="10.5555/knees.7"></head><body><h1>Knees in winter</h1><h2>Abstract</h2>
<p>Seventeen patients with cold knees were followed for two winters in three rural hospitals of one region.</p>
<p>This article requires a subscription.</p></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def test_extract_prints_the_record_of_a_saved_page(page: Path, harvester: Command) -> None:
    read = json.loads(harvester("extract", page, "--json").out)
    assert read["titles"]["en"]["value"] == "Knees in winter"
    assert read["url"] == "https://journal.example/article/7"
    assert datetime.fromisoformat(read["provenance"]["fetched_at"]).timestamp() == pytest.approx(page.stat().st_mtime)
    shown = harvester("extract", page)
    assert shown.code == 0
    assert "Knees in winter" in shown.out
    assert "10.5555/knees.7" in shown.out


def test_extract_takes_the_address_given(page: Path, harvester: Command) -> None:
    read = json.loads(harvester("extract", page, "--json", "--url", "https://other.example/a/9").out)
    assert read["provenance"]["url"] == "https://other.example/a/9"


@pytest.mark.parametrize("body", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"<html><body><p>Nothing here.</p></body></html>"])
def test_a_page_without_an_article_is_exit_1_with_the_reason(body: bytes, page: Path, harvester: Command) -> None:
    page.write_bytes(body)
    done = harvester("extract", page)
    assert done.code == 1
    assert done.out.startswith("no record: ")
    assert set(json.loads(harvester("extract", page, "--json").out)) == {"outcome", "reason"}


def test_extract_with_an_unknown_source_is_wrong_use(page: Path, harvester: Command) -> None:
    assert harvester("extract", page, "--source", "no-such").code == 2


# The format -----------------------------------------------------------------------------------------------------------


def test_a_line_survives_every_reader_of_lines() -> None:
    hard = RECORDS[0].model_copy(
        update={"titles": {"en": LangText(value="a\u2028b\u2029c\x85d\ne𝛽\u202ef", language="en")}}
    )
    written = line(hard)
    assert written.decode().splitlines() == [written.decode().rstrip("\n")]
    assert Record.model_validate_json(written) == hard


def test_the_schema_is_a_schema_and_closed() -> None:
    published = schema()
    jsonschema.Draft202012Validator.check_schema(published)
    assert published["additionalProperties"] is False


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\x9b31m", "\u202egnp.exe"])
def test_text_of_a_page_cannot_drive_the_terminal(text: str) -> None:
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(plain(text).plain)
