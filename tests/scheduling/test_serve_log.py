"""What a real service logs, its runs and their crawls included: lines of JSON, and none of the operator's secrets."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from serving import House, Serve

from harvester.sample.server import serve
from harvester.serving.console.desk.signing_in import first_code
from storage.store import Store

SECRETS = ("hunter2", "tok-1234567", "desk@library", "web@library")
SOURCE = """name = "Valley"
enabled = true
hosts = ["{host}"]

[[discovery]]
kind = "sitemap"
url = "http://{host}/sitemap.xml?token=tok-1234567"

[urls]
article = ['/article/']
"""


@pytest.mark.slow
@pytest.mark.fault(107)
def test_a_service_logs_lines_of_json_without_secrets(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
    with socket.socket() as closed, serve() as publisher:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        house = House(tmp_path, database, publisher)
        for path in house.seeds.glob("sources/*.toml"):
            path.unlink()
        (house.seeds / "sources" / "valley.toml").write_text(SOURCE.format(host=host), "utf-8")
        house.environment |= {
            "HARVESTER_PRIVATE_ALLOW": host,
            "HARVESTER_CONTACT": "web@library.example",
            "HARVESTER_OPERATOR_MAIL": "desk@library.example",
            "HARVESTER_SMTP_URL": "smtp://harvest:hunter2hunter2@127.0.0.1:1",
            "HARVESTER_LOG_FORMAT": "json",
        }
        with Store.open(database, migrate=True) as store:
            before = datetime.now(UTC) - timedelta(days=2)
            store.transact(lambda unit: store.schedules.begin(unit, {"valley"}, before))
            code = first_code(store)
            service = Serve(house)
            try:
                service.wait_for(" failed: ")
                (fire,) = store.schedules.fires("valley")
                service.stop()
            finally:
                service.kill()
    lines = [json.loads(line) for line in service.said]
    by_event = {line["event"]: line for line in lines}
    begins = by_event["the run begins"]
    assert (begins["source"], begins["run"], begins["level"]) == ("valley", fire.run_id, "info")
    (mail,) = [line for line in lines if line["logger"] == "harvester.run.telling"]
    assert (mail["run"], mail["level"]) == (fire.run_id, "warning")
    assert "no mail could be sent to the operator" in mail["event"]
    noted = " ".join(line["event"] for line in lines if line["event"].startswith("noted: "))
    assert "?token=***" in noted
    (ended,) = [line for line in lines if " failed: " in line["event"]]
    assert (ended["level"], ended["source"], ended["run"]) == ("warning", "valley", fire.run_id)
    assert {"leader", "stopped"} <= by_event.keys()
    (first,) = [event for event in by_event if "make the first account at http://127.0.0.1:" in event]
    assert code in first
    assert not [secret for secret in SECRETS if secret in "\n".join(service.said)]
