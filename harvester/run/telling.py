"""Telling the operator by mail that a Source has fallen ill, once, and that it is well again.

A mail that cannot be sent is a warning in the log; it never fails a Run and holds it up for half a minute at
most.
"""

import logging
import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from tenacity import retry, retry_if_exception, stop_after_attempt, stop_after_delay, wait_exponential

from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunOutcome
from harvester.run.baseline import LEAST_READ
from harvester.settings import Settings

_log = logging.getLogger(__name__)
_TIMEOUT_S = 8.0
_ILL = frozenset((RunOutcome.DEGRADED, RunOutcome.FAILED))
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_USER = re.compile(r"(?<=://)[^\s/@]+@")
_MOST_NOTES = 30


def news(run: Run, earlier: Sequence[Run]) -> str | None:
    """`degraded`, `failed` or `well again` where that is new of the Source; `earlier` Runs newest first. Pure.

    Runs that say nothing count for nothing: stopped ones, imports and replays, and, after a drift, Runs that read too
    little to tell.
    """
    before = next((one for one in earlier if one.outcome in _ILL or _is_well(one, earlier)), None)
    was_ill = before is not None and before.outcome in _ILL
    if run.outcome in _ILL:
        return None if was_ill else run.outcome.value
    return "well again" if was_ill and _is_well(run, earlier) else None


def tell(settings: Settings, run: Run, earlier: Sequence[Run]) -> None:
    """Send the mail that is due after a Run, if any and if the operator has said where to. Never raises."""
    if not settings.operator_mail or not settings.smtp_url:
        return
    what = news(run, earlier)
    if what is None:
        return
    try:
        _Way(settings.smtp_url).send(mail(settings.operator_mail, run, what))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        _log.warning("run %s: no mail could be sent to the operator (%s)", run.id, _reason(error))


def mail(to: str, run: Run, what: str) -> EmailMessage:
    """The mail: plain text, with the notes of the Run and what to look at."""
    message = EmailMessage()
    message["From"] = message["To"] = to
    message["Subject"] = f"Harvester: {run.source_id} is {what}"
    message["Date"] = formatdate(run.ended_at.timestamp() if run.ended_at else None)
    message["Message-ID"] = make_msgid(domain="harvester.invalid")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note should answer it
    notes = [_USER.sub("", note) for note in run.notes[:_MOST_NOTES]]
    lines = [
        f"Source {run.source_id}: run {run.id} of {run.started_at:%Y-%m-%d %H:%M} UTC ended {run.outcome.value}.",
        "",
        *(f"- {note}" for note in notes),
        *[""] * bool(notes),
        f"All of it: harvester runs show {run.id}",
    ]
    message.set_content("\n".join(lines))
    return message


def _is_well(run: Run, earlier: Sequence[Run]) -> bool:
    """Whether a Run says that its Source is well: what ailed it would have shown."""
    if run.outcome is not RunOutcome.SUCCEEDED or not run.seen:
        return False
    ailing = next((one for one in earlier if one.started_at < run.started_at and one.outcome in _ILL), None)
    if ailing is not None and ailing.seen.get("drifts"):
        return run.seen.get("records", 0) >= LEAST_READ
    return any(run.counts.get(outcome) for outcome in (VisitOutcome.OK, VisitOutcome.NOT_MODIFIED))


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    passing = (OSError, smtplib.SMTPServerDisconnected)
    return isinstance(error, passing) and not isinstance(error, (ssl.SSLCertVerificationError, smtplib.SMTPException))


class _Way:
    """The way to the mail server, over several tries. What it once offered to encrypt is never sent in the clear."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._offered = False

    @retry(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(3) | stop_after_delay(15),
        wait=wait_exponential(0.5, max=4),
        reraise=True,
    )
    def send(self, message: EmailMessage) -> None:
        """Hand the mail over. Raises OSError, SMTPException, ValueError where that is not safe."""
        place, safe = self._place, ssl.create_default_context()
        host = place.hostname or ""
        server: smtplib.SMTP
        if place.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, place.port or 465, timeout=_TIMEOUT_S, context=safe)
        else:
            server = smtplib.SMTP(host, place.port or 587, timeout=_TIMEOUT_S)
        with server:
            server.ehlo_or_helo_if_needed()
            if place.scheme == "smtp":
                self._encrypt(server, host, safe)
            if place.username:
                server.login(unquote(place.username), unquote(place.password or ""))
            server.send_message(message)

    def _encrypt(self, server: smtplib.SMTP, host: str, safe: ssl.SSLContext) -> None:
        if server.has_extn("starttls"):
            self._offered = True
            server.starttls(context=safe)
        elif self._offered:
            raise ValueError("the server offered STARTTLS and does so no more, and nothing is sent in the clear")
        elif self._place.username and host not in _LOOPBACK:
            raise ValueError("the server offers no STARTTLS, and a password is not sent in the clear")


def _reason(error: Exception) -> str:
    """What went wrong, without the words of the server, which may repeat what it was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: code {error.smtp_code}"
    if isinstance(error, ValueError) or (isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__
