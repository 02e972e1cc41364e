"""What waits for somebody's judgement: doubtful verdicts, possible editions of one work, sources that drift."""

from typing import NamedTuple

from fastapi import Response

from harvester.errors import UsageError
from harvester.model.doubt import DoubtKind
from harvester.model.record import Record
from harvester.model.run import Run
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from harvester.serving.console.desk.standing import Health, Stand, stands
from storage.doubts import Waiting
from storage.unit import Unit
from storage.works import Candidate

PAGE = 20


class Pair(NamedTuple):
    """Two records that may be editions of one work, and why."""

    candidate: Candidate
    records: tuple[Record, ...]


class Drifted(NamedTuple):
    """A Source whose last Run was not as good as it should be, and that Run with what was missed."""

    stand: Stand
    run: Run | None


def show_disputed(office: Office, asked: Asked) -> Response:
    """Verdicts whose pages say two things of equal weight."""
    return _verdicts(office, asked, DoubtKind.DISPUTED)


def show_contradicted(office: Office, asked: Asked) -> Response:
    """Verdicts that a statement of less weight contradicts."""
    return _verdicts(office, asked, DoubtKind.CONTRADICTED)


def _verdicts(office: Office, asked: Asked, kind: DoubtKind) -> Response:
    after = office.store.doubts.get(last) if (last := asked.said("after", 64)) else None
    found = office.store.doubts.queue(kind, PAGE + 1, after)
    more: list[Waiting] = found[PAGE:]
    shown = found[:PAGE]
    return asked.page(
        "desk/verdicts.html",
        kind=kind,
        waiting=shown,
        count=office.store.doubts.counts()[kind],
        more=shown[-1].record.id if more else "",
    )


def confirm(office: Office, asked: Asked) -> Done:
    """The verdict is right as it is, for the doubt that the form was made for; back to the queue it was in."""
    record_id, reason = asked.place("record_id"), asked.said("reason")
    doubt = office.store.doubts.get(record_id)
    if doubt is None or doubt.since.isoformat() != asked.said("since"):
        raise UsageError(f"the page of record {record_id} says something else by now", remedy="look at it again")

    def work(unit: Unit) -> None:
        office.store.doubts.settle(unit, doubt, asked.who, reason, asked.now)

    return Done("review/contradicted" if doubt.kind is DoubtKind.CONTRADICTED else "review", record_id, work)


def show_works(office: Office, asked: Asked) -> Response:
    """Pairs of records that look like editions of one work."""
    one, _, other = asked.said("after", 130).partition(".")
    works = office.store.works
    found = works.queue(PAGE + 1, works.candidate(one, other))
    shown = found[:PAGE]
    records = {one.id: one for one in office.store.records.several([n for pair in shown for n in (pair.a, pair.b)])}
    return asked.page(
        "desk/works.html",
        pairs=[Pair(one, tuple(records[n] for n in (one.a, one.b) if n in records)) for one in shown],
        count=works.waiting(),
        behind=works.behind(),
        more=f"{shown[-1].a}.{shown[-1].b}" if found[PAGE:] else "",
    )


def merge(office: Office, asked: Asked) -> Done:
    """They are editions of one work."""
    one, other, reason = asked.said("a", 64), asked.said("b", 64), _reason(asked)

    def work(unit: Unit) -> None:
        if not office.store.works.merge(unit, one, other, reason, asked.now):
            raise UsageError("they are editions of one work already", remedy="look at the list again")

    return Done("review/works", f"{one} {other}", work)


def reject(office: Office, asked: Asked) -> Done:
    """They are not."""
    one, other, reason = asked.said("a", 64), asked.said("b", 64), _reason(asked)
    return Done(
        "review/works",
        f"{one} {other}",
        lambda unit: office.store.works.reject(unit, one, other, reason, asked.now),
    )


def _reason(asked: Asked) -> str:
    return f"{asked.who}: {asked.said('reason')}".removesuffix(": ")


def show_drift(office: Office, asked: Asked) -> Response:
    """Sources whose last harvest missed something."""
    found = [one for one in stands(office).values() if one.health is Health.DEGRADED]
    drifted = [Drifted(one, office.store.runs.get(one.last)) for one in found]
    return asked.page("desk/drift.html", drifted=drifted)
