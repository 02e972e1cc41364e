"""The verb `harvester enrich`, and `serve`, which does the same by itself."""

import json
import threading
from typing import Any

import pytest
import registry
from desk import article
from registry import Desk, location
from test_lookups import doi, save
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.scheduling import beside
from harvester.scheduling.looking_up import LookingUp
from harvester.settings import Settings
from storage.store import Store


@pytest.fixture
def environment(database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    named: dict[str, Any] = {"database_url": database, "registries": "unpaywall,crossref"}
    named |= {name: getattr(settings, name) for name in ("contact", "unpaywall_url", "crossref_url")}
    named["private_allow"] = ",".join(settings.private_allow)
    for name, value in named.items():
        monkeypatch.setenv(f"HARVESTER_{name.upper()}", value)


def enrich(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["enrich", *words])
    return done.exit_code, str(done.exception) if done.exception and not done.output else done.output


@pytest.mark.usefixtures("environment")
def test_the_verb_asks_and_tells(
    store: Store, unpaywall: Desk, crossref: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, *(article(n) for n in range(3)))
    unpaywall.answers[doi(2)] = registry.unpaywall(doi(2), location())
    code, said = enrich("--limit", "2", "--json")
    assert code == 0
    about = {one["registry"]: one for one in map(json.loads, said.splitlines())}
    assert about["unpaywall"] == {
        "registry": "unpaywall", "asked": 2, "found": 1, "failed": 0, "left": True, "trouble": ""}  # fmt: skip
    assert (len(crossref.asked), about["crossref"]["asked"]) == (2, 2)
    crossref.always = 403
    code, said = enrich()
    assert code == 1
    assert "unpaywall: 1 asked, 0 with an open copy, 0 failed\n" in said
    assert "crossref: 1 asked, 0 with an open copy, 0 failed; given up after one try: it answered 403" in said
    monkeypatch.setenv("HARVESTER_REGISTRIES", "")
    code, said = enrich()
    assert code == 1 and "no registry is named" in said


def test_who_leads_asks_by_itself_and_nobody_does_unless_told_to(
    store: Store, settings: Settings, unpaywall: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "LOOK_S", 0.02)
    save(store, article(1))
    asked, told, said = threading.Event(), threading.Event(), list[str]()
    unpaywall.answers[doi(1)] = lambda handler: (asked.set(), handler.send_error(404))

    def tell(line: str) -> None:
        said.append(line)
        told.set()

    off = LookingUp(store, Settings(), lambda: True, tell)
    off.start()
    off.close()
    without_a_mail = LookingUp(store, settings.model_copy(update={"contact": ""}), lambda: True, tell)
    without_a_mail.start()
    on = LookingUp(store, settings, lambda: True, tell)
    on.start()
    assert asked.wait(60) and told.wait(60)
    on.close()
    without_a_mail.close()
    assert unpaywall.asked == [doi(1)]
    assert len(said) == 1 and said[0].startswith("look-ups wait: unpaywall: registries are asked with a mail address")
