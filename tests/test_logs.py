"""The log: one form whoever writes, what a line is about, one line a record, and no secrets whatever they hide in."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harvester import logs
from harvester.settings import Settings

ROOT = Path(__file__).parents[1]
SETTINGS = Settings(
    database_url="postgresql://harvest:db%2Fpass%40word@db.example/harvest?sslpassword=kept-in-a-query",
    smtp_url="smtps://post:mail-pass-word@mail.example",
    operator_mail="desk@library.example",
    contact="mailto:web@library.example",
)
SECRETS = (
    "db%2Fpass%40word", "db/pass@word", "kept-in-a-query", "mail-pass-word", "desk@library", "web@library", "someone@",
    "hunter2", "tok-1234567",
)  # fmt: skip
PLANTED = (
    "cannot connect: connection to db.example failed for db/pass@word",
    "SMTP said: 535 mail-pass-word is wrong for desk@library.example",
    "GET https://me:hunter2@api.example/x?api_key=tok-1234567&page=2 failed",
    "https://api.example/list?page=2&access_token=tok-1234567#top: not found",
    'headers {"Authorization": "Bearer tok-1234567", "Cookie": "sid=hunter2"}',
    "Authorization: Basic hunter2hunter2",
    "request headers Cookie: theme=dark; sid=hunter2",
    "request headers {b'Cookie': [b'theme=dark; sid=hunter2']}",
    "Set-Cookie: sid=hunter2; Path=/; token2=tok-1234567",
    'Authorization: Digest username="me", nonce=hunter2, response="tok-1234567"',
    "password='hunter2 with blanks', host='db.example'",
    "sent to someone@publisher.example and someone%40publisher.example",
    "postgresql://harvest:db%2Fpass%40word@db.example/harvest?sslpassword=kept-in-a-query",
    "smtp://user:hun@ter2hunter2@mail.example",
)
PROGRAM = """
import json, logging, sys, threading, warnings
from harvester import logs

form, level, secrets, planted = json.loads(sys.argv[1])
logs.set_up(form, level, secrets)
for words in planted:
    logging.getLogger("harvester.service").warning("%s", words)
    warnings.warn(words)
logging.getLogger("scrapy.core").warning("a warning of another's")
logging.getLogger("uvicorn.error").error("an error of another's")
logging.getLogger("scrapy.core").info("news of another's")
logging.getLogger("harvester.run").debug("details")
with logs.about(source="valley", run="r1"):
    logs.tell("news")
    logs.tell(logs.Trouble("a title with \\x1b[31m colour\\r\\n2026-01-01T00:00:00Z info forged \\u2028 line"))
    logging.getLogger("harvester.run").warning("outer", extra={"facts": {"run": "r2", "password": "hunter2"}})
try:
    raise OSError(planted[0])
except OSError:
    logging.getLogger("harvester.run").exception("caught")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise ValueError(planted[2])
"""


def log(form: str, level: str = "info") -> list[str]:
    order = json.dumps([form, level, sorted(SETTINGS.secrets()), PLANTED])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, order], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert not [secret for secret in SECRETS if secret in done.stderr], done.stderr
    return done.stderr.splitlines()


def test_a_line_of_json_has_time_level_event_and_what_it_is_about() -> None:
    lines = [json.loads(line) for line in log("json")]
    assert all({"time", "level", "event", "logger"} <= line.keys() for line in lines)
    by_event = {line["event"]: line for line in lines}
    assert by_event["news"] | {"time": ""} == {
        "time": "", "level": "info", "event": "news", "logger": "harvester.service", "source": "valley", "run": "r1"
    }  # fmt: skip
    assert by_event["outer"]["run"] == "r2"
    assert by_event["outer"]["password"] == "***"
    assert by_event["caught"]["exception"].endswith("OSError: cannot connect: connection to db.example failed for ***")
    assert "source" not in by_event["caught"]
    assert [by_event[f"{what} of another's"]["level"] for what in ("a warning", "an error")] == ["warning", "error"]
    assert not {"details", "news of another's"} & by_event.keys()
    uncaught = [line["exception"].splitlines()[-1] for line in lines if line["level"] == "critical"]
    assert uncaught[0].startswith("ZeroDivisionError")
    assert uncaught[1] == "ValueError: GET https://api.example/x?api_key=***&page=2 failed"


def test_a_line_of_text_is_one_line_whatever_it_says() -> None:
    lines = log("text", "debug")
    assert all(line[:2] == "20" and line[19:21] == "Z " for line in lines)
    (forged,) = [line for line in lines if "forged" in line]
    assert forged[20:].startswith(" warning source=valley run=r1: a title with \\u001b[31m colour")
    assert [line[21:] for line in lines if line.endswith(" news")] == ["info source=valley run=r1: news"]
    assert any("details" in line for line in lines)


def test_only_what_is_asked_for_is_logged() -> None:
    levels = {json.loads(line)["level"] for line in log("json", "error")}
    assert levels == {"error", "critical"}


@pytest.mark.parametrize(
    "harmless",
    [
        "https://journal.example/article/12?lang=fr&page=3",
        "run 20260301T0800-ab12 succeeded: 12 pages, key words 4",
        "12:30-14:30 Europe/Paris, 10.5555/valley.12",
    ],
)
def test_what_is_no_secret_stays(harmless: str) -> None:
    assert logs.masked(harmless) == harmless


@pytest.mark.parametrize(
    "made_of", ["?key", "token-", "a@", "://", "x" * 50 + "@", "password=", "?" + "key" * 9, "digest a="]
)
def test_no_line_takes_long(made_of: str) -> None:
    began = time.process_time()
    logs.masked(made_of * (200_000 // len(made_of)))
    assert time.process_time() - began < 5


def test_what_a_child_says_is_understood() -> None:
    line = '{"time": "x", "level": "warning", "event": "no mail", "exception": "Trace\\nOSError: no"}'
    assert logs.said_by_child(line) == "no mail\nOSError: no"
    assert logs.said_by_child('{"time": "x", "level": "info", "event": "news"}') == ""
    assert logs.said_by_child("Segmentation fault for me@example.org") == "Segmentation fault for ***"
    assert logs.said_by_child('{"time": ' + "[" * 100_000).startswith('{"time": [[[')
    assert logs.said_by_child('{"time": broken') == '{"time": broken'
