"""Mails to readers, ready to be sent: headers, a text part, an HTML part, in the form of RFC 5322 and RFC 2045.

Bytes are put together here, because the email package would encode long addresses in List-Unsubscribe and Message-ID
(no mail client reads them then), and takes ten times as long. Tests read every mail with its strict policy.
"""

import binascii
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.model.alert import Reader, one_line


class Sender(NamedTuple):
    """Who writes: the address mails come from, and the host that names lists and messages."""

    address: str
    host: str
    name: str = "Harvester"


def sender(mail_from: str, base_url: str) -> Sender:
    """The sender of an installation at this public address."""
    return Sender(mail_from, urlsplit(base_url).hostname or "localhost")


def mail(
    who: Sender,
    to: Reader,
    delivery_id: str,
    subject: str,
    parts: tuple[str, str],
    language: str,
    now: datetime,
    headers: Mapping[str, str],
) -> bytes:
    """The whole message, its lines ended by CRLF; `parts` are text and HTML.

    What goes into a header is one line, whatever it is. Raises ValueError for a structured header that is not ASCII.
    """
    boundary = f"=_{delivery_id}"  # quoted-printable never has =_
    structured = {
        "Date": format_datetime(now),
        "Message-ID": message_id(who, delivery_id),
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's absence note should answer it
        **headers,
        "MIME-Version": "1.0",
        "Content-Language": language,
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    lines = [_written("From", who.name, who.address), _written("To", to.name, to.address), _subject(one_line(subject))]
    lines += [f"{name}: {one_line(value)}\r\n" for name, value in structured.items()]
    body = [_part(text, kind, boundary) for text, kind in zip(parts, ("plain", "html"), strict=True)]
    return b"".join(["".join(lines).encode("ascii"), b"\r\n", *body, f"--{boundary}--\r\n".encode()])


def message_id(who: Sender, delivery_id: str) -> str:
    """The same whenever this delivery is sent."""
    return f"<{delivery_id}@{who.host}>"


def list_headers(who: Sender, alert_id: str, unsubscribe: str) -> dict[str, str]:
    """RFC 2919, 2369 and 8058; nothing of the saved query in them."""
    return {
        "List-Id": f"<{alert_id}.alerts.{who.host}>",
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _part(text: str, kind: str, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\n'
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True).replace(b"\r\n", b"\n")
    return b"".join(
        [
            head.encode(),
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            encoded.replace(b"\n", b"\r\n"),
            b"\r\n",
        ]
    )


@lru_cache(1000)
def _written(header: str, name: str, address: str) -> str:
    """A header with one address."""
    local, _, domain = address.rpartition("@")
    return _folded(header, str(Address(one_line(name), local, domain)))


@lru_cache(1000)
def _subject(subject: str) -> str:
    return _folded("Subject", subject)


def _folded(name: str, value: str) -> str:
    return str(SMTP.fold(*SMTP.header_store_parse(name, value)))
