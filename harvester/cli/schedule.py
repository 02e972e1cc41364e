"""Verbs over schedules: list, show, next, pause, resume, run, set, reset."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli.options import By, Json, group
from harvester.cli.wiring import Wiring, user
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.scheduling.plan import Plan
    from storage.store import Store
    from storage.unit import Unit

Name = Annotated[str, typer.Argument(metavar="SOURCE", help="An id as `harvester source list` shows it.")]
Names = Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Ids as `harvester source list` shows them.")]


def list_schedules(context: typer.Context, as_json: Json = False) -> None:
    """List the schedule of every source: rules, last fire, next start, and why one rests."""
    from harvester.cli.schedule_view import as_data, listing, role

    wiring: Wiring = context.obj
    with _store(wiring) as store:
        now = datetime.now(UTC)
        found = _plans(wiring, store, now)
        lead = role(store)
        latest = {source_id: next(iter(store.schedules.fires(source_id, 1)), None) for source_id in found}
    if as_json:
        _print_json([as_data(plan, latest[source_id], now) for source_id, plan in found.items()])
        return
    _print(listing(found.values(), latest, now))
    print(lead)


def show(context: typer.Context, source: Name, as_json: Json = False) -> None:
    """Show one schedule, the next times it starts, and its latest fires with what became of them."""
    from harvester.cli.schedule_view import as_data, fires_table, full

    wiring: Wiring = context.obj
    with _store(wiring) as store:
        now = datetime.now(UTC)
        plan = _plan(wiring, store, source, now)
        fires = store.schedules.fires(source)
    if as_json:
        data = as_data(plan, fires[0] if fires else None, now)
        _print_json(data | {"fires": [fire.model_dump(mode="json") for fire in fires]})
        return
    _print(full(plan, now))
    if fires:
        _print(fires_table(fires))


def list_next(
    context: typer.Context,
    count: Annotated[int, typer.Argument(metavar="N", min=1, max=1000, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the next starts of all sources, in order."""
    from harvester.cli.schedule_view import starts_data, starts_table

    wiring: Wiring = context.obj
    with _store(wiring) as store:
        now = datetime.now(UTC)
        plans = [plan for plan in _plans(wiring, store, now).values() if not plan.rest]
    starts = sorted((start, fire, plan.source.id) for plan in plans for fire, start in plan.starts(now, count))[:count]
    if as_json:
        _print_json(starts_data(starts))
    else:
        _print(starts_table(starts))


