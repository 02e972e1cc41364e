"""The log of a process that runs for long: one line a record, text or JSON, whoever wrote it, and no secret in it.

Everything goes through `logging`; `set_up` gives it its form. A line has time, level and event, and the source and
run it is about (`about`). Child processes write JSON to standard error, which their parent writes into its own log
(`said_by_child`).
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

Form = Literal["text", "json"]
MASK = "***"
_OWN = ("harvester", "storage")
_LEAST_SECRET = 4  # shorter ones would blot out half of every line; URLs lose theirs anyway

_LONGEST = 20_000  # code points of one value

_USER = re.compile(r"(?<=://)[^\s/?#@]*(?:@[^\s/?#@]*)*@")
_WORDS = r"token|key|secret|passw(?:or)?d|pwd|auth|sig|session|sid|credential|code"
_QUERY = re.compile(rf"([?&;][\w.%-]{{0,64}}(?:{_WORDS})[\w.%-]{{0,64}}=)[^&\s#'\"<>;]+", re.IGNORECASE)
_NAMES = r"password|passwd|pwd|secret|[\w-]{0,64}token|api[_-]?key|authorization|cookie|set-cookie"
_GIVEN = re.compile(
    rf"\b((?:{_NAMES})['\"]?\s{{0,9}}[=:]\s{{0,9}})(?:(?:bearer|basic)\s+)?"
    r"(?:\[?b?\"[^\"]*\"|\[?b?'[^']*'|[^\s,;&]+)",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\b(cookie:\s{0,9})[^\s;'\"]+(?:;\s{0,9}[^\s;]+)*", re.IGNORECASE)  # as a header, all of them
_PART = r"[\w-]+=(?:\"[^\"]*\"|[^\s,]+)"
_DIGEST = re.compile(rf"\b(digest\s{{1,9}}){_PART}(?:,\s{{0,9}}{_PART})*", re.IGNORECASE)
_API_KEY = re.compile(r"\bhk_[0-9a-f]{1,16}_[\w-]+")  # as storage/keys.py makes them
_BEARER = re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.!#$%&'+/=?^`{|}~-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NAME_OF_SECRET = re.compile(_NAMES, re.IGNORECASE)
_NOTHING: Mapping[str, str] = {}
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Trouble(str):
    """A line that is told as a warning."""

    __slots__ = ()


class _State:
    """How this process logs."""

    is_set_up = False
    secrets: tuple[str, ...] = ()


def set_up(form: Form, level: str, secrets: Iterable[str] = ()) -> None:
    """Let everything this process logs go to standard error in one form; `secrets` are blotted out wherever they stand.

    Other people's code is heard from warnings on. What nobody catches is logged too.
    """
    _State.secrets = tuple(sorted({one for one in secrets if len(one) >= _LEAST_SECRET}, key=len, reverse=True))
    _State.is_set_up = True
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line(form))
    handler.setLevel(_number(level))  # whatever level others give their own loggers
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, _number(level)))
    for name in _OWN:
        logging.getLogger(name).setLevel(_number(level))
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda seen: _uncaught(seen.exc_type, seen.exc_value, seen.exc_traceback)


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """What this thread logs within is about these (`source`, `run`)."""
    token = _about.set({**_about.get(), **facts})
    try:
        yield
    finally:
        _about.reset(token)


def tell(line: str) -> None:
    """Log a line for the operator: news, or a warning if it is Trouble."""
    level = logging.WARNING if isinstance(line, Trouble) else logging.INFO
    logging.getLogger("harvester.service").log(level, "%s", line)


def said_by_child(line: str) -> str:
    """Log what a child process wrote; returns its words if they are worth remembering: warnings, and what is no log."""
    heard = _heard(line)
    if heard is None:
        words, level, facts = masked(line), logging.WARNING, {}
    else:
        words, level, facts = str(heard.pop("event")), _number(str(heard.pop("level"))), heard
    if words and _State.is_set_up:
        logger = logging.getLogger(str(facts.pop("logger", "harvester.child")))
        logger.log(level, "%s", words, extra={"facts": facts})
    last = str(facts.get("exception", "")).strip().rpartition("\n")[2]
    return "\n".join(filter(None, (words, last))) if level >= logging.WARNING else ""


def masked(text: str) -> str:
    """A text without passwords, tokens, credentials in query strings, and mail addresses."""
    for secret in _State.secrets:
        text = text.replace(secret, MASK)
    text = text[:_LONGEST]
    if "://" in text:
        text = _USER.sub("", text)
    if "=" in text or ":" in text:
        for pattern in (_COOKIES, _DIGEST, _QUERY, _GIVEN):
            text = pattern.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1{MASK}", text)
    text = _API_KEY.sub(MASK, text) if "hk_" in text else text
    return _MAIL.sub(MASK, text) if "@" in text or "%40" in text else text


class _Line(logging.Formatter):
    """One record as one line: `time`, `level`, `event`, and what it is about."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._write = _as_json if form == "json" else _as_text

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets."""
        of_child: Mapping[str, object] = getattr(record, "facts", _NOTHING)
        exception = {"exception": self.formatException(record.exc_info)} if record.exc_info else {}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **_about.get(),
            **exception,
            **{name: value for name, value in of_child.items() if name != "time"},
        }
        return self._write({name: _safe(name, str(value)) for name, value in line.items()})


def _safe(name: str, value: str) -> str:
    return MASK if _NAME_OF_SECRET.fullmatch(name) else masked(value)


def _as_json(line: dict[str, str]) -> str:
    return _CONTROL.sub(_escaped, json.dumps(line, ensure_ascii=False))


def _as_text(line: dict[str, str]) -> str:
    """`TIME LEVEL name=value ...: WORDS`, on one line whatever the words are made of."""
    time, level, words, _, *facts = line.items()
    exception = line.get("exception", "")
    about = "".join(f" {name}={value}" for name, value in facts if name != "exception")
    said = " | ".join(filter(None, (part.strip() for part in f"{words[1]}\n{exception}".splitlines())))
    return _CONTROL.sub(_escaped, f"{time[1][:19]}Z {level[1]}{about}{':' if about else ''} {said}")


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _heard(line: str) -> dict[str, Any] | None:
    """A line as `_as_json` writes it; None for anything else."""
    if not line.startswith('{"time"'):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"event", "level"} <= found.keys() else None


def _number(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.WARNING)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, (KeyboardInterrupt, SystemExit)):
        return
    logging.getLogger("harvester").critical("an error nobody expected", exc_info=(kind, error, trace))
