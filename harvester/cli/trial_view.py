"""A trial for an operator: rules, values and runners-up, verdict, what policy forbids, what would be stored."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harvester.cli.record_view import full, verdict_rows
from harvester.cli.show import facts, plain, table
from harvester.trial.rules import RuleFound
from harvester.trial.trial import FieldFound, Trial

_SHOWN = 90


def trial_view(trial: Trial) -> Iterator[RenderableType]:
    """The parts, one below the other."""
    yield facts(head_rows(trial))
    if trial.rules:
        yield table("Rules", ("rule", "#found", "first value"), map(_rule, trial.rules))
    if trial.fields:
        yield values_view(trial.fields)
    if trial.record:
        yield Text("Access", style="italic")
        yield facts(verdict_rows(trial.record.access))
    if trial.forbidden:
        yield table("Forbidden or restricted", ("what, and by which words",), [(one,) for one in trial.forbidden])
    if trial.stored and trial.archive:
        yield Text("What would be stored", style="italic")
        yield full(trial.stored)
        yield facts([("archive", f"{trial.archive.state} {trial.archive.reason}".strip())])


def values_view(fields: tuple[FieldFound, ...]) -> Table:
    """Chosen values, what they rest on and what others said."""
    return table("Values", ("field", "value", "won by", "runners-up"), map(_field, fields))


def head_rows(trial: Trial) -> Iterator[tuple[str, object]]:
    """Which page it is, who read it, and what came of it."""
    reader = trial.reader
    known_by = f", platform {trial.platform.id} by its marks" if trial.platform else ""
    yield "page", trial.page.final_url
    yield "read by", f"{reader.id} ({reader.name}{known_by})"
    yield "status", str(trial.page.status)
    yield "outcome", f"{trial.outcome.value}{f': {trial.reason}' if trial.reason else ''}"
    yield "signals", ", ".join(f"{name} {count}" for name, count in trial.vocabularies.items()) or "none"


def _rule(rule: RuleFound) -> tuple[object, ...]:
    name = plain(f"{rule.key}  {rule.rule}")
    if rule.is_idle:
        name.stylize("yellow")
    matches = str(rule.matches)
    value = (
        short(rule.value)
        if rule.value is not None
        else ("found, but nothing is read there" if rule.matches else "no match")
    )
    return name, matches, f"! {value}" if rule.is_idle else value


def _field(field: FieldFound) -> tuple[object, ...]:
    value = short(field.value) if field.value is not None else Text("missing", style="yellow")
    runners = "\n".join(f"{who}: {short(what)}" for who, what in field.runners_up)
    return field.field, value, "\n".join(field.won_by), runners


def short(text: str) -> str:
    """The first words of a value."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"
