"""Telling the operator by mail that a Source has fallen ill, once, and that it is well again.

A mail that cannot be sent is a warning in the log; it never fails a Run and holds it up for half a minute at
most.
"""

import logging
import re
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunOutcome
from harvester.run.baseline import LEAST_READ
from harvester.settings import Settings
from harvester.smtp import Way, reason

_log = logging.getLogger(__name__)
_ILL = frozenset((RunOutcome.DEGRADED, RunOutcome.FAILED))
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
        Way(settings.smtp_url).send(mail(settings.operator_mail, run, what))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        _log.warning("run %s: no mail could be sent to the operator (%s)", run.id, reason(error))


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
