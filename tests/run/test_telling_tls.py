"""Mail to the operator over STARTTLS and smtps: with a certificate that is good, or not at all."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from certified import certificate

from harvester import smtp
from harvester.model.run import Run, RunOutcome
from harvester.run.telling import tell
from harvester.settings import Settings

ILL = Run(id="r1", source_id="valley", outcome=RunOutcome.FAILED, started_at=datetime(2026, 3, 1, tzinfo=UTC))


class Post:
    """What came in, and whether the connection was encrypted then."""

    def __init__(self) -> None:
        self.taken: list[bool] = []
        self.signed_in: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
        transport = server.transport  # type: ignore[attr-defined]
        self.taken.append(transport.get_extra_info("ssl_object") is not None)
        return "250 taken"

    def sign_in(self, server: object, session: object, envelope: object, way: str, login: object) -> AuthResult:
        self.signed_in.append(getattr(login, "password", b""))
        return AuthResult(success=True)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    context = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "post.pem"))
    return context


@contextmanager
def office(context: ssl.SSLContext, scheme: str) -> Iterator[tuple[Post, Settings]]:
    """A mail server that speaks TLS from the start (smtps) or when asked (smtp)."""
    post = Post()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = (
        {"tls_context": context, "auth_require_tls": True}
        if scheme == "smtp"
        else {"ssl_context": context, "auth_require_tls": False}
    )
    server = Controller(post, hostname="127.0.0.1", port=port, authenticator=post.sign_in, ready_timeout=20, **asked)
    server.start()
    url = f"{scheme}://harvest:pass%40word@127.0.0.1:{port}"
    yield post, Settings(operator_mail="desk@library.example", smtp_url=url)
    server.stop()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_goes_encrypted_to_a_server_that_is_who_it_says(trusted: ssl.SSLContext, scheme: str) -> None:
    with office(trusted, scheme) as (post, settings):
        tell(settings, ILL, [])
    assert post.taken == [True]
    assert post.signed_in == [b"pass@word"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_nobody_vouches_for_gets_no_mail(
    tmp_path: Path, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    with office(certificate(tmp_path, "127.0.0.1"), scheme) as (post, settings):
        tell(settings, ILL, [])
    assert (post.taken, post.signed_in) == ([], [])
    (said,) = [one.getMessage() for one in caplog.records if one.name.startswith("harvester")]
    assert "CERTIFICATE_VERIFY_FAILED" in said
    assert "word" not in said


def test_a_certificate_of_another_server_gets_no_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    context = certificate(tmp_path, "127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "post.pem"))
    with office(context, "smtp") as (post, settings):
        tell(settings, ILL, [])
    assert (post.taken, post.signed_in) == ([], [])
    assert "mismatch" in caplog.text


class Fickle:
    """Offers STARTTLS at first and breaks off the handshake; then offers none. Keeps every line it is sent."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                call, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            with call, call.makefile("rwb") as talk:
                self._talk(talk, offers=self.calls == 1)

    def _talk(self, talk: object, *, offers: bool) -> None:
        def say(words: bytes) -> None:
            talk.write(words + b"\r\n")  # type: ignore[attr-defined]
            talk.flush()  # type: ignore[attr-defined]

        say(b"220 here")
        for line in talk:  # type: ignore[attr-defined]
            self.lines.append(line)
            verb = line[:4].upper()
            if verb == b"EHLO":
                say(b"250-here\r\n250 STARTTLS" if offers else b"250 here")
            elif verb == b"STAR":
                say(b"220 go on")
                return
            else:
                say({b"DATA": b"354 go on", b"QUIT": b"221 bye"}.get(verb, b"250 fine"))


def test_a_server_that_takes_its_offer_back_gets_no_mail_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(smtp, "LOOPBACK", frozenset())
    fickle = Fickle()
    url = f"smtp://127.0.0.1:{fickle.port}"
    with caplog.at_level(logging.WARNING):
        tell(Settings(operator_mail="desk@library.example", smtp_url=url), ILL, [])
    fickle.socket.close()
    assert fickle.calls == 2
    said = b"".join(fickle.lines).upper()
    assert b"STARTTLS" in said
    assert b"MAIL FROM" not in said
    assert b"VALLEY" not in said
    assert "offered STARTTLS and does so no more" in caplog.text
