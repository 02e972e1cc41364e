"""Is everything all right? What is not comes first, each with its reason and where to look."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from fastapi import Response

from harvester.errors import HarvesterError
from harvester.model.page import VisitOutcome
from harvester.model.run import Run
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.queues import QUEUES
from harvester.serving.console.desk.route import Asked
from harvester.serving.console.desk.standing import TROUBLES, Health, Stand, stands
from storage.leaders import SCHEDULER
from storage.spool import Waiting, waiting

OLD_SPOOL_S = 24 * 3600.0
SILENT = timedelta(minutes=1)  # a leader that gave no sign of life for so long is gone


class Trouble(NamedTuple):
    """One thing that is not as it should be: `trouble.name` in the words, and what a program said of it (English)."""

    name: str
    path: str = ""
    what: str = ""
    said: str = ""
    seconds: float = 0.0


def show(office: Office, asked: Asked) -> Response:
    """What an operator looks at first."""
    found = stands(office)
    spooled = waiting(office.data_dir / "spool")
    lead = office.store.leaders.get(SCHEDULER)
    mail = office.store.deliveries.counts()
    is_led = lead is not None and asked.now - lead.seen_at < SILENT
    troubles = [*_of_service(office, spooled, mail, is_led=is_led), *_of_sources(office, found)]
    healths = Counter(one.health for one in found.values())
    return asked.page(
        "desk/overview.html",
        troubles=troubles,
        healths=[(health, healths[health]) for health in Health if healths[health]],
        lead=lead if is_led else None,
        records=sum(one.records for one in found.values()),
        bilingual=sum(one.bilingual for one in found.values()),
        at_work=[(one, one.at_work, _visited(one.at_work)) for one in found.values() if one.at_work],
        waiting=_depth(office),
        spooled=spooled,
        spool_age_s=_age_s(spooled),
        mail=mail,
        queues=[(queue, queue.count(office)) for queue in QUEUES],
        head=office.store.figures.head(),
    )


def _of_service(office: Office, spooled: Waiting, mail: Mapping[str, int], *, is_led: bool) -> Iterator[Trouble]:
    if said := office.work.trouble():
        yield Trouble("loop", said=said)
    if not is_led:
        yield Trouble("no_leader")
    if (seeds := str(office.work.state().get("seeds", "good"))) != "good":
        yield Trouble("seeds", "sources", said=seeds)
    if not os.access(office.data_dir, os.W_OK | os.X_OK):
        yield Trouble("data", what=str(office.data_dir))
    if (age := _age_s(spooled)) > OLD_SPOOL_S:
        yield Trouble("spool", seconds=age)
    if mail["suspended"]:
        yield Trouble("mail", "alerts", what=str(mail["suspended"]))


def _of_sources(office: Office, found: Mapping[str, Stand]) -> Iterator[Trouble]:
    ill = [one for one in found.values() if one.health in TROUBLES]
    for one in sorted(ill, key=lambda stand: TROUBLES.index(stand.health)):
        run = office.store.runs.get(one.last) if one.last and one.health is not Health.LATE else None
        said = run.notes[0] if run and run.notes else ""
        yield Trouble(one.health.value, f"sources/{one.id}", one.name, said, one.behind_s)


def _visited(run: Run) -> int:
    return sum(run.counts.get(outcome.value, 0) for outcome in VisitOutcome)


def _age_s(spooled: Waiting) -> float:
    return max(0.0, time.time() - spooled.since) if spooled.since else 0.0


def _depth(office: Office) -> int | None:
    """Runs or hosts that wait for a worker; None while the queue does not answer."""
    try:
        return office.work.counts().get("waiting", 0)
    except HarvesterError:
        return None