def pause(
    context: typer.Context,
    sources: Names,
    reason: Annotated[str, typer.Option(metavar="WORDS", help="Why; shown wherever the pause is.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Pause sources: nothing is started, and a run at work ends in good order within 30 seconds."""
    who = by or user()
    _change(context, sources, lambda store, unit, name, now: store.schedules.pause(unit, name, who, reason, now))
    _tell_changed(context, sources, f"paused: {', '.join(sources)}", as_json=as_json)


def resume(context: typer.Context, sources: Names, as_json: Json = False) -> None:
    """Let sources run again, from their next fire on: what fell into the pause is not made up for."""
    _change(context, sources, lambda store, unit, name, now: store.schedules.resume(unit, name, now))
    _tell_changed(context, sources, f"runs again: {', '.join(sources)}", as_json=as_json)


def run_now(context: typer.Context, sources: Names, by: By = None, as_json: Json = False) -> None:
    """Ask the scheduler to harvest sources now, whatever their rules; quiet hours and a run at work are waited for."""
    wiring: Wiring = context.obj
    who = by or user()
    with _store(wiring) as store:
        for plan in (_plan(wiring, store, name, datetime.now(UTC)) for name in sources):
            if plan.rest:
                remedy = f"harvester schedule resume {plan.source.id}" if plan.schedule.pause else "see its source file"
                raise UsageError(f"{plan.source.id} would not be harvested: {plan.rest}", remedy=remedy)
    _change(context, sources, lambda store, unit, name, now: store.schedules.request(unit, name, who, now))
    said = f"asked for: {', '.join(sources)}; a scheduler (`harvester serve`) begins within seconds"
    _tell_changed(context, sources, said, as_json=as_json)


def set_rules(
    context: typer.Context,
    source: Name,
    every: Annotated[str | None, typer.Option(metavar="SPAN", help="An interval: 30m, 6h, 1d, 2w.")] = None,
    cron: Annotated[str | None, typer.Option(metavar="FIELDS", help='Five fields, as in "30 2 * * 1-5".')] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose clock cron means, as in Europe/Paris.")
    ] = None,
    jitter: Annotated[str | None, typer.Option(metavar="SPAN", help="Put off by up to so much, as in 10m.")] = None,
    as_json: Json = False,
) -> None:
    """Change the rules of a schedule, over those of its source file; fires count from now on."""
    said = {"every": every, "cron": cron, "zone": zone, "jitter": jitter}
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        raise UsageError("nothing to change", remedy="name one of --every, --cron, --zone, --jitter")
    wiring: Wiring = context.obj
    with _store(wiring) as store:
        rules = _new_rules(_plan(wiring, store, source, datetime.now(UTC)), given)
    _change(context, [source], lambda store, unit, name, now: store.schedules.change(unit, name, rules, now))
    show(context, source, as_json=as_json)


def _new_rules(plan: "Plan", given: Mapping[str, str]) -> Any:
    """What the operator says in all, checked together with the rules of the file."""
    from pydantic import ValidationError

    from harvester.model.source import ScheduleRules

    try:
        own = ScheduleRules.model_validate(given)
        rules = own.over(plan.schedule.rules) if plan.schedule.rules else own
        effective = rules.over(plan.source.schedule).checked()
    except ValidationError as error:
        detail = error.errors()[0]
        option = f"--{detail['loc'][0]} {detail['input']}: " if detail["loc"] else ""
        words = str(detail["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{option}{words}", remedy="seeds/README.md explains the keys of [schedule]") from None
    if "zone" in given and not effective.cron:
        raise UsageError("--zone has no effect without cron", remedy='add --cron "30 2 * * *"')
    return rules


def reset(context: typer.Context, sources: Names, as_json: Json = False) -> None:
    """Take the rules of the source file again; fires count from now on."""
    _change(context, sources, lambda store, unit, name, now: store.schedules.change(unit, name, None, now))
    _tell_changed(context, sources, f"as its file says: {', '.join(sources)}", as_json=as_json)


_Work = Callable[["Store", "Unit", str, datetime], None]


def _change(context: typer.Context, sources: list[str], work: _Work) -> None:
    """Write one word for every source, all or none."""
    wiring: Wiring = context.obj
    for name in sources:
        _known(wiring, name)
    now = datetime.now(UTC)

    def write(unit: "Unit") -> None:
        for name in sorted(set(sources)):
            work(store, unit, name, now)

    with _store(wiring) as store:
        store.transact(write)


def _tell_changed(context: typer.Context, sources: list[str], said: str, *, as_json: bool) -> None:
    """Say what was done; to programs, the schedules as they are now."""
    if not as_json:
        print(said)
        return
    from harvester.cli.schedule_view import as_data

    wiring: Wiring = context.obj
    with _store(wiring) as store:
        now = datetime.now(UTC)
        found = _plans(wiring, store, now)
        latest = {name: next(iter(store.schedules.fires(name, 1)), None) for name in sources}
    _print_json([as_data(found[name], latest[name], now) for name in dict.fromkeys(sources)])


def _store(wiring: Wiring) -> "Store":
    from storage.store import Store

    return Store.open(wiring.settings.database_url, migrate=True)


def _known(wiring: Wiring, name: str) -> None:
    """Raise UsageError, with the nearest id, for a name that is no source."""
    if wiring.catalogue.get(name).id not in wiring.catalogue.sources:
        raise UsageError(f"{name} is a platform, which is never harvested", remedy="name a source on it")


def _plans(wiring: Wiring, store: "Store", now: datetime) -> "dict[str, Plan]":
    from harvester.scheduling.plan import plans

    return plans(wiring.catalogue.sources, store.schedules.all(), now)


def _plan(wiring: Wiring, store: "Store", name: str, now: datetime) -> "Plan":
    _known(wiring, name)
    return _plans(wiring, store, now)[name]


def _print(shown: Any) -> None:
    from harvester.cli.show import console

    console().print(shown)


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


schedule_verb = group(
    "When sources are harvested: look, pause, resume, run now, change.",
    {
        "list": (list_schedules, "harvester schedule list"),
        "show": (show, "harvester schedule show my-journal"),
        "next": (list_next, "harvester schedule next 10"),
        "pause": (pause, 'harvester schedule pause my-journal --reason "the publisher asked"'),
        "resume": (resume, "harvester schedule resume my-journal"),
        "run": (run_now, "harvester schedule run my-journal"),
        "set": (set_rules, 'harvester schedule set my-journal --cron "30 2 * * 1-5" --zone Europe/Paris'),
        "reset": (reset, "harvester schedule reset my-journal"),
    },
    no_args_is_help=True,
)
