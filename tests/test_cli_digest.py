"""The verbs alert, digest and reader, over a real database and a mail server on loopback."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("digests")))

from desk import MONDAY, article
from fresh import store_at
from post_office import Office, office

from harvester.cli import main
from storage.store import Store

ANN = "ann@reader.example"


class Run:
    """The command line over one data folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--data", str(self.folder), *words])
        said = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, said.err
        return said.err if code > 1 else said.out

    def save(self, *numbers: int) -> None:
        with Store.open(f"sqlite:///{self.folder}/harvester.db") as store, store.begin() as unit:
            store.records.save(unit, [article(n) for n in numbers], run_id=None, now=MONDAY)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    store_at(f"sqlite:///{tmp_path / 'data' / 'harvester.db'}").close()
    monkeypatch.setenv("HARVESTER_BASE_URL", "https://harvest.example")
    monkeypatch.setenv("HARVESTER_MAIL_FROM", "alerts@harvest.example")
    return Run(tmp_path / "data", capsys)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office() as running:
        monkeypatch.setenv("HARVESTER_SMTP_URL", running.url)
        yield running


def added(run: Run, *words: str) -> str:
    return str(json.loads(run("alert", "add", *words, "--json"))["id"])


def test_from_an_alert_to_the_mail(run: Run, post: Office, tmp_path: Path) -> None:
    assert "no alerts" in run("alert", "list")
    alert = added(run, "lupus", "--to", ANN, "--tell", "new", "--tell", "freed", "--name", "Lupus")
    run.save(1, 2)
    assert "nothing would be sent" in run("digest", "send", "--dry-run")  # not due before tomorrow
    html = tmp_path / "digest.html"
    shown = run("digest", "preview", "--html", str(html))
    assert "Subject: «\u00a0Les cellules CAR-T" in shown and "étude 1" in shown
    assert html.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert f"{alert}: 2 articles" in run("digest", "send", "--dry-run", "--now")
    assert post.taken == []
    assert "0 sent" in run("digest", "send")
    assert json.loads(run("digest", "send", "--alert", alert, "--json"))["sent"] == 1
    assert len(post.to(ANN)) == 1
    assert "0 sent" in run("digest", "send", "--now")
    assert "sent" in run("digest", "outbox")
    assert ANN in run("alert", "list")
    assert "nothing waits" in run("digest", "preview")


def test_an_alert_is_paused_resumed_and_removed(run: Run) -> None:
    alert = added(run, "lupus", "--to", ANN)
    for verb, state in (("pause", "paused"), ("resume", "active")):
        run("alert", verb, alert)
        assert json.loads(run("alert", "show", alert, "--json"))["state"] == state
    run("alert", "remove", alert)
    assert "there is no alert" in run("alert", "show", alert, code=2)
    assert run("alert", "list", "--json") == ""


def test_a_feed_needs_no_address_and_tells_its_own(run: Run) -> None:
    made = json.loads(run("alert", "add", "lupus", "--channel", "atom", "--json"))
    assert made["links"]["atom"].startswith(f"https://harvest.example/feeds/alerts/{made['id']}/")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("lupus",), "needs an address"),
        (("lupus", "--to", "nobody"), "mail address"),
        (("access:nowhere", "--to", ANN), "there is no such status"),
        (("lupus", "--to", ANN, "--tell", "gossip"), "news"),
        (("lupus", "--to", ANN, "--zone", "Nowhere"), "time zone"),
        (("lupus", "--to", ANN, "--lang", "x"), "language tag"),
    ],
)
def test_a_wrong_wish_is_refused(run: Run, words: tuple[str, ...], says: str) -> None:
    assert says in run("alert", "add", *words, code=2)


def test_mail_without_settings_is_refused_with_the_remedy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARVESTER_MAIL_FROM")
    alert = added(run, "lupus", "--to", ANN)
    run.save(1)
    assert "HARVESTER_MAIL_FROM" in run("digest", "send", "--alert", alert, code=2)


def test_a_server_that_is_away_is_code_1_and_all_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVESTER_SMTP_URL", "smtp://127.0.0.1:1")
    alert = added(run, "lupus", "--to", ANN)
    run.save(1)
    assert json.loads(run("digest", "send", "--alert", alert, "--json", code=1))["waiting"] == 1


@pytest.mark.fault(153)
def test_a_reader_is_exported_erased_and_never_written_to_again(run: Run, post: Office) -> None:
    added(run, "lupus", "--to", ANN)
    added(run, "asthme", "--to", ANN)
    told = json.loads(run("reader", "export", ANN))
    assert told["reader"]["address"] == ANN
    assert [one["wants"]["query"] for one in told["alerts"]] == ["lupus", "asthme"]
    run("reader", "erase", ANN)
    assert ANN not in run("alert", "list")
    assert "asked to be erased" in run("alert", "add", "lupus", "--to", ANN.upper(), code=3)
    assert "there is no reader" in run("reader", "export", ANN, code=2)
    assert ANN.encode() not in (run.folder / "harvester.db").read_bytes()
    run("reader", "allow", ANN)
    added(run, "lupus", "--to", ANN)
