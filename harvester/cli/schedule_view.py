"""Schedules for a reader: rules in words, next starts, what became of fires."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from harvester.cli.show import facts, table
from harvester.model.base import iso_utc
from harvester.model.schedule import Fire
from harvester.model.source import ScheduleRules

if TYPE_CHECKING:
    from harvester.scheduling.plan import Plan
    from storage.store import Store

Start = tuple[datetime, datetime, str]  # when it may start, the fire's name, the source
_MINUTE = "%Y-%m-%d %H:%M"


def role(store: "Store") -> str:
    """Which process claims fires, as far as the database knows."""
    from harvester.run.lease import is_alive
    from harvester.scheduling.leadership import NAME

    lead = store.leaders.get(NAME)
    if lead is None or not is_alive(lead.owner):
        return "no scheduler is at work: `harvester serve` is one"
    return f"scheduler {lead.owner.pid} on {lead.owner.host} leads (last sign of life {iso_utc(lead.seen_at)})"


def listing(plans: Iterable["Plan"], latest: Mapping[str, Fire | None], now: datetime) -> Table:
    """One schedule a row."""
    rows = [
        (plan.source.id, words(plan.rules), _of(latest[plan.source.id]), plan.rest or _next(plan, now))
        for plan in plans
    ]
    return table("", ("source", "when", "last fire", "next start (UTC)"), rows)


def full(plan: "Plan", now: datetime) -> Table:
    """Every fact of one schedule, one a row."""
    pause, request = plan.schedule.pause, plan.schedule.request
    rests = plan.rest and (f"{plan.rest} (since {pause.at:{_MINUTE}})" if pause else plan.rest)
    return facts(
        [
            ("source", plan.source.id),
            ("when", words(plan.rules)),
            ("as its file says", words(plan.source.schedule) if plan.schedule.rules else ""),
            ("rests", rests),
            ("run now", f"asked for by {request.by} at {request.at:{_MINUTE}}" if request else ""),
            ("quiet", ", ".join(plan.source.politeness.quiet)),
            *(("next start", f"{start:{_MINUTE}} UTC") for _, start in ([] if plan.rest else plan.starts(now, 5))),
        ]
    )


def fires_table(fires: Sequence[Fire]) -> Table:
    """One fire a row, newest first."""
    rows = [(f"{fire.at:{_MINUTE}}", fire.state.value, fire.run_id or "", fire.note) for fire in fires]
    return table("", ("fire", "state", "run", "note"), rows)


def starts_table(starts: Sequence[Start]) -> Table:
    """One start a row."""
    return table("", ("start (UTC)", "source"), [(f"{start:{_MINUTE}}", name) for start, _, name in starts])


def starts_data(starts: Sequence[Start]) -> list[dict[str, str]]:
    """The same for a program; `fire` is the nominal moment."""
    return [{"source": name, "start": iso_utc(start), "fire": iso_utc(fire)} for start, fire, name in starts]


def as_data(plan: "Plan", latest: Fire | None, now: datetime) -> dict[str, Any]:
    """A schedule for a program."""
    start = next(iter(plan.starts(now, 1)), None)
    return {
        "source": plan.source.id,
        "rules": plan.rules.model_dump(mode="json"),
        "changed": plan.schedule.rules is not None,
        "rests": plan.rest or None,
        "pause": plan.schedule.pause and plan.schedule.pause.model_dump(mode="json"),
        "request": plan.schedule.request and plan.schedule.request.model_dump(mode="json"),
        "next_start": iso_utc(start[1]) if start and not plan.rest else None,
        "last_fire": latest and latest.model_dump(mode="json"),
    }


def words(rules: ScheduleRules) -> str:
    """Rules as one reads them."""
    late = "" if rules.jitter.startswith("0") else f", up to {rules.jitter} later"
    if rules.cron:
        return f"cron {rules.cron} ({rules.zone}){late}"
    return f"every {rules.every or '1d'}{late}"


def _of(fire: Fire | None) -> str:
    return f"{fire.at:{_MINUTE}} {fire.state.value}" if fire else ""


def _next(plan: "Plan", now: datetime) -> str:
    start = next(iter(plan.starts(now, 1)), None)
    return f"{start[1]:{_MINUTE}}" if start else "never"
