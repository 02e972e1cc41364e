"""The operator is told when a Source falls ill, once, and when it is well again; over real SMTP on loopback."""

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from press import PAGES, Press

from harvester.model.run import Run, RunOutcome
from harvester.model.source import Source
from harvester.run import run_source
from harvester.run.telling import news, tell
from harvester.settings import Settings, load
from storage.store import Store

OPERATOR = "desk@library.example"
SECRET = "pass%40word"


class Post:
    """A mail server: what it took in, who signed in, and how many deliveries it puts off at first."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.signed_in: list[tuple[bytes, bytes]] = []
        self.busy = 0

    async def handle_DATA(  # noqa: N802
        self, server: object, session: object, envelope: Envelope
    ) -> str:
        if self.busy:
            self.busy -= 1
            return "451 try again"
        assert envelope.rcpt_tos == [OPERATOR]
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"

    def sign_in(self, server: object, session: object, envelope: object, way: str, login: Any) -> AuthResult:
        self.signed_in.append((login.login, login.password))
        return AuthResult(success=True)

    def subjects(self) -> list[str]:
        return [message["Subject"].removeprefix("Harvester: valley is ") for message in self.taken]


class Office(Controller):  # type: ignore[misc]
    """Listens at a port that the system chooses, and is ready when it has answered once, however slowly."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        with socket.create_connection((self.hostname, self.port), 100) as first:
            first.recv(1024)


@pytest.fixture
def post(settings: Settings) -> Iterator[tuple[Post, Settings]]:
    post = Post()
    server = Office(
        post, hostname="127.0.0.1", port=0, authenticator=post.sign_in, auth_require_tls=False, ready_timeout=200
    )
    server.start()
    url = f"smtp://harvest:{SECRET}@127.0.0.1:{server.port}"
    yield post, settings.model_copy(update={"operator_mail": OPERATOR, "smtp_url": url})
    server.stop()


def run(number: int, outcome: RunOutcome, counts: dict[str, int] | None = None, **seen: int) -> Run:
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number)
    given = {"ok": 9} if counts is None else counts
    return Run(id=f"r{number}", source_id="valley", outcome=outcome, started_at=at, counts=given, seen=seen)


GOOD, ILL, FAILED, STOPPED = RunOutcome.SUCCEEDED, RunOutcome.DEGRADED, RunOutcome.FAILED, RunOutcome.INTERRUPTED


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([run(1, GOOD, records=9)], [None]),
        ([run(1, ILL, records=9), run(2, FAILED, records=0), run(3, ILL, records=9)], ["degraded", None, None]),
        (
            [run(1, FAILED, records=0), run(2, GOOD, records=9), run(3, ILL, records=9)],
            ["failed", "well again", "degraded"],
        ),
        (
            [run(1, FAILED, records=0), run(2, GOOD, {}, records=0), run(3, GOOD, records=0)],
            ["failed", None, "well again"],
        ),
        (
            [run(1, ILL, records=9), run(2, STOPPED), run(3, GOOD), run(4, ILL, records=9)],
            ["degraded", None, None, None],
        ),
        (
            [
                run(1, ILL, records=9, drifts=1),
                run(2, GOOD, records=2),
                run(3, GOOD, records=9),
                run(4, GOOD, records=9),
            ],
            ["degraded", None, "well again", None],
        ),
    ],
    ids=["good", "once", "to-and-fro", "nothing-due", "stopped-or-imported", "too-few-to-tell"],
)
def test_what_is_news(runs: list[Run], told: list[str | None]) -> None:
    assert [news(one, runs[:number][::-1]) for number, one in enumerate(runs)] == told


def test_one_mail_when_ill_and_one_when_well(
    store: Store, source: Source, press: Press, post: tuple[Post, Settings]
) -> None:
    office, settings = post
    run_source(store, source, settings)
    assert office.taken == []
    plain = press.article
    press.article = lambda number: plain(number).replace("citation_doi", "cited")  # type: ignore[method-assign]
    ill = run_source(store, source, settings, full=True)
    run_source(store, source, settings, full=True)
    assert office.subjects() == ["degraded"]
    text = office.taken[0].get_content()
    assert ill.id in text
    assert f"DOI ({PAGES} of {PAGES})" in text
    assert "word" not in text
    assert "the old sayings about fog" not in text
    assert office.taken[0]["Auto-Submitted"] == "auto-generated"
    press.article = plain  # type: ignore[method-assign]
    for _ in range(2):
        assert run_source(store, source, settings, refetch=True).outcome is GOOD
    assert office.subjects() == ["degraded", "well again"]
    assert set(office.signed_in) == {(b"harvest", b"pass@word")}


def test_a_server_that_is_busy_is_asked_again(post: tuple[Post, Settings]) -> None:
    office, settings = post
    office.busy = 1
    tell(settings, run(1, FAILED, records=0), [])
    assert office.subjects() == ["failed"]


def test_a_mail_that_cannot_be_sent_is_a_warning_without_secrets(
    post: tuple[Post, Settings], caplog: pytest.LogCaptureFixture
) -> None:
    office, settings = post
    office.busy = 99
    with caplog.at_level(logging.WARNING):
        tell(settings, run(1, FAILED, records=0), [])
        gone = settings.model_copy(update={"smtp_url": f"smtp://harvest:{SECRET}@127.0.0.1:1"})
        tell(gone, run(1, FAILED, records=0), [])
    said = [record.getMessage() for record in caplog.records if record.name.startswith("harvester")]
    assert len(said) == 2
    assert "code 451" in said[0]
    assert "word" not in " ".join(said)


def test_a_mistake_in_the_address_of_the_server_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVESTER_SMTP_URL", "http://me:hunter2@mail.example")
    with pytest.raises(Exception, match="HARVESTER_SMTP_URL") as wrong:
        load()
    assert "hunter2" not in str(wrong.value)
