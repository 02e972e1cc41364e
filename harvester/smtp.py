"""The way to the mail server: encrypted where it offers that, signed in where a user is named, never for ever."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from tenacity import retry, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from harvester.reach import within

TIMEOUT_S = 8.0  # for an answer to one command
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


def may_pass(error: BaseException) -> bool:
    """Whether it may be otherwise a little later: no connection, or an answer of 4xx."""
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    passing = (OSError, smtplib.SMTPServerDisconnected)
    return isinstance(error, passing) and not isinstance(error, (ssl.SSLCertVerificationError, smtplib.SMTPException))


def reason(error: BaseException) -> str:
    """What went wrong, without the words of the server, which may repeat what it was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: code {error.smtp_code}"
    if isinstance(error, ValueError) or (isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


class Way:
    """The way to the mail server, over several tries. What it once offered to encrypt is never sent in the clear."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._place = urlsplit(url)
        self._timeout_s = timeout_s
        self._offered = False

    @retry(
        retry=retry_if_exception(may_pass),
        stop=stop_after_attempt(3) | stop_after_delay(15),
        wait=wait_random_exponential(0.5, max=4),
        reraise=True,
    )
    def send(self, message: EmailMessage) -> None:
        """Hand one mail over. Raises OSError, SMTPException, ValueError where that is not safe."""
        with self.open() as server:
            server.send_message(message)

    @contextmanager
    def open(self) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in. Raises as `send` does."""
        server = self.connect()
        try:
            yield server
        finally:
            bid_farewell(server)

    def connect(self) -> smtplib.SMTP:
        """The same, for the caller to end. Raises as `send` does."""
        place, safe = self._place, ssl.create_default_context()
        host = place.hostname or ""
        server: smtplib.SMTP
        if place.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, place.port or 465, timeout=self._timeout_s, context=safe)
        else:
            server = smtplib.SMTP(host, place.port or 587, timeout=self._timeout_s)
        try:
            with within(self._timeout_s * 6, lambda: server.sock):
                server.ehlo_or_helo_if_needed()
                if place.scheme == "smtp":
                    self._encrypt(server, host, safe)
                if place.username:
                    server.login(unquote(place.username), unquote(place.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _encrypt(self, server: smtplib.SMTP, host: str, safe: ssl.SSLContext) -> None:
        if server.has_extn("starttls"):
            self._offered = True
            server.starttls(context=safe)
        elif self._offered:
            raise ValueError("the server offered STARTTLS and does so no more, and nothing is sent in the clear")
        elif self._place.username and host not in LOOPBACK:
            raise ValueError("the server offers no STARTTLS, and a password is not sent in the clear")


def bid_farewell(server: smtplib.SMTP) -> None:
    """End a connection; whether the server says goodbye does not matter any more."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()
