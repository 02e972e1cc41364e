"""Sources: how each stands, and what an operator can do about it: harvest now, pause, resume."""

from functools import partial
from urllib.parse import quote

from fastapi import Response

from harvester.errors import UsageError
from harvester.model.run import Run, RunKind
from harvester.model.source import ScheduleRules
from harvester.serving.console.desk import charts
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from harvester.serving.console.desk.standing import Health, Stand, stands

_RUNS = 60  # of which the chart tells
_LISTED = 10
_STATUS = "status:"


def show_all(office: Office, asked: Asked) -> Response:
    """Every Source, or those of one health."""
    found, wanted = stands(office).values(), asked.said("health")
    shown = [one for one in found if wanted in ("", one.health)]
    return asked.page("desk/sources.html", stands=shown, all=len(found), wanted=wanted if wanted in [*Health] else "")


def show(office: Office, asked: Asked) -> Response:
    """One Source: its health, its Runs, what its seed file says."""
    stand = _stand(office, asked)
    runs = office.store.runs.list(stand.id, _RUNS)
    read = [(run, _verdicts(run)) for run in reversed(runs) if run.kind is RunKind.HARVEST]
    measured = [(asked.words.moment(run.started_at), verdicts) for run, verdicts in read if verdicts]
    return asked.page(
        "desk/source.html",
        stand=stand,
        now_mix=charts.shares([("", stand.access)]) if stand.records else None,
        chart=charts.shares(measured) if len(measured) > 1 else None,
        runs=runs[:_LISTED],
        rules=_rules(stand),
        file=_file(office, stand),
    )


def run_now(office: Office, asked: Asked) -> Done:
    """Ask the scheduler for a harvest, whatever the rules say."""
    stand = _declared(office, asked)
    if stand.health is Health.RESTS:
        raise UsageError(f"{stand.id} rests", remedy="resume it first, or switch it on in its seed file")
    request = office.store.schedules.request
    return _done(stand, partial(request, source_id=stand.id, by=asked.who, now=asked.now))


def pause(office: Office, asked: Asked) -> Done:
    """Let it rest; a Run at work ends in good order."""
    stand, schedules = _declared(office, asked), office.store.schedules
    work = partial(schedules.pause, source_id=stand.id, by=asked.who, reason=asked.said("reason", 200), now=asked.now)
    return _done(stand, work)


def resume(office: Office, asked: Asked) -> Done:
    """Let it run again, from its next fire on."""
    stand = _declared(office, asked)
    return _done(stand, partial(office.store.schedules.resume, source_id=stand.id, now=asked.now))


def _done(stand: Stand, work: partial[None]) -> Done:
    return Done(f"sources/{quote(stand.id)}", stand.id, work)


def _stand(office: Office, asked: Asked) -> Stand:
    source_id = asked.place("source_id")
    found = stands(office).get(source_id)
    if found is None:
        raise UsageError(f"there is no source {source_id[:64]}", remedy="its name is that of its seed file")
    return found


def _declared(office: Office, asked: Asked) -> Stand:
    stand = _stand(office, asked)
    if stand.source is None:
        raise UsageError(f"{stand.id} has no seed file any more", remedy="put it back to have it harvested")
    return stand


def _verdicts(run: Run) -> dict[str, int]:
    """Of the pages a Run read whole, by AccessStatus."""
    return {name[len(_STATUS) :]: count for name, count in run.seen.items() if name.startswith(_STATUS)}


def _rules(stand: Stand) -> ScheduleRules | None:
    """The operator's rules over those of the seed file."""
    if stand.source is None:
        return None
    own = stand.schedule.rules if stand.schedule else None
    return own.over(stand.source.schedule) if own else stand.source.schedule


def _file(office: Office, stand: Stand) -> str:
    """The text of its seed file; empty where it stands elsewhere."""
    path = office.settings.seeds_dir / "sources" / f"{stand.id}.toml"
    try:
        return path.read_text(encoding="utf-8") if stand.source else ""
    except OSError:
        return ""
