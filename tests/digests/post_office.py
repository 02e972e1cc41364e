"""A mail server on loopback that does what a test tells it to: put off, refuse, cut, fall silent, be slow."""

import socketserver
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

CUT = "cut"  # close the connection instead of an answer
CUT_AFTER = "cut after"  # of a message: take it, then close the connection without an answer


class Taken(NamedTuple):
    """A mail as it arrived."""

    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Read by the strict policy."""
        return message_from_bytes(self.raw, policy=SMTP.clone(raise_on_defect=True))  # type: ignore[arg-type,return-value]


class Office:
    """What came in, and what is to be answered. Answers of a list are given in turn, then all is well."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.connections = 0
        self.greetings: list[str] = []
        self.answers: dict[str, list[str]] = defaultdict(list)  # by address, to RCPT
        self.to_messages: dict[str, list[str]] = defaultdict(list)  # by address, to the message
        self.in_data: dict[str, list[str]] = defaultdict(list)  # by address, to DATA
        self.delay_s = 0.0  # before each answer
        self.on_message = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """As HARVESTER_SMTP_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Taken]:
        """The mails for one address."""
        return [one for one in self.taken if one.to == address]

    def ids(self, address: str) -> list[str]:
        """Their Message-IDs."""
        return [str(one.message["Message-ID"]) for one in self.to(address)]


@contextmanager
def office(port: int = 0) -> Iterator[Office]:
    """A running server."""
    state = Office()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the other side has gone
                _talk(self, state)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Talk) as server:
        state.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield state
        server.shutdown()


def _talk(talk: socketserver.StreamRequestHandler, state: Office) -> None:
    def say(words: str) -> bool:
        if state.delay_s:
            time.sleep(state.delay_s)  # the fault itself: a server that is slow
        if words == CUT:
            return False
        talk.wfile.write(words.encode() + b"\r\n")
        return not words.startswith("421")

    state.connections += 1
    to = ""
    if not say(state.greetings.pop(0) if state.greetings else "220 here"):
        return
    for line in talk.rfile:
        verb = line.split(None, 1)[0].upper() if line.strip() else b""
        if verb == b"RCPT":
            to = line.partition(b"<")[2].partition(b">")[0].decode()
            answer = state.answers[to].pop(0) if state.answers[to] else "250 fine"
        elif verb == b"DATA":
            answer = state.in_data[to].pop(0) if state.in_data[to] else "354 go on"
            if answer.startswith("354"):
                if not say(answer):
                    return
                raw = _message(talk)
                if raw is None:
                    return
                answer = state.to_messages[to].pop(0) if state.to_messages[to] else "250 taken"
                if answer == CUT_AFTER or answer.startswith("250"):
                    state.taken.append(Taken(to, raw))
                    state.on_message.set()
                answer = CUT if answer == CUT_AFTER else answer
        else:
            answer = {b"EHLO": "250 here", b"QUIT": "221 bye"}.get(verb, "250 fine")
        if not say(answer) or verb == b"QUIT":
            return


def _message(talk: socketserver.StreamRequestHandler) -> bytes | None:
    lines: list[bytes] = []
    for line in talk.rfile:
        if line == b".\r\n":
            return b"".join(lines)
        lines.append(line[1:] if line.startswith(b"..") else line)
    return None
